"""What a person sees in a picture of a product, measured from its pixels."""

import torch
from torch.nn.functional import avg_pool2d

from gan_utils.sampling import draw

_INK = -0.8  # a pixel brighter than this belongs to the product; the ground is -1


def product_mask(images):
    """Which pixels belong to the product.

    Args:
        images: (N, 1, 28, 28) in [-1, 1] on a ground of -1.
    Returns:
        bool (N, 28, 28).
    Raises:
        ValueError: another shape.
    """
    if images.dim() != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"images must be (N, 1, 28, 28); got {tuple(images.shape)}")
    return images[:, 0] > _INK


def brightness(images):
    """Mean of the product's pixels, in [-1, 1]."""
    mask = product_mask(images)
    return (images[:, 0] * mask).sum((1, 2)) / mask.sum((1, 2)).clamp_min(1)


def width(images):
    """Columns that hold at least two pixels of the product, as a share of 28."""
    return (product_mask(images).sum(1) >= 2).float().mean(1)


def height(images):
    """Rows that hold at least two pixels of the product, as a share of 28."""
    return (product_mask(images).sum(2) >= 2).float().mean(1)


def pattern(images):
    """Mean distance of the product's inner pixels from their 3x3 neighbourhood's mean."""
    mask = product_mask(images)
    inner = avg_pool2d(mask[:, None].float(), 3, 1, 1)[:, 0] > 0.99
    detail = (images - avg_pool2d(images, 3, 1, 1))[:, 0].abs()
    return (detail * inner).sum((1, 2)) / inner.sum((1, 2)).clamp_min(1)


def sleeve_length(images):
    """Rows in which the outer columns, left and right, are covered; a share of 28."""
    mask = product_mask(images)
    left, right = mask[:, :, 1:6].any(2), mask[:, :, 22:27].any(2)
    return (left.float().mean(1) + right.float().mean(1)) / 2


def heel_height(images):
    """Mean gap between the ground and the sole's middle, columns 10 to 19, in pixels.

    The ground is the lowest row of the shoe; the toe points to the left.
    """
    mask = product_mask(images)
    rows = torch.arange(1, 29, device=images.device)[None, :, None]
    lowest = (mask * rows).amax(1)
    ground = lowest.amax(1, keepdim=True)
    sole = torch.where(lowest > 0, lowest, ground)
    return (ground - sole)[:, 10:20].float().mean(1)


def flare(images):
    """How much wider the hem (rows 22 to 26) is than the waist (rows 10 to 14), in pixels."""
    covered = product_mask(images).sum(2).float()
    return covered[:, 22:27].mean(1) - covered[:, 10:15].mean(1)


def leg_gap(images):
    """Mean width of the gap between two trouser legs, rows 10 to 27, in pixels."""
    mask = product_mask(images)[:, 10:]
    started = mask.cumsum(2) > 0
    not_ended = mask.flip(2).cumsum(2).flip(2) > 0
    return (started & not_ended & ~mask).sum(2).float().mean(1)


def handle_height(images):
    """From the top of a bag to the last narrow row above its body, in pixels.

    A row is narrow where it covers less than half of what the widest row covers.
    """
    covered = product_mask(images).sum(2)
    rows = torch.arange(1, 29, device=images.device)
    widest, where = covered.max(1, keepdim=True)
    narrow = (covered < widest / 2) & (covered > 0) & (rows <= where)
    top = torch.where(covered > 0, rows, 29).amin(1)
    return ((narrow * rows).amax(1) - top + 1).clamp_min(0).float()


def attribute_directions(generator, measures, label=None, count=4000, seed=0):
    """One direction per measure; to first order each raises its own measure alone.

    Least squares gives the slopes B (latent_dim, K) of the standardised measures; the
    directions are the columns of B (B^T B)^-1, so that B^T v_k is the k-th unit vector.

    Args:
        generator: maps z, or z and labels, to pictures.
        measures: K functions from pictures (N, 1, H, W) to (N,).
        label: None, or the class to which the directions belong.
        count: pictures to learn from, more than latent_dim.
        seed: of the latents.
    Returns:
        vectors: (K, latent_dim); one step raises its measure by about one standard
            deviation of that measure over the class.
        explained: (K,) share of each measure's variance that is linear in z.
    Raises:
        ValueError: a measure is constant over the pictures.
    Source:
        Regression as in Shen et al. 2020, arXiv:1907.10786, who use a classifier's
        boundary; the dual basis makes all directions conditional on one another.
    """
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.latent_dim, generator=random)
    values = measure_all(measures, draw(generator, z, label))
    spread = values.std(0)
    if (spread < 1e-6).any():
        names = [m.__name__ for m, s in zip(measures, spread) if s < 1e-6]
        raise ValueError(f"no direction can change what never changes: {names}")
    values = (values - values.mean(0)) / spread
    slopes = torch.linalg.lstsq(z - z.mean(0), values).solution
    explained = ((z - z.mean(0)) @ slopes).var(0)
    return torch.linalg.pinv(slopes), explained


def measure_all(measures, images):
    """Every measure of every picture, (N, K)."""
    return torch.stack([measure(images) for measure in measures], 1)


def effects(generator, vectors, measures, label=None, count=200, reach=2.0, seed=1):
    """What a walk along each direction does to every measure, on latents not fitted to.

    Args:
        generator, measures, label: as for ``attribute_directions``.
        vectors: (K, latent_dim), from there.
        count: latents that are walked from -reach to +reach in 9 stops.
    Returns:
        change: (K, K) mean change of measure j (column) along direction k (row) between
            the ends, in standard deviations of measure j.
        rising: (K,) share of walks on which the measure rises from each end's third of
            the stops to the next.
    """
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.latent_dim, generator=random)
    spread = measure_all(measures, draw(generator, z, label)).std(0)
    change, rising = [], []
    for k, vector in enumerate(vectors):
        stops = torch.linspace(-reach, reach, 9)
        walk = z[:, None] + stops[:, None] * vector
        values = measure_all(measures, draw(generator, walk.flatten(0, 1), label))
        values = values.unflatten(0, (count, 9)) / spread
        change.append((values[:, -1] - values[:, 0]).mean(0))
        thirds = values[:, :, k].unflatten(1, (3, 3)).mean(2)
        rising.append((thirds.diff(dim=1) > 0).all(1).float().mean())
    return torch.stack(change), torch.stack(rising)
