"""The simulated audience, its log, and what is learned from it."""

import math

import pytest
import torch

from gan_utils.ads.clicks import audience, campaign, code_gan, surrogate
from gan_utils.ads.clicks import log as click_log
from gan_utils.ads.clicks.audience import COMBINATIONS, ClickModel, draw_users
from gan_utils.ads.creatives.scene import ATTRIBUTES


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_numbers_of_combinations_are_their_rows():
    assert torch.equal(audience.numbers(COMBINATIONS), torch.arange(len(COMBINATIONS)))
    assert len(COMBINATIONS.unique(dim=0)) == len(COMBINATIONS) == 8 * 6 * 7 * 3 * 4


def test_every_name_in_the_published_tables_exists():
    tables = [
        audience.LIKED_BY_ALL,
        audience.BUYS_AFTER,
        *audience.LIKED_WITH.values(),
    ]
    for table in tables:
        for attribute, liked in table.items():
            assert set(liked) <= set(ATTRIBUTES[attribute])
    assert set(audience.LIKED_WITH) == set(audience.FEATURES)
    shares = [share for share, _ in audience.SEGMENTS.values()]
    assert sum(shares) == pytest.approx(1)
    assert len(set(shares)) == 4


def test_users_follow_their_segments():
    users = draw_users(40_000, generator())
    for k, (share, means) in enumerate(audience.SEGMENTS.values()):
        mine = users.features[users.segments == k]
        assert len(mine) / 40_000 == pytest.approx(share, abs=0.015)
        assert (mine.mean(0) - torch.tensor(means)).abs().max() < 0.08
        assert (mine.std(0) - audience.SPREAD).abs().max() < 0.06
    again = draw_users(40_000, generator())
    assert torch.equal(users.features, again.features)


def test_code_tables_land_on_their_codes():
    table = audience.code_table({"product": {"bag": 2.0}, "layout": {"bottom": -1.0}})
    codes = campaign.one_hot(COMBINATIONS)
    is_bag = COMBINATIONS[:, 0] == list(ATTRIBUTES["product"]).index("bag")
    below = COMBINATIONS[:, 4] == list(ATTRIBUTES["layout"]).index("bottom")
    torch.testing.assert_close(codes @ table, 2.0 * is_bag - 1.0 * below)


@pytest.mark.parametrize("seed", range(10))
def test_base_rate_and_headroom_are_realistic(seed):
    model, users = ClickModel(seed), draw_users(2_000, generator(seed))
    rates = model.click_rates(users, COMBINATIONS)
    assert rates.mean().item() == pytest.approx(audience.UNIFORM_RATE, rel=0.05)
    assert 2.2 < rates.max(1).values.mean() / rates.mean() < 3.0


def test_click_rates_of_pairs_are_those_of_the_table():
    model, users = ClickModel(1), draw_users(50, generator())
    table = model.click_rates(users, COMBINATIONS)
    which = torch.randint(len(COMBINATIONS), (50, 3), generator=generator())
    pairs = model.click_rates(users, COMBINATIONS[which])
    torch.testing.assert_close(pairs, table.gather(1, which))


def test_clicks_come_as_often_as_the_rates_say():
    model, users = ClickModel(2), draw_users(100_000, generator())
    attributes = COMBINATIONS[[100]].expand(len(users.segments), -1)
    clicks = model.respond(users, attributes, generator(1))
    expected = model.click_rates(users, COMBINATIONS[[100]]).mean().item()
    error = math.sqrt(expected / len(clicks))
    assert clicks.mean().item() == pytest.approx(expected, abs=4 * error)
    assert set(clicks.unique().tolist()) == {0.0, 1.0}


def test_buyers_follow_their_table():
    model = ClickModel(0)
    rates = model.buyer_rates(COMBINATIONS)
    assert rates.min() > 0.02
    assert rates.max() < 0.1
    hot = COMBINATIONS[:, 2] == list(ATTRIBUTES["headline"]).index("HOT")
    assert rates[hot].mean() < rates[~hot].mean()


def test_drift_moves_palette_and_headline_only():
    model = ClickModel(3)
    later = model.drifted()
    before, after = (m.tastes.split(campaign_sizes(), 1) for m in (model, later))
    for name, old, new in zip(ATTRIBUTES, before, after):
        moved = name in ("palette", "headline")
        assert torch.equal(new, old.roll(1, 1) if moved else old)
    assert torch.equal(model.tastes, ClickModel(3).tastes)


def campaign_sizes():
    return [len(values) for values in ATTRIBUTES.values()]


def small_log(count=60_000, seed=0):
    library = click_log.draw_library(48, generator(seed))
    return click_log.draw_log(ClickModel(seed), library, count, generator(seed))


def test_a_library_holds_every_value_once_at_least():
    held = COMBINATIONS[click_log.draw_library(40, generator())]
    for column, values in zip(held.T, ATTRIBUTES.values()):
        assert len(column.unique()) == len(values)


def test_the_log_counts_and_its_winners():
    log = small_log()
    rates = click_log.rates_by_creative(log)
    one = log.rows(log.shown == 5)
    assert rates[5].item() == pytest.approx(one.clicks.mean().item(), rel=1e-4)
    assert click_log.best_single(log) == log.library[rates.argmax()]
    winners = click_log.best_by_segment(log)
    mine = log.rows(log.users.segments == 2)
    assert winners[2] == click_log.best_single(mine)


