"""Six objectives and a reference on the same networks and budget: ``python -m benchmarks.losses``.

Every objective trains the same small DCGAN generator (BatchNorm) against the same
discriminator without BatchNorm, for the same CPU seconds on one thread, from three seeds.
Its learning rate is chosen from ``RATES`` by the FID of one run each on ``TUNING_SEED``, at
the same budget. The reference is the usual DCGAN, with BatchNorm in the discriminator.

Scoring is not part of the budget. Writes results/losses.json: every run with its FID, its
steps and the mean loss of the discriminator at the end, and the same on the way. Takes
7 objectives x (4 rates + 3 seeds) x 25 s, and the scoring: about 27 CPU minutes.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_utils import losses, metrics, penalties
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.sampling import draw
from gan_utils.training import d_step, g_step

RESULTS = Path(__file__).resolve().parent / "results" / "losses.json"
LATENT_DIM, WIDTH, BATCH = 64, 24, 64
CPU_SECONDS = 25.0  # of training, for each run
CHECKS = 4  # scores on the way, at equal parts of the budget
SAMPLES = 5_000  # generated pictures in every FID
RATES = (6e-4, 2e-3, 6e-3, 2e-2)  # learning rates to choose from, of both players
TUNING_SEED = 100
SEEDS = (0, 1, 2)
CLIP = 0.01  # bound on every weight (Arjovsky et al. 2017)
GP_WEIGHT = 10.0  # weight of the gradient penalty (Gulrajani et al. 2017)
R1_WEIGHT = 1.0  # gamma of R1
LAST = 100  # steps of D whose losses are averaged

Adam = partial(torch.optim.Adam, betas=(0.5, 0.9))


def without_batch_norm(width):
    """``DCGANDiscriminator`` less its BatchNorm layer."""
    layers = DCGANDiscriminator(width).layers
    return nn.Sequential(*(x for x in layers if not isinstance(x, nn.BatchNorm2d)))


def spectrally_normalised(width):
    """The same, every weight divided by its largest singular value."""
    network = without_batch_norm(width)
    for layer in network:
        if hasattr(layer, "weight"):
            spectral_norm(layer)
    return network


def weighted_gp(critic, real, fake):
    """10 (||grad f|| - 1)^2 between real and generated pictures."""
    return GP_WEIGHT * penalties.gradient_penalty(critic, real, fake)


def weighted_r1(discriminator, real, fake):
    """gamma/2 ||grad D||^2 at real pictures."""
    return R1_WEIGHT * penalties.r1(discriminator, real)


class Objective(NamedTuple):
    """What sets one line of the comparison apart from the others."""

    loss: losses.LossPair
    discriminator: Callable = without_batch_norm
    penalty: Callable | None = None
    optimiser: Callable = Adam
    d_steps: int = 1
    clip: float | None = None


OBJECTIVES = {
    "non-saturating": Objective(losses.non_saturating),
    "least squares": Objective(losses.least_squares),
    "hinge + spectral norm": Objective(losses.hinge, spectrally_normalised),
    "Wasserstein + clipping": Objective(
        losses.wasserstein, optimiser=torch.optim.RMSprop, d_steps=5, clip=CLIP
    ),
    "Wasserstein + gradient penalty": Objective(
        losses.wasserstein, penalty=weighted_gp, d_steps=5
    ),
    "non-saturating + R1": Objective(losses.non_saturating, penalty=weighted_r1),
    "non-saturating, BatchNorm in D": Objective(
        losses.non_saturating, discriminator=DCGANDiscriminator
    ),
}


def train_round(players, objective, images):
    """The steps of D, then one step of G; returns D's last loss."""
    generator, discriminator, opt_g, opt_d = players
    for _ in range(objective.d_steps):
        z = torch.randn(BATCH, LATENT_DIM)
        real = to_float(images[torch.randint(len(images), (BATCH,))])
        terms = objective.loss, objective.penalty
        d_loss = d_step(generator, discriminator, opt_d, real, z, *terms)
        if objective.clip:
            for weights in discriminator.parameters():
                weights.data.clamp_(-objective.clip, objective.clip)
    z = torch.randn(BATCH, LATENT_DIM)
    g_step(generator, discriminator, opt_g, z, objective.loss)
    return d_loss


def score(generator):
    """FID in evaluation mode, at the same latents for all; None if not finite."""
    z = torch.randn(SAMPLES, LATENT_DIM, generator=torch.Generator().manual_seed(1))
    pictures = draw(generator, z)
    return round(metrics.fid(pictures), 2) if pictures.isfinite().all() else None


def train(objective, rate, seed, images):
    """Train for CPU_SECONDS; returns the facts of the run as a dictionary."""
    torch.manual_seed(seed)
    generator = DCGANGenerator(LATENT_DIM, WIDTH)
    discriminator = objective.discriminator(WIDTH)
    opt_g = objective.optimiser(generator.parameters(), lr=rate)
    opt_d = objective.optimiser(discriminator.parameters(), lr=rate)
    players = generator, discriminator, opt_g, opt_d
    used, steps, d_losses, trail = 0.0, 0, [], []
    for check in range(1, CHECKS + 1):
        begin = time.process_time()
        while used + time.process_time() - begin < CPU_SECONDS * check / CHECKS:
            d_losses.append(train_round(players, objective, images))
            steps += 1
        used += time.process_time() - begin
        d_loss = round(torch.stack(d_losses[-LAST:]).mean().item(), 4)
        trail.append({"g_steps": steps, "fid": score(generator), "d_loss": d_loss})
    facts = {"rate": rate, "seed": seed, "cpu_seconds": round(used, 1)}
    return {**facts, **trail[-1], "trail": trail}


def best_rate(runs):
    """The learning rate of the run with the lowest FID."""
    return min(runs, key=lambda run: run["fid"] or float("inf"))["rate"]


def compare():
    """Tune, then train every objective from every seed; objectives take turns."""
    images = fashion_mnist("train")[0]
    found = {name: {"tuning": [], "runs": []} for name in OBJECTIVES}
    plan = [("tuning", rate, TUNING_SEED) for rate in RATES]
    plan += [("runs", None, seed) for seed in SEEDS]
    for kind, rate, seed in plan:
        for name, objective in OBJECTIVES.items():
            chosen = rate or best_rate(found[name]["tuning"])
            run = train(objective, chosen, seed, images)
            found[name][kind].append(run)
            print(kind, name, {**run, "trail": "..."}, flush=True)
    for entry in found.values():
        entry["rate"] = best_rate(entry["tuning"])
        scores = [run["fid"] for run in entry["runs"]]
        entry["fid_mean"] = None if None in scores else round(mean(scores), 2)
    return found


def main():
    """Run the comparison on one thread and write it with what it ran on."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    torch.set_num_threads(1)
    begin = time.process_time()
    found = compare()
    facts = {
        "command": "python -m benchmarks.losses",
        "machine": platform.machine(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cpu_seconds_per_run": CPU_SECONDS,
        "cpu_seconds_in_all": round(time.process_time() - begin),
        "batch": BATCH, "latent_dim": LATENT_DIM, "width": WIDTH, "samples": SAMPLES,
        "rates": RATES, "tuning_seed": TUNING_SEED, "seeds": SEEDS,
        "clip": CLIP, "gp_weight": GP_WEIGHT, "r1_weight": R1_WEIGHT,
    }  # fmt: skip
    text = json.dumps({**facts, "objectives": found}, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {RESULTS.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
