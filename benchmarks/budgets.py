"""What do small budgets buy? Lesson 08's curve of FID against cost, ``python -m benchmarks.budgets``.

Trains the course recipe for a few numbers of steps, each a complete run whose rates fall to
0 at its end, on one thread, and scores 10,000 pictures. The R3GAN's scores on the way of its
one long run are in the card of the checkpoint ``r3gan``. On the way its rate has not fallen
yet, so one complete run of it shows what that costs.

A step costs a different time with other networks, and a shared machine is sometimes
slower. So the steps of all three are timed in turns, a few at a time, and costs are given
in steps of the course recipe. Writes results/budgets.json; runs already there are kept.
"""

import json
import time
from functools import partial
from pathlib import Path
from statistics import median

import torch

from gan_utils import metrics
from gan_utils.data import fashion_mnist
from gan_utils.engine.devices import describe
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.recipes.r3gan import train_r3gan
from gan_utils.training import train_gan

RESULTS = Path(__file__).resolve().parent / "results" / "budgets.json"
BUDGETS = (250, 500, 1_000, 2_000)  # steps of the course recipe
SEEDS = (0,)
R3GAN_STEPS = 1_000  # of its complete run
ROUNDS, STEPS, WARM = 10, 12, 3  # of the timing: turns, steps in each, not counted


def course(steps, watch=lambda *_: None, width=24):
    """The recipe of lesson 08, and of the explorer's generator at a width of 48."""
    generator = DCGANGenerator(64, width, refine=True)
    discriminator = DCGANDiscriminator({24: 16, 48: 24}[width], depth=3)

    def progress():
        for step in range(steps):
            watch()
            yield step / steps

    return train_gan(generator, discriminator, progress())[0]


def milliseconds():
    """CPU milliseconds of one step of each, all three in turns: medians."""
    images, _ = fashion_mnist("train")
    runs = {
        "course recipe": course,
        "course recipe, twice as wide": partial(course, width=48),
        "R3GAN": partial(train_r3gan, images),
    }
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            clock = []
            run(STEPS, lambda *_, clock=clock: clock.append(time.process_time()))
            between = [1000 * (b - a) for a, b in zip(clock, clock[1:])]
            taken[name] += between[WARM:]
    return {name: round(median(values), 1) for name, values in taken.items()}


def main():
    """Time the steps, if nobody has, and train whatever is missing."""
    torch.set_num_threads(1)
    record = {
        "command": "python -m benchmarks.budgets",
        "hardware": describe(torch.device("cpu")),
        "torch": torch.__version__,
        "runs": {str(steps): [] for steps in BUDGETS},
    }
    if RESULTS.exists():
        record = json.loads(RESULTS.read_text(encoding="utf-8"))
    if "milliseconds of a step" not in record:
        record["milliseconds of a step"] = milliseconds()
        _write(record)
    if "R3GAN" not in record:
        torch.manual_seed(SEEDS[0])
        images, _ = fashion_mnist("train")
        average = train_r3gan(images, R3GAN_STEPS, lambda *_: None)
        fid = round(metrics.score(average), 2)
        record["R3GAN"] = {"steps": R3GAN_STEPS, "seed": SEEDS[0], "FID": fid}
        print(f"R3GAN, {R3GAN_STEPS} steps: FID {fid}", flush=True)
        _write(record)
    for seed in SEEDS:
        for steps in BUDGETS:
            runs = record["runs"][str(steps)]
            if seed not in (run["seed"] for run in runs):
                torch.manual_seed(seed)
                fid = round(metrics.score(course(steps)), 2)
                runs.append({"seed": seed, "FID": fid})
                print(f"{steps} steps, seed {seed}: FID {fid}", flush=True)
                _write(record)


def _write(record):
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
