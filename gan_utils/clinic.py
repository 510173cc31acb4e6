"""The clinic of lesson 21: run a training program, and note its vital signs.

A program is a function (generator, discriminator, pictures) that trains the two networks
and yields (real, fake, d_loss, g_loss) after every step: the two batches that the
discriminator compared, and both losses. What it yields beside these is kept as it is.
"""

import weakref
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from gan_utils.clinic_parts import LATENT_DIM, folder, players, variety

SHOWN = 6  # latents whose pictures the chart follows
SIGNS = (
    "d_loss", "g_loss", "d_real", "d_fake", "d_gradient", "g_gradient", "d_motion",
    "g_motion", "real_variety", "fake_variety", "real_low", "held_mb",
)  # fmt: skip


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
