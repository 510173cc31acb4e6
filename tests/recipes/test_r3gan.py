"""The long R3GAN's weights: lesson 08's own program, for longer."""

import ast
import functools
import inspect
import json
import math
from pathlib import Path

import pytest
import torch
from lesson_program import code_cells, settings

from benchmarks import budgets
from gan_utils import losses, metrics, penalties
from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint, read_card
from gan_utils.recipes import r3gan

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("LATENT_DIM", "WIDTH", "BATCH", "RATE", "BETAS", "GAMMA", "DECAY")
PARTS = (
    "Residual",
    "up",
    "down",
    "make_generator",
    "make_discriminator",
    "train_r3gan",
)
WAY = "on the way: step, CPU seconds, FID, FID without the average"


def definitions(source):
    """{name: its statements}, without docstrings, comments and line breaks."""
    found = {}
    for part in ast.parse(source).body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(part) is not None:
                del part.body[0]
            found[part.name] = ast.unparse(part)
    return found


@pytest.fixture(scope="module")
def printed():
    return definitions("\n".join(code_cells("08")))


@pytest.mark.parametrize("name", PARTS)
def test_the_recipe_runs_the_program_that_the_lesson_prints(printed, name):
    assert printed[name] == definitions(inspect.getsource(r3gan))[name]


def test_the_recipe_has_the_lessons_settings():
    found = settings("08")
    assert {name: found[name] for name in SETTINGS} == {
        name: getattr(r3gan, name) for name in SETTINGS
    }


def test_d_minimises_pairs_with_both_penalties(monkeypatch):
    """The gradient of the loop's first step is that of the package's loss and penalties."""
    made, batches = {}, []

    class Still(torch.optim.Adam):
        def step(self):
            """Leave the weights as they are."""

    def remember(name, make):
        made[name] = make()
        return made[name]

    monkeypatch.setattr(r3gan, "Adam", Still)
    for name in ("make_generator", "make_discriminator"):
        make = functools.partial(remember, name, getattr(r3gan, name))
        monkeypatch.setattr(r3gan, name, make)
    z, pictures = torch.randn(4, 64), torch.rand(9, 1, 28, 28) * 2 - 1
    monkeypatch.setattr(r3gan.torch, "randn", lambda *_: z)
    monkeypatch.setattr(r3gan, "BATCH", 4)
    monkeypatch.setattr(r3gan, "to_float", lambda x: batches.append(x) or x)
    r3gan.train_r3gan(pictures, 1, lambda *_: None)
    discriminator, (real,) = made["make_discriminator"], batches
    found = [p.grad.clone() for p in discriminator.parameters()]
    fake = made["make_generator"](z).detach()
    loss = losses.relativistic.d_loss(discriminator(real), discriminator(fake))
    slopes = penalties.r1(discriminator, real) + penalties.r2(discriminator, fake)
    discriminator.zero_grad()
    (loss + r3gan.GAMMA * slopes).backward()  # the package's have the 1/2 inside
    for gradient, parameter in zip(found, discriminator.parameters()):
        torch.testing.assert_close(gradient, parameter.grad)


def test_a_block_begins_as_the_identity_and_learns():
    torch.manual_seed(0)
    block, x = r3gan.Residual(16), torch.randn(4, 16, 7, 7)
    assert torch.equal(block(x), x)
    optimiser = torch.optim.SGD(block.parameters(), 0.1)
    moved = []
    for _ in range(2):
        optimiser.zero_grad()
        block(x).square().mean().backward()
        optimiser.step()
        moved.append([bool(block.branch[i].weight.grad.any()) for i in (0, 2, 4)])
    assert moved == [[False, False, True], [True, True, True]]


def test_a_few_steps_move_both_generators_and_are_scored(monkeypatch, capsys):
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    monkeypatch.setattr(metrics, "fid", lambda images: 0.2)
    monkeypatch.setattr(r3gan, "MARKS", (1,))
    torch.manual_seed(0)
    start = r3gan.make_generator()
    torch.manual_seed(0)
    generator, facts = r3gan.r3gan(None, steps=3)
    assert not generator.training
    assert (facts["FID on the test set"], facts["steps"]) == (99.5, 3)
    assert [(step, fid, raw) for step, _, fid, raw in facts[WAY]] == [
        (1, 99.5, 99.5),
        (3, 99.5, 99.5),
    ]
    pairs = zip(start.parameters(), generator.parameters())
    moved = [(a - b).abs().max().item() for a, b in pairs]
    assert sum(m > 0 for m in moved) > len(moved) / 2
    assert "step 1" in capsys.readouterr().out


def test_the_shipped_weights_are_small_and_score_what_their_card_says():
    assert (CHECKPOINTS / "r3gan.safetensors").stat().st_size < 1.5e6
    generator = load_checkpoint(r3gan.make_generator(), "r3gan")
    card = read_card("r3gan")
    score = metrics.score(generator)
    assert score == pytest.approx(card["FID on the test set"], rel=0.03)
    steps = inspect.signature(r3gan.r3gan).parameters["steps"].default
    assert [way[0] for way in card[WAY]] == [*r3gan.MARKS, steps]
    assert card[WAY][-1][2] == pytest.approx(card["FID on the test set"], abs=0.01)


def test_the_curve_of_small_budgets_is_complete():
    record = json.loads(budgets.RESULTS.read_text(encoding="utf-8"))
    assert [int(steps) for steps in record["runs"]] == [*budgets.BUDGETS]
    for runs in record["runs"].values():
        assert sorted(run["seed"] for run in runs) == [*budgets.SEEDS]
        assert all(math.isfinite(run["FID"]) for run in runs)
    assert record["R3GAN"]["steps"] == budgets.R3GAN_STEPS
    cost = record["milliseconds of a step"]
    assert cost["R3GAN"] > cost["course recipe, twice as wide"] > cost["course recipe"]


def test_the_timing_takes_turns_and_leaves_out_the_first_steps(monkeypatch):
    turns, now = [], [0.0]

    def run_of(name, seconds):
        def run(*arguments, width=24):
            *_, steps, watch = arguments
            turns.append((name, width))
            for step in range(steps):
                now[0] += 9.0 if step <= budgets.WARM else seconds * width / 24
                watch(step)

        return run

    monkeypatch.setattr(budgets, "ROUNDS", 2)
    monkeypatch.setattr(budgets.time, "process_time", lambda: now[0])
    monkeypatch.setattr(budgets, "course", run_of("course", 0.02))
    monkeypatch.setattr(budgets, "train_r3gan", run_of("R3GAN", 0.13))
    assert budgets.milliseconds() == {
        "course recipe": 20.0,
        "course recipe, twice as wide": 40.0,
        "R3GAN": 130.0,
    }
    assert turns == [("course", 24), ("course", 48), ("R3GAN", 24)] * 2
