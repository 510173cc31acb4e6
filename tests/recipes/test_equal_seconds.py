"""The weights of lesson 05: the lesson's own program, for longer, and its dense rival."""

import ast
import inspect

import pytest
import torch
from lesson_program import code_cells, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course.checks.lesson_05 import multiply_adds
from gan_utils import metrics
from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint, read_card
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.recipes import dcgan, listing

SETTINGS = ("LATENT_DIM", "WIDTH", "BATCH", "LEARNING_RATE", "BETAS")


def functions(source):
    """{name: its statements}, without docstrings, comments and line breaks."""
    found = [x for x in ast.parse(source).body if isinstance(x, ast.FunctionDef)]
    for function in found:
        if ast.get_docstring(function) is not None:
            del function.body[0]
    return {function.name: ast.unparse(function) for function in found}


@pytest.mark.parametrize("name", ["convolutional", "optimise"])
def test_the_recipe_runs_the_program_that_the_lesson_prints(name):
    (printed,) = (s for s in code_cells("05") if s.startswith(f"def {name}("))
    recipe = functions(inspect.getsource(dcgan))
    assert functions(printed)[name] == recipe[name]


def test_the_recipe_has_the_lessons_settings():
    found = settings("05")
    assert {name: found[name] for name in SETTINGS} == {
        name: getattr(dcgan, name) for name in SETTINGS
    }


def layers(network):
    return [str(part) for part in network.modules() if not [*part.children()]]


def test_the_rival_has_the_networks_of_lesson_04():
    assert [*map(layers, dcgan.dense())] == [
        *map(layers, listing.repaired(None, 0, None))
    ]


def test_the_package_has_the_same_networks_for_later_lessons():
    ours = dcgan.convolutional()
    package = DCGANGenerator(64, dcgan.WIDTH), DCGANDiscriminator(dcgan.WIDTH)
    assert [*map(layers, ours)] == [*map(layers, package)]


def test_the_rival_gets_as_many_cpu_seconds_and_both_are_scored(monkeypatch, capsys):
    class Clock:
        now = 0.0

        def process_time(self):
            return self.now

    clock, steps = Clock(), []

    def slow_step(network, *rest):
        is_dense = not any(isinstance(m, nn.Conv2d) for m in rest[0].modules())
        clock.now += 1 if is_dense else 3
        steps.append(is_dense)

    monkeypatch.setattr(dcgan, "time", clock)
    monkeypatch.setattr(dcgan, "d_step", slow_step)
    monkeypatch.setattr(dcgan, "g_step", lambda *_: None)
    monkeypatch.setattr(dcgan, "SCORED", 70)
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    monkeypatch.setattr(metrics, "fid", lambda images: float(len(images)))
    both, facts = dcgan.dcgan(None, steps=20)
    assert (steps.count(False), steps.count(True)) == (20, 60)
    assert facts["CPU seconds of each"] == 60
    assert facts["FIDs on the way"] == [70.0] * len(dcgan.SHARES)
    assert facts["FIDs of the dense GAN on the way"] == [70.0] * len(dcgan.SHARES)
    assert not both.training
    assert "100% of the run" in capsys.readouterr().out


def test_a_few_steps_move_the_generator():
    torch.manual_seed(0)
    generator, discriminator = dcgan.convolutional()
    before = [p.detach().clone() for p in generator.parameters()]
    seen = []
    steps = dcgan.optimise(
        generator,
        discriminator,
        torch.rand(50, 1, 28, 28) * 2 - 1,
        lambda step: step / 3,
        lambda spent, network: seen.append(spent),
    )
    assert steps == 3
    assert seen == pytest.approx([1 / 3, 2 / 3, 1])
    moved = [(a - b).abs().max() for a, b in zip(before, generator.parameters())]
    assert min(moved) > 0


def test_the_shipped_weights_are_small_and_score_what_their_card_says():
    assert (CHECKPOINTS / "dcgan.safetensors").stat().st_size < 1.6e6
    both = nn.ModuleDict(
        {"convolutional": dcgan.convolutional()[0], "dense": dcgan.dense()[0]}
    )
    load_checkpoint(both, "dcgan")
    card = read_card("dcgan")
    entries = {"convolutional": "FID on the test set", "dense": "FID of the dense GAN"}
    for name, entry in entries.items():
        both[name].latent_dim = dcgan.LATENT_DIM
        assert metrics.score(both[name]) == pytest.approx(card[entry], rel=0.03)
    default = inspect.signature(dcgan.dcgan).parameters["steps"].default
    assert card["steps"] == default


def test_the_check_counts_multiply_adds_as_pytorch_does():
    z = torch.randn(4, 64)
    for network in (dcgan.convolutional()[0], dcgan.dense()[0]):
        with FlopCounterMode(display=False) as counter:
            network(z)
        assert counter.get_total_flops() == 2 * len(z) * multiply_adds(network, z)
