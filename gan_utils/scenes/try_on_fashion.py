"""Garments of Fashion-MNIST as flat pictures of the try-on scene."""

import functools

import torch
from torch.nn.functional import interpolate

from gan_utils.data import CLASSES, fashion_mnist
from gan_utils.scenes.try_on_garments import PAPER, TOP_MARGIN

KINDS = ("T-shirt", "pullover", "dress", "coat")
HEIGHTS = {"T-shirt": 36, "pullover": 36, "dress": 44, "coat": 38}
"""To which height, in pixels, a picture of 28 x 28 is brought."""

INK = 12  # of 255: darker pixels of the grey picture count as background


def fashion_garments(kind, which, colour=(205, 60, 70)):
    """Grey pictures of the test set, tinted, at the place of a flat garment.

    Args:
        kind: a name from ``KINDS``.
        which: positions among the pictures of that class.
        colour: of the brightest pixel, three numbers in 0..255.
    Returns:
        garment (N, 3, 64, 48) in [-1, 1] and cut (N, 1, 64, 48) in [0, 1], by ``outline``.
    Raises:
        ValueError: the kind is none of ``KINDS``, or a position does not exist.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}; got {kind!r}")
    found = pictures_of(kind)
    if not all(0 <= k < len(found) for k in which):
        raise ValueError(f"there are {len(found)} pictures of this kind; got {which}")
    grey = found[torch.as_tensor(which)].float()
    side = HEIGHTS[kind]
    grey, cut = (
        interpolate(v, size=(side, side), mode="bilinear", antialias=True)
        for v in (grey / 255, outline(grey).float())
    )
    tint = torch.tensor(colour).float()[:, None, None] / 255
    cloth = (0.2 + 0.8 * grey) * tint
    paper = float(PAPER[0]) / 255
    garment = torch.full((len(grey), 3, 64, 48), paper)
    mask = torch.zeros(len(grey), 1, 64, 48)
    top, left = int(TOP_MARGIN), (48 - side) // 2
    part = (..., slice(top, top + side), slice(left, left + side))
    garment[part], mask[part] = paper + cut * (cloth - paper), cut
    return garment * 2 - 1, mask


@functools.cache
def pictures_of(kind):
    """The grey test pictures of a kind, uint8 (N, 1, 28, 28)."""
    images, labels = fashion_mnist("test")
    return images[labels == CLASSES.index(kind)]


def outline(grey):
    """Where the garment is: pixels that are not black, and holes with such on four sides.

    Args:
        grey: (..., H, W) in 0..255.
    Returns:
        The same shape, bool.
    """
    ink = (grey > INK).int()
    enclosed = torch.ones_like(ink)
    for axis in (-1, -2):
        enclosed *= ink.cummax(axis).values * ink.flip(axis).cummax(axis).values.flip(
            axis
        )
    return (ink + enclosed) > 0
