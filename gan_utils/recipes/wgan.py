"""The WGAN-GP of lesson 06, for longer than a lesson lasts."""

import torch
from torch import nn
from torch.optim import Adam

from gan_utils import metrics
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import DCGANGenerator
from gan_utils.penalties import gradient_penalty

LATENT_DIM = 64  # numbers in one z
WIDTH = 24  # channels of both networks
BATCH = 64  # pictures per step
RATE = 6e-3  # learning rate of Adam, for both players, in the first round
BETAS = (0.5, 0.9)  # Adam's two memories: mean and square of the gradient
CRITIC_STEPS = 5  # steps of the critic for one of G
GP_WEIGHT = 10.0  # weight of the gradient penalty


def wgan_gp(train, steps=1_500):
    """The program of lesson 06, for longer. It has a loop of its own: ``train`` is not used."""
    images, _ = fashion_mnist("train")

    def watch(step, generator, estimate):
        if step % 100 == 0:
            print(
                f"round {step} of {steps}: Wasserstein estimate {estimate:.2f}",
                flush=True,
            )

    generator = wgan(images, steps, steps, watch).eval()
    return generator, {
        "FID on the test set": metrics.score(generator),
        "FID of 10,000 training pictures on the test set": metrics.fid(images[:10_000]),
        "steps": steps,
        "batch": BATCH,
        "latent_dim": LATENT_DIM,
        "width": WIDTH,
    }


def wgan(images, rounds, stop, watch):
    """The lesson's program, statement by statement; a test compares them."""
    generator = DCGANGenerator(LATENT_DIM, WIDTH)
    critic = nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(2 * WIDTH * 7 * 7, 1), nn.Flatten(0))  # fmt: skip
    opt_g = Adam(generator.parameters(), RATE, BETAS)
    opt_d = Adam(critic.parameters(), RATE, BETAS)
    for step in range(stop):
        for group in opt_g.param_groups + opt_d.param_groups:
            group["lr"] = RATE * (1 - step / rounds)
        for _ in range(CRITIC_STEPS):
            real = to_float(images[torch.randint(len(images), (BATCH,))])
            fake = generator(torch.randn(BATCH, LATENT_DIM)).detach()
            estimate = critic(real).mean() - critic(fake).mean()
            loss = -estimate + GP_WEIGHT * gradient_penalty(critic, real, fake)
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
        g_loss = -critic(generator(torch.randn(BATCH, LATENT_DIM))).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        watch(step, generator, estimate.detach())
    return generator
