"""The frame of the checks: kinds become sentences, comparisons fail closed."""

import fractions
import math

import numpy as np
import pytest
import torch

from course.checks import frame
from course.checks.frame import Mistake

NAN, INF = math.nan, math.inf


def test_a_check_never_raises_and_says_why(capsys):
    @frame.exercise("9.9")
    def check(answer):
        if answer == 0:
            raise Mistake("zero is not it")
        torch.rand(1)
        assert 1 / answer > 0

    state = torch.random.get_rng_state()
    for answer in (None, ..., 0, "text", 2):
        check(answer)
    check()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[1]
    assert lines[0].startswith("○ Exercise 9.9: not started")
    assert lines[2] == "○ Exercise 9.9: zero is not it"
    assert lines[3] == lines[5]
    assert lines[3].startswith("○ Exercise 9.9: this kind of answer cannot be checked")
    assert lines[4] == "✓ Exercise 9.9: solved"
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "value", [2, 2.0, np.float32(2), np.int64(2), fractions.Fraction(4, 2),
              torch.tensor(2), torch.tensor(2.0, requires_grad=True)]
)  # fmt: skip
def test_numbers_of_all_kinds_are_numbers(value):
    assert frame.number(value) == 2.0
    assert type(frame.number(value)) is float
    assert frame.whole(value) == 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not started"),
        (..., "not started"),
        (True, "got a bool"),
        ("2", "got a string"),
        ([2], "got a list"),
        (1j, "got a complex number"),
        (np.array(2), "got a NumPy array"),
        (torch.ones(1), r"got a float32 tensor of shape \(1,\)"),
        (torch.tensor(True), "got a bool tensor"),
        (torch.zeros((), device="meta"), "got a float32 tensor"),
        (torch.nn.Identity(), "got a network"),
        (len, "got a function"),
        (int, "got a class"),
        (object(), "got an object of the type object"),
        (NAN, "the loss is nan, .*finite number; take logs"),
        (torch.tensor(-INF), "-inf"),
        (10**400, "inf"),
    ],
)
def test_what_is_no_number_is_named(value, words):
    with pytest.raises(Mistake, match=words):
        frame.number(value, "the loss", "take logs")


def test_a_whole_number_has_no_fraction():
    with pytest.raises(Mistake, match=r"arm should be a whole number; got 1\.5"):
        frame.whole(1.5, "the arm")


def test_a_tensor_comes_back_plain():
    found = frame.tensor(torch.ones(2, 3, dtype=torch.float64, requires_grad=True))
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert frame.tensor(torch.ones(2, dtype=torch.int8)).dtype == torch.float32


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (..., "not started"),
        (2.0, "planes should be a tensor; got a number"),
        (np.zeros((2, 3)), "should be a tensor; got a NumPy array"),
        ([[0.0] * 3] * 2, "should be a tensor; got a list"),
        (torch.zeros(3, 2), "turned round"),
        (
            torch.zeros(6),
            r"should have the shape \(2, 3\); got \(6,\); one row a plane",
        ),
        (torch.zeros(2, 3) == 0, "real numbers; got a bool tensor"),
        (torch.zeros(2, 3) * 1j, "real numbers; got a complex64 tensor"),
        (torch.zeros(2, 3).to_sparse(), "real numbers"),
        (torch.tensor([[0, 1, 2], [3, 4, NAN]]), "NaN or infinite numbers; mind 0"),
        (torch.full((2, 3), INF), "NaN or infinite numbers"),
    ],
)
def test_what_is_no_such_tensor_is_named(value, words):
    with pytest.raises(Mistake, match=words):
        frame.tensor(
            value,
            (2, 3),
            "planes",
            usual={(3, 2): "turned round"},
            form="one row a plane",
            hint="mind 0",
        )


def test_errors_of_the_readers_own_code_are_told_with_their_hint():
    def divide(x):
        return x / 0

    with pytest.raises(
        Mistake, match="your code stops with ZeroDivisionError: .*; not 0"
    ):
        frame.call(divide, 1.0, hint="not 0")
    with pytest.raises(Mistake, match="stops with TypeError"):
        frame.call(lambda x: x + "text", 1.0)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("text", "a function is expected; got a string"),
        (lambda: 1, "with 2 arguments"),
        (lambda a, b, c: 1, "with 2 arguments"),
        (torch.nn.Linear(3, 3), "with 2 arguments"),
        (object, "with 2 arguments"),
        (max, "with 2 arguments"),
        (torch.neg, "with 2 arguments"),
        (lambda *a: None, "returns nothing"),
        (lambda *a: ..., "not started"),
    ],
)
def test_a_function_that_cannot_be_called_is_named_in_our_words(function, words):
    with pytest.raises(Mistake, match=words) as caught:
        frame.call(function, 1, "b")
    assert "stops with" not in str(caught.value)


