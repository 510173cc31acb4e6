"""How good are the samples? Fréchet and kernel distance, a report card, mode coverage."""

import functools
import math

import torch

from gan_utils.checkpoints import load_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import FeatureNetwork
from gan_utils.sampling import draw_evenly

_CHUNK = 100  # rows of a distance matrix held at a time: 8 MB at 10,000 columns


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


def distances(points, others):
    """Every Euclidean distance, (N, M): 0 for copies, and the same from either side.

    ``torch.cdist`` alone multiplies matrices, which is up to seven times as fast and
    rounds so much that a copy may lie 0.001 away.

    Args:
        points: (N, d); others: (M, d); or a batch of both.
    """
    return torch.cdist(points, others, compute_mode="donot_use_mm_for_euclid_dist")


def ball_counts(centres, radii, points):
    """Count which points lie in which balls, borders included.

    Args:
        centres: (N, d) float64; radii: (N,); points: (M, d).
    Returns:
        balls around every point: (M,) int64 in [0, N]; points in every ball: (N,) int64
        in [0, M].
    """
    around, inside = torch.zeros(len(points), dtype=torch.int64), []
    middle = centres.mean(0)  # rounding is smallest around 0
    moved = points - middle
    longest = moved.norm(dim=1).amax() + (centres - middle).norm(dim=1).amax()
    rounding = 4 * (points.shape[1] + 4) * torch.finfo(points.dtype).eps * longest**2
    for centre, radius in zip(centres.split(_CHUNK), radii.split(_CHUNK)):
        beyond = torch.cdist(centre - middle, moved) ** 2 - radius[:, None] ** 2
        hits = beyond <= 0
        near = (beyond.abs() <= rounding).any(1)  # a border that rounding could move
        hits[near] = distances(centre[near], points) <= radius[near, None]
        around += hits.sum(0)
        inside.append(hits.sum(1))
    return around, torch.cat(inside)


def nearest_neighbours(points, others, k=1):
    """The k nearest of ``others`` for every point, exact where the distance is 0.

    Args:
        points: (N, d); others: (M, d), M >= k.
    Returns:
        distances (N, k) rising, and rows of ``others`` (N, k).
    Raises:
        ValueError: shapes differ, fewer than k others, or a value is not finite.
    """
    points, others = feature_pair(points, others, 1, "a nearest neighbour")
    if not 1 <= k <= len(others):
        raise ValueError(f"a neighbour {k} needs {k} other samples; got {len(others)}")
    middle = others.mean(0)  # rounding is smallest around 0
    found, rows, moved = [], [], others - middle
    for chunk in points.split(_CHUNK):
        fast = torch.cdist(chunk - middle, moved)
        near = fast.topk(k, largest=False).indices
        order = distances(chunk[:, None], others[near])[:, 0].sort(1)
        found.append(order.values)
        rows.append(near.gather(1, order.indices))
    return torch.cat(found), torch.cat(rows)


def _radii(features, k):
    """Distance of every sample to its k-th nearest other one; 0 if k others equal it."""
    own = 1  # the nearest of all is the sample itself, at distance 0
    return nearest_neighbours(features, features, k + own)[0][:, -1]


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
    in_real, _ = ball_counts(real, _radii(real, k), fake)
    in_fake, _ = ball_counts(fake, _radii(fake, k), real)
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
    around, inside = ball_counts(real, _radii(real, k), fake)
    return around.double().mean().item() / k, _share(inside)


def _at_least(k):
    """The fewest samples that have a k-th neighbour each."""
    if k < 1:
        raise ValueError(f"k counts neighbours and must be at least 1; got {k}")
    return k + 1


def _share(counts):
    return (counts > 0).double().mean().item()


_MOST = 10  # float pictures beyond this cannot be meant to lie in [-1, 1]


@functools.cache
def feature_network():
    """The shipped classifier of Fashion-MNIST whose features the FID compares."""
    network = load_checkpoint(FeatureNetwork(), "feature_network").requires_grad_(False)
    return network.to(memory_format=torch.channels_last)  # three times as fast on a CPU


@torch.no_grad()
def image_features(images, batch_size=250):
    """Features of pictures, from the shipped network.

    Args:
        images: (N, 1, 28, 28) float in [-1, 1], or uint8 in [0, 255].
    Returns:
        (N, 64) float32.
    Raises:
        ValueError: another shape, or floats far outside [-1, 1].
    """
    if images.dim() != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"images must be (N, 1, 28, 28); got {tuple(images.shape)}")
    if images.is_floating_point() and images.numel() and images.max() > _MOST:
        raise ValueError(
            f"float images must lie in [-1, 1]; got values up to {images.max():.0f}: "
            "pass uint8, or data.to_float(images)"
        )
    network = feature_network()
    batches = (
        to_float(b) if b.dtype == torch.uint8 else b for b in images.split(batch_size)
    )
    return torch.cat([network.features(batch.cpu()) for batch in batches])


def frechet_distance(features_a, features_b):
    """The squared Fréchet (2-Wasserstein) distance of two fitted Gaussians.

    ||m_a - m_b||^2 + tr(C_a + C_b - 2 (C_a^(1/2) C_b C_a^(1/2))^(1/2)), in float64; the
    symmetric form keeps singular covariances harmless.

    Args:
        features_a, features_b: (N, d) and (M, d).
    Returns:
        A float >= 0.
    Raises:
        ValueError: shapes differ, a value is not finite, or N or M <= d, where the
            covariance is singular and the distance is mostly bias.
    Source:
        Heusel et al. 2017, arXiv:1706.08500, equation 6.
    """
    dimension = features_a.shape[-1:].numel()
    reason = f"a Fréchet distance in {dimension} dimensions"
    a, b = feature_pair(features_a, features_b, dimension + 1, reason)
    cov_a, cov_b = a.T.cov(), b.T.cov()
    root_a = _square_root(cov_a)
    cross = _square_root(root_a @ cov_b @ root_a).trace()
    distance = (
        (a.mean(0) - b.mean(0)).square().sum()
        + cov_a.trace()
        + cov_b.trace()
        - 2 * cross
    )
    return max(distance.item(), 0.0)


