"""The DCGAN of lesson 05 and its dense rival, for longer than a lesson lasts."""

import copy
import time

import torch
from torch import nn
from torch.optim import Adam

from gan_utils import losses, metrics
from gan_utils.data import fashion_mnist, to_float
from gan_utils.sampling import draw
from gan_utils.training import d_step, g_step

LATENT_DIM = 64  # numbers in one z
WIDTH = 16  # channels of the layers of 14 x 14; those of 7 x 7 have twice as many
BATCH = 32  # real pictures per step, and as many generated ones
LEARNING_RATE = 4e-3  # of Adam, for all four players, in the first step
BETAS = (0.5, 0.99)  # Adam's two memories: mean and square of the gradient
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)  # scored, of the run
SCORED = 5_000  # pictures in a score on the way


def dcgan(train, steps=16_000):
    """The comparison of lesson 05, for longer: a DCGAN, then a dense GAN for as many seconds.

    It has a loop of its own: ``train`` is not used.
    """
    pictures, _ = fashion_mnist("train")
    clothes = to_float(pictures)
    begin = time.process_time()
    album = _album(convolutional(), clothes, lambda step: step / steps)
    seconds = time.process_time() - begin
    begin = time.process_time()
    rivals = _album(
        dense(), clothes, lambda step: (time.process_time() - begin) / seconds
    )
    both = nn.ModuleDict({"convolutional": album[-1], "dense": rivals[-1]})
    for generator in both.values():
        generator.latent_dim = LATENT_DIM
    z = torch.randn(SCORED, LATENT_DIM)
    return both.eval(), {
        "FID on the test set": metrics.score(both["convolutional"]),
        "FID of the dense GAN": metrics.score(both["dense"]),
        "FID of 10,000 training pictures on the test set": metrics.fid(
            pictures[:10_000]
        ),
        "CPU seconds of each": round(seconds, 1),
        "shares": SHARES,
        "FIDs on the way": [round(metrics.fid(draw(g, z)), 2) for g in album],
        "FIDs of the dense GAN on the way": [
            round(metrics.fid(draw(g, z)), 2) for g in rivals
        ],
        "steps": steps,
        "batch": BATCH,
        "latent_dim": LATENT_DIM,
        "width": WIDTH,
    }


def _album(players, clothes, budget):
    """Copies of the generator at every one of the shares."""
    kept = []

    def watch(spent, generator):
        if spent >= SHARES[len(kept)]:
            kept.append(copy.deepcopy(generator))
            print(f"{spent:.0%} of the run", flush=True)

    optimise(*players, clothes, budget, watch)
    return kept


def dense():
    """The players of lesson 04."""
    generator = nn.Sequential(
        *[nn.Linear(LATENT_DIM, 128), nn.LeakyReLU(0.2)],
        *[nn.Linear(128, 256), nn.LeakyReLU(0.2)],
        *[nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))],
    )
    discriminator = nn.Sequential(
        *[nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2)],
        *[nn.Linear(256, 128), nn.LeakyReLU(0.2)],
        *[nn.Linear(128, 1), nn.Flatten(0)],
    )
    return generator, discriminator


def convolutional():
    """The players of lesson 05, statement by statement; a test compares them."""
    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, 2 * WIDTH * 7 * 7, bias=False),
        nn.Unflatten(1, (2 * WIDTH, 7, 7)),
        nn.BatchNorm2d(2 * WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(2 * WIDTH),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * WIDTH * 7 * 7, 1),
        nn.Flatten(0),
    )
    return generator, discriminator


def optimise(generator, discriminator, clothes, budget, watch):
    """The lesson's loop, statement by statement."""
    players = (discriminator, generator)
    opt_d, opt_g = (Adam(p.parameters(), LEARNING_RATE, BETAS) for p in players)
    step, spent = 0, 0.0
    while spent < 1:
        for optimiser in (opt_d, opt_g):
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * (1 - spent)
        real = clothes[torch.randint(len(clothes), (BATCH,))]
        z = torch.randn(2, BATCH, LATENT_DIM)
        d_step(generator, discriminator, opt_d, real, z[0], losses.non_saturating)
        g_step(generator, discriminator, opt_g, z[1], losses.non_saturating)
        step += 1
        spent = budget(step)
        watch(spent, generator)
    return step
