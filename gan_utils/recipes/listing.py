"""The repaired listing of lesson 04, for longer than a lesson lasts."""

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.optim import Adam

from gan_utils import metrics
from gan_utils.data import fashion_mnist, to_float

LATENT_DIM = 64  # numbers in one z
BATCH = 64  # pictures per step
LEARNING_RATE = 1e-3  # of Adam, for both players, in the first step
BETAS = (0.5, 0.999)  # Adam's two memories: mean and square of the gradient


def repaired_listing(train, steps=40_000):
    """The program of lesson 04, for longer. It has a loop of its own: ``train`` is not used."""
    pictures, _ = fashion_mnist("train")

    def watch(step, generator, d_loss, g_loss, real_logits, fake_logits):
        if step % 1000 == 0:
            print(f"step {step} of {steps}: D {d_loss:.3f}, G {g_loss:.3f}")

    generator, _ = repaired(to_float(pictures), steps, watch)
    generator.latent_dim = LATENT_DIM
    return generator.eval(), {
        "FID on the test set": metrics.score(generator),
        "FID of 10,000 training pictures on the test set": metrics.fid(
            pictures[:10_000]
        ),
        "steps": steps,
        "batch": BATCH,
        "latent_dim": LATENT_DIM,
    }


def repaired(clothes, steps, watch):
    """The lesson's program, statement by statement; a test compares them."""
    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, 128), nn.LeakyReLU(0.2),
        nn.Linear(128, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 784), nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)))  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 128), nn.LeakyReLU(0.2),
        nn.Linear(128, 1), nn.Flatten(0))  # fmt: skip
    opt_g = Adam(generator.parameters(), LEARNING_RATE, BETAS)
    opt_d = Adam(discriminator.parameters(), LEARNING_RATE, BETAS)
    for step in range(steps):
        for group in opt_g.param_groups + opt_d.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / steps)
        real = clothes[torch.randint(len(clothes), (BATCH,))]
        fake = generator(torch.randn(BATCH, LATENT_DIM))
        real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        fake = generator(torch.randn(BATCH, LATENT_DIM))
        g_loss = softplus(-discriminator(fake)).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        watch(step, generator, d_loss, g_loss, real_logits, fake_logits)
    return generator, discriminator
