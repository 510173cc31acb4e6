import functools
import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gan_utils import losses

PAIRS = [
    losses.minimax,
    losses.non_saturating,
    losses.least_squares,
    losses.wasserstein,
    losses.hinge,
]


def test_values_at_zero_logits():
    zero = torch.zeros(7)
    assert losses.discriminator_loss(zero, zero).item() == pytest.approx(
        2 * math.log(2)
    )
    assert losses.saturating_loss(zero).item() == pytest.approx(-math.log(2))
    assert losses.non_saturating_loss(zero).item() == pytest.approx(math.log(2))
    assert losses.least_squares.d_loss(zero, zero).item() == pytest.approx(0.5)
    assert losses.least_squares.g_loss(zero).item() == pytest.approx(0.5)
    assert losses.wasserstein.d_loss(zero + 3, zero + 1).item() == pytest.approx(-2)
    assert losses.hinge.d_loss(zero, zero).item() == pytest.approx(2)
    assert losses.hinge.d_loss(zero + 1, zero - 1).item() == 0
    assert losses.relativistic.d_loss(zero, zero).item() == pytest.approx(math.log(2))
    assert losses.relativistic.g_loss(zero, zero).item() == pytest.approx(math.log(2))


def test_the_relativistic_loss_sees_differences_alone_and_each_player_its_side():
    real, fake = torch.randn(100), torch.randn(100)
    d_loss, g_loss = losses.relativistic
    torch.testing.assert_close(d_loss(real + 3, fake + 3), d_loss(real, fake))
    expected = bce(real - fake, torch.ones(100))
    torch.testing.assert_close(d_loss(real, fake), expected)
    torch.testing.assert_close(g_loss(fake, real), bce(fake - real, torch.ones(100)))
    assert losses.relativistic.d_loss(real + 50, fake) < 1e-9


def test_against_pytorchs_cross_entropy():
    real, fake = torch.randn(100), torch.randn(100)
    expected = bce(real, torch.ones(100)) + bce(fake, torch.zeros(100))
    torch.testing.assert_close(losses.discriminator_loss(real, fake), expected)
    torch.testing.assert_close(
        losses.non_saturating_loss(fake), bce(fake, torch.ones(100))
    )
    torch.testing.assert_close(
        losses.saturating_loss(fake), -bce(fake, torch.zeros(100))
    )


@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_pulls_the_logits_the_right_way(pair):
    real = torch.randn(50).clamp(-0.9, 0.9).requires_grad_()
    fake = torch.randn(50).clamp(-0.9, 0.9).requires_grad_()
    up, down = torch.autograd.grad(pair.d_loss(real, fake), (real, fake))
    assert (up <= 0).all()
    assert up.sum() < 0  # minimising raises the real logits
    if pair is not losses.least_squares:  # whose target for fake logits is 0
        assert (down > 0).all()
    (pull,) = torch.autograd.grad(pair.g_loss(fake), fake)
    assert (pull < 0).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_stacked_gans_are_summed_and_independent(pair):
    real, fake = torch.randn(4, 32), torch.randn(4, 32)
    each = sum(pair.d_loss(r, f) for r, f in zip(real, fake))
    torch.testing.assert_close(pair.d_loss(real, fake), each)
    torch.testing.assert_close(pair.g_loss(fake), sum(pair.g_loss(f) for f in fake))


def test_extreme_logits_stay_finite():
    far = torch.tensor([-1e4, 1e4])
    for pair in (losses.minimax, losses.non_saturating):
        assert pair.d_loss(far, far).isfinite()
        assert pair.g_loss(far).isfinite()


def test_a_pair_knows_whether_its_generator_loss_compares_pairs():
    pairs = "minimax", "non_saturating", "least_squares", "wasserstein", "hinge"
    assert not any(getattr(losses, name).paired for name in pairs)
    assert losses.relativistic.paired
    scaled = functools.partial(losses.relativistic_g_loss)
    assert losses.LossPair(losses.relativistic_d_loss, scaled).paired
    assert losses.LossPair(losses.hinge_d_loss, lambda fake, real: fake.mean()).paired
    assert not losses.LossPair(losses.hinge_d_loss, lambda f, s=2: s * f.mean()).paired


def test_what_the_best_discriminator_leaves_is_a_divergence():
    """Hinge: 2 (1 - TV). Least squares, for G: 1/4 + chi^2(2q || p + q) / 8."""
    p, q = torch.tensor([[0.45, 0.3, 0.2, 0.05], [0.1, 0.3, 0.2, 0.4]])
    scores = torch.linspace(-2, 2, 1601)[:, None]
    none = torch.ones(1)  # a score at which the other player's data cost nothing

    def best(loss, nothing):
        real = torch.stack([loss(s, nothing) for s in scores])
        fake = torch.stack([loss(none, s) for s in scores])
        cost = p * real[:, None] + q * fake[:, None]
        return scores[cost.argmin(0), 0], cost.min(0).values.sum()

    where, left = best(losses.hinge.d_loss, -none)
    differ = p != q
    assert torch.equal(where[differ].round(decimals=4), (p - q)[differ].sign())
    torch.testing.assert_close(left, 2 * (1 - (p - q).abs().sum() / 2))

    where, _ = best(losses.least_squares.d_loss, 0 * none)
    torch.testing.assert_close(where, p / (p + q), atol=2e-3, rtol=0)
    of_g = torch.stack([losses.least_squares.g_loss(s[None]) for s in where])
    chi_squared = ((2 * q - (p + q)).square() / (p + q)).sum()
    torch.testing.assert_close(
        ((p + q) * of_g).sum(), 1 / 4 + chi_squared / 8, atol=1e-3, rtol=0
    )