def test_a_mistake_found_by_a_callback_passes_through():
    def callback():
        raise Mistake("drawn twice")

    with pytest.raises(Mistake, match=r"^drawn twice$"):
        frame.call(lambda ask: ask(), callback)


def test_a_function_without_a_result_may_be_asked_for():
    assert frame.call(lambda: None, returns=False) is None


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (NAN, NAN),
        (INF, INF),
        (NAN, 1.0),
        (1.0, NAN),
        (torch.tensor([1.0, NAN]), torch.tensor([1.0, 2.0])),
        (torch.ones(1), 1.0),
        (torch.ones(2, 1), torch.ones(2)),
        (1.1, 1.0),
    ],
)
def test_close_and_compare_fail_closed(found, right):
    assert frame.close(found, right) is False
    with pytest.raises(Mistake, match="^off$"):
        frame.compare(found, right, [(NAN, "nan is no mistake to name")], "off")


def test_compare_lets_the_right_one_pass_and_names_the_usual():
    right = torch.tensor([1.0, 2.0])
    usual = [(-right, "the sign is turned")]
    frame.compare(right.double().requires_grad_(), right, usual, "off")
    with pytest.raises(Mistake, match="sign"):
        frame.compare(-right, right, usual, "off")


@pytest.mark.parametrize("value", [1, 0.0, "yes", np.bool_(True), torch.tensor(True)])
def test_only_a_bool_is_true_or_false(value):
    assert frame.choice(True, (True, False)) is True
    with pytest.raises(Mistake, match="A should be one of True, False"):
        frame.choice(value, (True, False), "A")


@pytest.mark.parametrize("value", [3, "abc", {1, 2, 3}, iter([1, 2, 3]), [1, 2]])
def test_a_sequence_is_a_list_or_tuple_of_its_length(value):
    assert frame.sequence((1, 2, 3), 3) == [1, 2, 3]
    with pytest.raises(Mistake, match="list or tuple of 3"):
        frame.sequence(value, 3)
    with pytest.raises(Mistake, match="not started"):
        frame.sequence([1, ..., 3], 3)


RIGHT = {"A": 2.0, "B": 5.0}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (3, "should be a dictionary; got a number"),
        ({}, "A has no entry"),
        ({"A": 2}, "B has no entry"),
        ({"A": 3}, "A is not 3"),  # although B is missing, too
        ({"A": ..., "B": 5}, "not started"),
        ({"A": "two", "B": 5}, "A should be one number; got a string"),
        ({"A": NAN, "B": 5}, "A is nan"),
        ({"A": 4, "B": 5}, "A: this is the square"),
        ({"A": 2, "B": 6}, "B is not 6; count again"),
    ],
)
def test_wrong_numbers_are_named_one_after_the_other(answer, words):
    with pytest.raises(Mistake, match=words):
        frame.check_numbers(
            answer, RIGHT, {("A", 4): "this is the square"}, {"B": "count again"}
        )


def test_right_numbers_pass_within_their_tolerance():
    frame.check_numbers({"A": 2.0009, "B": torch.tensor(5)}, RIGHT)
    with pytest.raises(Mistake, match="B is not"):
        frame.check_numbers({"A": 2.0, "B": 5.02}, RIGHT, rel_tol=1e-3)
    frame.check_numbers({"A": 2.0, "B": 5.02}, RIGHT, rel_tol=1e-2)


def test_a_gradient_is_there_or_its_absence_is_named():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    assert frame.gradient(x.square(), x, "cut off").tolist() == [2.0, 4.0]
    other = torch.ones(2, requires_grad=True)
    for value in (3.0, x.detach(), other * 2, None):
        with pytest.raises(Mistake, match="cut off"):
            frame.gradient(value, x, "cut off")


@pytest.mark.parametrize(
    "change", [lambda x: x.add_(1), lambda x: x.neg_(), lambda x: x.zero_() + 2]
)
def test_a_function_that_changes_what_it_is_given_is_told_so(change):
    with pytest.raises(Mistake, match="changed by it"):
        frame.call(change, torch.ones(3))
    assert frame.call(lambda x: x + 1, torch.tensor([math.nan, 1.0])) is not None


def test_a_function_that_ends_python_is_a_mistake():
    with pytest.raises(Mistake, match="SystemExit"):
        frame.call(lambda: exit(3))
