"""Train a recipe from the shell, here or on many devices, and go on where it stopped.

Examples:
  python3 run.py train quick                      a small GAN in a minute or two
  python3 run.py train quick --steps 200          only a taste of it
  python3 run.py train explorer_unconditional     the generator of the explorer
  python3 run.py explore runs/quick/quick.safetensors    look at the result
  torchrun --nproc-per-node 4 -m gan_utils.train explorer_unconditional   on four GPUs

Stop it with Ctrl-C, or by pulling the plug: the same command goes on from the last
snapshot. A folder holds one run; other settings need another --folder.
"""

import argparse
import os
import platform
import shlex
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from gan_utils import devices, ranks
from gan_utils.checkpoints import CHECKPOINTS, save_checkpoint
from gan_utils.data import fashion_mnist
from gan_utils.feed import Feed
from gan_utils.fitting import Diverged, fit
from gan_utils.grids import Grid
from gan_utils.loop import GANLoop
from gan_utils.recipes import RECIPES
from gan_utils.snapshots import SnapshotError

RUNS = Path(__file__).resolve().parent.parent / "runs"
CPU = torch.device("cpu")
PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}


class Stopped(Exception):
    """The run was asked to stop before its last step; its state is saved."""


class Training:
    """How and where recipes train: the ``train`` that they are called with.

    Args:
        folder: for snapshots, log.jsonl and samples; None keeps everything in memory.
        device: a ``torch.device``; every process of several has its own.
        together: the ``Ranks`` of this process.
        seed: of weights, data order and latents.
        precision: None, or ``torch.bfloat16``.
        log_every, save_every: as for ``fitting.fit``.
        watchers: functions of a ``Report``, called one after the other.
        say: takes sentences for the user.
    """

    def __init__(
        self, folder=None, device=CPU, together=ranks.ALONE, seed=0,
        precision=None, log_every=100, save_every=1000, watchers=(),
        say=print,
    ):  # fmt: skip
        self.folder, self.device, self.together = folder, device, together
        self.seed, self.precision = seed, precision
        self.log_every, self.save_every = log_every, save_every
        self.watchers, self.say = list(watchers), say

    def __call__(
        self,
        generator,
        discriminator,
        steps,
        *,
        conditional=False,
        batch_size=64,
        **options,
    ):
        """Train two networks on Fashion-MNIST; options are those of ``GANLoop``.

        Returns:
            The generator, or its moving average, on the processor, in eval mode.
        Raises:
            Stopped: the user asked for it.
            SystemExit: this is not the first of several processes, and all is done.
        """
        players = [generator.to(self.device), discriminator.to(self.device)]
        if self.together.size > 1:
            players = [ranks.synchronise_batch_norm(network) for network in players]
        loop = GANLoop(*players, precision=self.precision, **options)
        images, labels = fashion_mnist("train")
        feed = Feed(
            images, labels if conditional else None, batch_size=batch_size,
            latent_dim=generator.latent_dim, seed=self.seed, device=self.device,
            ranks=self.together,
        )  # fmt: skip
        watchers = list(self.watchers)
        if self.folder and self.together.first:
            watchers.append(Grid(loop, self.folder, self.save_every).watch)
        done = fit(
            loop, feed, steps, self.folder, settings=self._settings(batch_size, options),
            log_every=self.log_every, save_every=self.save_every, say=self.say,
            watch=lambda report: [watcher(report) for watcher in watchers],
        )  # fmt: skip
        if done < steps:
            raise Stopped
        if not self.together.first:
            raise SystemExit(0)  # the first process scores and writes
        return loop.sampler.cpu().eval()

    def _settings(self, batch_size, options):
        """What must be the same when a run goes on."""
        return {
            **{name: _plain(value) for name, value in options.items()},
            "batch_size": batch_size,
            "seed": self.seed,
            "precision": str(self.precision or torch.float32),
        }


def _plain(value):
    """An option as JSON can hold it; functions by name."""
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return value.__qualname__ if callable(value) else value


