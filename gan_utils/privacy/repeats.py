"""Does a generator repeat a few of its training pictures? Found among many new samples."""

from typing import NamedTuple

from scipy.stats import poisson

from gan_utils.metrics import nearest_neighbours
from gan_utils.privacy.membership import share_of

CHANCE = 0.001  # how rarely one figure may accuse a generator that does not copy
STRICT = 1 - CHANCE  # confidence of an interval that may accuse
HALF = 0.5  # of the way from a training picture to the next one: may happen by chance
_REPEATED = (0.1, 0.2)  # of that way: hardly anything but a copy
WAYS = 2  # in which pictures differ from their neighbours, at least


class Repeats(NamedTuple):
    """How many training pictures some sample almost repeats.

    count: of different training pictures that a sample repeats; compared: with how many.
    expected: how many chance brings at most; p: how rarely chance brings so many.
    fewest: how many would have been found out; fewer can go unseen.
    """

    count: int
    compared: int
    expected: float
    p: float
    fewest: int


def repeats(samples, training, held_out):
    """Count the training pictures that samples almost repeat: a few copies among many.

    A sample repeats its nearest training picture when it lies within a tenth, or a
    fifth, of the way from there to the next training picture. How often that happens
    without copying is bounded by the held-out pictures: by how many of them lie within
    half of the way, at the upper end of the interval of that share, times (r / 0.5)^2
    for a share r of the way, since pictures differ in two ways at least. Each training
    picture counts once, so that a generator of few different pictures is not accused for
    repeating itself.

    Args:
        samples, training, held_out: features (N, d), (M, d) and (H, d), M at least 2.
    Returns:
        ``Repeats``.
    """
    gap = nearest_neighbours(training, training, 2)[0][:, 1]
    shares = []
    for points in (samples, held_out):
        distances, rows = nearest_neighbours(points, training)
        shares.append((distances[:, 0], gap[rows[:, 0]], rows[:, 0]))
    distances, gaps, _ = shares[1]
    by_chance = int((distances <= HALF * gaps).sum())
    rate = share_of(by_chance, len(held_out), confidence=STRICT).high
    distances, gaps, rows = shares[0]
    found = []
    for share in _REPEATED:
        count = len(rows[distances <= share * gaps].unique())
        expected = len(samples) * rate * (share / HALF) ** WAYS
        p = len(_REPEATED) * float(poisson.sf(count - 1, expected))
        found.append((p, count, expected))
    p, count, expected = min(found)
    fewest = 1 + int(poisson.isf(CHANCE / len(_REPEATED), found[0][2]))
    return Repeats(count, len(training), expected, min(p, 1.0), fewest)
