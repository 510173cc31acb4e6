import configparser
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
    claim,
    set_seed,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_record(monkeypatch):
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)


def test_a_claim_that_holds_prints_its_worst_value_and_its_limit(capsys):
    claim("small enough", 0.123456, below=1)
    claim("all of them", torch.tensor([1.0, 2.5]), above=0.5, below=3)
    claim("the largest counts", torch.tensor([0.1, 0.29]), below=0.3)
    claim("the smallest counts", torch.tensor([4, 7]), above=2)
    claim("a fact", torch.tensor([True, True]))
    claim("read from a file", 0.9, above=0.5, recorded=3)
    claim("once", True, recorded=1)
    assert capsys.readouterr().out.splitlines() == [
        "✓ small enough: 0.123 (limit < 1)",
        "✓ all of them: 1 to 2.5 (limits > 0.5, < 3)",
        "✓ the largest counts: at most 0.29 (limit < 0.3)",
        "✓ the smallest counts: at least 4 (limit > 2)",
        "✓ a fact",
        "✓ read from a file: 0.9 (limit > 0.5) (recorded, 3 runs)",
        "✓ once (recorded, 1 run)",
    ]


def test_the_comparison_of_notebooks_masks_the_value_and_nothing_else(capsys):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tests" / "nbval.cfg", encoding="utf-8")

    def masked(text):
        for section in parser.sections():
            rule = parser[section]
            text = re.sub(rule["regex"], rule["replace"], text)
        return text

    for value in (0.123, 7, -2e-7, torch.tensor([0.2, -3e5]), -1e300):
        claim("it: halves", value, below=8)
    claim("both", torch.tensor([1.0, 2.5]), above=0.5, below=3)
    lines = masked(capsys.readouterr().out).splitlines()
    assert lines == ["✓ it: halves: N (limit < 8)"] * 5 + [
        "✓ both: N (limits > 0.5, < 3)"
    ]
    for kept in ("✓ a fact", "FID: 12.3 (limit of the test)", "✗ a: 3 (limit < 2)"):
        assert masked(kept) == kept


@pytest.mark.parametrize("value", [torch.tensor([]), [], torch.zeros(0, 3)])
def test_a_claim_about_nothing_is_refused(value):
    with pytest.raises(ValueError, match="nothing was measured"):
        claim("all is well", value, below=1.0)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (1.0, {"below": 1.0}),
        (1.0, {"above": 1.0}),
        (float("nan"), {"below": 1.0}),
        (float("inf"), {"above": 1.0}),
        (torch.tensor([float("-inf"), 0.0]), {"below": 1.0}),
        (0.5 + 1e-12, {"below": 0.5}),
        (torch.tensor([0.0, 2.0]), {"below": 1.0}),
        (5.0, {"above": 0, "below": 4}),
        (False, {}),
        (torch.tensor([True, False]), {}),
    ],
)
def test_a_claim_that_does_not_hold_raises(value, bounds):
    with pytest.raises(ClaimFailed, match="of course"):
        claim("of course", value, **bounds)


@pytest.mark.parametrize(
    ("value", "words", "match"),
    [
        (1.0, {}, "below= or above= for a number"),
        (1, {}, "below= or above= for a number"),
        (True, {"above": 0}, "no limits for a bool"),
        (torch.tensor([True]), {"below": 2}, "no limits for a bool"),
        (1.0, {"below": float("nan")}, "finite number as its limit"),
        (1.0, {"below": 2, "above": float("nan")}, "finite number as its limit"),
        (1.0, {"above": float("-inf")}, "finite number as its limit"),
        (1.0, {"below": True}, "finite number as its limit"),
        (True, {"recorded": 0}, "how many runs"),
        (True, {"recorded": True}, "how many runs"),
        (True, {"recorded": 2.0}, "how many runs"),
    ],
)
def test_what_no_claim_can_be_about_is_refused(value, words, match):
    with pytest.raises(TypeError, match=rf"^claim\('of course'\).*{match}"):
        claim("of course", value, **words)


def test_the_record_holds_margins_and_failures(monkeypatch, tmp_path, capsys):
    path = tmp_path / "claims.jsonl"
    monkeypatch.setenv(RECORD_VARIABLE, str(path))
    claim("half the bound", 1.0, below=2.0)
    claim("twice the bound", 4.0, above=2.0)
    claim("broken", 3.0, below=2.0)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["margin"] for line in lines] == [0.5, 1.0, -0.5]
    assert [line["held"] for line in lines] == [True, True, False]
    assert "✗ broken" in capsys.readouterr().out


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