class ProgressBar:
    """A bar in a terminal, a line now and then elsewhere."""

    def __init__(self):
        self.bar, self.shown = None, 0.0

    def watch(self, report):
        """Show where the run stands."""
        losses = f"D {report.d_loss:.3f}  G {report.g_loss:.3f}"
        if sys.stderr.isatty():
            if self.bar is None:
                self.bar = tqdm(total=report.steps, initial=report.first, unit="step")
            self.bar.set_postfix_str(losses)
            self.bar.update(report.step - self.bar.n)
            if report.step == report.steps:
                self.bar.close()
        elif report.seconds - self.shown > 10 or report.step == report.steps:
            self.shown = report.seconds
            print(f"step {report.step:,} of {report.steps:,}  {losses}", flush=True)


def parser():
    """The options of the command line."""
    found = argparse.ArgumentParser(
        prog="run.py train", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 1)[1],
    )  # fmt: skip
    recipes = "; ".join(f"{n}: {f.__doc__.splitlines()[0]}" for n, f in RECIPES.items())
    add = found.add_argument
    add("recipe", choices=RECIPES, metavar="RECIPE", help=recipes)
    add("--folder", help="of the run; runs/RECIPE by default")
    add("--steps", type=_positive, help="training steps; by default the recipe's own")
    add("--seed", type=_seed, default=0, help="of weights, data order and latents")
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    add("--precision", choices=PRECISIONS, default="float32", help="of the passes")
    add("--log-every", type=_positive, default=100, help="steps between two log lines")
    add(
        "--save-every", type=_positive, default=1000, help="steps between two snapshots"
    )
    add("--publish", action="store_true", help="also put it into data/checkpoints")
    return found


def _positive(text):
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 on")
    return value


def _seed(text):
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number below 2^63")
    return value


def main(arguments=None):
    """Train as the command line says; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return _train(options)
    except Stopped:
        return 130
    except KeyboardInterrupt:
        print("train: interrupted; the same command goes on.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"train: {_why(error)}", file=sys.stderr)
        return 1
    except (SnapshotError, Diverged, ValueError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    finally:
        ranks.leave()


def _why(error):
    """What an ``OSError`` says, in a sentence."""
    if error.filename is None:
        return str(error)
    return (
        f"{error.filename} cannot be read or written: {error.strerror.lower()}; make "
        "room or choose another folder; the same command goes on."
    )


def _train(options):
    several = "RANK" in os.environ
    device = ranks.local_device() if several else devices.device_named(options.device)
    together = ranks.join(device)
    folder = Path(options.folder or RUNS / options.recipe)
    training = Training(
        folder, device, together, options.seed,
        PRECISIONS[options.precision], options.log_every, options.save_every,
        [ProgressBar().watch], print if together.first else lambda sentence: None,
    )  # fmt: skip
    torch.manual_seed(options.seed)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    steps = {"steps": options.steps} if options.steps else {}
    network, facts = RECIPES[options.recipe](training, **steps)
    words = [f"--{name} {getattr(options, name)}" for name in ("steps", "precision")
             if getattr(options, name) != parser().get_default(name)]  # fmt: skip
    command = ["python3 run.py train", options.recipe, f"--seed {options.seed}", *words]
    card = {
        "command": " ".join(command),
        "network": type(network).__name__,
        **facts,
        "seed": options.seed,
        "CPU seconds": round(time.process_time() - begin_cpu),
        "seconds": round(time.perf_counter() - begin),
        "hardware": f"{platform.machine()}, {devices.describe(device)}",
        "processes": together.size,
        "torch": torch.__version__,
        "data": "Fashion-MNIST training set (MIT, Zalando SE)",
        "licence": "MIT",
    }
    for place in [folder, *([CHECKPOINTS] if options.publish else [])]:
        save_checkpoint(network, options.recipe, card, place)
    weights = shlex.quote(str(folder / f"{options.recipe}.safetensors"))
    if "FID on the test set" in facts:
        print(f"FID on the test set: {facts['FID on the test set']:.2f}")
        print(f"Look at it with: python3 run.py explore {weights}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
