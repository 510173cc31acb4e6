"""What do warping, the adversary and the mask bring? ``python -m benchmarks.try_on``.

Trains the generator of lesson 17 with parts left out, from two seeds each, for the same
number of steps, and scores every one on the same held-out people and garments: as paired,
in each other's garments, and in garments of a pattern that no training saw. The baselines
and the shipped checkpoint go through the same scores. Writes results/try_on.json; runs that
are already there are kept. About 15 CPU minutes.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

from gan_utils.ads.try_on import scores as baselines
from gan_utils.ads.try_on.garments import PATTERNS, draw_garments
from gan_utils.ads.try_on.model import PatchDiscriminator, TryOnGenerator, train_try_on
from gan_utils.ads.try_on.scene import render, swapped, try_on
from gan_utils.ads.try_on.scores import scores
from gan_utils.checkpoints import load_checkpoint
from gan_utils.recipes.try_on import HELD_OUT_SEED, WIDTH, held_out, wear
from gan_utils.training import by_steps

RESULT = Path(__file__).resolve().parent / "results" / "try_on.json"
STEPS, PAIRS, SEEDS = 800, 2_500, (0, 1)
ABLATIONS = {
    "flow and GAN": ({}, True),
    "flow, L1 alone": ({}, False),
    "GAN without flow": ({"warps": False}, True),
    "L1 U-Net": ({"warps": False}, False),
    "flow and GAN, no mask": ({"keeps": False}, True),
}
"""name: (options of the generator, whether it has an adversary)."""


def test_scenes():
    """The three held-out scenes that every row is scored on."""
    paired = held_out()
    unseen = draw_garments(
        len(paired), np.random.default_rng(HELD_OUT_SEED), PATTERNS[-1:]
    )
    return {
        "paired": paired,
        "unpaired": swapped(paired),
        "unseen pattern": render(paired.figures, unseen),
    }


def row(make, scenes):
    """Scores of what ``make`` draws for each scene, rounded."""
    found = {}
    for name, scene in scenes.items():
        values = scores(make(scene), scene.batch())
        found[name] = {key: round(value, 4) for key, value in values.items()}
    return found


def baseline_rows(scenes, training):
    """The rows that need no training."""
    mean = baselines.mean_picture(training)
    makers = {
        "mean picture": lambda scene: baselines.compose(scene.batch(), mean),
        "mean colour": lambda scene: baselines.mean_colour(scene, training),
        "copy and paste": lambda scene: baselines.paste(scene, training),
        "nearest neighbour": lambda scene: baselines.nearest_neighbour(scene, training),
    }
    return {name: row(make, scenes) for name, make in makers.items()}


def train_once(name, seed, training):
    """One ablation from one seed; returns the generator and its CPU seconds."""
    options, adversarial = ABLATIONS[name]
    torch.manual_seed(seed)
    generator = TryOnGenerator(WIDTH, **options)
    discriminator = PatchDiscriminator() if adversarial else None
    begin = time.process_time()
    progress = by_steps(STEPS)
    generator = train_try_on(generator, discriminator, training, progress)
    return generator, round(time.process_time() - begin)


def main():
    """Measure what the file does not hold yet; save after every run."""
    torch.set_num_threads(1)
    done = json.loads(RESULT.read_text()) if RESULT.is_file() else {"runs": {}}
    scenes, training = test_scenes(), try_on(PAIRS, seed=0)
    done["baselines"] = baseline_rows(scenes, training)
    shipped = load_checkpoint(TryOnGenerator(WIDTH), "try_on")
    done["shipped"] = row(lambda scene: wear(shipped, scene), scenes)
    done |= {"steps": STEPS, "pairs": PAIRS, "batch": 16, "threads": 1}
    done |= {"machine": platform.machine(), "torch": torch.__version__}
    for seed in SEEDS:
        for name in ABLATIONS:
            runs = done["runs"].setdefault(name, [])
            if seed not in [run["seed"] for run in runs]:
                generator, seconds = train_once(name, seed, training)
                found = row(lambda scene, g=generator: wear(g, scene), scenes)
                runs.append({"seed": seed, "CPU seconds": seconds, **found})
                print(name, runs[-1], flush=True)
            RESULT.write_text(json.dumps(done, indent=1) + "\n")


if __name__ == "__main__":
    main()
