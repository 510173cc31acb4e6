"""Logs of a real shop: what was shipped, and estimates held against known answers."""

import hashlib
import shutil

import pytest
import torch

from gan_utils.ads.clicks import policies, real_logs
from gan_utils.data import ROOT

FOLDER = ROOT / "data" / "clicks"
CLICKS = {
    ("random", "all"): 38, ("random", "men"): 46, ("random", "women"): 46,
    ("thompson", "all"): 42, ("thompson", "men"): 69, ("thompson", "women"): 46,
}  # fmt: skip
ITEMS = {"all": 80, "men": 34, "women": 46}


def log_of(item, position, clicks, propensity, items):
    """A ``RealLog`` of users without past clicks."""
    count = len(item)
    return real_logs.RealLog(
        torch.arange(count), torch.as_tensor(item), torch.as_tensor(position),
        torch.as_tensor(clicks).float(), torch.as_tensor(propensity).float(),
        torch.zeros(count, 4, dtype=torch.long), torch.zeros(count, items),
    )  # fmt: skip


def simulated(seed, count=600):
    """Three items with known click rates, shown unevenly; the policy prefers the last."""
    random = torch.Generator().manual_seed(seed)
    rates = torch.tensor([0.1, 0.2, 0.4])
    own = torch.tensor([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])
    position = torch.randint(3, (count,), generator=random)
    item = torch.multinomial(own[position], 1, generator=random)[:, 0]
    clicks = torch.rand(count, generator=random) < rates[item]
    log = log_of(item, position, clicks, own[position, item], 3)
    target = real_logs.Target(torch.tensor([[0.1, 0.2, 0.7]]).repeat(3, 1))
    return log, target, 0.33, random


@pytest.mark.parametrize(("policy", "campaign"), CLICKS)
def test_each_log_has_its_impressions_and_clicks(policy, campaign):
    log, items = real_logs.real_log(policy, campaign), ITEMS[campaign]
    assert all(len(column) == 10_000 for column in log)
    assert log.clicks.sum() == CLICKS[policy, campaign]
    assert set(log.clicks.tolist()) == {0.0, 1.0}
    assert log.affinity.shape == (10_000, items)
    assert log.item.unique().tolist() == list(range(items))
    assert log.position.unique().tolist() == [0, 1, 2]
    assert ((log.propensity > 0) & (log.propensity <= 1)).all()
    assert (log.seconds.diff() >= 0).all()
    assert log.seconds.max() < 7 * 86_400
    if policy == "random":
        torch.testing.assert_close(log.propensity, torch.full((10_000,), 1 / items))


@pytest.mark.parametrize("campaign", ITEMS)
def test_each_item_is_described(campaign):
    described, count = real_logs.items_of(campaign), ITEMS[campaign]
    assert described.number.shape == described.clicked.shape == (count,)
    assert described.codes.shape == (count, 3)
    rates = described.clicked / (described.clicked + described.passed)
    assert 0.0005 < rates.min() < rates.max() < 0.006


def test_every_file_has_its_sum_its_licence_and_its_card():
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    sums = {line.split()[1]: line.split()[0] for line in lines}
    assert set(sums) == {path.name for path in FOLDER.glob("*.npz")}
    for name, expected in sums.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == expected
    assert "Version 2.0, January 2004" in (FOLDER / "LICENSE").read_text("utf-8")
    card = (FOLDER / "CARD.md").read_text("utf-8")
    assert "arXiv:2008.07146" in card
    for (policy, campaign), clicks in CLICKS.items():
        assert (
            f"| {campaign} | {ITEMS[campaign]} | {policy} | 10,000 | {clicks} |" in card
        )
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 500_000


