"""Was this picture in the training set? Attacks on samples, and how good an attack is.

An attack gives every picture a score; members should score higher. Scores become figures
with ``auc`` and ``tpr_at``, and both come with a 95 % interval.
"""

import math
from typing import NamedTuple

import torch
from scipy.special import expit
from scipy.stats import binomtest, norm, rankdata

from gan_utils.metrics import ball_counts, feature_pair, nearest_neighbours


class Interval(NamedTuple):
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


def auc(members, others, confidence=0.95):
    """The probability that a member scores higher than another picture, ties half.

    0.5 is a coin, 1 a perfect attack. The interval is DeLong's, laid on log(A / (1 - A))
    so that it stays in [0, 1]; where his variance is 0, as it is for A = 0 and 1, the rule
    of three on the smaller side.

    Args:
        members, others: scores (N,) and (M,), at least 2 of each.
        confidence: of the interval, in (0, 1).
    Returns:
        ``Interval`` in [0, 1].
    Raises:
        ValueError: fewer than 2 scores on a side, a score is not finite, or confidence.
    Source:
        DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    a, b = _scores(members, others)
    of_members, of_others = _wins(a, b), 1 - _wins(b, a)
    value = of_members.mean().item()
    error = math.sqrt(of_members.var() / len(a) + of_others.var() / len(b))
    if error == 0:
        reach = min(1.0, 3 / min(len(a), len(b)))
        return Interval(value, max(0.0, value - reach), min(1.0, value + reach))
    z = float(norm.isf((1 - confidence) / 2))
    middle, reach = math.log(value / (1 - value)), z * error / (value * (1 - value))
    return Interval(value, *(float(expit(middle + s * reach)) for s in (-1, 1)))


def _wins(a, b):
    """For every a the share of b that it exceeds, (N,) float64; a tie counts half."""
    ranks = rankdata(torch.cat([a, b]))[: len(a)] - rankdata(a)
    return torch.from_numpy(ranks) / len(b)


def tpr_at(members, others, fpr=0.01):
    """Share of members that an attack finds while it accuses at most ``fpr`` wrongly.

    The threshold is a score of ``others`` that no more than this share of them exceeds.
    The interval is Wilson's for the share of members above it; how well the threshold is
    known is not in it, so take at least 1 / fpr others.

    Args:
        members, others: scores (N,) and (M,), at least 2 of each.
        fpr: the allowed false-positive rate, in [0, 1).
    Returns:
        ``Interval`` in [0, 1]; about ``fpr`` for a coin.
    Raises:
        ValueError: fewer than 2 scores on a side, a score is not finite, or fpr.
    Source:
        Carlini et al. 2022, arXiv:2112.03570, section 3, for the measure.
    """
    if not 0 <= fpr < 1:
        raise ValueError(f"fpr is a share of pictures in [0, 1); got {fpr}")
    a, b = _scores(members, others)
    allowed = min(int(fpr * len(b) + 1e-9), len(b) - 1)  # 0.29 * 100 is 28.999...
    threshold = b.sort(descending=True).values[allowed]
    return share_of(int((a > threshold).sum()), len(a))


def share_of(hits, count, confidence=0.95):
    """The share hits / count and Wilson's interval for it, an ``Interval``.

    Raises:
        ValueError: not whole numbers with 0 <= hits <= count and count >= 1.
    """
    if not 0 <= hits <= count < math.inf or count < 1 or hits != int(hits):
        raise ValueError(
            f"hits must be a whole number from 0 to count >= 1; got {hits} of {count}"
        )
    test = binomtest(int(hits), int(count))
    found = test.proportion_ci(confidence, method="wilson")
    return Interval(hits / count, float(found.low), float(found.high))


def nearest_score(pictures, samples):
    """Attack on samples: minus the distance to the nearest of them.

    Args:
        pictures: features (N, d) of candidates; samples: features (M, d).
    Returns:
        Scores (N,) <= 0.
    Source:
        Chen et al. 2020, arXiv:1909.03935, section 5, the full black box.
    """
    return -nearest_neighbours(pictures, samples)[0][:, 0]


def monte_carlo_score(pictures, samples, radius=None):
    """Attack on samples: how many of them lie within a radius of the candidate.

    Args:
        pictures: features (N, d) of all candidates, members and others mixed; samples:
            features (M, d).
        radius: of the ball; None takes the median of the candidates' distances to their
            nearest sample, which needs no knowledge of who is a member.
    Returns:
        Scores (N,) in [0, 1]: the share of samples in the ball, borders included.
    Source:
        Hilprecht, Härterich and Bernau 2019, "Monte Carlo and reconstruction membership
        inference attacks against generative models", PoPETs 2019(4), section 4.
    """
    pictures, samples = feature_pair(pictures, samples, 1, "a Monte Carlo attack")
    if radius is None:
        radius = -nearest_score(pictures, samples).median()
    if not 0 <= radius < math.inf:
        raise ValueError(f"radius must be a finite distance >= 0; got {radius}")
    radii = torch.full((len(pictures),), float(radius), dtype=torch.float64)
    _, inside = ball_counts(pictures, radii, samples)
    return inside.double() / len(samples)


def _scores(members, others):
    """Both sides as flat float64, once they are fit to be compared."""
    sides = [torch.as_tensor(x).detach().cpu().double().flatten()
             for x in (members, others)]  # fmt: skip
    if min(map(len, sides)) < 2:
        raise ValueError(
            "an attack is judged on at least 2 members and 2 others; "
            f"got {len(sides[0])} and {len(sides[1])}"
        )
    if not all(side.isfinite().all() for side in sides):
        raise ValueError("scores must be finite; the attack gives NaN or infinity")
    return sides
