import copy
import itertools

import pytest
import torch

from gan_utils import losses
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
    mlp,
    mlp_discriminator,
)
from gan_utils.penalties import r1
from gan_utils.training import EMA, by_cpu_seconds, by_steps, d_step, g_step, train_gan


@pytest.fixture
def pair():
    torch.manual_seed(0)
    return mlp(2, 16, 2), mlp_discriminator(2, 16)


def weights(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def test_each_step_moves_one_player_only(pair):
    generator, discriminator = pair
    opt_g = torch.optim.SGD(generator.parameters(), lr=0.1)
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    before = weights(generator), weights(discriminator)
    real, z = torch.randn(32, 2) + 3, torch.randn(32, 2)
    d_step(generator, discriminator, opt_d, real, z, losses.non_saturating)
    assert torch.equal(weights(generator), before[0])
    assert all(p.grad is None for p in generator.parameters())
    middle = weights(discriminator)
    assert not torch.equal(middle, before[1])
    g_step(generator, discriminator, opt_g, z, losses.non_saturating)
    assert torch.equal(weights(discriminator), middle)
    assert not torch.equal(weights(generator), before[0])


def test_each_step_lowers_its_own_loss(pair):
    generator, discriminator = pair
    opt_g = torch.optim.SGD(generator.parameters(), lr=0.05)
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.05)
    real, z = torch.randn(64, 2) + 3, torch.randn(64, 2)
    pair_of_losses = losses.non_saturating
    first = d_step(generator, discriminator, opt_d, real, z, pair_of_losses)
    second = d_step(generator, discriminator, opt_d, real, z, pair_of_losses)
    assert second < first
    first = g_step(generator, discriminator, opt_g, z, pair_of_losses)
    second = g_step(generator, discriminator, opt_g, z, pair_of_losses)
    assert second < first


def test_stale_gradients_do_not_count(pair):
    generator, discriminator = pair
    twin = copy.deepcopy(discriminator)
    for parameter in discriminator.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    real, z = torch.randn(8, 2), torch.randn(8, 2)
    for network in (discriminator, twin):
        opt_d = torch.optim.SGD(network.parameters(), lr=0.1)
        d_step(generator, network, opt_d, real, z, losses.minimax)
    assert torch.equal(weights(discriminator), weights(twin))


def test_a_penalty_is_added_and_not_reported(pair):
    generator, discriminator = pair
    twin = copy.deepcopy(discriminator)
    real, z = torch.randn(8, 2), torch.randn(8, 2)
    reported = []
    for network, penalty in (
        (discriminator, None),
        (twin, lambda d, real, fake: 10 * r1(d, real)),
    ):
        opt_d = torch.optim.SGD(network.parameters(), lr=0.1)
        reported.append(
            d_step(generator, network, opt_d, real, z, losses.minimax, penalty)
        )
    assert torch.equal(*reported)
    assert not torch.equal(weights(discriminator), weights(twin))


def test_ema_follows_its_formula_and_copies_buffers():
    source, average = torch.nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3)
    source.weight.data.fill_(2.0)
    ema = EMA(average, source, decay=0.9)
    assert torch.equal(average.weight, source.weight)
    source.weight.data.fill_(4.0)
    source.running_mean.fill_(7.0)
    ema.update()
    torch.testing.assert_close(average.weight.data, torch.full((3,), 2.2))
    assert torch.equal(average.running_mean, source.running_mean)
    assert not average.weight.requires_grad


def test_a_relativistic_g_step_sees_real_logits_and_trains_g_alone(pair):
    generator, discriminator = pair
    opt_g = torch.optim.SGD(generator.parameters(), lr=0.1)
    before, real, z = weights(discriminator), torch.randn(32, 2), torch.randn(32, 2)
    with torch.no_grad():
        gap = discriminator(real) - discriminator(generator(z))
    g_loss = g_step(generator, discriminator, opt_g, z, losses.relativistic, real)
    torch.testing.assert_close(g_loss, torch.nn.functional.softplus(gap).mean())
    assert torch.equal(weights(discriminator), before)
    with pytest.raises(TypeError):
        g_step(generator, discriminator, opt_g, z, losses.relativistic)


def train(progress, **options):
    torch.manual_seed(0)
    generator, discriminator = DCGANGenerator(8, 4), DCGANDiscriminator(4, depth=3)
    before = weights(generator)
    result, steps = train_gan(generator, discriminator, progress, **options)
    return before, weights(generator), result, steps


def test_train_gan_counts_its_steps_and_trains_both_players(capsys):
    before, after, result, steps = train(by_steps(4))
    assert steps == 4
    assert not torch.equal(before, after)
    assert not result.training
    assert "step 0 of 4" in capsys.readouterr().out


def test_the_rates_fall_to_zero_after_the_constant_part():
    _, half_way, _, _ = train(iter([0.0, 0.5]))
    _, with_a_last_step_at_rate_0, _, _ = train(iter([0.0, 0.5, 1.0]))
    torch.testing.assert_close(half_way, with_a_last_step_at_rate_0)
    _, slower, _, _ = train(iter([0.0, 0.75]))
    assert not torch.allclose(half_way, slower)


def test_the_moving_average_is_what_train_gan_returns():
    _, raw, average, _ = train(iter([0.0] * 5), decay=0.9)
    assert not torch.allclose(raw, weights(average))
    _, _, same, _ = train(iter([0.0] * 5), decay=0.0001)
    torch.testing.assert_close(weights(same), raw, rtol=1e-3, atol=1e-4)


def test_cpu_seconds_run_out():
    shares = list(itertools.islice(by_cpu_seconds(0.05), 10_000_000))
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.5 < shares[-1] < 1


def test_train_gan_takes_penalties_classes_and_pairs():
    seen = []

    def penalty(discriminator, real, fake):
        seen.append((real.shape, fake.shape, fake.requires_grad))
        return r1(discriminator, real)

    train(iter([0.0]), penalty=penalty, loss=losses.relativistic, batch_size=6)
    assert seen == [((6, 1, 28, 28), (6, 1, 28, 28), False)]
    generator = ConditionalGenerator(8, 4)
    before = weights(generator)
    players = generator, ProjectionDiscriminator(4, depth=3)
    train_gan(*players, iter([0.0]), conditional=True)
    assert not torch.equal(before, weights(generator))
