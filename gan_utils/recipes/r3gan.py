"""The R3GAN of lesson 08, for longer than a lesson lasts."""

import copy
import time

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.optim import Adam

from gan_utils import metrics
from gan_utils.data import fashion_mnist, to_float

LATENT_DIM = 64  # numbers in one z
WIDTH = 16  # channels of D at 14 x 14 and of G at 28 x 28; each halving doubles them
BATCH = 64  # real pictures per step, and as many generated ones
RATE = 4e-3  # learning rate of Adam, for both players, in the first half
BETAS = (0.0, 0.9)  # Adam's two memories: none of the gradient, one of its square
GAMMA = 0.3  # weight of R1 and of R2, before the 1/2
DECAY = 0.999  # of the moving average of G: about the last 1,000 steps
MARKS = (125, 250, 500, 1_000, 2_000, 4_000, 8_000)  # steps that are scored on the way


def r3gan(train, steps=12_000):
    """The program of lesson 08, for longer. It has a loop of its own: ``train`` is not used.

    What differs from Huang et al. 2025, arXiv:2501.05441, beside the widths: D begins
    with one convolution of stride 2, so that no block works at 28 x 28; one block for a
    size instead of two, so initial weights are not scaled by the depth; dense layers
    from z and to the logit, a leaky ReLU before the last layers, tanh behind G;
    PyTorch's initial weights; a batch of 64 instead of 512; a larger rate, which falls
    to 0 at the end; gamma and beta2 stay as they are.
    """
    images, _ = fashion_mnist("train")
    begin, scoring, way = time.process_time(), 0.0, []

    def watch(step, generator, average):
        nonlocal scoring
        if step in (*MARKS, steps):
            now = time.process_time()
            scores = [metrics.score(network) for network in (average, generator)]
            way.append(
                [step, round(now - begin - scoring), *(round(x, 2) for x in scores)]
            )
            print("step {}, {} CPU-s, FID {}, raw {}".format(*way[-1]), flush=True)
            scoring += time.process_time() - now

    average = train_r3gan(images, steps, watch).eval()
    return average, {
        "FID on the test set": metrics.score(average),
        "FID of 10,000 training pictures on the test set": metrics.fid(images[:10_000]),
        "on the way: step, CPU seconds, FID, FID without the average": way,
        "steps": steps,
        "batch": BATCH,
        "latent_dim": LATENT_DIM,
        "width": WIDTH,
    }


class Residual(nn.Module):
    """x + F(x) with three convolutions in F; the last one starts at 0."""

    def __init__(self, channels):
        super().__init__()
        inner = 2 * channels
        self.branch = nn.Sequential(
            nn.Conv2d(channels, inner, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner // 16),
            nn.LeakyReLU(0.2),
            nn.Conv2d(inner, channels, 1, bias=False),
        )
        nn.init.zeros_(self.branch[-1].weight)

    def forward(self, x):
        return x + self.branch(x)


def up(channels):
    """Half as many channels, twice the side."""
    return nn.Conv2d(channels, channels // 2, 1), nn.Upsample(None, 2, "bilinear")


def down(channels):
    """Half the side, twice as many channels."""
    return nn.AvgPool2d(2), nn.Conv2d(channels, 2 * channels, 1)


def make_generator():
    """The lesson's generator, statement by statement; a test compares them."""
    generator = nn.Sequential(
        *(nn.Linear(LATENT_DIM, 4 * WIDTH * 7 * 7), nn.Unflatten(1, (-1, 7, 7))),
        *(Residual(4 * WIDTH), *up(4 * WIDTH)),
        *(Residual(2 * WIDTH), *up(2 * WIDTH), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(WIDTH, 1, 3, padding=1), nn.Tanh()),
    )
    generator.latent_dim = LATENT_DIM
    return generator.to(memory_format=torch.channels_last)  # faster, same numbers


def make_discriminator():
    """The lesson's discriminator, statement by statement."""
    discriminator = nn.Sequential(
        *(nn.Conv2d(1, WIDTH, 4, stride=2, padding=1), Residual(WIDTH)),
        *(*down(WIDTH), Residual(2 * WIDTH)),
        *(*down(2 * WIDTH), Residual(4 * WIDTH), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(4 * WIDTH * 3 * 3, 1), nn.Flatten(0)),
    )
    return discriminator.to(memory_format=torch.channels_last)


def train_r3gan(images, steps, watch):
    """The lesson's program, statement by statement."""
    generator, discriminator = make_generator(), make_discriminator()
    average = copy.deepcopy(generator).requires_grad_(False)
    opt_g = Adam(generator.parameters(), RATE, BETAS, fused=True)
    opt_d = Adam(discriminator.parameters(), RATE, BETAS, fused=True)
    for step in range(steps):
        for optimiser in (opt_g, opt_d):
            optimiser.param_groups[0]["lr"] = RATE * min(1, 2 - 2 * step / steps)
        real = to_float(images[torch.randint(len(images), (BATCH,))])
        fake = generator(torch.randn(BATCH, LATENT_DIM))

        x = torch.cat([real, fake.detach()]).requires_grad_()
        logits = discriminator(x)
        real_logits, fake_logits = logits.chunk(2)
        (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        penalty = GAMMA * slope.square().flatten(1).sum(1).mean()  # of both halves
        d_loss = softplus(fake_logits - real_logits).mean() + penalty
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()

        discriminator.requires_grad_(False)
        g_loss = softplus(discriminator(real) - discriminator(fake)).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        discriminator.requires_grad_(True)

        for mean, new in zip(average.parameters(), generator.parameters()):
            mean.lerp_(new.detach(), max(1 - DECAY, 10 / (step + 10)))
        watch(step + 1, generator, average)
    return average
