"""The long run of lesson 10 is the lesson's program: same networks, loop and settings."""

import inspect

import torch
from lesson_program import settings

from gan_utils import metrics
from gan_utils.checkpoints import CHECKPOINTS, load_generator, read_card
from gan_utils.networks import ProjectionDiscriminator, StyleGenerator
from gan_utils.penalties import r1
from gan_utils.recipes import fashion


def asked_by_the_recipe(monkeypatch):
    asked = {}

    def train(generator, discriminator, steps, **options):
        asked.update(options, players=(generator, discriminator), steps=steps)
        return generator

    monkeypatch.setattr(metrics, "score", lambda generator: 1.0)
    fashion.styles(train)
    return asked


def test_the_recipe_has_the_lessons_settings(monkeypatch):
    found = settings("10")
    asked = asked_by_the_recipe(monkeypatch)
    assert asked["conditional"]
    assert asked["betas"] == found["BETAS"]
    assert asked["every"] == found["EVERY"]
    generator, discriminator = asked["players"]
    assert isinstance(generator, StyleGenerator)
    assert isinstance(discriminator, ProjectionDiscriminator)
    assert generator.latent_dim == found["LATENT_DIM"]
    real = torch.randn(4, 1, 28, 28)

    def judge(images):
        return discriminator(images, torch.zeros(len(images), dtype=torch.long))

    expected = found["R1_WEIGHT"] * r1(judge, real)
    torch.testing.assert_close(asked["penalty"](judge, real, None), expected)
    assert not {"rates", "decay", "constant"} & asked.keys()  # those of the recipe


def test_the_shipped_weights_are_small_and_of_that_run():
    assert (CHECKPOINTS / "styles.safetensors").stat().st_size < 1e6
    steps = inspect.signature(fashion.styles).parameters["steps"].default
    assert read_card("styles")["steps"] == steps


def test_the_shipped_generator_makes_no_use_of_noise_as_the_lesson_says():
    layers = load_generator("styles").layers[:-1]
    assert max(layer.strength.abs().item() for layer in layers) < 0.01
