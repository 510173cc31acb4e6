import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_utils.claims import (
    RECORD_VARIABLE,
    ClaimFailed,
    Mistake,
    claim,
    exercise,
    set_seed,
)


@pytest.fixture(autouse=True)
def _no_record(monkeypatch):
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("value", "words", "line"),
    [
        (0.123456, {"below": 1}, "0.123 (limit below 1)"),
        (0.4999999, {"below": 0.5}, "0.4999999 (limit below 0.5)"),
        (torch.tensor([1.0, 2.0]), {"above": 0.5}, "at worst 1 (limit above 0.5)"),
        (torch.tensor([1.0, 2.0]), {"below": 5}, "at worst 2 (limit below 5)"),
        ([1.0, 2.0], {"above": 0.5, "below": 3}, "1 to 2 (limit above 0.5 and below 3)"),
        (1, {"above": 0, "below": 3}, "1 (limit above 0 and below 3)"),
        ([0.01, -1], {"below": 0.1, "what": "largest gap"},
         "largest gap 0.01 (limit below 0.1)"),
        (12_345, {"above": 10_000}, "12,345 (limit above 10,000)"),
        (12_345.6, {"above": 10_000}, "12,300 (limit above 10,000)"),
        (-0.0, {"below": 1e-9}, "0 (limit below 1e-09)"),
        (2.2204e-16, {"below": 1e-9}, "2.22e-16 (limit below 1e-09)"),
        (torch.tensor(0.3, dtype=torch.float16), {"below": 1}, "0.3 (limit below 1)"),
        (torch.eye(2).to_sparse(), {"below": 2}, "at worst 1 (limit below 2)"),
        (0.5, {"below": 1, "recorded": 3}, "0.5 (limit below 1; recorded, 3 runs)"),
    ],
)  # fmt: skip
def test_a_claim_that_holds_prints_its_value_and_its_limit(value, words, line, capsys):
    claim("of course", value, **words)
    assert capsys.readouterr().out == f"✓ of course: {line}\n"


def test_a_fact_has_no_number(capsys):
    claim("a fact", torch.tensor([True, True]))
    claim("a recorded one", np.bool_(True), recorded=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["✓ a fact", "✓ a recorded one (recorded, 1 run)"]


@pytest.mark.parametrize(
    ("value", "bounds", "got"),
    [
        (1.0, {"below": 1.0}, "got 1, needed below 1"),
        (1.0, {"above": 1.0}, "got 1, needed above 1"),
        (1.0 + 1e-9, {"below": 1.0}, "got 1.000000001, needed below 1"),
        (torch.tensor([0.0, 2.0]), {"below": 1.0}, "got at worst 2, needed below 1"),
        (5.0, {"above": 0, "below": 4}, "got 5, needed above 0 and below 4"),
        (1.0, {"above": 3, "below": 2}, "got 1, needed"),
        (float("nan"), {"below": 1.0}, "got nan, needed below 1"),
        ([1.0, float("nan")], {"above": 0.0}, "got nan among 2 values"),
        (float("inf"), {"above": 1.0}, "got inf"),
        (np.array([-np.inf, 0.0]), {"below": 1.0}, "got -inf among 2 values"),
        (torch.tensor([]), {"below": 1.0}, "got no value at all, needed below 1"),
        ([], {"above": 0, "below": 1}, "got no value at all"),
        (torch.tensor([], dtype=torch.bool), {}, "got no value at all"),
        (False, {}, "got False"),
        (torch.tensor([True, False]), {}, "got False among 2 values"),
    ],
)
def test_a_claim_that_does_not_hold_raises(value, bounds, got):
    with pytest.raises(ClaimFailed, match=f"^of course: {re.escape(got)}"):
        claim("of course", value, **bounds)


@pytest.mark.parametrize(
    ("value", "words", "match"),
    [
        (1.0, {}, "needs below= or above="),
        (1, {}, "needs below= or above="),
        ([], {}, "needs below= or above="),
        (True, {"above": 0}, "needs no bounds"),
        (torch.tensor([True]), {"below": 2}, "needs no bounds"),
        (1 + 2j, {"below": 1}, "real number"),
        (torch.tensor([1 + 0j]), {"below": 2}, "real number"),
        ("yes", {}, "real number"),
        ("0.5", {"below": 1}, "real number"),
        (None, {}, "real number"),
        (None, {"below": 1}, "real number"),
        ({"a": 1}, {"below": 2}, "real number"),
        ([[1, 2], [3]], {"below": 4}, "real number"),
        (np.array(["a", None]), {"below": 1}, "real number"),
        (10**30, {"above": 1}, "real number"),
        (torch.empty(3, device="meta"), {"below": 1}, "real number"),
        (1.0, {"below": float("nan")}, "below= is a finite number"),
        (1.0, {"above": float("-inf")}, "above= is a finite number"),
        (1.0, {"below": "2"}, "below= is a finite number"),
        (1.0, {"below": 2j}, "below= is a finite number"),
        (1.0, {"below": torch.ones(2)}, "below= is a finite number"),
        (1.0, {"below": True}, "below= is a finite number"),
        (True, {"recorded": 0}, "how many runs"),
        (True, {"recorded": True}, "how many runs"),
        (True, {"recorded": 2.0}, "how many runs"),
        (True, {"recorded": [1, 2]}, "how many runs"),
    ],
)
def test_what_no_claim_can_be_about_is_refused_in_a_sentence(value, words, match):
    with pytest.raises(TypeError, match=rf"^claim\('of course'\).*{match}"):
        claim("of course", value, **words)


def recorded_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_record_holds_margins_and_failures(monkeypatch, tmp_path, capsys):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv(RECORD_VARIABLE, str(path))
    claim("half the bound", 1.0, below=2.0)
    claim("twice the bound", 4.0, above=2.0)
    claim("broken", 3.0, below=2.0)
    claim("nothing", [], below=2.0)
    claim("of a file", 1.0, below=2.0, recorded=3)
    lines = recorded_lines(path)
    assert [line["margin"] for line in lines] == [0.5, 1.0, -0.5, None, 0.5]
    assert [line["held"] for line in lines] == [True, True, False, False, True]
    assert [line.get("recorded") for line in lines] == [None, None, None, None, 3]
    assert "✗ broken" in capsys.readouterr().out


PATTERNS = re.findall(
    r"^regex: (.*)\nreplace: (.*)$",
    (Path(__file__).parents[1] / "nbval.cfg").read_text("ascii"),
    re.MULTILINE,
)  # as nbval reads them


def compared(text):
    """What nbval compares of an output."""
    for regex, replacement in PATTERNS:
        text = re.sub(regex, replacement, text)
    return text


def printed(capsys, statement, value, **words):
    claim(statement, value, **words)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1, 1.2345e-9),
        (0.5, -1_234.5),
        (12, 5),
        ([0.1, 0.2], [0.3, -4e-12]),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        {"below": 100},
        {"above": -1e4},
        {"above": -1e4, "below": 1e3},
        {"below": 100, "what": "of 3 runs the largest"},
        {"below": 100, "recorded": 3},
    ],
)
def test_saved_and_fresh_claims_may_differ_by_what_was_measured(
    one, other, words, capsys
):
    statement = "100: from 4 to 8 and (1/2) it falls"
    first = printed(capsys, statement, one, **words)
    second = printed(capsys, statement, other, **words)
    assert first != second
    assert compared(first) == compared(second)
    assert compared("before\n" + first + second + "after 3\n") == (
        "before\n" + 2 * compared(first) + "after 3\n"
    )


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("it falls by 3", {"below": 2}),
        ("it falls by 2", {"below": 3}),
        ("it falls by 2", {"above": 0, "below": 2}),
        ("it falls by 2", {"below": 2, "what": "largest"}),
        ("it falls by 2", {"below": 2, "recorded": 2}),
    ],
)
def test_statement_limit_and_recorded_runs_are_compared(statement, words, capsys):
    plain = printed(capsys, "it falls by 2", 1.0, below=2)
    assert compared(plain) != compared(printed(capsys, statement, 1.0, **words))


