import math

import pytest
import torch

from gan_utils import toy

EVERY = [toy.ring(), toy.grid(), toy.two_moons(), toy.spiral(), toy.two_clusters()]


@pytest.mark.parametrize("mixture", EVERY)
def test_densities_integrate_to_one(mixture):
    line = torch.linspace(-4, 4, 801, dtype=torch.float64)
    points = torch.cartesian_prod(line, line)
    total = mixture.density(points).sum() * (line[1] - line[0]) ** 2
    assert total.item() == pytest.approx(1.0, abs=1e-3)


def test_one_gaussian_has_the_textbook_density():
    normal = torch.distributions.Normal(1.0, 0.5)
    points = torch.linspace(-3, 3, 50)
    ours = toy.Mixture([1.0], 0.5).log_density(points[:, None])
    torch.testing.assert_close(ours, normal.log_prob(points))


def test_samples_have_the_moments_of_the_mixture():
    torch.manual_seed(0)
    mixture = toy.Mixture([[-2.0, 0.0], [2.0, 1.0]], 0.3, [0.25, 0.75])
    samples = mixture.sample(3, 40_000)
    assert samples.shape == (3, 40_000, 2)
    torch.testing.assert_close(
        samples.mean((0, 1)), torch.tensor([1.0, 0.75]), atol=0.03, rtol=0
    )
    variance = 0.25 * 0.75 * torch.tensor([16.0, 1.0]) + 0.09
    torch.testing.assert_close(
        samples.flatten(0, 1).var(0), variance, atol=0.05, rtol=0
    )


def test_ring_and_grid_geometry():
    ring = toy.ring(8, radius=2.0)
    torch.testing.assert_close(ring.means.norm(dim=1), torch.full((8,), 2.0))
    side = torch.pdist(ring.means).min().item()
    assert side == pytest.approx(2 * 2.0 * math.sin(math.pi / 8), abs=1e-5)
    assert len(toy.grid(5).means) == 25
    assert torch.pdist(toy.grid(5, spacing=0.7).means).min().item() == pytest.approx(
        0.7
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 1.0), "means must be"),
        (([0.0], 0.0), "std must be above 0"),
        (([0.0, 1.0], 1.0, [1.0]), "weights must be"),
    ],
)
def test_bad_mixtures_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        toy.Mixture(*arguments)


@pytest.mark.parametrize(
    ("given", "shares"),
    [
        ([0.5, 1.5], [0.25, 0.75]),
        ([1, 3], [0.25, 0.75]),
        (torch.tensor([2, 2]), [0.5, 0.5]),
        ([0.0, 1e-30], [0.0, 1.0]),
        ([1e300, 1e300], [0.5, 0.5]),
        ([0.4, 0.6], [0.4, 0.6]),
    ],
)
def test_weights_are_shares_whatever_their_sum(given, shares):
    mixture = toy.Mixture([-2.0, 2.0], 0.5, given)
    assert mixture.weights.tolist() == pytest.approx(shares)
    line = torch.linspace(-8, 8, 4001)[:, None]
    total = mixture.density(line).sum() * (line[1] - line[0])
    assert total.item() == pytest.approx(1, abs=1e-3)
    right = (mixture.sample(4000) > 0).float().mean().item()
    assert right == pytest.approx(shares[1], abs=0.03)


@pytest.mark.parametrize(
    "weights", [[0.0, 0.0], [-1.0, 2.0], [math.nan, 1.0], [math.inf, 1.0], [[1.0, 1.0]]]
)
def test_weights_that_are_no_shares_are_refused(weights):
    with pytest.raises(ValueError, match="weights must be"):
        toy.Mixture([-2.0, 2.0], 0.5, weights)


@pytest.mark.parametrize("value", [math.nan, math.inf, 0, -1.0])
def test_numbers_that_make_no_density_are_refused(value):
    with pytest.raises(ValueError, match="std must be"):
        toy.Mixture([0.0], value)
    if not math.isfinite(value):
        with pytest.raises(ValueError, match="means must be"):
            toy.Mixture([0.0, value], 1.0)
