import math

import pytest
import torch
from scipy.stats import mannwhitneyu, norm

from gan_utils.metrics import nearest_neighbours
from gan_utils.privacy.copying import (
    authenticity,
    data_copying,
    neighbour_shares,
)


def test_neighbours_come_sorted_and_a_point_is_at_distance_zero_of_itself(three):
    points = 50 + three[0]  # far from 0, where the fast distance is inexact
    distances, rows = nearest_neighbours(points, points, 3)
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


def test_copies_of_one_picture_fill_one_cell_and_raise_no_warning(recwarn):
    one = torch.ones(300, 784) / 3
    found = data_copying(one, one, one)
    assert found.z == 0
    assert found.cells <= 1 + 300 // 20
    assert not recwarn.list


def test_the_data_copying_test_is_mann_whitneys_in_every_cell():
    """Two far heaps are the two cells; scipy knows the p-value of each."""
    torch.manual_seed(0)
    heap = torch.tensor([[-50.0], [50.0]]).repeat(100, 3)
    training, held_out = heap + torch.randn(200, 3), heap + torch.randn(200, 3)
    samples = heap + 0.7 * torch.randn(200, 3)
    found = data_copying(samples, training, held_out, cells=2)
    z = []
    for rows in (slice(0, None, 2), slice(1, None, 2)):
        a, b = (
            torch.cdist(x[rows].double(), training.double()).min(1).values
            for x in (samples, held_out)
        )
        p = mannwhitneyu(
            a, b, use_continuity=False, method="asymptotic", alternative="less"
        ).pvalue
        z.append(norm.ppf(p))
    assert found.statistic == pytest.approx(sum(z) / 2, abs=1e-6)
    assert found.z == pytest.approx(sum(z) / 2**0.5, abs=1e-6)


@pytest.mark.parametrize("value", [math.nan, math.inf, 0, -1, 1.5])
def test_numbers_of_cells_and_splits_are_checked(three, value):
    with pytest.raises(ValueError, match="splits must be"):
        neighbour_shares(*three, splits=value)
    with pytest.raises(ValueError, match="cells must be"):
        data_copying(*three, cells=value)


def test_unequal_sides_are_refused_in_one_sentence(three):
    with pytest.raises(ValueError, match="equally many"):
        neighbour_shares(three[0], three[1], three[2][:100])
    with pytest.raises(ValueError, match="at least 2"):
        neighbour_shares(three[0], three[1][:1], three[2][:1])
    with pytest.raises(ValueError, match="finite"):
        authenticity(three[0] / 0, three[1])
    assert math.isnan(data_copying(three[0][:3], three[1], three[2]).z)