@pytest.mark.parametrize(
    "line",
    [
        "the loss halves: 0.312 (limit below 0.5)",
        "a ✓ the loss halves: 0.312 (limit below 0.5)",
        "✗ the loss halves: got 0.7, needed below 0.5",
        "✓ Exercise 1.2: solved",
        "✓ the sum is: 3.5",
        "✓ ran in 3.5 s (limit below 4) twice",
        "step 100: loss 0.5",
        "✓ a fact of 3 (recorded, 3 runs)",
    ],
)
def test_other_lines_are_compared_whole(line):
    assert compared(f"{line}\n") == f"{line}\n"


def test_set_seed_repeats_all_three_generators(monkeypatch):
    monkeypatch.setenv("GAN_SEED", "7")
    drawn = []
    for _ in range(2):
        assert set_seed() == 7
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]
    assert set_seed(8) == 8
    assert torch.rand(1).item() != drawn[0][2]


@pytest.mark.parametrize("text", ["-1", "one", "1.5", "", "٣", str(2**32)])
def test_a_seed_that_is_no_whole_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("GAN_SEED", text)
    with pytest.raises(ValueError, match="GAN_SEED must be a whole number"):
        set_seed()


@pytest.mark.parametrize("seed", [-1, 1.5, True, 2**32])
def test_an_odd_seed_is_refused_before_anything_is_seeded(seed):
    state = random.getstate()
    with pytest.raises(ValueError, match="the seed must be a whole number"):
        set_seed(seed)
    assert random.getstate() == state


def test_an_exercise_check_never_raises_and_says_why(capsys):
    @exercise("9.9")
    def check(answer):
        if answer == 0:
            raise Mistake("zero is not it")
        torch.rand(1)
        assert 1 / answer > 0

    state = torch.random.get_rng_state()
    for answer in (None, ..., 0, "text", 2):
        check(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[1]
    assert lines[0].startswith("○ Exercise 9.9: not started")
    assert lines[2] == "○ Exercise 9.9: zero is not it"
    assert "TypeError" in lines[3]
    assert lines[4] == "✓ Exercise 9.9: solved"
    assert torch.equal(state, torch.random.get_rng_state())
