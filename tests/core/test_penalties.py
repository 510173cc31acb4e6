import pytest
import torch
from torch import nn

from gan_utils.networks import mlp_discriminator
from gan_utils.penalties import gradient_penalty, r1, r2


def slope_of(weight):
    """A linear critic with a known gradient."""
    critic = nn.Sequential(nn.Flatten(), nn.Linear(len(weight), 1), nn.Flatten(0))
    critic[1].weight.data = torch.tensor([weight])
    return critic


def test_r1_of_a_linear_discriminator_is_half_its_squared_slope():
    assert r1(slope_of([3.0, 4.0]), torch.randn(16, 2)).item() == pytest.approx(12.5)


def test_r1_of_pictures_sums_over_all_pixels():
    critic = slope_of([0.5] * 12)
    assert r1(critic, torch.randn(8, 3, 2, 2)).item() == pytest.approx(12 * 0.25 / 2)


def test_r1_equals_finite_differences():
    torch.manual_seed(0)
    critic = mlp_discriminator(2, 16, activation=nn.Tanh).double()
    points, step = torch.randn(32, 2, dtype=torch.float64), 1e-5
    slopes = [
        (critic(points + step * axis) - critic(points - step * axis)) / (2 * step)
        for axis in torch.eye(2, dtype=torch.float64)
    ]
    expected = torch.stack(slopes).square().sum(0).mean() / 2
    torch.testing.assert_close(r1(critic, points), expected, rtol=1e-6, atol=1e-9)


def test_r1_of_stacked_gans_is_the_sum_of_each():
    critic = mlp_discriminator(2, 8, copies=3)
    points = torch.randn(3, 20, 2)
    total = r1(critic, points)
    each = 0
    for i in range(3):
        single = mlp_discriminator(2, 8)
        for layer, stacked in zip(single, critic):
            if isinstance(layer, nn.Linear):
                layer.weight.data = stacked.weight.data[i].T
                layer.bias.data = stacked.bias.data[i, 0]
        each = each + r1(single, points[i])
    torch.testing.assert_close(total, each)


def test_gradient_penalty_is_zero_for_unit_slope_and_known_otherwise():
    real, fake = torch.randn(64, 2), torch.randn(64, 2)
    assert gradient_penalty(slope_of([0.6, 0.8]), real, fake).item() < 1e-10
    assert gradient_penalty(slope_of([3.0, 4.0]), real, fake).item() == pytest.approx(
        16
    )


def test_gradient_penalty_looks_between_real_and_fake_only():
    seen = []

    def critic(points):
        seen.append(points.detach())
        return points.square().sum(1)

    gradient_penalty(critic, torch.ones(500, 2), torch.zeros(500, 2))
    share = seen[0]
    assert torch.equal(share[:, 0], share[:, 1])  # one e per sample, not per coordinate
    assert share.min() >= 0
    assert share.max() <= 1
    assert share[:, 0].std().item() == pytest.approx(12**-0.5, abs=0.05)  # uniform


def test_both_penalties_reach_the_weights():
    critic = mlp_discriminator(2, 8, activation=nn.Tanh)
    real, fake = torch.randn(16, 2), torch.randn(16, 2)
    for penalty in (r1(critic, real), gradient_penalty(critic, real, fake)):
        critic.zero_grad()
        penalty.backward()
        assert critic[0].weight.grad.abs().sum() > 0


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        gradient_penalty(slope_of([1.0, 0.0]), torch.ones(4, 2), torch.ones(5, 2))


def test_r2_is_the_slope_at_generated_samples_and_leaves_the_generator_alone():
    generator = nn.Linear(2, 2)
    penalty = r2(slope_of([3.0, 4.0]), generator(torch.randn(16, 2)))
    assert penalty.item() == pytest.approx(12.5)
    penalty.backward()
    assert all(p.grad is None for p in generator.parameters())
