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
    claim("without end", float("inf"), above=0.5)
    assert capsys.readouterr().out.splitlines() == [
        "✓ small enough: 0.123 (limit < 1)",
        "✓ all of them: 1 to 2.5 (limits > 0.5, < 3)",
        "✓ the largest counts: at most 0.29 (limit < 0.3)",
        "✓ the smallest counts: at least 4 (limit > 2)",
        "✓ a fact",
        "✓ read from a file: 0.9 (limit > 0.5) (recorded, 3 runs)",
        "✓ once (recorded, 1 run)",
        "✓ without end: inf (limit > 0.5)",
    ]


def test_the_comparison_of_notebooks_masks_the_value_and_nothing_else(capsys):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tests" / "nbval.cfg", encoding="utf-8")

    def masked(text):
        for section in parser.sections():
            rule = parser[section]
            text = re.sub(rule["regex"], rule["replace"], text)
        return text

    for value in (0.123, 7, -2e-7, torch.tensor([0.2, -3e5]), float("-inf")):
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
        (torch.tensor([0.0, 2.0]), {"below": 1.0}),
        (5.0, {"above": 0, "below": 4}),
        (False, {}),
        (torch.tensor([True, False]), {}),
    ],
)
def test_a_claim_that_does_not_hold_raises(value, bounds):
    with pytest.raises(ClaimFailed, match="of course"):
        claim("of course", value, **bounds)


def test_a_number_without_bounds_is_refused():
    with pytest.raises(TypeError, match="below= or above="):
        claim("truthy", 1.0)


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


@pytest.mark.parametrize("text", ["-1", "one", "1.5", ""])
def test_a_seed_that_is_no_whole_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("GAN_SEED", text)
    with pytest.raises(ValueError, match="GAN_SEED must be a whole number"):
        set_seed()
