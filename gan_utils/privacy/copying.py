"""Does a generator copy its training data? Distances to it and to held-out data compared.

Every function takes features, float tensors (N, d): flattened pixels or the output of a
feature network. All distances are Euclidean. ``membership`` asks the reverse question.
"""

import math
import warnings
from typing import NamedTuple

import torch
from scipy.cluster.vq import kmeans2
from scipy.stats import mannwhitneyu

from gan_utils.metrics import feature_pair, nearest_neighbours

_NEIGHBOURS = 32  # of a sample in the pooled real pictures; enough for every re-split


class Copies(NamedTuple):
    """How training and held-out pictures compare as neighbours of samples.

    ratio: median of d(sample, training) / d(sample, held out); 1 without copying.
    share: of samples whose nearest picture is a training picture; 1/2 without copying.
    low, high: where ``share`` falls in 95 % of re-splits without copying.
    p: share of re-splits with at least this ``share``; small means copying.
    close, mirrored: samples at less than half the distance to training than to held out,
        and the reverse; equal in the mean without copying.
    close_p: as ``p``, for ``close`` minus ``mirrored``.
    """

    ratio: float
    share: float
    low: float
    high: float
    p: float
    close: int
    mirrored: int
    close_p: float


class DataCopying(NamedTuple):
    """The three-sample test: far below 0 means copying, far above 0 means far from data.

    statistic: C_T, the weighted mean of the cells' z-scores.
    z: C_T divided by its standard deviation without copying, so N(0, 1) then.
    cells: how many cells held enough of both to be compared.
    """

    statistic: float
    z: float
    cells: int


def neighbour_shares(samples, training, held_out, splits=1_000, seed=0):
    """Are the samples nearer to training pictures than to equally many held-out ones?

    More pictures are nearer by their number alone, so both sides must be equally large.
    Had the generator never seen the training pictures, the two sides could trade places:
    the same figures over random re-splits of the pooled pictures say what chance gives.

    Args:
        samples: (N, d); training, held_out: (M, d) each, at least 2.
        splits: how many re-splits, at least 1.
        seed: of the re-splits.
    Returns:
        ``Copies``.
    Raises:
        ValueError: unequal or too small sides, shapes differ, a value is not finite, or
            splits < 1.
    """
    _need_count(splits, "splits")
    training, held_out = feature_pair(
        training, held_out, 2, "a comparison of two sides"
    )
    size = len(training)
    if size != len(held_out):
        raise ValueError(
            "training and held_out must be equally many, since more pictures are nearer "
            f"by their number alone; got {size:,} and {len(held_out):,}: take a subset"
        )
    pooled = torch.cat([training, held_out])
    distances, rows = nearest_neighbours(samples, pooled, min(_NEIGHBOURS, size + 1))
    is_training = torch.arange(2 * size) < size
    ratios = _ratios(distances, is_training[rows])
    found = _counts(ratios)
    chance = torch.Generator().manual_seed(seed)
    drawn = torch.stack([
        _counts(_ratios(
            distances, is_training[torch.randperm(2 * size, generator=chance)[rows]]
        ))
        for _ in range(splits)
    ])  # fmt: skip
    shares = drawn[:, 0]
    close, drawn_close = (x[..., 1] - x[..., 2] for x in (found, drawn))
    low, high = shares.quantile(torch.tensor([0.025, 0.975], dtype=shares.dtype))
    return Copies(
        ratios.median().item(), found[0].item(), low.item(), high.item(),
        _p_value(shares, found[0]), int(found[1]), int(found[2]),
        _p_value(drawn_close, close),
    )  # fmt: skip


def _ratios(distances, is_training):
    """d(sample, training) / d(sample, held out) from sorted neighbours of both kinds."""
    far = distances[:, -1]  # stands for a kind that is not among the neighbours
    to_training, to_held_out = (
        torch.where(kind.any(1), distances.gather(1, first[:, None])[:, 0], far)
        for kind, first in (
            (is_training, is_training.byte().argmax(1)),
            (~is_training, (~is_training).byte().argmax(1)),
        )
    )
    ratios = to_training / to_held_out
    return torch.where(to_training == to_held_out, torch.ones_like(ratios), ratios)


