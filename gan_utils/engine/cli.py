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
import contextlib
import errno
import os
import platform
import shlex
import sys
import time

import torch
from tqdm import tqdm

from gan_utils.checkpoints import CHECKPOINTS, NETWORKS, read_card, save_checkpoint
from gan_utils.data import CHECKOUT, INSTALLED, ROOT
from gan_utils.engine import devices, distributed, shell, snapshots
from gan_utils.engine.fit import Diverged
from gan_utils.engine.lock import hold
from gan_utils.engine.session import Stopped, Training
from gan_utils.engine.snapshots import SnapshotError

RUNS = (ROOT if CHECKOUT else shell.path(".")) / "runs"
_PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}
_MADE = ("command", "CPU seconds", "seconds", "hardware", "processes", "torch")


@contextlib.contextmanager
def progress():
    """Gives a watcher that draws a bar; away from a terminal it speaks every ten seconds."""
    bars = []

    def watch(report):
        if not bars:
            pause = 0.1 if sys.stderr.isatty() else 10
            bars.append(tqdm(total=report.steps, initial=report.first, unit="step",
                             mininterval=pause))  # fmt: skip
        losses = f"D {report.d_loss:.3f}  G {report.g_loss:.3f}"
        bars[0].set_postfix_str(losses, refresh=False)
        bars[0].update(report.step - bars[0].n)

    try:
        yield watch
    finally:
        for bar in bars:
            bar.close()


def parser(recipes):
    """The options of the command line, for the recipes {name: function}."""
    found = argparse.ArgumentParser(
        prog="run.py train", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 1)[1],
    )  # fmt: skip
    lines = [f"{n}: {f.__doc__.splitlines()[0]}" for n, f in recipes.items()]
    add = found.add_argument
    add("recipe", nargs="?", choices=recipes, metavar="RECIPE", help="; ".join(lines))
    add("--images", type=shell.path, metavar="FOLDER",
        help="of pictures; the recipe is own_images then")  # fmt: skip
    add(
        "--allow-similar", action="store_true",
        help="train although the pictures of --images are nearly the same",
    )  # fmt: skip
    add("--folder", type=shell.path, help="of the run; runs/RECIPE by default")
    add("--steps", type=_positive, help="training steps; by default the recipe's own")
    add("--seed", type=_seed, default=0, help="of weights, data order and latents")
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    add("--precision", choices=_PRECISIONS, default="float32", help="of the passes")
    add("--log-every", type=_positive, default=100, help="steps between two log lines")
    add(
        "--save-every", type=_positive, default=1000, help="steps between two snapshots"
    )
    add("--publish", action="store_true", help="also put it into data/checkpoints")
    return found


def _positive(text):
    value = int(text) if text.isdecimal() and len(text) < 19 else 0
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a whole number from 1 on, of at most 18 digits"
        )
    return value


def _seed(text):
    value = int(text) if text.isdecimal() and len(text) < 20 else -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number below 2^63")
    return value


def main(recipes, arguments=None):
    """Train one of the recipes as the command line says; returns the exit code."""
    try:
        return _train(parser(recipes).parse_args(arguments), recipes)
    except Stopped:
        return 130
    except KeyboardInterrupt:
        _complain("interrupted; the same command goes on.")
        return 130
    except OSError as error:
        _complain(_why(error))
        return 1
    except (SnapshotError, Diverged, ValueError) as error:
        _complain(error)
        return 2 if isinstance(error, ValueError) else 1
    finally:
        distributed.leave()


def _complain(sentence):
    with contextlib.suppress(OSError, ValueError):
        print(f"train: {sentence}", file=sys.stderr)


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
    given = {"folder": options.images}
    return "own_images", given | (
        {"allow_similar": True} if options.allow_similar else {}
    )


def _words(options):
    """The recipe's part of the command line, without the place of a private folder."""
    if options.images is None:
        return [options.recipe]
    words = ["--images", shlex.quote(options.images.resolve().name)]
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
    if options.publish:
        _check_can_publish()
    several = "RANK" in os.environ
    device = (
        distributed.local_device() if several else devices.device_named(options.device)
    )
    together = distributed.join(device)
    folder = options.folder or RUNS / options.recipe
    with hold(folder if together.first else None), progress() as bar:
        training = Training(
            folder, device, together, options.seed,
            _PRECISIONS[options.precision], options.log_every, options.save_every,
            [bar], _say if together.first else lambda sentence: None,
        )  # fmt: skip
        torch.manual_seed(options.seed)
        earlier = snapshots.cost_of(folder)
        begin_cpu, begin = time.process_time(), time.perf_counter()
        steps = {"steps": options.steps} if options.steps else {}
        network, facts = recipes[options.recipe](training, **steps, **given)
        if not together.first:
            return 0
        took = {
            "CPU seconds": earlier["CPU seconds"] + time.process_time() - begin_cpu,
            "seconds": earlier["seconds"] + time.perf_counter() - begin,
        }
        took = {name: round(value) for name, value in took.items()}
        card = _card(options, network, facts, took, device, together.size)
        if training.finished:  # it was trained by an earlier call, not by this one
            card |= _made_by(options.recipe, folder)
        for place in [folder, *([CHECKPOINTS] if options.publish else [])]:
            save_checkpoint(network, options.recipe, card, place)
    weights = shlex.quote(str(folder / f"{options.recipe}.safetensors"))
    if "FID on the test set" in facts:
        _say(f"FID on the test set: {facts['FID on the test set']:.2f}")
    if type(network).__name__ in NETWORKS:
        _say(f"Look at it with: python3 run.py explore {weights}")
    return 0


def _say(sentence):
    """Print above the bar; what cannot be printed costs nothing but itself."""
    with contextlib.suppress(OSError, ValueError):
        tqdm.write(sentence)
        sys.stdout.flush()


def _check_can_publish():
    if not CHECKOUT:
        raise ValueError(f"--publish has no place to go: {INSTALLED}.")
    if not os.access(CHECKPOINTS, os.W_OK):
        code = errno.EACCES
        raise PermissionError(code, os.strerror(code), str(CHECKPOINTS))


def _made_by(recipe, folder):
    """What an earlier call wrote into the card about how the weights were made."""
    try:
        card = read_card(recipe, folder)
    except (OSError, ValueError):
        return {}
    return {name: card[name] for name in _MADE if name in card}
