"""What each part of lesson 18 is worth: ``python -m benchmarks.product_trial``.

Trains the lipstick GAN as the lesson does live, whole and with parts left out, from two
seeds each, and scores it on people and shades that it never saw. Then lets a discriminator,
instead of our regression, teach the placement of eyewear. Writes
results/product_trial.json; lines already there are kept.
"""

import json
import platform
import time
from functools import partial
from pathlib import Path

import torch
from torch.nn.functional import softplus

from gan_utils.ads.product_trial import placement
from gan_utils.ads.product_trial.model import (
    EYES,
    LIPS,
    WEIGHTS,
    TrialDiscriminator,
    TrialGenerator,
    train_trial,
    window,
    wishes,
)
from gan_utils.ads.product_trial.portraits import portraits, shade_colours
from gan_utils.penalties import r1
from gan_utils.recipes import product_trial as recipes

RESULTS = Path(__file__).resolve().parent / "results" / "product_trial.json"
PEOPLE, STEPS, SEEDS = 1000, 220, (0, 1)
CYCLE, IDENTITY, SIZE = WEIGHTS
ABLATIONS = {
    "whole": (True, WEIGHTS),
    "without cycle": (True, (0.0, IDENTITY, SIZE)),
    "without identity": (True, (CYCLE, 0.0, SIZE)),
    "without both": (True, (0.0, 0.0, SIZE)),
    "without mask": (False, WEIGHTS),
}
BY_D = "placement by a discriminator"


def lipstick(seed, masked, weights, test):
    """The scores of one short run."""
    torch.manual_seed(seed)
    bare = portraits(PEOPLE, 1, recipes.TRAINING_SHADES).bare
    worn = portraits(PEOPLE, 2, recipes.TRAINING_SHADES)
    network = train_trial(
        TrialGenerator(masked=masked), TrialDiscriminator(), window(bare, LIPS),
        window(worn.with_lipstick, LIPS), wishes(shade_colours()[worn.shade]), STEPS,
        weights=weights,
    )  # fmt: skip
    return recipes.lipstick_scores(network, test)


def adversarial_placement(seed, test, steps=300, batch=24):
    """A placer that learns from D alone, starting at the middle of the range (ST-GAN)."""
    torch.manual_seed(seed)
    bare, worn = portraits(PEOPLE, 1).bare, portraits(PEOPLE, 2).with_eyewear
    pictures, network = placement.catalogue(), placement.EyewearFitting()
    placer = network.placer
    torch.nn.init.zeros_(placer.layers[-1].weight)
    torch.nn.init.zeros_(placer.layers[-1].bias)
    discriminator = TrialDiscriminator((32, 64), facts=0)
    opt_g = torch.optim.Adam(placer.parameters(), 2e-4, (0.5, 0.99))
    opt_d = torch.optim.Adam(discriminator.parameters(), 1e-3, (0.5, 0.99))
    blank = torch.zeros(batch, 4)
    for _ in range(steps):
        faces = bare[torch.randint(PEOPLE, (batch,))]
        which = torch.randint(len(pictures), (batch,))
        real = window(worn[torch.randint(PEOPLE, (batch,))], EYES)
        fake = window(placement.wear(faces, pictures[which], placer(faces)), EYES)
        g_loss = softplus(-discriminator(fake, blank)).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        d_loss = softplus(-discriminator(real, blank)).mean()
        d_loss = d_loss + softplus(discriminator(fake.detach(), blank)).mean()
        d_loss = d_loss + 0.1 * r1(partial(discriminator, wish=blank), real)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
    return recipes.eyewear_scores(network.eval(), test)


def main():
    """Run what is missing and write the file after every run."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    test = portraits(recipes.TEST, recipes.SEEDS["test"])
    jobs = {}
    for seed in SEEDS:
        for name, setting in ABLATIONS.items():
            jobs[name, seed] = partial(lipstick, seed, *setting, test)
        if seed == SEEDS[0]:
            jobs[BY_D, seed] = partial(adversarial_placement, seed, test)
    for (name, seed), job in jobs.items():
        if str(seed) in found.get(name, {}):
            continue
        begin = time.process_time()
        scores = {**job(), "CPU seconds": round(time.process_time() - begin)}
        print(name, seed, scores, flush=True)
        found.setdefault(name, {})[str(seed)] = scores
        found["settings"] = {
            "command": "python -m benchmarks.product_trial", "people": PEOPLE,
            "steps": STEPS, "machine": platform.machine(), "threads": 1,
            "torch": torch.__version__,
        }  # fmt: skip
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
