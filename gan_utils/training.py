"""The steps that lesson 02 writes by hand, and the loops of lessons 08 and 11."""

import time

import torch

from gan_utils.data import fashion_mnist, to_float
from gan_utils.loop import EMA, GANLoop

__all__ = [
    "EMA",
    "GANLoop",
    "by_cpu_seconds",
    "by_steps",
    "d_step",
    "g_step",
    "train_gan",
]


def d_step(generator, discriminator, opt_d, real, z, loss, penalty=None):
    """Move the discriminator once; the generator stays as it is.

    Args:
        generator: maps z to samples shaped like ``real``.
        discriminator: maps samples to logits.
        opt_d: optimiser over the discriminator's parameters alone.
        real: a batch of data.
        z: latent noise for as many generated samples.
        loss: a ``losses.LossPair``.
        penalty: None, or a function (discriminator, real, fake) -> weighted scalar.
    Returns:
        The loss as a detached scalar tensor, without the penalty.
    """
    fake = generator(z).detach()
    d_loss = loss.d_loss(discriminator(real), discriminator(fake))
    total = d_loss if penalty is None else d_loss + penalty(discriminator, real, fake)
    opt_d.zero_grad()
    total.backward()
    opt_d.step()
    return d_loss.detach()


def g_step(generator, discriminator, opt_g, z, loss, real=None):
    """Move the generator once; the discriminator's weights stay as they are.

    Args:
        generator, discriminator, z, loss: as for ``d_step``.
        opt_g: optimiser over the generator's parameters alone.
        real: a batch of data, for a loss that compares pairs (``losses.relativistic``).
    Returns:
        The generator's loss as a detached scalar tensor.
    """
    fake_logits = discriminator(generator(z))
    if real is None:
        g_loss = loss.g_loss(fake_logits)
    else:
        g_loss = loss.g_loss(fake_logits, discriminator(real).detach())
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return g_loss.detach()


def by_steps(steps):
    """Progress from 0 to 1 in so many steps; prints a line now and then."""
    begin = time.process_time()
    for step in range(steps):
        if step % 1000 == 0:
            print(f"step {step} of {steps}, {time.process_time() - begin:.0f} CPU-s")
        yield step / steps


def by_cpu_seconds(seconds):
    """Progress from 0 to 1 in so many CPU seconds of this process, all threads added."""
    begin = time.process_time()
    while (share := (time.process_time() - begin) / seconds) < 1:
        yield share


def train_gan(
    generator, discriminator, progress, *, conditional=False, batch_size=64, **options
):
    """Train a GAN on Fashion-MNIST by the recipe of lesson 08.

    Each step draws one batch of pictures and one of latents; both players use the same
    generated pictures. ``fitting.fit`` does the same with snapshots and on any device.

    Args:
        generator, discriminator: see ``networks`` and ``conditional``; trained in place.
        progress: yields the share of the training that is done, in [0, 1), once a step.
        conditional: both networks also take the class.
        batch_size: pictures a step.
        options: for ``GANLoop``: loss, rates, betas, constant, penalty, decay.
    Returns:
        The generator, or its moving average, in eval mode; and the number of steps.
    """
    images, labels = fashion_mnist("train")
    loop = GANLoop(generator, discriminator, **options)
    for share in progress:
        which = torch.randint(len(images), (batch_size,))
        real = to_float(images[which]).contiguous(memory_format=torch.channels_last)
        given = (labels[which],) if conditional else ()
        loop.step(share, real, torch.randn(batch_size, generator.latent_dim), *given)
    return loop.sampler.eval(), loop.steps
