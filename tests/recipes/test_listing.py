"""The repaired listing's weights: the lesson's own program, for longer."""

import ast
import inspect
from pathlib import Path

import nbformat
import pytest
import torch

from gan_utils import metrics
from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint, read_card
from gan_utils.recipes import listing

LESSON = Path(__file__).resolve().parents[2] / "notebooks/04_a_listing_repaired.ipynb"
SETTINGS = ("LATENT_DIM", "BATCH", "LEARNING_RATE", "BETAS")


def statements(source):
    """A function as its statements: without docstring, comments and line breaks."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is not None:
        del function.body[0]
    return ast.unparse(function)


def lesson_cells():
    cells = nbformat.read(LESSON, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_the_recipe_runs_the_program_that_the_lesson_prints():
    (printed,) = (s for s in lesson_cells() if s.startswith("def repaired("))
    assert statements(printed) == statements(inspect.getsource(listing.repaired))


def test_the_recipe_has_the_lessons_settings():
    settings = ast.parse(lesson_cells()[1]).body
    found = {
        line.targets[0].id: ast.literal_eval(line.value)
        for line in settings
        if isinstance(line.value, (ast.Constant, ast.Tuple))
    }
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
