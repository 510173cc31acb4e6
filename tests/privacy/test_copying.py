import math

import pytest
import torch

from gan_utils.metrics import nearest
from gan_utils.privacy.copying import (
    authenticity,
    data_copying,
    k_means,
    neighbour_shares,
)
from gan_utils.privacy.membership import (
    auc,
    monte_carlo_score,
    nearest_score,
    share_of,
    tpr_at,
)


@pytest.fixture
def three():
    """Samples, training and held-out points, all of one normal distribution."""
    torch.manual_seed(1)
    return torch.randn(3, 400, 5)


def test_neighbours_come_sorted_and_a_point_is_at_distance_zero_of_itself(three):
    points = 50 + three[0]  # far from 0, where the fast distance is inexact
    distances, rows = nearest(points, points, 3)
    assert torch.equal(rows[:, 0], torch.arange(400))
    assert torch.equal(distances[:, 0], torch.zeros(400, dtype=torch.float64))
    by_hand = torch.cdist(points.double(), points.double()).sort(1).values[:, :3]
    torch.testing.assert_close(distances, by_hand, atol=1e-5, rtol=0)


def test_a_replay_of_training_is_found_out(three):
    fresh, training, held_out = three
    found = neighbour_shares(training, training, held_out)
    assert (found.ratio, found.share, found.close) == (0, 1, 400)
    assert found.p < 0.002
    assert found.close_p < 0.002
    assert authenticity(training, training) == 0
    assert data_copying(training, training, held_out).z < -10


def test_fresh_samples_and_a_replay_of_others_are_not(three):
    fresh, training, held_out = three
    found = neighbour_shares(fresh, training, held_out)
    assert found.low <= found.share <= found.high
    assert found.low < 0.5 < found.high
    assert found.ratio == pytest.approx(1, abs=0.05)
    assert found.p > 0.01
    assert abs(data_copying(fresh, training, held_out).z) < 3
    assert data_copying(held_out, training, held_out).z == 0
    assert neighbour_shares(held_out, training, held_out).share == 0


def test_a_few_copies_among_many_samples_are_found(three):
    fresh, training, held_out = three
    mixed = torch.cat([fresh[:380], training[:20]])
    found = neighbour_shares(mixed, training, held_out)
    assert found.close > found.mirrored + 10
    assert found.close_p < 0.01


def test_the_chance_of_a_false_alarm_is_what_it_says():
    torch.manual_seed(0)
    draws = torch.randn(60, 3, 60, 3)
    p = torch.tensor([neighbour_shares(*d, splits=100).p for d in draws])
    assert 0.01 < (p < 0.1).double().mean() < 0.25
    assert 0.3 < p.mean() < 0.7


def test_far_samples_raise_the_data_copying_test(three):
    fresh, training, held_out = three
    assert data_copying(2 * fresh, training, held_out).z > 5


def test_unequal_sides_are_refused_in_one_sentence(three):
    with pytest.raises(ValueError, match="equally many"):
        neighbour_shares(three[0], three[1], three[2][:100])
    with pytest.raises(ValueError, match="at least 2"):
        neighbour_shares(three[0], three[1][:1], three[2][:1])
    with pytest.raises(ValueError, match="finite"):
        authenticity(three[0] / 0, three[1])
    assert math.isnan(data_copying(three[0][:3], three[1], three[2]).z)


def test_k_means_finds_two_heaps():
    heaps = torch.cat([torch.randn(50, 2) - 20, torch.randn(50, 2) + 20]).double()
    centres = k_means(heaps, 2).sort(0).values
    torch.testing.assert_close(centres.mean(1), torch.tensor([-20.0, 20.0]).double(),
                               atol=1, rtol=0)  # fmt: skip


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