def test_a_damaged_or_missing_file_gets_a_sentence(tmp_path):
    for name in ("SHA256SUMS", "random_men.npz"):
        shutil.copy(FOLDER / name, tmp_path / name)
    assert len(real_logs.real_log("random", "men", tmp_path).clicks) == 10_000
    content = bytearray((tmp_path / "random_men.npz").read_bytes())
    content[5_000] ^= 1
    (tmp_path / "random_men.npz").write_bytes(content)
    with pytest.raises(OSError, match=r"random_men\.npz is damaged.*git checkout"):
        real_logs.real_log("random", "men", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"random_all\.npz is missing"):
        real_logs.real_log("random", "all", tmp_path)


@pytest.mark.parametrize("asked", [("bts", "all"), ("random", "children")])
def test_a_log_that_is_not_there_is_named(asked):
    with pytest.raises(ValueError, match="random and thompson|all, men, women"):
        real_logs.real_log(*asked)


def test_on_a_tiny_log_the_estimates_are_those_by_hand():
    log = log_of([0, 1, 1, 0], [0, 1, 2, 2], [1, 0, 1, 0], [0.5, 0.8, 0.5, 0.25], 2)
    target = real_logs.Target(torch.tensor([[0.25, 0.75], [0.2, 0.8], [0.5, 0.5]]))
    predicted = torch.tensor([[0.2, 0.4], [0.2, 0.4], [0.1, 0.3], [0.1, 0.3]])
    random = torch.Generator().manual_seed(0)
    torch.testing.assert_close(
        real_logs.weights(log, target), torch.tensor([0.5, 1.0, 1.0, 2.0])
    )
    found = real_logs.evaluate(log, target, random, 20, predicted=predicted)
    # the target's predictions by hand: 0.25*0.2 + 0.75*0.4 = 0.35, 0.36, 0.2, 0.2
    # corrections: 0.5*(1 - 0.2) = 0.4, 1*(0 - 0.4) = -0.4, 1*(1 - 0.3) = 0.7, -0.2
    assert found.intervals["IPS"].rate == pytest.approx((0.5 + 1.0) / 4)
    assert found.intervals["SNIPS"].rate == pytest.approx((0.5 + 1.0) / 4.5)
    assert found.intervals["doubly robust"].rate == pytest.approx((1.11 + 0.5) / 4)
    assert found.model == pytest.approx(1.11 / 4)
    assert found.effective == pytest.approx(4.5**2 / 6.25)
    assert (found.largest, found.mean) == (2.0, 4.5 / 4)


def test_a_target_of_another_campaign_is_refused():
    log = simulated(0)[0]
    with pytest.raises(ValueError, match=r"\(3, 3\).*\(3, 80\)"):
        real_logs.weights(log, real_logs.uniform(80))


def test_estimates_are_unbiased_and_their_intervals_cover_in_a_simulation():
    rates, covered, logs = [], [], 100
    for seed in range(logs):
        log, target, truth, random = simulated(seed)
        predicted = torch.tensor([0.15, 0.15, 0.3]).repeat(600, 1)  # wrong, and yet
        found = real_logs.evaluate(log, target, random, 150, predicted=predicted)
        rates.append([interval.rate for interval in found.intervals.values()])
        covered.append([i.low <= truth <= i.high for i in found.intervals.values()])
    rates = torch.tensor(rates)
    error = rates.std(0) / logs**0.5
    assert ((rates.mean(0) - truth).abs() < 3.5 * error).all()
    assert error.max() < 0.005
    shares = torch.tensor(covered).float().mean(0)
    assert ((shares > 0.87) & (shares <= 1)).all()  # 0.95 but for chance
    assert shares.min() < 1


