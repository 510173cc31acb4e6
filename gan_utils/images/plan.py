"""Which size and recipe suit a folder of pictures, and how what was learnt is judged."""

from typing import NamedTuple

import torch
from torch.nn.functional import adaptive_avg_pool2d

from gan_utils.augment import colour, cutout, translation
from gan_utils.metrics import frechet_distance, nearest_neighbours, precision_recall

KEPT = 16  # numbers that describe a picture in ``FeatureSpace``
_TO_JUDGE = 20  # pictures to hold out at least, where a quarter of them are so many
AUGMENTATIONS = {"translation": translation, "cutout": cutout, "colour": colour}


class Plan(NamedTuple):
    """A recipe, and in plain words why it is this one.

    Attributes:
        size: of a side in pixels.
        batch_size: pictures a step; steps: of the whole training.
        augmentations: names in ``AUGMENTATIONS``, for what D sees.
        held_out: share of the pictures that training does not see.
        reasons: sentences.
    """

    size: int
    batch_size: int
    steps: int
    augmentations: tuple
    held_out: float
    reasons: tuple


def plan(count, sides, gpu=False, processes=1):
    """Choose a recipe from the number of usable pictures and how large they are.

    Args:
        count: usable pictures, at least 16.
        sides: their shorter sides in pixels, int64 (count,).
        gpu: whether a GPU trains.
        processes: how many share a batch; its size is a multiple of them.
    Raises:
        ValueError: fewer than 16 pictures, or more processes than they allow.
    """
    if count < 16:
        raise ValueError(f"a plan needs at least 16 usable pictures; got {count}")
    middle = int(sides.median())
    size = 32 if count < 200 or middle < 64 else 64
    size = 128 if gpu and count >= 2_000 and middle >= 128 else size
    reasons = [_on_size(size, count, middle, gpu)]
    names, why = _augmentations(count)
    share = min(0.25, max(0.15, _TO_JUDGE / count)) if count < 2_000 else 0.1
    batch = min(max(32 if count < 5_000 else 64, processes), count // 2)
    if batch < processes:
        raise ValueError(
            f"{count:,} pictures are too few for {processes} processes: start at most "
            f"{batch}, or add pictures until there are {2 * processes}."
        )
    batch -= batch % processes
    steps = {32: 3_000, 64: 2_400, 128: 12_000}[size]
    reasons += [
        why,
        f"{share:.0%} are held out, to judge by pictures that training never saw.",
        f"{steps:,} steps of {batch} pictures: each is seen about "
        f"{round(steps * batch / (count * (1 - share))):,} times.",
    ]
    return Plan(size, batch, steps, names, share, tuple(reasons))


def _on_size(size, count, middle, gpu):
    if size == 128:
        return "128 x 128 pixels: many large pictures, and a GPU."
    if size == 64:
        more = "" if gpu else "; more would take hours without a GPU"
        return f"64 x 64 pixels: half of the pictures have {middle} or more{more}."
    if middle < 64:
        return f"32 x 32 pixels: half of the pictures have {middle} or fewer."
    return f"32 x 32 pixels: {count:,} pictures are too few to learn finer detail from."


def _augmentations(count):
    if count >= 1_000:
        return (
            (),
            f"No augmentation: with {count:,} pictures it would cost more than help.",
        )
    if count >= 300:
        return ("translation", "cutout"), (
            f"D sees pictures moved and with a hole: it would soon know {count:,} by heart."
        )
    return ("translation", "cutout", "colour"), (
        f"D sees pictures moved, tinted and with a hole: {count:,} are very few."
    )


class FeatureSpace:
    """Sixteen numbers a picture: where which colours are, and where edges are.

    Seven numbers in each cell of a grid of 4 x 4: mean red, green and blue, and the mean
    strength of level and upright edges at two scales. Each of the seven is divided by its
    spread over pictures and cells, so that cells where nothing ever happens, such as the
    corners of a plain ground, do not outweigh the others. Of these 112 numbers, the 16
    principal components of the training pictures. No network, no labels, any kind of
    picture; and so no judge of what a picture *means*.

    Args:
        training: pictures (N, 3, H, W) float in [-1, 1], more than 16.
    """

    def __init__(self, training):
        raw = _describe(training)
        self.mean = raw.mean(0)
        spread = raw.var(0).view(-1, 16).mean(1).sqrt().clamp_min(1e-3)
        self.spread = spread.repeat_interleave(16)
        vectors = torch.linalg.eigh(((raw - self.mean) / self.spread).T.cov())[1]
        self.axes = vectors.flip(1)[:, :KEPT]

    def __call__(self, images):
        """Features (N, 16) of pictures (N, 3, H, W) in [-1, 1], of any size."""
        return ((_describe(images) - self.mean) / self.spread) @ self.axes


def _describe(images):
    """112 numbers a picture, float64."""
    small = adaptive_avg_pool2d(images.detach().cpu().double(), 32)
    found = [adaptive_avg_pool2d(small, 4)]
    for side in (32, 16):
        grey = adaptive_avg_pool2d(small.mean(1, keepdim=True), side)
        for axis in (2, 3):
            found.append(adaptive_avg_pool2d(grey.diff(dim=axis).abs(), 4))
    return torch.cat([part.flatten(1) for part in found], 1)


def scores(pictures, training, held_out):
    """How good generated pictures are, by pictures that training never saw.

    Args:
        pictures: generated, at least as many as held out; training, held_out: real. All
            (N, 3, H, W) in [-1, 1], more than 16 of each.
    Returns:
        {"Fréchet distance", "of real pictures", "precision", "recall",
        "novelty ratio"}. The first is that of generated pictures to held-out ones, the
        second that of training pictures, as many: few pictures lie further off by their
        number alone. The last is the median distance of a generated picture to its
        nearest training picture over that of a held-out one: well below 1 means copies,
        or blur.
    """
    space = FeatureSpace(training)
    made, seen, unseen = (space(part) for part in (pictures, training, held_out))
    precision, recall = precision_recall(unseen, _evenly(made, len(unseen)))
    count = min(len(made), len(seen))
    gaps = [near_pairs(part, training)[0].median() for part in (pictures, held_out)]
    return {
        "Fréchet distance": frechet_distance(made[:count], unseen),
        "of real pictures": frechet_distance(_evenly(seen, count), unseen),
        "precision": precision,
        "recall": recall,
        "novelty ratio": (gaps[0] / gaps[1]).item(),
    }


def _evenly(rows, count):
    """So many rows from first to last, for neighbours in a folder are alike."""
    return rows[torch.linspace(0, len(rows) - 1, count).long()]


def near_pairs(pictures, training):
    """Distance of each picture to the nearest training picture (N,), and which (N,).

    In pixels after averaging down to 16 x 16, so that texture does not hide a copy.
    """
    small = [adaptive_avg_pool2d(part, 16).flatten(1) for part in (pictures, training)]
    distances, rows = nearest_neighbours(*small)
    return distances[:, 0], rows[:, 0]
