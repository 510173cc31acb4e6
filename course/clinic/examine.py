"""The clinic of lesson 23: run a training program, and note its vital signs.

A program is a function (generator, discriminator, pictures) that trains the two networks
and yields (real, fake, d_loss, g_loss) after every step: the two batches that the
discriminator compared, and both losses. What it yields beside these is kept as it is.
"""

import copy
import weakref
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from course.clinic.programs import LATENT_DIM, folder, players, variety
from gan_utils.claims import Mistake

SHOWN = 6  # latents whose pictures the chart follows
SIGNS = (
    "d_loss", "g_loss", "d_real", "d_fake", "d_gradient", "g_gradient", "d_motion",
    "g_motion", "real_variety", "fake_variety", "real_low", "held_mb",
)  # fmt: skip
NORMAL = {
    "d_loss": (0.8, 1.6), "g_loss": (0.8, 2.4), "d_real": (0.45, 0.82),
    "d_fake": (0.13, 0.45), "d_gradient": (1.0, 6.0), "g_gradient": (0.5, 3.0),
    "d_motion": (0.01, 0.06), "g_motion": (0.008, 0.045),
    "real_variety": (0.85, 1.15), "fake_variety": (0.42, 1.0),
    "real_low": (-1.01, -0.99), "held_mb": (-0.1, 1.0),
}  # fmt: skip
"""Ranges of the healthy program over the last third of 300 steps, widened by hand;
``benchmarks/clinic.py`` measures them on ten seeds."""
WORDS = {
    "d_loss": "D's loss", "g_loss": "G's loss", "d_real": "D(x)",
    "d_fake": "D(G(z))", "d_gradient": "gradient of D", "g_gradient": "gradient of G",
    "d_motion": "motion of D", "g_motion": "motion of G",
    "real_variety": "variety of real", "fake_variety": "variety of generated",
    "real_low": "darkest real pixel", "held_mb": "memory held by graphs",
}  # fmt: skip


class Chart(NamedTuple):
    """What ``examine`` saw of a program.

    steps: (n,) the steps at which signs were noted; signs: {name of ``SIGNS``: (n,)};
    real: the last real batch's first pictures, as the program fed them; fakes: the same
    latents at a third and at the end, in evaluation mode; extra: what the
    program yielded beside the four, at the end; generator and discriminator at the end.
    """

    steps: torch.Tensor
    signs: dict[str, torch.Tensor]
    real: torch.Tensor
    fakes: list[torch.Tensor]
    extra: list[Any]
    generator: nn.Module
    discriminator: nn.Module

    def end(self, name, share=1 / 3):
        """The mean of a sign over the last part of the run."""
        values = self.signs[name]
        return values[-max(1, round(share * len(values))) :].mean().item()


def abnormal(chart):
    """{sign: "low" or "high"} for each sign whose end leaves its normal range."""
    found = {}
    for name, (low, high) in NORMAL.items():
        value = chart.end(name)
        if not low <= value <= high:
            found[name] = "low" if value < low else "high"
    return found


def examine(program, steps, seed=None, every=5, pictures=None):
    """Run a program for some steps and note its vital signs.

    Args:
        program: see the module; gets fresh players and the folder of pictures.
        steps: how many to run; every: how often to note the signs.
        seed: of PyTorch, before the players are made; None leaves it alone.
        pictures: uint8 (N, 1, 28, 28) instead of the folder.
    Returns:
        A ``Chart``.
    """
    if seed is not None:
        torch.manual_seed(seed)
    generator, discriminator = players()
    folded = folder() if pictures is None else pictures
    shown_z = torch.randn(SHOWN, LATENT_DIM)
    notes, fakes = [], []
    with _held() as held:
        run = program(generator, discriminator, folded)
        for step in range(1, steps + 1):
            due = step % every == 0 or step == steps
            before = _weights(generator, discriminator) if due else None
            with _gradients(generator, discriminator, due) as gradients:
                real, fake, d_loss, g_loss, *more = next(run)
            if due:
                row = _opinions(discriminator, real, fake) | _spread(real, fake)
                row |= {"d_loss": d_loss.item(), "g_loss": g_loss.item()}
                row |= _motion(before, generator, discriminator)
                row |= {"g_gradient": gradients[-1][0], "d_gradient": gradients[0][1]}
                notes.append(row | {"step": step, "held_mb": held()})
            if step in (steps // 3, steps):
                fakes.append(portrait(generator, shown_z))
        run.close()
    signs = {name: torch.tensor([row[name] for row in notes]) for name in SIGNS}
    at = torch.tensor([row["step"] for row in notes])
    shown = real[:SHOWN].detach()
    return Chart(at, signs, shown, fakes, more, generator, discriminator)


@torch.no_grad()
def portrait(generator, z):
    """Pictures in evaluation mode; the generator's own mode is left as it was."""
    mode = generator.training
    pictures = generator.eval()(z)
    generator.train(mode)
    return pictures


@torch.no_grad()
def _opinions(discriminator, real, fake):
    answers = {"d_real": real, "d_fake": fake}
    return {k: discriminator(x).sigmoid().mean().item() for k, x in answers.items()}


def _spread(real, fake):
    return {
        "real_variety": variety(real),
        "fake_variety": variety(fake),
        "real_low": real.min().item(),
    }


def _weights(*networks):
    return [
        torch.cat([p.detach().flatten() for p in net.parameters()]) for net in networks
    ]


def _motion(before, *networks):
    """How far each network's weights moved in the last step, as a share of their length."""
    after = _weights(*networks)
    moved = [((b - a).norm() / a.norm()).item() for a, b in zip(before, after)]
    return dict(zip(("g_motion", "d_motion"), moved))


@contextmanager
def _gradients(generator, discriminator, due):
    """Notes both players' gradient norms whenever an optimiser is about to step, if due."""

    def norm(network):
        given = [p.grad.norm() for p in network.parameters() if p.grad is not None]
        return torch.stack(given).norm().item() if given else 0.0

    notes = []
    if not due:
        yield notes
        return
    hook = register_optimizer_step_pre_hook(
        lambda *_: notes.append((norm(generator), norm(discriminator)))
    )
    try:
        yield notes
    finally:
        hook.remove()


class _Saved:
    """A tensor that a graph keeps for its backward pass; detached, or it kept itself."""

    def __init__(self, tensor):
        self.tensor = tensor.detach()


@contextmanager
def _held():
    """Gives a function that says how many megabytes graphs keep alive at the moment."""
    alive = weakref.WeakSet()

    def pack(tensor):
        saved = _Saved(tensor)
        alive.add(saved)
        return saved

    def megabytes():
        stores = [saved.tensor.untyped_storage() for saved in alive]
        return sum({s.data_ptr(): s.nbytes() for s in stores}.values()) / 1e6

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved.tensor):
        yield megabytes


