"""The long WGAN-GP's weights: lesson 06's own program, for longer."""

import inspect

import pytest
import torch
from lesson_program import code_cells, settings, statements

from gan_utils import metrics
from gan_utils.checkpoints import CHECKPOINTS, load_generator, read_card
from gan_utils.networks import DCGANGenerator
from gan_utils.recipes import wgan

SETTINGS = [
    "LATENT_DIM",
    "WIDTH",
    "BATCH",
    "RATE",
    "BETAS",
    "CRITIC_STEPS",
    "GP_WEIGHT",
]


def test_the_recipe_runs_the_program_that_the_lesson_prints():
    (printed,) = (s for s in code_cells("06") if s.startswith("def wgan("))
    assert statements(printed) == statements(inspect.getsource(wgan.wgan))


def test_the_recipe_has_the_lessons_settings():
    found = settings("06")
    assert {name: found[name] for name in SETTINGS} == {
        name: getattr(wgan, name) for name in SETTINGS
    }
    steps = inspect.signature(wgan.wgan_gp).parameters["steps"].default
    assert found["ROUNDS"] == steps == read_card("wgan_gp")["steps"]


def test_two_rounds_move_the_generator_and_score_it(monkeypatch, capsys):
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    torch.manual_seed(0)
    start = DCGANGenerator(wgan.LATENT_DIM, wgan.WIDTH)
    torch.manual_seed(0)
    generator, facts = wgan.wgan_gp(None, steps=2)
    assert not generator.training
    assert (facts["FID on the test set"], facts["steps"]) == (99.5, 2)
    moved = [
        (a - b).abs().max() for a, b in zip(start.parameters(), generator.parameters())
    ]
    assert min(moved) > 0
    assert "round 0 of 2" in capsys.readouterr().out


def test_the_shipped_weights_are_small_and_score_what_their_card_says():
    assert (CHECKPOINTS / "wgan_gp.safetensors").stat().st_size < 1e6
    score = metrics.score(load_generator("wgan_gp"))
    card = read_card("wgan_gp")
    assert score == pytest.approx(card["FID on the test set"], rel=0.03)
