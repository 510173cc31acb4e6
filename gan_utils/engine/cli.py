"""Train a recipe from the shell, here or on many devices, and go on where it stopped.

Examples:
  python3 run.py train quick                      a small GAN in a minute or two
  python3 run.py train quick --steps 200          only a taste of it
  python3 run.py train explorer_unconditional     the generator of the explorer
  python3 run.py train --images my_pictures       your own pictures, of any size and kind
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

from gan_utils.checkpoints import CHECKPOINTS, NETWORKS, save_checkpoint
from gan_utils.data import ROOT
from gan_utils.engine import devices, distributed
from gan_utils.engine.fit import Diverged
from gan_utils.engine.session import Stopped, Training
from gan_utils.engine.snapshots import SnapshotError

RUNS = ROOT / "runs"
PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}


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


def parser(recipes):
    """The options of the command line, for the recipes {name: function}."""
    found = argparse.ArgumentParser(
        prog="run.py train", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 1)[1],
    )  # fmt: skip
    lines = [f"{n}: {f.__doc__.splitlines()[0]}" for n, f in recipes.items()]
    add = found.add_argument
    add("recipe", nargs="?", choices=recipes, metavar="RECIPE", help="; ".join(lines))
    add("--images", metavar="FOLDER", help="of pictures; the recipe is own_images then")
    add(
        "--allow-similar", action="store_true",
        help="train although the pictures of --images are nearly the same",
    )  # fmt: skip
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


def main(recipes, arguments=None):
    """Train one of the recipes as the command line says; returns the exit code."""
    options = parser(recipes).parse_args(arguments)
    try:
        return _train(options, recipes)
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
        distributed.leave()


def _what(options):
    """The recipe, and what it is given beside the number of steps."""
    if options.images is None:
        if options.recipe is None:
            raise ValueError(
                "name a recipe, or your pictures with --images FOLDER; --help lists all."
            )
        return options.recipe, {}
    if options.recipe not in (None, "own_images"):
        raise ValueError(
            f"--images goes with the recipe own_images alone, not with {options.recipe}."
        )
    given = {"folder": _images(options)}
    return "own_images", given | (
        {"allow_similar": True} if options.allow_similar else {}
    )


def _images(options):
    """The folder of pictures, from where run.py was called: it goes to the project's."""
    called_from = os.environ.get("PWD", "")
    return Path(called_from) / Path(options.images).expanduser()


def _words(options):
    """The recipe's part of the command line, without the place of a private folder."""
    if options.images is None:
        return [options.recipe]
    words = ["--images", shlex.quote(_images(options).resolve().name)]
    return words + ["--allow-similar"] * options.allow_similar


def _why(error):
    """What an ``OSError`` says, in a sentence."""
    if error.filename is None:
        return str(error)
    return (
        f"{error.filename} cannot be read or written: {error.strerror.lower()}; make "
        "room or choose another folder; the same command goes on."
    )


def _card(options, network, facts, took, device, processes):
    """What made the weights, how long it took, and what they score."""
    words = [f"--{name} {getattr(options, name)}" for name in ("steps", "precision")
             if getattr(options, name) != parser({}).get_default(name)]  # fmt: skip
    command = [
        "python3 run.py train",
        *_words(options),
        f"--seed {options.seed}",
        *words,
    ]
    return {
        "command": " ".join(command),
        "network": type(network).__name__,
        **facts,
        "seed": options.seed,
        **took,
        "hardware": f"{platform.machine()}, {devices.describe(device)}",
        "processes": processes,
        "torch": torch.__version__,
        "data": facts.get("data", "Fashion-MNIST training set (MIT, Zalando SE)"),
        "licence": facts.get("licence", "MIT"),
    }


def _train(options, recipes):
    options.recipe, given = _what(options)
    several = "RANK" in os.environ
    device = (
        distributed.local_device() if several else devices.device_named(options.device)
    )
    together = distributed.join(device)
    folder = Path(options.folder or RUNS / options.recipe)
    training = Training(
        folder, device, together, options.seed,
        PRECISIONS[options.precision], options.log_every, options.save_every,
        [ProgressBar().watch], print if together.first else lambda sentence: None,
    )  # fmt: skip
    torch.manual_seed(options.seed)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    steps = {"steps": options.steps} if options.steps else {}
    network, facts = recipes[options.recipe](training, **steps, **given)
    if not together.first:
        return 0
    took = {
        "CPU seconds": round(time.process_time() - begin_cpu),
        "seconds": round(time.perf_counter() - begin),
        **({"seconds count from step": training.first} if training.first else {}),
    }
    card = _card(options, network, facts, took, device, together.size)
    for place in [folder, *([CHECKPOINTS] if options.publish else [])]:
        save_checkpoint(network, options.recipe, card, place)
    weights = shlex.quote(str(folder / f"{options.recipe}.safetensors"))
    if "FID on the test set" in facts:
        print(f"FID on the test set: {facts['FID on the test set']:.2f}")
    if type(network).__name__ in NETWORKS:
        print(f"Look at it with: python3 run.py explore {weights}")
    return 0
