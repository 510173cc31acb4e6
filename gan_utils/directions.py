"""Directions in the latent space that change one measured attribute and keep the others."""

import torch

from gan_utils import attributes
from gan_utils.latent import Direction

NAMED = (  # name, word at the low end, at the high end, measure, classes that have it
    ("brightness", "dark", "bright", attributes.brightness, range(10)),
    ("pattern", "plain", "patterned", attributes.pattern, (0, 1, 2, 3, 4, 6, 7, 8, 9)),
    ("width", "narrow", "wide", attributes.width, (1, 2, 3, 4, 6, 8)),
    ("height", "low", "high", attributes.height, (5, 7, 8, 9)),
    ("sleeve length", "short", "long", attributes.sleeve_length, (0, 2, 4, 6)),
    ("heel height", "flat", "high", attributes.heel_height, (5, 9)),
    ("flare", "straight", "flared", attributes.flare, (3,)),
    ("leg gap", "closed", "apart", attributes.leg_gap, (1,)),
    ("handle", "none", "tall", attributes.handle_height, (8,)),
)


def named_directions(generator, count=1000):
    """The attributes a person would name, as directions, class by class.

    Args:
        generator: conditional, of the ten classes of Fashion-MNIST.
        count: pictures per class to learn from.
    Returns:
        A list of ``latent.Direction``; one name comes once for each class that has it.
        What the generator never varies in a class is left out there.
    """
    found = []
    for label in range(generator.classes):
        rows = _varied(generator, [row for row in NAMED if label in row[4]], label)
        measures = [row[3] for row in rows]
        if not rows:
            continue
        vectors, _ = attribute_directions(generator, measures, label, count)
        found += [
            Direction(name, low, high, vector, (label,))
            for (name, low, high, _, _), vector in zip(rows, vectors)
        ]
    return found


def _varied(generator, rows, label, count=200):
    """The rows of ``NAMED`` whose measure is not the same in all pictures of a class."""
    z = torch.randn(
        count, generator.latent_dim, generator=torch.Generator().manual_seed(2)
    )
    values = measure_all([row[3] for row in rows], generate(generator, z, label))
    return [row for row, spread in zip(rows, values.std(0)) if spread > 1e-6]


@torch.no_grad()
def generate(generator, z, label=None, batch_size=500):
    """Pictures of any generator of ours, in batches.

    Args:
        generator: maps z, or z and labels, to pictures.
        z: (N, latent_dim).
        label: None, or the one class of all pictures.
    Returns:
        (N, 1, H, W) in [-1, 1].
    """
    parts = []
    for part in z.split(batch_size):
        labels = () if label is None else (torch.full((len(part),), label),)
        parts.append(generator(part, *labels))
    return torch.cat(parts)


def attribute_directions(generator, measures, label=None, count=4000, seed=0):
    """One direction per measure; to first order each raises its own measure alone.

    Least squares gives the slopes B (latent_dim, K) of the standardised measures; the
    directions are the columns of B (B^T B)^-1, so that B^T v_k is the k-th unit vector.

    Args:
        generator: see ``generate``; in eval mode.
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
    values = measure_all(measures, generate(generator, z, label))
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
    spread = measure_all(measures, generate(generator, z, label)).std(0)
    change, rising = [], []
    for k, vector in enumerate(vectors):
        stops = torch.linspace(-reach, reach, 9)
        walk = z[:, None] + stops[:, None] * vector
        values = measure_all(measures, generate(generator, walk.flatten(0, 1), label))
        values = values.unflatten(0, (count, 9)) / spread
        change.append((values[:, -1] - values[:, 0]).mean(0))
        thirds = values[:, :, k].unflatten(1, (3, 3)).mean(2)
        rising.append((thirds.diff(dim=1) > 0).all(1).float().mean())
    return torch.stack(change), torch.stack(rising)
