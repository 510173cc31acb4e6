"""Flow matching: a network learns the velocity that carries noise to pictures."""

import math

import torch
from torch import nn
from torch.nn.functional import leaky_relu

LEVELS = 256
MEAN, SPREAD = -0.43, 0.71  # of all pixels of Fashion-MNIST, in [-1, 1]


def dequantise(images):
    """Grey levels k as (k + u) / 128 - 1, u ~ U[0, 1): each level becomes an interval."""
    return (images + torch.rand(images.shape)) / (LEVELS / 2) - 1


def quantise(x):
    """The grey level whose interval holds x, as a picture in [-1, 1]."""
    k = ((x + 1) * (LEVELS / 2)).floor().clamp(0, LEVELS - 1)
    return k * (2 / (LEVELS - 1)) - 1


def gaussian_velocity(x, t, mean, spread):
    """E[x_1 - x_0 | x_t = x] where x_1 ~ N(mean, spread^2) and x_0 ~ N(0, 1), every pixel.

    mean + (x - t mean) (t spread^2 - (1 - t)) / ((1 - t)^2 + t^2 spread^2).

    Args:
        x: (batch, ...); t: (batch,) in [0, 1].
    """
    t = t.view(-1, *[1] * (x.dim() - 1))
    variance = (1 - t) ** 2 + t**2 * spread**2
    return mean + (x - t * mean) * (t * spread**2 - (1 - t)) / variance


class _TimedBlock(nn.Module):
    """x + F(x, t): two 3x3 convolutions, the second one 0 at the start (lesson 08)."""

    def __init__(self, channels, time_dim):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.clock = nn.Linear(time_dim, channels)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.last.weight)

    def forward(self, x, time):
        hidden = self.first(leaky_relu(x, 0.2)) + self.clock(time)[:, :, None, None]
        return x + self.last(leaky_relu(hidden, 0.2))


class Flow(nn.Module):
    """v(x, t), the velocity at x and time t in [0, 1]: noise at 0, pictures at 1.

    A small U-Net on 2x2 blocks of pixels (14x14, 7x7, 4x4, and back) learns what the
    velocity has beyond that of a Gaussian with the pictures' mean and spread.

    Args:
        width: channels at 14x14; twice as many at 7x7.
        latent_dim: numbers in the noise, one a pixel.
    Source:
        Lipman et al. 2022, arXiv:2210.02747; Liu et al. 2022, arXiv:2209.03003.
    """

    latent_dim, frequencies = 784, 8

    def __init__(self, width=24, time_dim=64):
        super().__init__()
        waves = 2 * self.frequencies
        self.time = nn.Sequential(nn.Linear(waves, time_dim), nn.LeakyReLU(0.2))
        self.enter = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4, width, 3, padding=1)
        )
        self.fine, self.coarse = (
            nn.ModuleList([_TimedBlock(channels, time_dim) for _ in range(2)])
            for channels in (width, 2 * width)
        )
        self.whole = _TimedBlock(2 * width, time_dim)
        self.down = nn.Conv2d(width, 2 * width, 2, stride=2)
        self.further = nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1)
        self.back = nn.ConvTranspose2d(2 * width, 2 * width, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.leave = nn.Sequential(
            nn.Conv2d(width, 4, 3, padding=1), nn.PixelShuffle(2)
        )

    def forward(self, x, t):
        """Velocities shaped like x (batch, 1, 28, 28), at times t (batch,)."""
        angles = t[:, None] * math.pi * 2.0 ** torch.arange(self.frequencies) / 2
        time = self.time(torch.cat([angles.sin(), angles.cos()], 1))
        first = self.fine[0](self.enter(x), time)
        second = self.coarse[0](self.down(first), time)
        third = self.whole(self.further(second), time)
        second = self.coarse[1](second + self.back(third), time)
        change = self.leave(self.fine[1](first + self.up(second), time))
        return gaussian_velocity(x, t, MEAN, SPREAD) + change

    def loss(self, images):
        """E || v(x_t, t) - (x_1 - x_0) ||^2 / pixels at x_t = (1 - t) x_0 + t x_1.

        x_1 is a dequantised picture, x_0 ~ N(0, I) and t ~ U[0, 1] are independent.
        """
        end = dequantise(images)
        start, t = torch.randn_like(end), torch.rand(len(end))
        weight = t[:, None, None, None]
        between = (1 - weight) * start + weight * end
        return (self(between, t) - (end - start)).square().mean()

    @torch.no_grad()
    def carry(self, x, steps):
        """Noise (batch, 1, 28, 28) to pictures, by equal steps of Euler's method."""
        for step in range(steps):
            x = x + self(x, torch.full((len(x),), step / steps)) / steps
        return x

    def sample(self, count, steps=16):
        return quantise(self.carry(torch.randn(count, 1, 28, 28), steps))


def log_density(velocity, x, times):
    """log p(x) in nats, by running the flow backwards from the picture to the noise.

    log p_1(x_1) = log N(x_0; 0, I) - integral of div v(x_t, t) dt over [0, 1]; Heun's
    method from time to time. The divergence is estimated by e . J e with one vector e of
    random signs a picture, so the integral is unbiased but for the finite steps.

    Args:
        velocity: maps x (batch, ...) and t (batch,) to velocities like x.
        x: data, dequantised where it was whole numbers.
        times: falling from 1 to 0, for instance ``late_times(32)``.
    Returns:
        (batch,) log densities with respect to x.
    Source:
        Chen et al. 2018, arXiv:1806.07366, equation 8; Grathwohl et al. 2018,
        arXiv:1810.01367, section 3.1.
    """
    signs = torch.randint(0, 2, x.shape).to(x) * 2 - 1
    integral = torch.zeros(len(x))
    for begin, end in zip(times, times[1:]):
        step = end - begin  # negative: backwards
        here, divergence = _with_divergence(velocity, x, begin, signs)
        there, later = _with_divergence(velocity, x + step * here, end, signs)
        x = x + step * (here + there) / 2
        integral = integral - step * (divergence + later) / 2
    normal = -(x.square() + math.log(2 * math.pi)).flatten(1).sum(1) / 2
    return normal - integral


def late_times(steps):
    """Times from 1 to 0, closest to each other near 1, where pictures become sharp."""
    return 1 - torch.linspace(0, 1, steps + 1) ** 3


def _with_divergence(velocity, x, t, signs):
    """v(x, t), and e . J e for every picture."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        v = velocity(x, t.expand(len(x)))
        (pulled,) = torch.autograd.grad((v * signs).sum(), x)
    return v.detach(), (pulled * signs).flatten(1).sum(1)
