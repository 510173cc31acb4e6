import json
import random

import numpy as np
import pytest
import torch

from gan_utils.claims import (
    RECORD_VARIABLE,
    ClaimFailed,
    claim,
    set_seed,
)


@pytest.fixture(autouse=True)
def _no_record(monkeypatch):
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)


def test_a_claim_that_holds_prints_its_statement_and_no_figure(capsys):
    claim("small enough", 0.123456, below=1)
    claim("all of them", torch.tensor([1.0, 2.0]), above=0.5, below=3)
    claim("a fact", torch.tensor([True, True]))
    assert capsys.readouterr().out.splitlines() == [
        "✓ small enough  [< 1]",
        "✓ all of them  [> 0.5, < 3]",
        "✓ a fact",
    ]


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
