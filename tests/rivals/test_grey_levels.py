"""Probabilities of grey levels against sums, quantiles and independent formulas."""

import math

import pytest
import torch

from gan_utils.rivals import vae_lstm


@pytest.mark.parametrize("levels", [2, 16, 256])
@pytest.mark.parametrize("log_scale", [-7.0, -2.0, 1.0])
def test_the_levels_share_one_unit_of_probability(levels, log_scale):
    k = torch.arange(levels)
    mean = torch.tensor([[-1.3], [0.2], [0.97]])
    found = vae_lstm.log_prob(k, mean, torch.tensor(log_scale), levels)
    assert found.shape == (3, levels)
    torch.testing.assert_close(found.logsumexp(1), torch.zeros(3), atol=2e-4, rtol=0)


def test_a_level_has_the_difference_of_two_sigmoids():
    k, mean, scale = torch.arange(16), 0.1, 0.3
    x = 2 * k / 15 - 1
    above = torch.sigmoid((x + 1 / 15 - mean) / scale)
    below = torch.sigmoid((x - 1 / 15 - mean) / scale)
    above[-1], below[0] = 1, 0
    found = vae_lstm.log_prob(k, torch.tensor(mean), torch.tensor(scale).log(), 16)
    torch.testing.assert_close(found.exp(), above - below)


def test_far_away_it_stays_finite_and_has_a_gradient():
    mean = torch.tensor([1.0], requires_grad=True)
    found = vae_lstm.log_prob(torch.tensor([3]), mean, torch.tensor([-9.0]))
    found.sum().backward()
    assert found.isfinite().all()
    assert mean.grad.isfinite().all()
    assert mean.grad < 0  # a smaller mean would make the low level likelier


def test_drawn_levels_are_as_frequent_as_their_probability():
    torch.manual_seed(0)
    parameters = torch.tensor([0.5, -0.5, -0.6, 0.7, -2.0, -1.0])
    drawn = vae_lstm.mixture_draw(parameters.expand(200_000, 6), 8)
    share = drawn.bincount(minlength=8) / len(drawn)
    right = vae_lstm.mixture_log_prob(torch.arange(8), parameters.expand(8, 6), 8).exp()
    assert (share - right).abs().max() < 0.005


def test_a_mixture_of_one_bell_is_that_bell():
    k = torch.arange(256)
    parameters = torch.tensor([3.0, 0.2, -1.5])
    torch.testing.assert_close(
        vae_lstm.mixture_log_prob(k, parameters.expand(256, 3)),
        vae_lstm.log_prob(k, parameters[1], parameters[2]),
    )


def test_levels_and_numbers_go_into_each_other():
    k = torch.arange(256)
    x = vae_lstm.to_unit(k)
    assert x[0] == -1
    assert abs(x[-1] - 1) < 1e-6
    assert (vae_lstm.from_unit(x) == k).all()
    ends = vae_lstm.from_unit(torch.tensor([-5.0, 5.0]), 16)
    assert ends.tolist() == [0, 15]


def test_a_fair_coin_for_every_pixel_is_one_bit():
    assert math.isclose(
        vae_lstm.bits_per_dimension(784 * math.log(2), 784), 1.0, rel_tol=1e-9
    )
