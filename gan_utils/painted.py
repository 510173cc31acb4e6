"""From an order to the advertisement that it becomes: painted, lettered, read back."""

import torch

from gan_utils.audience import COMBINATIONS, numbers
from gan_utils.banner_scores import banner_reader, paint
from gan_utils.data import to_float
from gan_utils.scenes.banners import render
from gan_utils.studio import set_type, without_headline


def painted(generator, orders, seed=3):
    """Banners (N, 3, 64, 64) for orders (N, 5): painted by a network, real type on top."""
    return set_type(paint(generator, without_headline(orders), seed), orders)


@torch.no_grad()
def read_back(images):
    """What banners (N, 3, 64, 64) in [-1, 1] turned out to be: attributes (N, 5)."""
    return torch.cat([banner_reader().read(part) for part in images.split(500)])


def photographed(orders, seed=0):
    """A studio's banners (N, 3, 64, 64) in [-1, 1]: real products, no network."""
    return to_float(render(orders, "test", seed).images)


def outcomes(generator, seed=3, batch=504):
    """What the painted banner of every order turns out to be: numbers (4032,).

    Args:
        generator: a ``BannerGenerator``.
        seed: of z, one for each order.
    """
    parts = [
        numbers(read_back(painted(generator, orders, seed + i)))
        for i, orders in enumerate(COMBINATIONS.split(batch))
    ]
    return torch.cat(parts)
