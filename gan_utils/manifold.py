"""Precision and recall, density and coverage: balls around the features of two samples."""

import torch

CHUNK = 100  # rows of a distance matrix held at a time: 8 MB at 10,000 columns


def feature_pair(features_a, features_b, at_least, reason):
    """Two feature sets as float64 on the CPU, once they are fit to be compared.

    Args:
        features_a, features_b: (N, d) and (M, d), d >= 1.
        at_least: the smallest N and M allowed.
        reason: what needs so many samples, the subject of the error's sentence.
    Raises:
        ValueError: shapes differ, too few samples, or a value is NaN or infinite.
    """
    a, b = features_a, features_b
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[1] or a.shape[1] == 0:
        raise ValueError(
            f"features must be (N, d) and (M, d); got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    if min(len(a), len(b)) < at_least:
        raise ValueError(
            f"{reason} needs at least {at_least:,} samples on each side; "
            f"got {len(a):,} and {len(b):,}"
        )
    if not (a.isfinite().all() and b.isfinite().all()):
        raise ValueError("features must be finite; the pictures hold NaN or infinity")
    return a.detach().cpu().double(), b.detach().cpu().double()


def neighbour_radii(features, k):
    """Distance of every sample to its k-th nearest other sample.

    Args:
        features: (N, d) with N > k.
        k: at least 1.
    Returns:
        (N,) >= 0; 0 where k other samples are equal to this one.
    """
    chunks = features.split(CHUNK)
    own = 1  # the nearest of all is the sample itself, at distance 0
    return torch.cat(
        [torch.cdist(c, features).kthvalue(k + own).values for c in chunks]
    )


def ball_counts(centres, radii, points):
    """Count which points lie in which balls, borders included.

    Args:
        centres: (N, d); radii: (N,); points: (M, d).
    Returns:
        balls around every point: (M,) int64 in [0, N]; points in every ball: (N,) int64
        in [0, M].
    """
    around, inside = torch.zeros(len(points), dtype=torch.int64), []
    for centre, radius in zip(centres.split(CHUNK), radii.split(CHUNK)):
        hits = torch.cdist(centre, points) <= radius[:, None]
        around += hits.sum(0)
        inside.append(hits.sum(1))
    return around, torch.cat(inside)


def precision_recall(real, fake, k=3):
    """Share of generated samples near real ones, and of real samples near generated ones.

    A ball around each sample reaches its k-th nearest neighbour of the same kind.
    Precision is the share of ``fake`` inside any real ball, recall the share of ``real``
    inside any generated ball.

    Args:
        real, fake: features (N, d) and (M, d); take N = M, both depend on the counts.
        k: neighbours that set a ball's radius; the paper takes 3.
    Returns:
        precision and recall, floats in [0, 1].
    Raises:
        ValueError: k < 1, N or M <= k, shapes differ, or a value is not finite.
    Source:
        Kynkäänniemi et al. 2019, arXiv:1904.06991, equations 1 and 2.
    """
    real, fake = feature_pair(real, fake, _at_least(k), f"a ball to neighbour {k}")
    in_real, _ = ball_counts(real, neighbour_radii(real, k), fake)
    in_fake, _ = ball_counts(fake, neighbour_radii(fake, k), real)
    return _share(in_real), _share(in_fake)


def density_coverage(real, fake, k=5):
    """How crowded with real samples the generated ones lie, and how many real ones are met.

    Density is the mean number of real balls around a generated sample, divided by k: 1 is
    expected for equal distributions, and it may exceed 1. Coverage is the share of real
    balls that hold a generated sample; its expected value for equal distributions and
    N = M large is 1 - 2^-k. No balls are drawn around generated samples.

    Args:
        real, fake: features (N, d) and (M, d).
        k: neighbours that set a ball's radius; the paper takes 5.
    Returns:
        density >= 0 and coverage in [0, 1], floats.
    Raises:
        ValueError: k < 1, N or M <= k, shapes differ, or a value is not finite.
    Source:
        Naeem et al. 2020, arXiv:2002.09797, equations 5 and 6 and lemma 2.
    """
    real, fake = feature_pair(real, fake, _at_least(k), f"a ball to neighbour {k}")
    around, inside = ball_counts(real, neighbour_radii(real, k), fake)
    return around.double().mean().item() / k, _share(inside)


def _at_least(k):
    """The fewest samples that have a k-th neighbour each."""
    if k < 1:
        raise ValueError(f"k counts neighbours and must be at least 1; got {k}")
    return k + 1


def _share(counts):
    return (counts > 0).double().mean().item()
