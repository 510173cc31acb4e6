"""A click model learned from a log: logistic regression on user features x codes."""

import math
from typing import NamedTuple

import torch

from gan_utils.ads.clicks.audience import COMBINATIONS, with_one
from gan_utils.ads.creatives.networks import CODES, one_hot

_DEVIATIONS = (0.25, 0.10)
"""Believed spread of a weight before the log is seen: of what all like, of a feature's."""


class Surrogate(NamedTuple):
    """Weights of user features x codes, believed Gaussian around their mean.

    mean: (D,); precision: (D, D), the inverse covariance; offset: the log's mean, as
    log-odds. D is 7 * 28: a 1 and six features, times the codes.
    """

    mean: torch.Tensor
    precision: torch.Tensor
    offset: float

    def tastes(self, users, weights=None):
        """What each user likes in each code: (N, 28)."""
        weights = self.mean if weights is None else weights
        features = with_one(users.features)
        if weights.ndim == 1:
            return features @ weights.view(-1, CODES)
        return (features[:, None] @ weights.view(len(weights), -1, CODES))[:, 0]

    def rates(self, users, attributes=COMBINATIONS):
        """Predicted click rates (N, M) of creatives (M, 5) for every user."""
        return torch.sigmoid(self.tastes(users) @ one_hot(attributes).T + self.offset)

    def faded(self, memory):
        """The belief with its precision moved towards the one before the log was seen.

        Args:
            memory: the share that stays, in [0, 1]; 1 forgets nothing.
        Raises:
            ValueError: memory is no share.
        """
        if not 0 <= memory <= 1:
            raise ValueError(f"memory is a share in [0, 1]; got {memory}")
        precision = memory * self.precision + (1 - memory) * at_first()
        return self._replace(precision=precision)

    def draws(self, count, random):
        """Weights drawn from the belief, one set per row: (count, D)."""
        root = torch.linalg.cholesky(self.precision)
        noise = torch.randn(len(self.mean), count, generator=random)
        return self.mean + torch.linalg.solve_triangular(root.T, noise, upper=True).T


def at_first():
    """The precision (D, D) of the belief before any impression."""
    spread = torch.tensor([_DEVIATIONS[0], *6 * [_DEVIATIONS[1]]])
    return torch.diag(spread.repeat_interleave(CODES) ** -2)


def design(users, attributes):
    """Feature times code of every impression: (N, 7 * 28)."""
    features = with_one(users.features)
    return (features[:, :, None] * one_hot(attributes)[:, None]).flatten(1)


def updated(belief, users, attributes, clicks, weight=None, iterations=4):
    """The belief after more impressions (Laplace's approximation, by Newton's method).

    Minimises (w - mean)' precision (w - mean) / 2 + sum of the impressions'
    cross-entropies; the precision becomes the Hessian there.

    Args:
        belief: a ``Surrogate``.
        users, attributes (N, 5), clicks (N,): the impressions.
        weight: (N,), how many impressions each stands for.
        iterations: Newton steps.
    Source:
        Chapelle and Li 2011, Algorithm 3, with a full instead of a diagonal precision.
    """
    rows = design(users, attributes)
    weight = torch.ones_like(clicks) if weight is None else weight
    mean = belief.mean
    for _ in range(iterations):
        rate = torch.sigmoid(rows @ mean + belief.offset)
        slope = rows.T @ (weight * (rate - clicks))
        slope = slope + belief.precision @ (mean - belief.mean)
        bend = rows.T @ (rows * (weight * rate * (1 - rate))[:, None])
        mean = mean - torch.linalg.solve(bend + belief.precision, slope)
    return Surrogate(mean, bend + belief.precision, belief.offset)


def fit(log, kept=0.2, seed=0):
    """Learn a surrogate from a log: every click, and a share of all other impressions.

    Args:
        log: a ``ClickLog`` with clicks, and with impressions that got none.
        kept: share of the impressions without a click that enter, with weight 1/kept.
        seed: which of them.
    Raises:
        ValueError: the log holds no clicks or nothing else, or kept is not in (0, 1].
    """
    if not 0 < kept <= 1:
        raise ValueError(f"kept is a share in (0, 1]; got {kept}")
    count, hits = len(log.clicks), int((log.clicks > 0).sum())
    if not 0 < hits < count:
        raise ValueError(
            f"a log of {count:,} impressions with {hits:,} clicks cannot say what is "
            "clicked more often: it needs clicks and misses, so record more impressions"
        )
    random = torch.Generator().manual_seed(seed)
    chance = torch.rand(len(log.clicks), generator=random)
    used = log.rows((log.clicks > 0) | (chance < kept))
    rate = log.clicks.mean().item()
    offset = math.log(rate / (1 - rate))
    start = Surrogate(torch.zeros(7 * CODES), at_first(), offset)
    weight = torch.where(used.clicks > 0, 1.0, 1 / kept)
    attributes = COMBINATIONS[used.library[used.shown]]
    return updated(start, used.users, attributes, used.clicks, weight, iterations=6)
