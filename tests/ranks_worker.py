"""What test_distributed.py has torchrun do in two processes; results go to files."""

import copy
import os
import signal
import sys
from pathlib import Path

import torch
from tiny_runs import noisy_r1, pictures, tiny_run
from torch import nn

from gan_utils import losses, metrics
from gan_utils.engine import distributed
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.cli import main
from gan_utils.engine.fit import Diverged, fit
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
)
from gan_utils.penalties import r1
from gan_utils.recipes.catalogue import RECIPES
from gan_utils.training import GANLoop

GAMES = {
    "BatchNorm": {},
    "one pass": {"depth": 1},
    "penalty through BatchNorm": {"penalty": lambda d, real, fake: 5 * r1(d, real)},
    "relativistic": {"loss": losses.relativistic, "depth": 1},
    "conditional": {"conditional": True},
    "bfloat16": {"precision": torch.bfloat16},
}
STEPS, LOG_EVERY, SAVE_EVERY = 24, 2, 4
LIFE = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def play(name, together=distributed.ALONE):
    """Adam's memories, buffers and losses after one step, and losses of two more."""
    options = dict(GAMES[name])
    conditional, depth = options.pop("conditional", False), options.pop("depth", 3)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if conditional:
        players = ConditionalGenerator(8, 4), ProjectionDiscriminator(4, depth=depth)
    else:
        players = DCGANGenerator(8, 4), DCGANDiscriminator(4, depth=depth)
    if together.size > 1:
        players = [distributed.synchronise_batch_norm(network) for network in players]
    loop = GANLoop(*players, decay=0.9, wrap=distributed.parallel, **options)
    labels = torch.arange(40) % 10 if conditional else None
    batches = DeviceBatches(
        pictures(), labels, batch_size=8, latent_dim=8, ranks=together
    )
    found = {"losses": distributed.mean_of_ranks(loop.step(0, *batches(0)))}
    for prefix, optimiser in (("G", loop.opt_g), ("D", loop.opt_d)):
        for index, entry in optimiser.state_dict()["state"].items():
            found[f"{prefix} {index}"] = entry["exp_avg"].clone()
    for prefix, network in (("G", loop.generator), ("D", loop.discriminator)):
        for buffer, tensor in network.named_buffers():
            found[f"{prefix} {buffer}"] = tensor.clone()
    more = [distributed.mean_of_ranks(loop.step(0, *batches(step))) for step in (1, 2)]
    return found | {"later losses": torch.stack(more)}


def whole_batch():
    torch.manual_seed(3)
    x = torch.randn(6, 5, 4, 3) * 2 + 1
    return x, torch.randn(6, 5, 4, 3)


def norm(kind, rows=slice(None)):
    """Outputs, gradients and statistics of a BatchNorm after two batches."""
    torch.manual_seed(4)
    layer = nn.BatchNorm2d(5)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    layer = kind(copy.deepcopy(layer))
    x, weights = (part[rows] for part in whole_batch())
    x = x.clone().requires_grad_()
    layer(x - 1)
    out = layer(x)
    (slope,) = torch.autograd.grad((out.square() * weights).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad((slope * weights).square().sum(), x)
    statistics = layer.running_mean, layer.running_var, layer.num_batches_tracked
    evaluated = layer.eval()(x)
    found = [out, slope, second, evaluated, *statistics]
    return [tensor.detach() for tensor in found]


def train(folder, together, stop=None):
    """A run of two processes with a penalty that draws numbers."""
    loop, batches = tiny_run(ranks=together, penalty=noisy_r1)
    for network in (loop.generator, loop.discriminator):
        assert not any(type(part) is nn.BatchNorm2d for part in network.modules())
    fit(
        loop,
        batches,
        STEPS,
        folder,
        log_every=LOG_EVERY,
        save_every=SAVE_EVERY,
        stop=stop,
    )


def checks(folder, together):
    found = {f"play {name}": play(name, together) for name in GAMES}
    part = slice(together.rank * 3, together.rank * 3 + 3)
    found["synced norm"] = norm(
        lambda layer: distributed.synchronise_batch_norm(nn.Sequential(layer))[0], part
    )
    found["plain norm"] = norm(lambda layer: layer, part)
    found["agree"] = distributed.agree(5), distributed.agree(together.rank)
    found["mean"] = distributed.mean_of_ranks(torch.tensor([1.0 + together.rank]))
    found["together"] = tuple(together), distributed.alone()
    torch.save(found, folder / f"checks-{together.rank}.pt")
    train(folder / "unbroken", together)
    asked = []

    def one_rank_is_asked_at_step_5():
        asked.append(None)
        return together.rank == 1 and len(asked) > 5

    train(folder / "stopped", together, one_rank_is_asked_at_step_5)
    (folder / f"asked-{together.rank}").write_text(str(len(asked)))
    try:
        train_and_diverge(folder / "diverged", together)
    except Diverged as error:
        (folder / f"diverged-{together.rank}").write_text(str(error))

    (folder / f"code-{together.rank}").write_text(str(command(folder / "command")))


def command(folder):
    """The exit code of the command line, with no time for the FID; leaves the group."""
    metrics.score, metrics.fid = (lambda *_: 99.5), (lambda *_: 0.5)
    try:
        return main(RECIPES, ["quick", "--steps", "2", "--folder", str(folder)])
    except SystemExit as stopped:
        return stopped.code


def train_and_diverge(folder, together):
    loop, batches = tiny_run(ranks=together, rates=(4e-3, float("inf")))
    fit(loop, batches, STEPS, folder, log_every=2, save_every=4)


def killed(folder, together, victim, at):
    """A rank kills itself in one of its lives, rank 0 in the first, rank 1 in the second."""
    asked = 0

    def dies():
        nonlocal asked
        asked += 1
        if LIFE == together.rank == victim and asked > at:
            os.kill(os.getpid(), signal.SIGKILL)

    train(folder / f"killed-{victim}", together, dies)


def main_of_rank(folder, *steps):
    """Die twice, at the given steps; then do all that is compared."""
    together = distributed.join()
    with open(folder / f"lives-{together.rank}", "a") as file:
        file.write(f"{LIFE}\n")
    for victim, step in enumerate(steps):
        killed(folder, together, victim, int(step))
    checks(folder, together)
    distributed.leave()


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    main_of_rank(Path(sys.argv[1]), *sys.argv[2:])