def _counts(ratios):
    """Share nearer to training (ties count half), much nearer to it, to held out."""
    nearer = (ratios < 1).double().mean() + (ratios == 1).double().mean() / 2
    return torch.stack([nearer, (ratios < 0.5).sum(), (ratios > 2).sum()])


def _p_value(drawn, found):
    return (1 + (drawn >= found).sum().item()) / (1 + len(drawn))


def authenticity(samples, training):
    """Share of samples that are no closer copy of a training picture than another one is.

    A sample is authentic when its nearest training picture t is farther from it than t is
    from the nearest other training picture. Compare with the same share of held-out
    pictures: it depends on the data, and on how many training pictures there are.

    Args:
        samples: (N, d); training: (M, d), M at least 2.
    Returns:
        A float in [0, 1].
    Raises:
        ValueError: too few, shapes differ, or a value is not finite.
    Source:
        Alaa et al. 2022, arXiv:2102.08921, section 3.3.
    """
    distances, rows = nearest_neighbours(samples, training)
    among = nearest_neighbours(training, training, 2)[0][:, 1]
    return (distances[:, 0] > among[rows[:, 0]]).double().mean().item()


def data_copying(samples, training, held_out, cells=10, seed=0):
    """The data-copying test C_T: Mann-Whitney's U of distances to training, cell by cell.

    In every cell of a k-means partition of the training pictures: are generated pictures
    nearer to training than held-out pictures are? A sampler that is blurred towards the
    middle of the data is nearer as well, so read it beside ``neighbour_shares``.

    Args:
        samples, held_out: (N, d) and (H, d); training: (M, d).
        cells: of the partition, at most; fewer if a cell would hold under 20 held out.
        seed: of the partition.
    Returns:
        ``DataCopying``; nan for both if no cell holds 5 of each.
    Raises:
        ValueError: shapes differ, nothing there, a value is not finite, or cells < 1.
    Source:
        Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675, section 3.
    """
    _need_count(cells, "cells")
    samples, training = feature_pair(samples, training, 1, "the data-copying test")
    held_out, _ = feature_pair(held_out, training, 1, "the data-copying test")
    cells = max(1, min(cells, len(held_out) // 20, len(training) // 20))
    centres = _cell_centres(training, cells, seed)
    of_sample, of_held_out = (
        nearest_neighbours(x, centres)[1][:, 0] for x in (samples, held_out)
    )
    fake, real = (nearest_neighbours(x, training)[0][:, 0] for x in (samples, held_out))
    scores, weights = [], []
    for cell in range(cells):
        generated, kept = fake[of_sample == cell], real[of_held_out == cell]
        if min(len(generated), len(kept)) >= 5:
            scores.append(_mann_whitney(generated, kept))
            weights.append(len(kept))
    if not scores:
        return DataCopying(math.nan, math.nan, 0)
    statistic = sum(w * z for w, z in zip(weights, scores)) / sum(weights)
    spread = math.sqrt(sum(w * w for w in weights)) / sum(weights)
    return DataCopying(statistic, statistic / spread, len(scores))


def _need_count(value, name):
    if not 1 <= value < math.inf or value != int(value):
        raise ValueError(f"{name} must be a whole number from 1 on; got {value}")


def _cell_centres(points, cells, seed):
    """Centres (cells, d) of a partition by k-means, begun at random points."""
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(seed))
    with warnings.catch_warnings():  # of an empty cell, which copies of one point leave
        warnings.simplefilter("ignore", UserWarning)
        begin = points[order[:cells]].numpy()
        centres, _ = kmeans2(points.numpy(), begin, iter=20, minit="matrix")
    return torch.from_numpy(centres)


def _mann_whitney(a, b):
    """The z-score of "a is larger than b", ties counted half."""
    wins = mannwhitneyu(a, b, method="asymptotic").statistic
    n, m = len(a), len(b)
    return float(wins - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
