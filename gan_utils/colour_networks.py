"""Networks for colour pictures of 32, 64 or 128 pixels a side: lesson 20."""

import math

from torch import nn

from gan_utils.creatives import halving

SIZES = (32, 64, 128)  # pixels a side
FIRST = 8  # pixels a side of the dense layer's picture


class ColourGenerator(nn.Module):
    """z -> colour picture: a dense layer to 8x8, then transposed convolutions.

    Maps z (N, latent_dim) to pictures (N, 3, size, size) in [-1, 1].

    Args:
        latent_dim: numbers in z.
        width: channels at half the final size; each halving of the side doubles them.
        size: of a side in pixels: 32, 64 or 128.
    Raises:
        ValueError: another size.
    Source:
        Radford et al. 2015, arXiv:1511.06434.
    """

    def __init__(self, latent_dim=64, width=32, size=64):
        super().__init__()
        self.latent_dim, self.size = latent_dim, _checked(size)
        doublings = int(math.log2(size // FIRST)) - 1
        channels = width * 2**doublings
        layers = [
            nn.Linear(latent_dim, channels * FIRST**2, bias=False),
            nn.Unflatten(1, (channels, FIRST, FIRST)),
        ]
        for n in (channels // 2**k for k in range(doublings)):
            up = nn.ConvTranspose2d(n, n // 2, 4, stride=2, padding=1, bias=False)
            layers += [nn.BatchNorm2d(n), nn.ReLU(), up]
        paint = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)
        layers += [nn.BatchNorm2d(width), nn.ReLU(), paint, nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z):
        return self.layers(z)


class ColourDiscriminator(nn.Module):
    """Colour picture -> logit: convolutions that halve it down to 4x4, and a dense layer.

    Maps pictures (N, 3, size, size) in [-1, 1] to logits (N,).

    Args:
        width: channels of the first convolution; each further one doubles them.
        size: of a side in pixels: 32, 64 or 128.
    Raises:
        ValueError: another size.
    """

    def __init__(self, width=24, size=64):
        super().__init__()
        depth = int(math.log2(_checked(size) // 4))
        features = width * 2 ** (depth - 1) * 4 * 4
        self.layers = nn.Sequential(
            *halving(width, depth), nn.Flatten(), nn.Linear(features, 1), nn.Flatten(0)
        )

    def forward(self, images):
        return self.layers(images)


def _checked(size):
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES} pixels; got {size}")
    return size
