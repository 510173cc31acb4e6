import math

import pytest
import torch

from gan_utils.privacy import customers


@pytest.fixture(scope="module")
def rows():
    return customers.simulate(20_000, 1)


def test_rows_are_encoded_within_public_bounds(rows):
    numbers = rows[:, :4]
    assert rows.shape == (20_000, customers.WIDTH) == (20_000, 16)
    assert numbers.abs().max() <= 1 + 1e-6
    for part in customers.choices_of(rows):
        assert torch.equal(part.sum(1), torch.ones(20_000))
        assert (part.mean(0) > 0.05).all()
    assert torch.equal(customers.simulate(50, 3), customers.simulate(50, 3))
    assert not torch.equal(customers.simulate(50, 3), customers.simulate(50, 4))


def test_decoding_gives_back_the_columns():
    numbers = [torch.tensor([x]) for x in (40.0, 55.0, 12.0, 90.0)]
    choices = [torch.tensor([x]) for x in (2, 0, 1, 0)]
    found = customers.decode(customers.encode(numbers, choices))
    assert list(found[0].values()) == [40, 55, 12, 90, "search", "north", "yes", "no"]


def test_scores_have_their_floor_and_react(rows):
    other = customers.simulate(20_000, 2)
    assert customers.marginal_distance(rows, rows) == 0
    assert customers.correlation_error(rows, rows) == 0
    assert customers.marginal_distance(rows, other) < 0.01
    assert customers.correlation_error(rows, other) < 0.02
    shuffled = torch.stack([c[torch.randperm(len(c))] for c in rows.T], 1)
    assert customers.marginal_distance(shuffled, rows) == pytest.approx(0, abs=1e-6)
    assert customers.correlation_error(shuffled, rows) > 0.05
    moved = rows.clone()
    moved[:, 0] += 0.8
    assert customers.marginal_distance(moved, rows) == pytest.approx(0.1, abs=1e-3)


def test_answers_can_be_foreseen_from_real_rows_only(rows):
    test = customers.simulate(20_000, 2)
    assert customers.response_auc(rows, test).low > 0.7
    shuffled = rows.clone()
    target = slice(customers.TARGET - 1, None)
    shuffled[:, target] = rows[torch.randperm(20_000), target]
    assert 0.35 < customers.response_auc(shuffled, test).value < 0.65
    nobody = rows[rows[:, customers.TARGET] == 0]
    assert customers.response_auc(nobody, test).value == 0.5


def test_what_is_no_table_is_refused_and_unequal_numbers_are_not(rows):
    assert customers.marginal_distance(rows[:10_000], rows) < 0.02
    for other in (rows[:, 1:], rows[:0], rows[0]):
        with pytest.raises(ValueError, match=r"\(N, 16\)"):
            customers.marginal_distance(other, rows)


@pytest.mark.parametrize("value", [math.nan, math.inf, 0, -3, 2.5])
def test_a_table_needs_a_whole_number_of_customers(value):
    with pytest.raises(ValueError, match="count must be"):
        customers.simulate(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, 0, -1])
def test_the_draw_of_a_choice_needs_a_temperature(value):
    with pytest.raises(ValueError, match="temperature must be"):
        customers.TableGenerator(temperature=value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("judge", [
    customers.marginal_distance, customers.correlation_error, customers.response_auc,
])  # fmt: skip
def test_no_score_comes_of_a_broken_table(rows, judge, value):
    broken, sound = rows[:200].clone(), rows[200:400]
    broken[3, 1] = value
    for sides in ((broken, sound), (sound, broken)):
        with pytest.raises(ValueError, match="finite"):
            judge(*sides)


def test_the_distance_of_numbers_is_wasserstein_1(rows):
    moved = rows.clone()
    moved[:, 1] = moved[:, 1] ** 3
    a, b = rows[:, 1].sort().values, moved[:, 1].sort().values
    by_hand = (a - b).abs().double().mean().item() / 8
    assert customers.marginal_distance(moved, rows) == pytest.approx(by_hand, rel=1e-5)


def test_the_generator_draws_valid_rows_and_passes_gradients():
    torch.manual_seed(0)
    generator = customers.TableGenerator()
    rows = generator(torch.randn(50, 16))
    assert rows.shape == (50, 16)
    for part in customers.choices_of(rows):
        torch.testing.assert_close(part.max(1).values, torch.ones(50))
    rows.square().sum().backward()
    assert generator.body[0].weight.grad.abs().sum() > 0
