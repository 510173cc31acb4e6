"""The figures and the verdict of a leakage report."""

from typing import NamedTuple

import torch

from gan_utils.copying import (
    Copies,
    DataCopying,
    authenticity,
    data_copying,
    neighbour_shares,
)
from gan_utils.membership import Interval, auc, nearest_score, share_of, tpr_at
from gan_utils.metrics import image_features

COPIES = "copies"
NO_SIGN = "no sign of copying found"
CANNOT_TELL = "cannot tell: too few pictures"
CHANCE = 0.001  # how rarely one figure may accuse a generator that does not copy
STRICT = 3.29  # the same in standard errors, two-sided
WEAK_ATTACK = 0.6  # an AUC that must be ruled out before we say "no sign"
FEWEST = 50  # pictures on each side, samples too, below which we cannot tell
MOST = 10_000  # pictures of each side that are compared
SIDE = 32  # pixels; larger pictures are compared after averaging down to this


class Figures(NamedTuple):
    """What one way of looking at the pictures found."""

    copies: Copies
    test: DataCopying
    authentic: Interval
    control: Interval
    attack: Interval
    strict: Interval
    found: Interval


def pixels(images):
    """Pictures as rows of numbers, averaged down to at most 32 x 32 pixels."""
    side = max(images.shape[-2:])
    if side > SIDE:
        size = [max(1, round(s * SIDE / side)) for s in images.shape[-2:]]
        images = torch.nn.functional.adaptive_avg_pool2d(images, size)
    return images.flatten(1)


def views(images):
    """The ways of looking at these pictures: {name: function to features}."""
    views = {"pixels": pixels}
    if images.shape[1:] == (1, 28, 28):
        views["features"] = image_features
    return views


def equally_many(training, held_out, seed):
    """Random subsets of equal size, and how many held-out pictures were training ones."""
    known = {picture.numpy().tobytes() for picture in training}
    new = [i for i, x in enumerate(held_out) if x.numpy().tobytes() not in known]
    twins, held_out = len(held_out) - len(new), held_out[new]
    size = min(len(training), len(held_out), MOST)
    if size < 2:
        raise ValueError(
            "a report needs at least 2 training pictures and 2 others that are not among "
            f"them; got {len(training)} and {len(new)}"
        )
    chance = torch.Generator().manual_seed(seed)
    cut = [
        x[torch.randperm(len(x), generator=chance)[:size]] for x in (training, held_out)
    ]
    return *cut, twins


def measure(samples, training, held_out, seed):
    """All figures of one way of looking at the pictures."""
    shares = [
        share_of(round(authenticity(x, training) * len(x)), len(x))
        for x in (samples, held_out)
    ]
    scores = [nearest_score(x, samples) for x in (training, held_out)]
    return Figures(
        neighbour_shares(samples, training, held_out, splits=2_000, seed=seed),
        data_copying(samples, training, held_out, seed=seed),
        *shares, auc(*scores), auc(*scores, z=STRICT), tpr_at(*scores),
    )  # fmt: skip


def verdict_of(figures, fewest):
    """Accuse when any figure is beyond chance; else say whether it could have been."""
    for found in figures.values():
        copies = found.copies
        if min(copies.p, copies.close_p) <= CHANCE or found.strict.low > 0.5:
            return COPIES
    unsure = any(found.attack.high > WEAK_ATTACK for found in figures.values())
    return CANNOT_TELL if unsure or fewest < FEWEST else NO_SIGN
