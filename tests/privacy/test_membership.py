import math

import pytest
import torch

from gan_utils.privacy.membership import (
    auc,
    monte_carlo_score,
    nearest_score,
    share_of,
    tpr_at,
)


def test_auc_of_known_scores():
    assert auc([3, 4], [1, 2]).value == 1
    assert auc([1, 2], [3, 4]).value == 0
    assert auc([1, 1], [1, 1]).value == 0.5
    assert auc([2.0, 0.0], [1.0, 1.0]).value == 0.5
    assert auc(torch.ones(60), torch.zeros(60))[1:] == (0.95, 1)


def test_auc_of_two_normals_has_the_closed_form_and_its_interval_covers_it():
    torch.manual_seed(0)
    truth = 0.5 * (1 + math.erf(1 / 2))  # Phi(1 / sqrt 2)
    found = [auc(1 + torch.randn(80), torch.randn(50)) for _ in range(300)]
    covered = sum(x.low <= truth <= x.high for x in found) / 300
    assert 0.91 < covered < 0.98
    equal = [auc(torch.randn(80), torch.randn(50)) for _ in range(300)]
    assert 0.91 < sum(x.low <= 0.5 <= x.high for x in equal) / 300 < 0.98


def test_tpr_counts_members_above_all_but_one_in_a_hundred():
    others = torch.arange(100)
    assert tpr_at([98.5, 97.0, 200.0, 0.0], others).value == 0.5
    assert tpr_at(others, others).value == 0.01
    assert tpr_at(torch.zeros(50), torch.zeros(50)).value == 0
    assert tpr_at([5.0, 6.0], [1.0, 2.0], fpr=0).value == 1
    with pytest.raises(ValueError, match="share of pictures"):
        tpr_at([1, 2], [1, 2], fpr=1)
    with pytest.raises(ValueError, match="at least 2"):
        auc([1], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        auc([1, math.nan], [1, 2])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0, 1, -1])
def test_an_interval_needs_a_confidence(value):
    with pytest.raises(ValueError, match="between 0 and 1"):
        auc([1, 2, 4], [3, 0, 1], confidence=value)


def test_a_very_sure_interval_is_wide_and_stays_within_its_bounds():
    low, high = auc([1, 2, 4], [3, 0, 1], confidence=1 - 1e-12)[1:]
    assert 0 <= low < 0.001
    assert 0.999 < high <= 1


def test_scores_that_are_all_equal_prove_nothing():
    found = auc([1, 1, 1], [1, 1, 1])
    assert (found.low, found.high) == (0, 1)
    assert auc([7] * 300, [7] * 300)[1:] == pytest.approx((0.49, 0.51))


@pytest.mark.parametrize("fpr", [math.nan, math.inf, -0.1, 1, 1e300])
def test_a_rate_of_false_alarms_is_a_share(fpr):
    with pytest.raises(ValueError, match="fpr"):
        tpr_at([1, 2], [1, 2], fpr=fpr)


def test_the_threshold_uses_the_whole_rate_that_is_allowed():
    others = torch.arange(100)
    for hundredths in range(100):
        found = tpr_at(others, others, fpr=hundredths / 100)
        assert found.value == hundredths / 100
    assert tpr_at([1, 2, 3], [1, 2, 3], fpr=math.nextafter(1, 0)).value == 2 / 3


@pytest.mark.parametrize(("hits", "count"), [
    (0, 0), (-1, 5), (6, 5), (math.nan, 5), (1, math.nan), (1.5, 5), (1, math.inf),
])  # fmt: skip
def test_a_share_needs_whole_counts(hits, count):
    with pytest.raises(ValueError, match="hits"):
        share_of(hits, count)


@pytest.mark.parametrize("radius", [math.nan, math.inf, -1.0])
def test_a_ball_needs_a_radius(three, radius):
    with pytest.raises(ValueError, match="radius must be"):
        monte_carlo_score(three[0], three[1], radius)


@pytest.mark.parametrize("dim", [3, 64, 784])
def test_a_replayed_picture_lies_in_a_ball_of_radius_zero(dim):
    torch.manual_seed(0)
    members, others = torch.randn(2, 40, dim)
    scores = monte_carlo_score(torch.cat([members, others]), members, radius=0)
    assert scores.tolist() == 40 * [1 / 40] + 40 * [0]


def test_the_usual_radius_is_one_candidates_distance_and_reaches_it():
    for seed in range(10):
        torch.manual_seed(seed)
        pictures, samples = torch.randn(2, 99, 64)
        assert (monte_carlo_score(pictures, samples) > 0).sum() == 50


def test_results_are_plain_numbers():
    found = [*auc([1, 2], [1, 3]), *auc([1, 1], [0, 0]), *tpr_at([1, 2], [1, 2])]
    assert {type(x) for x in found} == {float}


def test_wilsons_interval():
    assert share_of(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-3)
    assert share_of(0, 10)[:2] == (0, 0)
    assert share_of(10, 10)[2] == 1


def test_attacks_on_samples_find_replayed_pictures_only(three):
    fresh, training, held_out = three
    replay = training + 0.01 * torch.randn_like(training)
    for attack in (nearest_score, monte_carlo_score):
        scores = attack(torch.cat([training, held_out]), replay)
        assert auc(scores[:400], scores[400:]).low > 0.8, attack.__name__
        scores = attack(torch.cat([training, held_out]), fresh)
        honest = auc(scores[:400], scores[400:])
        assert honest.low < 0.5 < honest.high
