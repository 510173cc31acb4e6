"""Eyewear set on a face: a product picture moved, scaled, turned and blended.

A placement is (x, y, log scale, turn): the middle in pixels of the 64 x 64 portrait, the
logarithm of pixels in half a lens distance, and radians.
"""

import itertools

import numpy as np
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, grid_sample

from gan_utils.ads.product_trial import products

_LOW = torch.tensor([27.0, 24.0, 1.72, -0.28])
_HIGH = torch.tensor([37.0, 38.0, 2.12, 0.28])
"""The range in which eyewear is pasted at random: wider than where people wear it."""


def catalogue():
    """Every product picture, (48, 4, 44, 112): colour times alpha, then alpha, in 0..1."""
    kinds = (products.BRANDS, products.FRAMES, products.LENSES)
    drawn = [
        products.eyewear(*which)
        for which in itertools.product(*(range(len(names)) for names in kinds))
    ]
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()


def catalogue_index(brand, frame, lens):
    """Where a product lies in the catalogue; integers or tensors."""
    return (brand * len(products.FRAMES) + frame) * len(products.LENSES) + lens


def place(pictures, placement, fine=2):
    """Product pictures (N, 4, 44, 112) moved to their placements (N, 4).

    Each pixel of the portrait looks up where it lies in the product picture,
    u = R(-turn) (p - (x, y)) / scale. It is differentiable in the placement.

    Args:
        fine: points looked up along each side of a pixel, then averaged.
    Returns:
        (N, 4, 64, 64), colour times alpha, then alpha.
    Source:
        Jaderberg et al. 2015, arXiv:1506.02025, equations 1 and 5.
    """
    line = (torch.arange(64 * fine) + 0.5) / fine
    y, x = torch.meshgrid(line, line, indexing="ij")
    x_0, y_0, log_scale, turn = placement.T[:, :, None, None]
    unit = products.UNIT / log_scale.exp()
    u = (turn.cos() * (x - x_0) + turn.sin() * (y - y_0)) * unit
    v = (turn.cos() * (y - y_0) - turn.sin() * (x - x_0)) * unit
    width, height = products.SIZE
    grid = torch.stack([u / (width / 2), v / (height / 2)], -1)
    return avg_pool2d(grid_sample(pictures, grid, align_corners=False), fine)


def wear(images, pictures, placement, strength=1.0):
    """Portraits in [-1, 1] with products laid over them, x (1 - alpha) + alpha c."""
    placed = strength * place(pictures, placement)
    alpha = placed[:, 3:]
    return images * (1 - alpha) + 2 * placed[:, :3] - alpha


def take_off(images, pictures, placement):
    """Undo ``wear``: look through the lenses, and fill in behind the frame.

    Where alpha <= 0.7 the blend is inverted, x = (y - alpha c) / (1 - alpha); elsewhere
    the mean of the neighbours within 4 pixels stands in. Traces remain.
    """
    placed = place(pictures, placement)
    alpha = placed[:, 3:]
    seen = (alpha < 0.7).float()
    through = (images + alpha - 2 * placed[:, :3]) / (1 - alpha).clamp(min=0.25)
    around = avg_pool2d(through * seen, 9, 1, 4) / avg_pool2d(seen, 9, 1, 4).clamp(0.02)
    return torch.where(seen > 0, through, around).clamp(-1, 1)


def _random_placements(count):
    """Random placements (count, 4) between _LOW and _HIGH."""
    return _LOW + (_HIGH - _LOW) * torch.rand(count, 4)


def with_decoys(images, pictures):
    """Put on and take off two products at random places: their traces mislead."""
    for _ in range(2):
        which = torch.randint(len(pictures), (len(images),))
        where = _random_placements(len(images))
        worn = wear(images, pictures[which], where)
        error = torch.randn_like(where) * torch.tensor([0.15, 0.15, 0.01, 0.01])
        images = take_off(worn, pictures[which], where + error)
    return images


class PlacementNetwork(nn.Module):
    """A portrait (N, 3, 64, 64) in [-1, 1] -> a placement (N, 4)."""

    def __init__(self, width=16):
        super().__init__()
        layers = []
        channels = (3, width, 2 * width, 3 * width, 4 * width)
        for n_in, n_out in zip(channels, channels[1:]):
            layers += [nn.Conv2d(n_in, n_out, 4, 2, 1), nn.LeakyReLU(0.1)]
        dense = [nn.Linear(16 * channels[-1], 64), nn.LeakyReLU(0.1), nn.Linear(64, 4)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), *dense)

    def forward(self, images):
        return (_LOW + _HIGH) / 2 + (_HIGH - _LOW) / 2 * self.layers(images)


class EyewearFitting(nn.Module):
    """``finder`` sees where worn eyewear sits; ``placer`` where it would sit on a bare face."""

    def __init__(self, width=16):
        super().__init__()
        self.finder, self.placer = PlacementNetwork(width), PlacementNetwork(width)


def fit_placement(network, examples, steps, watch=lambda step, loss: None):
    """Regress placements; ``examples(batch)`` gives portraits and their placements.

    The error of each number counts in half ranges, |error| / ((_HIGH - _LOW) / 2).
    Brightness and tint of the portraits are varied.
    """
    batch, lr = 48, 3e-3
    optimiser = torch.optim.AdamW(network.parameters(), lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps)
    for step in range(steps):
        images, placement = examples(batch)
        light = 1 + 0.1 * torch.randn(batch, 1, 1, 1)
        tint = 0.05 * torch.randn(batch, 3, 1, 1)
        error = (network(images * light + tint) - placement) / ((_HIGH - _LOW) / 2)
        loss = error.abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        watch(step, loss.item())
    return network.eval()


def pasted_examples(bare, pictures):
    """A function of a batch size: random products at random places on bare faces."""

    def examples(batch):
        placement = _random_placements(batch)
        images = bare[torch.randint(len(bare), (batch,))]
        which = torch.randint(len(pictures), (batch,))
        return wear(images, pictures[which], placement), placement

    return examples


@torch.no_grad()
def taken_off_examples(worn, products_worn, placement, pictures):
    """A function of a batch size: worn eyewear taken off among decoys, and where it sat.

    Args:
        worn: portraits with eyewear; products_worn: their product pictures; placement:
            where a finder sees them; pictures: of the decoys.
    """
    copies, ready = 3, []  # each portrait three times, with other decoys
    for _ in range(copies):
        for part in torch.arange(len(worn)).split(200):
            off = take_off(worn[part], products_worn[part], placement[part])
            ready.append(with_decoys(off, pictures))
    images, where = torch.cat(ready), placement.repeat(copies, 1)

    def examples(batch):
        index = torch.randint(len(images), (batch,))
        return images[index], where[index]

    return examples


@torch.no_grad()
def placements(network, images):
    """The network's placements for any number of portraits."""
    return torch.cat([network(part) for part in images.split(250)])