SUSPECTS = {
    "cut off": "then the gradient of G would be exactly 0",
    "stale optimiser": "then G would have a gradient, and its weights would not move",
    "labels": "then D would learn a wrong answer, or one answer for both",
    "shapes": "then D would stay at 1/2, as if each picture had every label",
    "range": "then the darkest real pixel would not be at -1",
    "statistics": "then the trained G would be fine, and only its copy would not",
    "order": "then the variety of the real batches would be low",
    "graphs": "then memory would grow, and everything else be normal",
    "strong D": "then D would win, and G would still have a gradient and move",
    "collapse": "then generated variety would be low, and real variety normal",
    "sign of G": "then D(G(z)) would go to 0 while the loss of G is near 0 too",
    "nothing": "then no sign would leave its normal range",
}
RIGHT = dict(enumerate(list(SUSPECTS)[:8], 1))


def diagnosed(number, suspect):
    """Refuse a wrong suspect, and say what it would have shown."""
    if suspect not in SUSPECTS:
        raise Mistake(
            f"{suspect!r} is no suspect; choose among {', '.join(sorted(SUSPECTS))}"
        )
    if suspect != RIGHT[number]:
        raise Mistake(
            f"the diagnosis is not {suspect!r}: {SUSPECTS[suspect]}; "
            "look at the chart again"
        )


def examine_mended(program, steps, **options):
    """The chart of a mended program; its usual errors become sentences."""
    try:
        return examine(program, steps, every=1, **options)
    except StopIteration:
        raise Mistake("the program ends early; keep its endless loop") from None
    except RuntimeError as error:
        if "second time" in str(error):
            raise Mistake(
                "two losses go backward through the same graph of G: "
                "detach the pictures in D's step, and only there"
            ) from None
        raise


def sound(program, steps=50):
    """What every program must do when it leaves the clinic, whatever it had."""
    chart = examine_mended(program, steps)
    if chart.end("g_gradient") == 0:
        raise Mistake("no gradient reaches G: its norm is 0")
    if chart.end("g_motion") == 0:
        raise Mistake("the weights of G do not move")
    if chart.end("d_motion") == 0:
        raise Mistake("the weights of D do not move")
    lead = chart.end("d_real") - chart.end("d_fake")
    if abs(lead) < 0.02:
        raise Mistake("D answers the same to real and to generated pictures")
    if lead < 0:
        raise Mistake("D learns it upside down: D(G(z)) is above D(x)")
    if abs(chart.end("real_low") + 1) > 0.01:
        raise Mistake(
            f"the darkest real pixel is {chart.end('real_low'):.3g}; G can draw -1"
        )
    if chart.end("real_variety") < 0.8:
        raise Mistake("the real batches have too little variety")
    if chart.end("held_mb") > 1:
        raise Mistake(f"graphs still hold {chart.signs['held_mb'][-1]:.1f} MB")
    if _gain(program) < 0:
        raise Mistake("the step of G lowers D(G(z)); G should raise it")


@torch.no_grad()
def _gain(program, steps=10):
    """By how much the logits of D rise over steps of G, mean of the last ones."""
    generator, discriminator = players()
    z, gains = torch.randn(256, LATENT_DIM), []
    run = program(generator, discriminator, folder())
    for _ in range(steps):
        before = copy.deepcopy(generator)
        with torch.enable_grad():
            next(run)
        gains.append(discriminator(generator(z)) - discriminator(before(z)))
    return torch.stack(gains[2:]).mean()