def test_the_fit_is_a_minimum_and_finds_the_truth():
    log = small_log(200_000)
    belief = surrogate.fit(log)
    users = draw_users(500, generator(9))
    predicted = belief.rates(users).log()
    true = ClickModel(0).click_rates(users, COMBINATIONS).log()
    likeness = torch.stack(
        [torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(predicted, true)]
    )
    assert 0.6 < likeness.mean() < 0.99
    rows = surrogate.design(log.users, COMBINATIONS[log.library[log.shown]])
    bias = torch.sigmoid(rows @ belief.mean + belief.offset).mean() / log.clicks.mean()
    assert bias.item() == pytest.approx(1, abs=0.05)


def test_draws_have_the_beliefs_mean_and_covariance():
    belief = surrogate.fit(small_log())
    draws = belief.draws(20_000, generator())
    covariance = torch.linalg.inv(belief.precision)
    errors = (draws.mean(0) - belief.mean) / covariance.diag().sqrt()
    assert errors.abs().max() < 0.05
    assert (draws.T.cov().diag() / covariance.diag() - 1).abs().max() < 0.08


def test_draws_are_scored_like_the_mean():
    belief = surrogate.fit(small_log())
    users = draw_users(7, generator())
    same = belief.mean.expand(7, -1)
    torch.testing.assert_close(belief.tastes(users, same), belief.tastes(users))


def test_forgetting_everything_leads_back_to_the_start():
    belief = surrogate.fit(small_log())
    torch.testing.assert_close(belief.faded(0.0).precision, surrogate.at_first())
    assert torch.equal(belief.faded(1.0).precision, belief.precision)


def test_the_perfect_gan_gains_one_plus_cv_squared():
    model, users = ClickModel(0), draw_users(300, generator())
    library = click_log.draw_library(48, generator())
    rates = model.click_rates(users, COMBINATIONS[library])
    cv2 = rates.var(1, correction=0) / rates.mean(1) ** 2
    by_hand = (rates.mean(1) * (1 + cv2)).mean().item()
    assert campaign.ideal_gan(model, users, library) == pytest.approx(by_hand, rel=1e-5)


def test_judging_counts_segments_and_purchases():
    model, users = ClickModel(0), draw_users(300, generator())
    row = campaign.judged(model, users, torch.full((300, 1), 17))
    rates = model.click_rates(users, COMBINATIONS[[17]])[:, 0]
    assert row["clicks"] == pytest.approx(rates.mean().item(), rel=1e-5)
    buyers = model.buyer_rates(COMBINATIONS[17])
    assert row["purchases"] == pytest.approx((rates.mean() * buyers).item(), rel=1e-5)
    assert row["segments"][1] == pytest.approx(rates[users.segments == 1].mean().item())


def test_an_interval_is_students():
    values = torch.arange(10.0)
    middle, half = campaign.interval(values)
    assert middle == 4.5
    assert half.item() == pytest.approx(2.2622 * 3.02765 / math.sqrt(10), rel=1e-4)
    _, half = campaign.interval(values[:2])
    assert half.item() == pytest.approx(12.7062 * 0.5, rel=1e-4)
    with pytest.raises(ValueError, match="at least 2"):
        campaign.interval(values[:1])


@pytest.mark.parametrize("count", [8, 9, 12, 20, 40, 4031, 4032])
def test_a_library_of_any_size_is_drawn_at_once_and_holds_every_value(count):
    for seed in range(5):
        library = click_log.draw_library(count, generator(seed))
        assert len(library.unique()) == len(library) == count
        held = COMBINATIONS[library]
        for column, values in zip(held.T, ATTRIBUTES.values()):
            assert column.unique().tolist() == list(range(len(values)))


@pytest.mark.parametrize("count", [7, 1, 0, -3, 4033, 48.5, math.nan, math.inf])
def test_a_library_that_cannot_be_is_refused(count):
    with pytest.raises(ValueError, match="a library needs .* got"):
        click_log.draw_library(count, generator())


def test_small_libraries_are_random_too():
    drawn = {tuple(click_log.draw_library(8, generator(s)).tolist()) for s in range(20)}
    assert len(drawn) == 20


@pytest.mark.parametrize("clicks", [0.0, 1.0])
def test_a_log_of_one_outcome_teaches_nothing_and_says_so(clicks):
    log = small_log(500)
    log = log._replace(clicks=torch.full_like(log.clicks, clicks))
    with pytest.raises(ValueError, match="500 impressions with .* clicks"):
        surrogate.fit(log)
    with pytest.raises(ValueError, match="0 impressions with 0 clicks"):
        surrogate.fit(log.rows(slice(0, 0)))


def test_the_gan_of_clicks_needs_clicks():
    log = small_log(500)
    log = log._replace(clicks=torch.zeros_like(log.clicks))
    with pytest.raises(ValueError, match="learns from clicks"):
        code_gan.train(*campaign.clicked(log))


@pytest.mark.parametrize("share", [math.nan, math.inf, -0.1, 1.1])
def test_shares_of_a_log_and_of_a_memory_are_checked(share):
    log = small_log(20_000)
    with pytest.raises(ValueError, match="kept is a share"):
        surrogate.fit(log, kept=share)
    with pytest.raises(ValueError, match="memory is a share"):
        surrogate.fit(log).faded(share)


def test_one_click_is_enough_to_begin_with():
    log = small_log(500)
    clicks = torch.zeros_like(log.clicks)
    clicks[3] = 1
    belief = surrogate.fit(log._replace(clicks=clicks))
    assert belief.mean.isfinite().all()