def test_the_effective_sample_size():
    ess = policies.effective_sample_size
    assert ess(torch.full((7,), 0.3)) == pytest.approx(7)
    assert ess(torch.tensor([0.0, 5.0, 0.0])) == pytest.approx(1)
    assert ess(torch.tensor([1.0, 3.0])) == pytest.approx(16 / 10)
    assert ess(torch.full((3,), 1e30)) == pytest.approx(3)
    for broken in ([0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="weights must be finite"):
            ess(torch.tensor(broken))


def test_one_weight_of_the_women_outweighs_all_others():
    log = real_logs.real_log("thompson", "women")
    weight = real_logs.weights(log, real_logs.uniform(46))
    assert weight.max().item() == pytest.approx(1 / 46 / 1e-6, rel=1e-5)  # 21,739
    assert log.clicks[weight.argmax()] == 0
    assert 2 < policies.effective_sample_size(weight) < 2.2
    rest = real_logs.without_standins(log)
    assert len(rest.clicks) == 9_996
    others = real_logs.weights(rest, real_logs.uniform(46))
    assert 500 < policies.effective_sample_size(others) < 600


def test_shares_are_counted_by_position_and_drawn_anew():
    log = log_of([0, 1, 1, 0, 2], [0, 0, 0, 1, 2], 5 * [0], 5 * [0.5], 3)
    target = real_logs.shares_of(log)
    expected = torch.tensor([[1 / 3, 2 / 3, 0], [1, 0, 0], [0, 0, 1]])
    torch.testing.assert_close(target.probability, expected)
    assert target.counted.tolist() == [3, 1, 1]


def test_counted_shares_widen_the_interval():
    log, target, _, _ = simulated(1)
    few = real_logs.Target(target.probability, torch.full((3,), 10))
    spans = []
    for one in (target, few):
        random = torch.Generator().manual_seed(0)
        interval = real_logs.evaluate(log, one, random, 300).intervals["IPS"]
        spans.append(interval.high - interval.low)
    assert spans[1] > 1.1 * spans[0]


def test_the_start_of_thompson_sampling_agrees_with_draws_and_with_the_publisher():
    start = real_logs.thompson_start("all").probability
    torch.testing.assert_close(start.sum(1), torch.ones(3))
    published = real_logs.items_of("all")
    torch.manual_seed(0)
    prior = torch.distributions.Beta(published.clicked, published.passed)
    best = prior.sample((20_000,)).topk(3).indices
    for k in range(3):
        drawn = best[:, k].bincount(minlength=80) / 20_000
        torch.testing.assert_close(start[k], drawn, atol=0.012, rtol=0)
    log = real_logs.real_log("random", "all")
    rate = policies.ips(
        log.clicks, real_logs.weights(log, real_logs.Target(start))
    ).rate
    assert rate / 0.0038 == pytest.approx(1.198126, rel=0.01)  # README of obp 0.5.7


def test_no_click_takes_part_in_its_own_prediction():
    log = simulated(2)[0]
    flipped = log.clicks.clone()
    flipped[:120] = 1 - flipped[:120]  # the first of five blocks
    before = real_logs.predicted_rates(log)
    after = real_logs.predicted_rates(log._replace(clicks=flipped))
    torch.testing.assert_close(after[:120], before[:120], rtol=0, atol=0)
    assert (after[120:] - before[120:]).abs().max() > 0.01


def test_the_reward_model_finds_items_and_affinities():
    log = simulated(3, 6_000)[0]
    torch.manual_seed(0)
    liked = (torch.rand(6_000, 3) < 0.3).float()
    shown = liked.gather(1, log.item[:, None])[:, 0]
    clicks = torch.maximum(log.clicks, shown * (torch.rand(6_000) < 0.5))
    rates = real_logs.predicted_rates(log._replace(affinity=liked, clicks=clicks))
    assert ((rates > 0) & (rates < 1)).all()
    for item, rate in enumerate((0.1, 0.2, 0.4)):
        without, having = (rates[liked[:, item] == k, item].mean() for k in (0, 1))
        assert without.item() == pytest.approx(rate, abs=0.06)
        assert having - without > 0.15


def test_the_own_rate_has_wilsons_interval():
    rate, low, high = real_logs.on_policy(real_logs.real_log("random", "all"))
    z, n = 1.959964, 10_000
    centre = (rate + z**2 / 2 / n) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (rate * (1 - rate) / n + z**2 / 4 / n**2) ** 0.5
    assert (low, high) == pytest.approx((centre - half, centre + half), rel=1e-5)
