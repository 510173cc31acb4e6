"""The try-on scene: people, flat garments, and the true pictures of them together.

The data-set card is ``data/scenes/try_on.md``.
"""

import functools
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import interpolate

from gan_utils.ads.try_on.figures import draw_figures
from gan_utils.ads.try_on.garments import PAPER, TOP_MARGIN, draw_garments
from gan_utils.ads.try_on.painting import paint_flat, paint_pose, paint_worn
from gan_utils.data import CLASSES, fashion_mnist, to_float

KINDS = ("T-shirt", "pullover", "dress", "coat")
_HEIGHTS = {"T-shirt": 36, "pullover": 36, "dress": 44, "coat": 38}
"""To which height, in pixels, a picture of 28 x 28 is brought."""

_DAB = 1.8  # pixels, the radius of a dab of paint; its edge is soft
_INK = 12  # of 255: darker pixels of the grey picture count as background


class TryOn(NamedTuple):
    """A batch of the scene, or all of it; pictures are (N, channels, 64, 48).

    garment: flat, on paper (3); cut: its mask (1). person: what is seen of the figure, grey
    where masked (3); mask: 1 where a garment may lie (1); pose: the skeleton (3). truth: the
    figure in the garment (3); worn: 1 where it shows cloth (1). Colours are floats in
    [-1, 1], masks in [0, 1].
    """

    garment: torch.Tensor
    cut: torch.Tensor
    person: torch.Tensor
    mask: torch.Tensor
    pose: torch.Tensor
    truth: torch.Tensor
    worn: torch.Tensor


class Scene(NamedTuple):
    """Pictures as uint8, and who and what is on them. ``batch`` turns them into floats."""

    pictures: dict
    figures: list
    garments: list

    def __len__(self):
        return len(self.figures)

    def batch(self, which=slice(None)):
        """A ``TryOn`` of the pictures at some positions (a slice or an index tensor)."""
        part = {name: values[which] for name, values in self.pictures.items()}
        mask = part["mask"].float() / 255
        truth = to_float(part["truth"])
        return TryOn(
            to_float(part["garment"]),
            part["cut"].float() / 255,
            truth * (1 - mask),
            mask,
            to_float(part["pose"]),
            truth,
            part["worn"].float() / 255,
        )


def try_on(count, seed=0):
    """Render ``count`` figures, each in a garment of its own.

    Args:
        count: how many.
        seed: the same seed gives the same bytes.
    Returns:
        A ``Scene``.
    """
    random = np.random.default_rng(seed)
    figures = draw_figures(count, random)
    return render(figures, draw_garments(count, random))


def swapped(scene):
    """The same figures, each in the next one's garment: what nobody photographed."""
    return render(scene.figures, scene.garments[1:] + scene.garments[:1])


def render(figures, garments):
    """The ``Scene`` of figures and garments, paired by position.

    Raises:
        ValueError: there are not as many garments as figures, or none.
    """
    if len(figures) != len(garments) or not figures:
        raise ValueError(
            "render needs as many garments as figures, at least one of each; got "
            f"{len(figures)} figures and {len(garments)} garments"
        )
    rows = {name: [] for name in ("garment", "cut", "pose", "truth", "worn", "mask")}
    for figure, garment in zip(figures, garments):
        flat, worn = paint_flat(garment), paint_worn(figure, garment)
        for name, picture in zip(rows, (*flat, paint_pose(figure), *worn)):
            rows[name].append(picture.reshape(64, 48, -1).transpose(2, 0, 1))
    pictures = {n: torch.from_numpy(np.stack(rows[n])) for n in rows}
    return Scene(pictures, list(figures), list(garments))


def with_paint(batch, dabs, colour):
    """The batch with dabs of paint on its flat garment; what is off the cloth is lost.

    Args:
        batch: a ``TryOn`` of N figures in the same garment.
        dabs: pairs [x, y] in pixels, from the top left corner; none changes nothing.
        colour: of the paint, three numbers in 0..255.
    """
    if not dabs:
        return batch
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(48), indexing="ij")
    x, y = torch.tensor(dabs).float()[..., None, None].unbind(1)
    away = torch.hypot(columns + 0.5 - x, rows + 0.5 - y).amin(0)
    cover = (_DAB + 0.5 - away).clamp(0, 1) * batch.cut
    paint = torch.as_tensor(colour).float()[:, None, None] / 127.5 - 1
    return batch._replace(garment=batch.garment * (1 - cover) + paint * cover)


def fashion_garments(kind, which, colour=(205, 60, 70)):
    """Grey pictures of the test set, tinted, at the place of a flat garment.

    Args:
        kind: a name from ``KINDS``.
        which: positions among the pictures of that class.
        colour: of the brightest pixel, three numbers in 0..255.
    Returns:
        garment (N, 3, 64, 48) in [-1, 1] and cut (N, 1, 64, 48) in [0, 1], by ``_outline``.
    Raises:
        ValueError: the kind is none of ``KINDS``, or a position does not exist.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}; got {kind!r}")
    found = pictures_of(kind)
    if not all(0 <= k < len(found) for k in which):
        raise ValueError(f"there are {len(found)} pictures of this kind; got {which}")
    grey = found[torch.as_tensor(which)].float()
    side = _HEIGHTS[kind]
    grey, cut = (
        interpolate(v, size=(side, side), mode="bilinear", antialias=True)
        for v in (grey / 255, _outline(grey).float())
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


def _outline(grey):
    """Where the garment is: pixels that are not black, and holes with such on four sides.

    Args:
        grey: (..., H, W) in 0..255.
    Returns:
        The same shape, bool.
    """
    ink = (grey > _INK).int()
    enclosed = torch.ones_like(ink)
    for axis in (-1, -2):
        after = ink.flip(axis).cummax(axis).values.flip(axis)
        enclosed *= ink.cummax(axis).values * after
    return (ink + enclosed) > 0
