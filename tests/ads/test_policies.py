"""Policies that learn, the GAN on codes, and live traffic."""

import pytest
import torch

from gan_utils.ads.clicks import code_gan, surrogate
from gan_utils.ads.clicks import log as click_log
from gan_utils.ads.clicks import policies as bandits
from gan_utils.ads.clicks.audience import COMBINATIONS, ClickModel, draw_users, with_one
from gan_utils.ads.creatives.networks import SIZES, one_hot


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def log():
    library = click_log.draw_library(48, generator())
    return click_log.draw_log(ClickModel(0), library, 60_000, generator())


def test_linucb_is_ridge_regression_for_every_creative(log):
    bandit = bandits.LinUCB(log, alpha=0.0)
    x = with_one(log.users.features)
    for row in (0, 17):
        mine = log.shown == row
        rows = torch.cat([x[mine], torch.eye(7)])
        clicks = torch.cat([log.clicks[mine], torch.zeros(7)])
        theta = torch.linalg.lstsq(rows, clicks[:, None]).solution[:, 0]
        own = torch.linalg.solve(bandit.A[row], bandit.b[row])
        torch.testing.assert_close(own, theta, atol=1e-4, rtol=1e-2)


def test_linucb_learns_only_what_was_shown(log):
    bandit = bandits.LinUCB(log)
    before = bandit.A.clone()
    users = draw_users(10, generator())
    bandit.learn(users, log.library[3].expand(10), torch.ones(10))
    changed = (before != bandit.A).flatten(1).any(1)
    assert changed.nonzero().flatten().tolist() == [3]


def test_alpha_raises_what_is_uncertain(log):
    users = draw_users(500, generator())
    calm, bold = (bandits.LinUCB(log, a).choose(users, None) for a in (0.0, 100.0))
    assert (calm != bold).float().mean() > 0.5


def test_ranked_first_takes_the_best_of_each_row():
    proposals = torch.randint(len(COMBINATIONS), (6, 9), generator=generator())
    tastes = torch.randn(6, sum(SIZES), generator=generator())
    first = code_gan.ranked_first(proposals, tastes)
    for row, taste, found in zip(proposals, tastes, first):
        scores = one_hot(COMBINATIONS[row]) @ taste
        assert found == row[scores.argmax()]


def test_thompson_without_exploring_ranks_by_the_mean(log):
    belief = surrogate.fit(log)
    users = draw_users(50, generator())
    proposals = torch.randint(len(COMBINATIONS), (50, 9), generator=generator())
    policy = bandits.Thompson(belief, lambda *_: proposals, exploration=0.0)
    expected = code_gan.ranked_first(proposals, belief.tastes(users))
    assert torch.equal(policy.choose(users, generator()), expected)
    explorer = bandits.Thompson(belief, lambda *_: proposals, exploration=1.0)
    assert not torch.equal(explorer.choose(users, generator()), expected)


def test_clicks_raise_and_misses_lower_the_belief(log):
    belief = surrogate.fit(log)
    users = draw_users(400, generator())
    chosen = torch.full((400,), 99)
    for outcome, sign in ((1.0, 1), (0.0, -1)):
        policy = bandits.Thompson(belief, None)
        policy.learn(users, chosen, torch.full((400,), outcome))
        change = policy.belief.rates(users)[:, 99] - belief.rates(users)[:, 99]
        assert (sign * change).mean() > 0


def test_live_traffic_serves_all_policies_the_same_users(log):
    model = ClickModel(0)
    best = click_log.best_single(log)
    fixed = bandits.Fixed(lambda users, _: best.expand(len(users.segments)))
    policies = {"a": fixed, "b": fixed, "LinUCB": bandits.LinUCB(log)}
    live = bandits.run_live(policies, 3 * [model], 200, generator(4))
    assert torch.equal(live.rates["a"], live.rates["b"])
    assert live.best.shape == live.rates["LinUCB"].shape == (3,)
    assert all((live.best > rates).all() for rates in live.rates.values())
    again = bandits.run_live({"a": fixed}, 3 * [model], 200, generator(4))
    assert torch.equal(again.rates["a"], live.rates["a"])


def test_the_generator_draws_one_value_in_each_block():
    torch.manual_seed(0)
    network = code_gan.CodeGenerator()
    codes = network(torch.randn(50, code_gan.LATENT_DIM), torch.randn(50, 6))
    for block in codes.split(SIZES, 1):
        assert torch.equal(block.sum(1), torch.ones(50))
        assert set(block.unique().tolist()) == {0.0, 1.0}
    codes.square().sum().backward()
    assert network.net[0].weight.grad.abs().sum() > 0


def test_proposals_repeat_with_their_seed_and_leave_the_global_state():
    users = draw_users(5, generator())
    network = code_gan.CodeGenerator()
    state = torch.random.get_rng_state()
    first = code_gan.propose(network, users, 16, 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first, code_gan.propose(network, users, 16, 3))
    assert not torch.equal(first, code_gan.propose(network, users, 16, 4))
    assert first.shape == (5, 16)


def test_a_short_training_learns_what_was_clicked_and_the_reward_pulls():
    torch.manual_seed(0)
    features = torch.randn(800, 6)
    attributes = torch.zeros(800, 5, dtype=torch.int64)
    attributes[:, 0] = 5 * (features[:, 2] > 0)  # who likes sport clicked on sneakers
    network = code_gan.train(features, one_hot(attributes), steps=400)
    users = draw_users(400, generator())
    product = COMBINATIONS[code_gan.propose(network, users, 4, 0)][..., 0]
    sporty = users.features[:, 2] > 0.5
    calm = users.features[:, 2] < -0.5
    assert (product[sporty] == 5).float().mean() > 0.7
    assert (product[calm] == 5).float().mean() < 0.3
    tastes = torch.zeros(7, sum(SIZES))
    tastes[0, 3] = 5.0  # the reward wants dresses, whoever the user
    pulled = code_gan.train(features, one_hot(attributes), tastes, 3.0, steps=400)
    product = COMBINATIONS[code_gan.propose(pulled, users, 4, 0)][..., 0]
    assert (product == 3).float().mean() > 0.7
