"""The flow against Gaussians, whose best velocity and density are known."""

import torch

from gan_utils.data import fashion_mnist
from gan_utils.rivals import flow

MEAN, SPREAD = 0.4, 0.3


def best_velocity(x, t):
    """E[x_1 - x_0 | x_t = x] where x_1 ~ N(MEAN, SPREAD^2) and x_0 ~ N(0, 1)."""
    t = t.view(-1, *[1] * (x.dim() - 1))
    variance = (1 - t) ** 2 + t**2 * SPREAD**2
    slope = (t * SPREAD**2 - (1 - t)) / variance
    return MEAN + slope * (x - t * MEAN)


def test_the_density_is_the_gaussian_s():
    torch.manual_seed(0)
    x = MEAN + SPREAD * torch.randn(6, 1, 4, 4)
    found = flow.log_density(best_velocity, x, flow.late_times(200))
    right = torch.distributions.Normal(MEAN, SPREAD).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(found, right, atol=0.02, rtol=0)


def test_the_divergence_estimate_is_right_in_the_mean():
    torch.manual_seed(0)
    matrix = torch.randn(3, 3)
    x = torch.randn(20_000, 3)
    signs = torch.randint(0, 2, x.shape) * 2.0 - 1
    _, found = flow._with_divergence(
        lambda x, t: x @ matrix.T, x, torch.tensor(0.5), signs
    )
    assert abs(found.mean() - matrix.trace()) < 0.1
    assert found.std() > 0.1  # an estimate, not the trace itself


def test_euler_carries_noise_to_the_data():
    class Exact(flow.Flow):
        forward = staticmethod(best_velocity)

    torch.manual_seed(0)
    carried = Exact().carry(torch.randn(50, 1, 28, 28), 200)
    assert abs(carried.mean() - MEAN) < 0.01
    assert abs(carried.std() - SPREAD) < 0.01


def test_the_loss_of_a_network_that_says_0_is_the_mean_square_of_the_way():
    class Silent(flow.Flow):
        def forward(self, x, t):
            return torch.zeros_like(x)

    torch.manual_seed(0)
    black = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    # x_1 is -1 within 1/128, x_0 is standard normal: E (x_1 - x_0)^2 = 2
    assert abs(Silent().loss(black) - 2) < 0.05


def test_the_best_velocity_has_next_to_no_loss():
    """Of black pictures everything is known, so time and direction must be right."""

    class Knows(flow.Flow):
        def forward(self, x, t):
            return flow.gaussian_velocity(x, t, -1 + 1 / 256, 1 / 128 / 12**0.5)

    torch.manual_seed(0)
    black = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    assert Knows().loss(black) < 0.05


def test_levels_survive_dequantising():
    k = torch.arange(256, dtype=torch.uint8).expand(4, 256).reshape(4, 1, 16, 16)
    x = flow.dequantise(k)
    assert x.min() >= -1
    assert x.max() < 1
    assert x.unique().numel() > 900
    torch.testing.assert_close(flow.quantise(x), k * (2 / 255) - 1)


def test_times_fall_and_crowd_near_the_picture():
    times = flow.late_times(8)
    assert times[0] == 1
    assert times[-1] == 0
    assert (times.diff() < 0).all()
    assert times.diff().abs()[0] < times.diff().abs()[-1]


def test_the_network_begins_near_the_gaussian_s_velocity():
    torch.manual_seed(0)
    x, t = torch.randn(8, 1, 28, 28), torch.rand(8)
    model = flow.Flow()
    for weight in model.leave[0].parameters():
        torch.nn.init.zeros_(weight)
    right = flow.gaussian_velocity(x, t, flow.MEAN, flow.SPREAD)
    torch.testing.assert_close(model(x, t), right)


def test_the_gaussian_s_velocity_is_the_test_s_own():
    x, t = torch.randn(100), torch.rand(100)
    found = flow.gaussian_velocity(x, t, MEAN, SPREAD)
    torch.testing.assert_close(found, best_velocity(x, t))


def test_the_mean_and_spread_are_those_of_the_pictures():
    x = flow.dequantise(fashion_mnist("train")[0][:10_000])
    assert abs(x.mean() - flow.MEAN) < 0.02
    assert abs(x.std() - flow.SPREAD) < 0.02
