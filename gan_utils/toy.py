"""Distributions in one and two dimensions whose density and modes are known."""

import math

import torch


class Mixture:
    """A mixture of equal-width Gaussians: samples, density and modes are all exact.

    Args:
        means: (K, d), or (K,) for one dimension.
        std: standard deviation of every component, > 0.
        weights: (K,) numbers >= 0, divided by their sum; equal by default.
    Raises:
        ValueError: no means, a shape that does not fit, or a number out of its range.
    """

    def __init__(self, means, std, weights=None):
        means = torch.as_tensor(means, dtype=torch.float32)
        self.means = means[:, None] if means.dim() == 1 else means
        if self.means.dim() != 2 or len(self.means) == 0:
            raise ValueError(
                f"means must be (K, d) with K >= 1; got {tuple(means.shape)}"
            )
        if not self.means.isfinite().all():
            raise ValueError("means must be finite; they hold NaN or infinity")
        if not 0 < std < math.inf:
            raise ValueError(f"std must be above 0 and finite; got {std}")
        self.std = float(std)
        count = len(self.means)
        weights = torch.ones(count) if weights is None else weights
        weights = torch.as_tensor(weights, dtype=torch.float64)
        if weights.shape != (count,):
            raise ValueError(f"weights must be ({count},); got {tuple(weights.shape)}")
        if not ((weights >= 0).all() and 0 < weights.sum() < math.inf):
            raise ValueError(
                "weights must be finite numbers >= 0, at least one of them above 0; "
                f"got {weights.tolist()}"
            )
        self.weights = (weights / weights.sum()).float()

    def sample(self, *shape):
        """Draw points of shape (*shape, d) with PyTorch's global random generator."""
        count = math.prod(shape)
        which = torch.multinomial(self.weights, count, replacement=True)
        points = self.means[which] + self.std * torch.randn(count, self.means.shape[1])
        return points.view(*shape, -1)

    def log_density(self, points):
        """log p(x) in nats for points (..., d); returns (...)."""
        squared = (points[..., None, :] - self.means).square().sum(-1)
        normaliser = self.means.shape[1] * math.log(self.std * math.sqrt(2 * math.pi))
        exponent = self.weights.log() - squared / (2 * self.std**2) - normaliser
        return exponent.logsumexp(-1)

    def density(self, points):
        """p(x) >= 0 for points (..., d); returns (...). It integrates to 1."""
        return self.log_density(points).exp()


def ring(modes=8, radius=2.0, std=0.1):
    """Gaussians on a circle, the usual first test of mode coverage."""
    angle = torch.arange(modes) * (2 * math.pi / modes)
    return Mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), std)


def grid(side=5, spacing=1.0, std=0.05):
    """side x side Gaussians on a square grid around the origin."""
    line = (torch.arange(side) - (side - 1) / 2) * spacing
    return Mixture(torch.cartesian_prod(line, line), std)


def two_moons(std=0.1, pieces=12):
    """Two interlocking half circles, each a chain of Gaussians."""
    angle = torch.linspace(0, math.pi, pieces)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
    return Mixture(1.6 * torch.cat([upper, -upper]), std)


def spiral(std=0.08, pieces=30, turns=1.75):
    """One arm that winds outward, a chain of Gaussians at equal distances along it."""
    angle = 2 * math.pi * turns * torch.linspace(0.02, 1, pieces).sqrt()
    radius = 2.2 * angle / angle.max()
    return Mixture(torch.stack([radius * angle.cos(), radius * angle.sin()], 1), std)


def two_clusters(distance=3.0, std=0.35):
    """Two Gaussians side by side, the smallest distribution that can lose a mode."""
    return Mixture([[-distance / 2, 0.0], [distance / 2, 0.0]], std)


def from_points(points, std=0.12):
    """A distribution around drawn points (K, 2), each the mean of one Gaussian."""
    return Mixture(points, std)
