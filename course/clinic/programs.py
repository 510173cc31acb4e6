"""What every program of lesson 23 is made of: players, optimiser, pictures, a healthy loop."""

import functools

import torch
from torch import nn

from gan_utils import losses
from gan_utils.data import fashion_mnist, to_float

LATENT_DIM = 64  # numbers in one z
BATCH = 64  # pictures in one step


def players():
    """A generator (batch, 64) -> (batch, 1, 28, 28) in [-1, 1], and a discriminator.

    The discriminator maps pictures to logits (batch, 1).
    """

    def dense(n_in, n_out):
        return nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.LeakyReLU(0.2)

    generator = nn.Sequential(
        *dense(LATENT_DIM, 128),
        *dense(128, 256),
        nn.Linear(256, 28 * 28),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    discriminator = nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
    )
    return generator, discriminator


def adam(network):
    """The optimiser of every program in the clinic."""
    return torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.99))


def update(optimiser, loss):
    """Clear the optimiser's gradients, go backward, step."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


@functools.cache
def folder(per_class=1_920):
    """Fashion-MNIST as a folder lists it: one class after the other, uint8 in [0, 255]."""
    images, labels = fashion_mnist("train")
    return torch.cat([images[labels == k][:per_class] for k in range(10)])


@functools.cache
def reference_variance():
    """The sum over pixels of the variance between pictures of the folder."""
    return to_float(folder()).var(0).sum().item()


def variety(pictures):
    """Variance from picture to picture, as a share of the folder's; 1 is full variety."""
    return pictures.detach().var(0).sum().item() / reference_variance()


def draw_real(pictures):
    """A batch of pictures chosen at random, float in [-1, 1]."""
    return to_float(pictures[torch.randint(len(pictures), (BATCH,))])


def draw_z():
    """A batch of latents."""
    return torch.randn(BATCH, LATENT_DIM)


def checkpoint():
    """The weights of a generator after 150 healthy steps, as a file would give them."""
    return {name: tensor.clone() for name, tensor in _yesterday().items()}


@functools.cache
def _yesterday():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        generator, discriminator = players()
        run = healthy(generator, discriminator, folder())
        for _ in range(150):
            next(run)
    return generator.state_dict()


def healthy(generator, discriminator, pictures):
    """The loop of lesson 02, without a fault."""
    opt_g, opt_d = adam(generator), adam(discriminator)
    while True:
        real = draw_real(pictures)
        fake = generator(draw_z())
        real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
        d_loss = losses.discriminator_loss(real_logits[:, 0], fake_logits[:, 0])
        update(opt_d, d_loss)
        g_loss = losses.non_saturating_loss(discriminator(fake)[:, 0])
        update(opt_g, g_loss)
        yield real, fake.detach(), d_loss.detach(), g_loss.detach()
