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


def test_unequal_numbers_are_refused(rows):
    with pytest.raises(ValueError, match="equally many"):
        customers.marginal_distance(rows[:10], rows)


def test_the_generator_draws_valid_rows_and_passes_gradients():
    torch.manual_seed(0)
    generator = customers.TableGenerator()
    rows = generator(torch.randn(50, 16))
    assert rows.shape == (50, 16)
    for part in customers.choices_of(rows):
        torch.testing.assert_close(part.max(1).values, torch.ones(50))
    rows.square().sum().backward()
    assert generator.body[0].weight.grad.abs().sum() > 0
