"""How well a product sits: error against the true picture, colour, brand, what else changed."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from gan_utils.ads.product_trial import placement
from gan_utils.ads.product_trial.model import LIPS, put_back, window, wishes
from gan_utils.ads.product_trial.portraits import (
    draw_portrait,
    faces_and_products,
    shade_colours,
)
from gan_utils.ads.product_trial.products import BRANDS, FRAMES, SHADES


def error_inside(images, truth, mask):
    """Mean absolute difference, weighted by a mask (N, 1, H, W); pictures span [-1, 1]."""
    weight = mask.expand_as(images)
    return ((images - truth).abs() * weight).sum() / weight.sum()


def error_outside(images, truth, mask):
    """The same, outside the mask."""
    return error_inside(images, truth, 1 - mask)


def overlap(mask, truth):
    """Intersection over union of two masks, each cut at 1/2."""
    a, b = mask > 0.5, truth > 0.5
    return (a & b).sum() / (a | b).sum()


def lab(colours):
    """sRGB colours (..., 3) in [-1, 1] as CIE L*a*b*, white point D65 (CIE 15:2004)."""
    share = (colours + 1) / 2
    linear = torch.where(
        share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4
    )
    to_xyz = linear.new_tensor(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = linear @ to_xyz.T / linear.new_tensor([0.95047, 1.0, 1.08883])
    small = xyz * (29 / 6) ** 2 / 3 + 4 / 29
    root = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(1e-9) ** (1 / 3), small)
    x, y, z = root.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def colour_error(images, truth, mask):
    """Delta E (CIE 1976) between the mean colours inside a mask, one for each picture.

    About 2 is a just visible difference, 10 a plain one.
    """

    def mean(pictures):
        return (pictures * mask).sum((2, 3)) / mask.sum((2, 3)).clamp(1e-6)

    return (lab(mean(images)) - lab(mean(truth))).norm(dim=-1)


@torch.no_grad()
def nearest_on_shelf(asked, faces, shelf, labels, wanted):
    """For every face the picture on the shelf that has its label and is most alike.

    Args:
        asked: faces (N, C, H, W); faces: those on the shelf (M, C, H, W), cut alike.
        shelf: what is handed out, (M, ...); labels: of the shelf (M,).
        wanted: labels that are asked for (N,); each must be on the shelf.
    """
    distance = torch.cdist(asked.flatten(1), faces.flatten(1))
    distance[labels[None] != wanted[:, None]] = float("inf")
    return shelf[distance.argmin(1)]


class ProductEvaluator(nn.Module):
    """Names what is worn: three heads on one body; trained on true pictures only.

    Maps (N, 3, 64, 64) in [-1, 1] to logits for brand (N, 4), frame colour (N, 6) and
    lipstick shade (N, 12).
    """

    def __init__(self, width=12):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, 1, 1), nn.ReLU()]  # frames are a pixel wide
        for n_in in (width, 2 * width, 3 * width):
            n_out = n_in + width
            layers += [
                nn.Conv2d(n_in, n_out, 4, 2, 1),
                nn.BatchNorm2d(n_out),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2))
        features = 64 * 4 * width
        self.brand = nn.Linear(features, len(BRANDS))
        self.frame = nn.Linear(features, len(FRAMES))
        self.shade = nn.Linear(features, len(SHADES))

    def forward(self, images):
        found = self.body(images)
        return self.brand(found), self.frame(found), self.shade(found)


@torch.no_grad()
def recognised(evaluator, images, labels, head):
    """Share of pictures whose label a head of the evaluator names: 0 brand, 1 frame, 2 shade."""
    guesses = torch.cat([evaluator(part)[head].argmax(1) for part in images.split(250)])
    return (guesses == labels).float().mean().item()


class Reflection(NamedTuple):
    """One trial: pictures (1, 3, 64, 64) in [-1, 1], the mask (1, 1, 64, 64), scores.

    inside, idle: error in the product's region, as shown and with nothing done; outside:
    elsewhere; colour: Delta E inside the region.
    """

    before: torch.Tensor
    shown: torch.Tensor
    truth: torch.Tensor
    inside: float
    idle: float
    outside: float
    colour: float


class Mirror:
    """Faces that no network has seen, and the two ways to try a product on.

    Args:
        lipstick: a trained ``TrialGenerator``.
        placer: a trained ``PlacementNetwork``.
        count, seed: of the faces, as for ``portraits``.
    """

    def __init__(self, lipstick, placer, count=40, seed=5):
        self.lipstick, self.placer = lipstick, placer
        self.faces = faces_and_products(count, seed)[0]
        self.pictures = placement.catalogue()
        self.colours = shade_colours()

    @torch.no_grad()
    def try_lipstick(self, face, shade, strength=1.0):
        """Lipstick by the GAN; face and shade are indices, strength is in [0, 1]."""
        bare, _, true, _, lips, _ = self._drawn(face, 0, 0, 0, shade)
        wish = wishes(self.colours[shade : shade + 1])
        part = self.lipstick(window(bare, LIPS), wish, strength)
        shown = put_back(bare, part, LIPS)
        return self._reflection(bare, shown, bare + strength * (true - bare), lips)

    @torch.no_grad()
    def try_eyewear(self, face, brand, frame, lens, strength=1.0):
        """Eyewear placed by the placer; all are indices, strength is in [0, 1]."""
        bare, true, _, glasses, _, _ = self._drawn(face, brand, frame, lens, 0)
        picture = self.pictures[placement.catalogue_index(brand, frame, lens)][None]
        shown = placement.wear(bare, picture, self.placer(bare), strength)
        return self._reflection(bare, shown, bare + strength * (true - bare), glasses)

    def _drawn(self, face, *product):
        arrays = draw_portrait(self.faces[face], *product)
        return [torch.from_numpy(np.array(array))[None] for array in arrays]

    @staticmethod
    def _reflection(bare, shown, truth, mask):
        inside = error_inside
        scores = (
            inside(shown, truth, mask),
            inside(bare, truth, mask),
            error_outside(shown, truth, mask),
            colour_error(shown, truth, mask)[0],
        )
        return Reflection(bare, shown, truth, *(float(score) for score in scores))
