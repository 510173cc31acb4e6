"""How good are the samples? Fréchet distance and mode coverage."""

import functools

import torch

from gan_utils.checkpoints import load_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import FeatureNetwork


@functools.cache
def feature_network():
    """The shipped classifier of Fashion-MNIST whose features the FID compares."""
    return load_checkpoint(FeatureNetwork(), "feature_network").requires_grad_(False)


@torch.no_grad()
def image_features(images, batch_size=500):
    """Features of pictures, from the shipped network.

    Args:
        images: (N, 1, 28, 28) float in [-1, 1], or uint8 in [0, 255].
    Returns:
        (N, 64) float32.
    Raises:
        ValueError: another shape.
    """
    if images.dim() != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"images must be (N, 1, 28, 28); got {tuple(images.shape)}")
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
    a, b = features_a.double(), features_b.double()
    if a.dim() != 2 or a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"features must be (N, d) and (M, d); got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    if min(len(a), len(b)) <= a.shape[1]:
        raise ValueError(
            f"a Fréchet distance in {a.shape[1]} dimensions needs more than {a.shape[1]} samples "
            f"on each side; got {len(a)} and {len(b)}"
        )
    if not (a.isfinite().all() and b.isfinite().all()):
        raise ValueError("features must be finite; the pictures hold NaN or infinity")
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
    distance, nearest = torch.cdist(samples, mixture.means).min(-1)
    on_mode = distance <= 4 * mixture.std
    hits = torch.nn.functional.one_hot(nearest, count) * on_mode[..., None]
    needed = share * mixture.weights * samples.shape[-2]
    return (hits.sum(-2) >= needed).sum(-1), on_mode.float().mean(-1)
