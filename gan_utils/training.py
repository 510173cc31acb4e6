"""The steps that lesson 02 writes by hand, and the loop that lesson 08 arrives at."""

import copy
import time

import torch

from gan_utils import losses
from gan_utils.data import fashion_mnist, to_float


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


class EMA:
    """An exponential moving average of a network's weights, kept in a second network.

    average <- decay * average + (1 - decay) * weights; buffers are copied.

    Args:
        average: a network of the same class; it takes the weights of ``source`` at once.
        source: the network that trains.
        decay: in [0, 1); 0.999 averages over about the last 1,000 steps.
    """

    def __init__(self, average, source, decay=0.999):
        self.average, self.source, self.decay = (
            average.requires_grad_(False),
            source,
            decay,
        )
        average.load_state_dict(source.state_dict())

    def update(self):
        """Call once after every generator step."""
        for mean, new in zip(self.average.parameters(), self.source.parameters()):
            mean.lerp_(new.detach(), 1 - self.decay)
        for mean, new in zip(self.average.buffers(), self.source.buffers()):
            mean.copy_(new)


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
    generator,
    discriminator,
    progress,
    *,
    conditional=False,
    loss=losses.non_saturating,
    rates=(4e-3, 4e-3),
    betas=(0.5, 0.99),
    constant=0.5,
    batch_size=64,
    penalty=None,
    decay=None,
):
    """Train a GAN on Fashion-MNIST by the recipe of lesson 08.

    Each step draws one batch of pictures and one of latents; both players use the same
    generated pictures. The learning rates stay constant, then fall linearly to 0.

    Args:
        generator, discriminator: see ``networks`` and ``conditional``; trained in place.
        progress: yields the share of the training that is done, in [0, 1), once a step.
        conditional: both networks also take the class.
        loss: a ``losses.LossPair``.
        rates: learning rates of generator and discriminator.
        betas: of Adam, for both.
        constant: share of the training before the rates begin to fall, in [0, 1].
        batch_size: pictures a step.
        penalty: None, or a function (discriminator, real, fake) -> weighted scalar.
        decay: of the generator's moving average; None for none.
    Returns:
        The generator, or its moving average, in eval mode; and the number of steps.
    """
    images, labels = fashion_mnist("train")
    players = (generator, discriminator)
    for network in players:
        network.to(memory_format=torch.channels_last).train()
    opt_g, opt_d = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=betas, fused=True)
        for network, rate in zip(players, rates)
    )
    ema = EMA(copy.deepcopy(generator), generator, decay) if decay else None
    steps = 0
    for share in progress:
        falling = (1 - share) / max(1 - constant, 1e-9)
        for optimiser, rate in ((opt_g, rates[0]), (opt_d, rates[1])):
            optimiser.param_groups[0]["lr"] = rate * min(1, falling)
        which = torch.randint(len(images), (batch_size,))
        real = to_float(images[which]).contiguous(memory_format=torch.channels_last)
        given = (labels[which],) if conditional else ()
        fake = generator(torch.randn(batch_size, generator.latent_dim), *given)
        real_logits = discriminator(real, *given)
        d_loss = loss.d_loss(real_logits, discriminator(fake.detach(), *given))
        if penalty:
            d_loss = d_loss + penalty(discriminator, real, fake.detach())
        _descend(opt_d, d_loss)
        discriminator.requires_grad_(False)  # no gradients for D's weights in G's step
        pairs = (discriminator(real, *given),) if loss is losses.relativistic else ()
        _descend(opt_g, loss.g_loss(discriminator(fake, *given), *pairs))
        discriminator.requires_grad_(True)
        if ema:
            ema.update()
        steps += 1
    return (ema.average if ema else generator).eval(), steps


def _descend(optimiser, loss):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
