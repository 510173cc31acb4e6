"""Estimates from logs: closed forms, unbiasedness, and the sample size."""

import pytest
import torch

from gan_utils.ads.clicks import policies


def simulated(seed, count=4_000):
    """A log over three ads with known rates, and a policy that shows ad 2 alone."""
    random = torch.Generator().manual_seed(seed)
    rates = torch.tensor([0.1, 0.2, 0.4])
    propensity = torch.tensor([0.5, 0.3, 0.2])
    shown = torch.multinomial(propensity, count, True, generator=random)
    clicks = (torch.rand(count, generator=random) < rates[shown]).float()
    weight = (shown == 2).float() / propensity[shown]
    return clicks, weight, shown


@pytest.mark.parametrize("name", ["ips", "snips", "doubly_robust"])
def test_each_estimator_finds_the_rate_and_its_own_error(name):
    values, errors = [], []
    for seed in range(200):
        clicks, weight, shown = simulated(seed)
        extra = ()
        if name == "doubly_robust":
            model = torch.tensor([0.15, 0.15, 0.3])  # wrong, and yet
            extra = (model[shown], torch.full_like(clicks, 0.3))
        estimate = getattr(policies, name)(clicks, weight, *extra)
        values.append(estimate.rate)
        errors.append(estimate.error)
    values, errors = torch.tensor(values), torch.tensor(errors)
    assert values.mean().item() == pytest.approx(0.4, abs=0.005)
    assert errors.mean().item() == pytest.approx(values.std().item(), rel=0.2)


def test_snips_and_doubly_robust_are_narrower_than_ips_here():
    clicks, weight, shown = simulated(0)
    good = torch.tensor([0.1, 0.2, 0.4])
    ips = policies.ips(clicks, weight)
    robust = policies.doubly_robust(
        clicks, weight, good[shown], torch.full_like(clicks, 0.4)
    )
    assert policies.snips(clicks, weight).error < ips.error
    assert robust.error < ips.error


def test_a_perfect_prediction_leaves_no_error():
    clicks, weight, _ = simulated(1)
    estimate = policies.doubly_robust(
        clicks, weight, clicks, torch.full_like(clicks, 0.4)
    )
    assert estimate.rate == pytest.approx(0.4)
    assert estimate.error == pytest.approx(0, abs=1e-6)


def test_without_a_match_snips_says_so():
    clicks = torch.ones(5)
    with pytest.raises(ValueError, match="run an experiment"):
        policies.snips(clicks, torch.zeros(5))


def test_the_sample_size_of_the_lesson():
    assert policies.needed_impressions(0.010, 0.012) == 42_691
    assert policies.needed_impressions(0.012, 0.010) == 42_691
    more = policies.needed_impressions(0.010, 0.012, power=0.9)
    assert more / 42_691 == pytest.approx(
        (1.959964 + 1.281552) ** 2 / 7.848880, rel=1e-3
    )


def test_the_sample_size_holds_in_a_simulation():
    n = policies.needed_impressions(0.2, 0.25)
    random = torch.Generator().manual_seed(0)
    a, b = (
        (torch.rand(3_000, n, generator=random) < rate).float().mean(1)
        for rate in (0.2, 0.25)
    )
    error = ((a * (1 - a) + b * (1 - b)) / n).sqrt()
    seen = ((b - a).abs() / error > 1.959964).float().mean().item()
    assert seen == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("rates", [(0.01, 0.01), (0.0, 0.1), (0.1, 1.0)])
def test_impossible_rates_are_refused(rates):
    with pytest.raises(ValueError, match="between 0 and 1"):
        policies.needed_impressions(*rates)


@pytest.mark.parametrize("value", [0, 1, -0.1, float("nan"), float("inf")])
def test_power_and_level_are_probabilities(value):
    for name in ("power", "level"):
        with pytest.raises(ValueError, match="power and level"):
            policies.needed_impressions(0.1, 0.2, **{name: value})


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_no_estimate_comes_of_a_broken_weight_or_of_one_impression(broken):
    clicks, weight, _ = simulated(0, 50)
    weight[3] = broken
    for estimate in (policies.ips, policies.snips):
        with pytest.raises(ValueError, match="finite"):
            estimate(clicks, weight)
        with pytest.raises(ValueError, match="at least 2"):
            estimate(clicks[:1], torch.ones(1))
