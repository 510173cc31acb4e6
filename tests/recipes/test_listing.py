"""The repaired listing's weights: the lesson's own program, for longer."""

import inspect

import pytest
import torch
from lesson_program import code_cells, settings, statements

from gan_utils import metrics
from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint, read_card
from gan_utils.recipes import listing

SETTINGS = ("LATENT_DIM", "BATCH", "LEARNING_RATE", "BETAS")


def test_the_recipe_runs_the_program_that_the_lesson_prints():
    (printed,) = (s for s in code_cells("04") if s.startswith("def repaired("))
    assert statements(printed) == statements(inspect.getsource(listing.repaired))


def test_the_recipe_has_the_lessons_settings():
    found = settings("04")
    assert {name: found[name] for name in SETTINGS} == {
        name: getattr(listing, name) for name in SETTINGS
    }


def test_a_few_steps_move_the_generator_and_score_it(monkeypatch, capsys):
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    torch.manual_seed(0)
    start, _ = listing.repaired(None, 0, None)
    torch.manual_seed(0)
    generator, facts = listing.repaired_listing(None, steps=2)
    assert not generator.training
    assert (facts["FID on the test set"], facts["steps"]) == (99.5, 2)
    moved = [
        (a - b).abs().max() for a, b in zip(start.parameters(), generator.parameters())
    ]
    assert min(moved) > 0
    assert "step 0 of 2" in capsys.readouterr().out


def test_the_shipped_weights_are_small_and_score_what_their_card_says():
    assert (CHECKPOINTS / "repaired_listing.safetensors").stat().st_size < 1.5e6
    generator, _ = listing.repaired(None, 0, None)
    generator.latent_dim = listing.LATENT_DIM
    load_checkpoint(generator, "repaired_listing")
    card = read_card("repaired_listing")
    assert metrics.score(generator) == pytest.approx(
        card["FID on the test set"], rel=0.03
    )
    assert (
        card["steps"]
        == inspect.signature(listing.repaired_listing).parameters["steps"].default
    )
