"""How good a GAN do 240 CPU seconds on one thread buy? ``python -m benchmarks.quality``.

Trains the course's small recipe, the same told the class, the rough prototype it started
from, and the settings of the usual tutorials, from three seeds each, and measures the FID
of 10,000 pictures against the 10,000 test pictures. The judge is the shipped feature
network, which no recipe trains on. Scoring is not part of the budget.

With ``--search``: what was tried on the way, 120 CPU seconds each, one seed: every line
changes one thing of the recipe above it. Writes results/quality.json or
results/quality_search.json; lines already there are kept.
"""

import argparse
import json
import platform
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from gan_utils import losses
from gan_utils.data import fashion_mnist
from gan_utils.metrics import fid, score
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
)
from gan_utils.penalties import r1
from gan_utils.training import by_cpu_seconds, train_gan

RESULTS = Path(__file__).resolve().parent / "results"
BUDGET, SEARCH_BUDGET = 240.0, 120.0  # CPU seconds
SEEDS = (0, 1, 2)


class Recipe(NamedTuple):
    """Two networks and what ``train_gan`` is told beside them."""

    generator: partial
    discriminator: partial
    options: dict

    def but(self, generator=None, discriminator=None, **options):
        """The same recipe with something changed."""
        return Recipe(
            generator or self.generator,
            discriminator or self.discriminator,
            {**self.options, **options},
        )


def paper_weights(network):
    """All convolutions and dense layers drawn from N(0, 0.02), as in the DCGAN paper."""

    def make():
        made = network()
        for module in made.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0, 0.02)
        return made

    return make


prototype = Recipe(
    partial(DCGANGenerator, 64, 32),
    partial(DCGANDiscriminator, 32),
    {"rates": (2e-3, 2e-3)},
)
tutorial = Recipe(
    paper_weights(partial(DCGANGenerator, 100, 64)),
    paper_weights(partial(DCGANDiscriminator, 64)),
    {"rates": (2e-4, 2e-4), "betas": (0.5, 0.999), "constant": 1.0},
)
deeper = prototype.but(discriminator=partial(DCGANDiscriminator, 16, depth=3))
faster = deeper.but(rates=(4e-3, 4e-3))
best = faster.but(partial(DCGANGenerator, 64, 24, refine=True))
conditional = best.but(
    partial(ConditionalGenerator, 64, 24, refine=True),
    partial(ProjectionDiscriminator, 16, depth=3),
    conditional=True,
)
FINAL = {
    "usual tutorial settings": tutorial,
    "rough prototype": prototype,
    "course recipe": best,
    "course recipe, told the class": conditional,
}
SEARCH = {
    "prototype": prototype,
    "rates 1e-3": prototype.but(rates=(1e-3, 1e-3)),
    "rates 4e-3": prototype.but(rates=(4e-3, 4e-3)),
    "batch 32": prototype.but(batch_size=32),
    "both networks 1.5 times as wide": prototype.but(
        partial(DCGANGenerator, 64, 48), partial(DCGANDiscriminator, 48)
    ),
    "EMA 0.999": prototype.but(decay=0.999),
    "a third convolution in D": prototype.but(
        discriminator=partial(DCGANDiscriminator, 32, depth=3)
    ),
    "a third convolution, half the width": deeper,
    "the same, rates 4e-3": faster,
    "the same, G narrower, one more convolution (the course recipe)": best,
    "course recipe, G 32 channels": best.but(
        partial(DCGANGenerator, 64, 32, refine=True)
    ),
    "course recipe, G 16 channels": best.but(
        partial(DCGANGenerator, 64, 16, refine=True)
    ),
    "course recipe, rates 8e-3": best.but(rates=(8e-3, 8e-3)),
    "course recipe, D's rate twice G's": best.but(rates=(4e-3, 8e-3)),
    "course recipe, batch 32": best.but(batch_size=32),
    "course recipe, D narrower, 12 channels": best.but(
        discriminator=partial(DCGANDiscriminator, 12, depth=3)
    ),
    "course recipe, latent_dim 32": best.but(
        partial(DCGANGenerator, 32, 24, refine=True)
    ),
    "course recipe, beta2 0.9": best.but(betas=(0.5, 0.9)),
    "course recipe, decay from the first step": best.but(constant=0.0),
    "course recipe, least squares": best.but(loss=losses.least_squares),
    "course recipe, relativistic pairs": best.but(loss=losses.relativistic),
    "course recipe, R1, gamma 0.1": best.but(
        penalty=lambda d, real, _: 0.1 * r1(d, real)
    ),
    "course recipe, told the class": conditional,
}


def measure(recipe, seconds, seed):
    """Train once; returns the FID, the steps and pictures a CPU second."""
    torch.manual_seed(seed)
    generator, discriminator = recipe.generator(), recipe.discriminator()
    begin = time.perf_counter()
    network, steps = train_gan(
        generator, discriminator, by_cpu_seconds(seconds), **recipe.options
    )
    batch = recipe.options.get("batch_size", 64)
    return {
        "seed": seed,
        "FID": round(score(network), 2),
        "steps": steps,
        "pictures a CPU second": round(steps * batch / seconds),
        "wall seconds": round(time.perf_counter() - begin),
    }


def write(path, recipes, seconds, seeds):
    """Measure what the file does not hold yet; save after every run."""
    done = json.loads(path.read_text()) if path.is_file() else {"runs": {}}
    images, _ = fashion_mnist("train")
    for name, recipe in recipes.items():
        runs = done["runs"].setdefault(name, [])
        for seed in seeds:
            if seed in [run["seed"] for run in runs]:
                continue
            runs.append(measure(recipe, seconds, seed))
            print(name, runs[-1], flush=True)
            done |= {
                "CPU seconds": seconds,
                "threads": torch.get_num_threads(),
                "FID of 10,000 training pictures": round(fid(images[:10_000]), 2),
                "machine": platform.machine(),
                "torch": torch.__version__,
            }
            path.write_text(json.dumps(done, indent=1) + "\n")


def main():
    """Run the final comparison, or the search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--search", action="store_true", help="what was tried")
    torch.set_num_threads(1)
    if parser.parse_args().search:
        write(RESULTS / "quality_search.json", SEARCH, SEARCH_BUDGET, SEEDS[:1])
    else:
        write(RESULTS / "quality.json", FINAL, BUDGET, SEEDS)


if __name__ == "__main__":
    main()