def _square_root(matrix):
    """The root of a symmetric positive semi-definite matrix."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


def squared_mmd(features_a, features_b):
    """The squared maximum mean discrepancy under the kernel k(x, y) = (x.y / d + 1)^3.

    E k(a, a') + E k(b, b') - 2 E k(a, b) over pairs of different samples: unbiased, so
    its expected value is 0 for equal distributions and single values may be negative.

    Args:
        features_a, features_b: (N, d) and (M, d), at least 2 of each.
    Returns:
        A float.
    Raises:
        ValueError: fewer samples, shapes differ, or a value is not finite.
    Source:
        Bińkowski et al. 2018, arXiv:1801.01401, equation 4 and section 4.
    """
    a, b = feature_pair(features_a, features_b, 2, "a kernel distance")
    return _mean_kernel(a) + _mean_kernel(b) - 2 * _mean_kernel(a, b)


def _mean_kernel(a, b=None):
    """The mean of (x.y / d + 1)^3 over a and b, or over pairs of different rows of a."""
    other, size = (a if b is None else b), a.shape[1]
    total = sum(_cube(c @ other.T, size) for c in a.split(_CHUNK))
    if b is not None:
        return total / (len(a) * len(b))
    return (total - _cube(a.square().sum(1), size)) / (len(a) * (len(a) - 1))


def _cube(products, size):
    """The sum of (p / d + 1)^3; three products are ten times as fast as a power."""
    base = products.div_(size).add_(1)
    return (base * base).mul_(base).sum().item()


def kernel_distance(features_a, features_b, blocks=10):
    """KID: the mean of ``squared_mmd`` over disjoint blocks, and its standard error.

    Both sides are shuffled (always alike) and cut into as many blocks. No sample is used
    twice, so the blocks are independent and their spread gives the standard error.

    Args:
        features_a, features_b: (N, d) and (M, d), N and M at least 2 * blocks.
        blocks: at least 2; ten of 1,000 samples each is close to the paper.
    Returns:
        mean and standard error, floats.
    Raises:
        ValueError: blocks < 2, too few samples, shapes differ, or a value is not finite.
    Source:
        Bińkowski et al. 2018, arXiv:1801.01401, section 4, where the subsets overlap.
    """
    if blocks < 2:
        raise ValueError(f"a standard error needs at least 2 blocks; got {blocks}")
    reason = f"a kernel distance in {blocks} blocks"
    a, b = feature_pair(features_a, features_b, 2 * blocks, reason)
    shuffle = torch.Generator().manual_seed(0)
    parts = (
        x[torch.randperm(len(x), generator=shuffle)].tensor_split(blocks)
        for x in (a, b)
    )
    values = torch.tensor([squared_mmd(x, y) for x, y in zip(*parts)])
    return values.mean().item(), values.std().item() / math.sqrt(blocks)


@functools.cache
def reference_features(count=10_000):
    """Features of the first ``count`` test pictures, which no generator has trained on."""
    return image_features(fashion_mnist("test")[0][:count])


def fid(images):
    """Fréchet distance between generated pictures and the 10,000 test pictures.

    In the features of our own network, so not comparable with an FID from Inception.

    Args:
        images: (N, 1, 28, 28) in [-1, 1], N > 64; use 5,000 or more.
    """
    return frechet_distance(image_features(images), reference_features())


def score(generator, count=10_000):
    """``fid`` of ``count`` pictures; a conditional generator draws every class equally."""
    return fid(draw_evenly(generator, count))


def report_card(features, reference):
    """Every measure of lesson 07 for one set of features against another.

    Args:
        features: (N, d) of the pictures to judge, N > d and N >= 20.
        reference: (M, d) of real pictures; M = N keeps precision and recall comparable.
    Returns:
        {"FID", "KID", "KID error", "precision", "recall", "density", "coverage": float}.
    Raises:
        ValueError: too few samples, shapes differ, or a value is not finite.
    """
    kid, error = kernel_distance(features, reference)
    precision, recall = precision_recall(reference, features)
    density, coverage = density_coverage(reference, features)
    card = {"FID": frechet_distance(features, reference), "KID": kid}
    card |= {"KID error": error, "precision": precision, "recall": recall}
    return card | {"density": density, "coverage": coverage}


def modes_covered(samples, mixture, share=0.2):
    """How many modes the samples reach, and how many samples lie on a mode.

    A sample is on its nearest mode when it is within 4 standard deviations (per axis
    scale: distance <= 4 std); a mode counts as covered when it holds at least ``share``
    of the samples that a perfect generator would put there.

    Args:
        samples: (..., N, d); leading dimensions are separate generators.
        mixture: a ``toy.Mixture``.
    Returns:
        covered: (...) int64 in [0, K]; on_mode: (...) float in [0, 1].
    """
    count = len(mixture.means)
    distance, nearest = distances(samples, mixture.means).min(-1)
    on_mode = distance <= 4 * mixture.std
    hits = torch.nn.functional.one_hot(nearest, count) * on_mode[..., None]
    needed = (share * mixture.weights * samples.shape[-2]).clamp_min(1)
    return (hits.sum(-2) >= needed).sum(-1), on_mode.float().mean(-1)
