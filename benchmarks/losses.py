"""Seven objectives and a reference at the same cost: ``python -m benchmarks.losses``.

Every objective trains the same small DCGAN generator (BatchNorm) against the same
discriminator without BatchNorm, at the same cost on one thread, from three seeds. Its
learning rate is chosen from ``RATES`` by the FID of one run each on ``TUNING_SEED``, at the
same cost. The reference is the usual DCGAN, with BatchNorm in the discriminator.

The cost is counted in rounds of the plain loss, and not by a clock, which runs differently
on a machine with other users: an objective whose round costs twice as much plays half as
many. What a round costs is measured first, all objectives taking turns. ``ROUNDS`` of the
plain loss take about 25 CPU seconds on a quiet core.

Scoring is not part of the cost. Writes results/losses.json: every run with its FID, its
steps and the mean loss of the discriminator at the end, and the same on the way. All of
it takes 8 objectives x (4 rates + 3 seeds) x 25 s, and the scoring: about 31 CPU minutes.
The command continues where it stopped.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import linear, normalize
from torch.nn.utils.parametrizations import spectral_norm

from gan_utils import losses, metrics, penalties
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.sampling import draw
from gan_utils.training import d_step, g_step

RESULTS = Path(__file__).resolve().parent / "results" / "losses.json"
LATENT_DIM, WIDTH, BATCH = 64, 24, 64
ROUNDS = 1_030  # of the plain loss, the mean of what 25 CPU seconds allowed
TURNS, TRIAL = 9, 6  # how often a cost is measured, over so many rounds
CHECKS = 4  # scores on the way, at equal parts of the cost
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


class SANLayer(nn.Linear):
    """The last layer of SAN: its direction learns from a loss of its own.

    Maps features (batch, n) to scores (2, batch) of equal values, |w| <w/|w|, h>: the
    first moves the features and the scale |w|, the second moves the direction w/|w| only.

    Source:
        Takida et al. 2024, arXiv:2301.12811, section 5; scale as in their code.
    """

    def __init__(self, features):
        super().__init__(features, 1, bias=False)

    def forward(self, h):
        h = h * self.weight.norm()
        direction = normalize(self.weight, dim=1)
        both = linear(h, direction.detach()), linear(h.detach(), direction)
        return torch.cat(both, dim=1).T


def sliced(width):
    """``spectrally_normalised`` with SAN's last layer in place of its own."""
    *hidden, last, _ = spectrally_normalised(width)
    return nn.Sequential(*hidden, SANLayer(last.in_features))


def _sliced_d_loss(real, fake):
    """Hinge for the features and the scale, Wasserstein for the direction."""
    return losses.hinge.d_loss(real[0], fake[0]) + losses.wasserstein.d_loss(
        real[1], fake[1]
    )


def _sliced_g_loss(fake):
    """-E[f(G(z))], as for hinge and Wasserstein."""
    return losses.hinge.g_loss(fake[0])


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


PLAIN = "non-saturating"
OBJECTIVES = {
    PLAIN: Objective(losses.non_saturating),
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
    "hinge + spectral norm + SAN": Objective(
        losses.LossPair(_sliced_d_loss, _sliced_g_loss), discriminator=sliced
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


def start(objective, rate, seed):
    """Both networks and their optimisers, at the first step."""
    torch.manual_seed(seed)
    generator = DCGANGenerator(LATENT_DIM, WIDTH)
    discriminator = objective.discriminator(WIDTH)
    opt_g = objective.optimiser(generator.parameters(), lr=rate)
    opt_d = objective.optimiser(discriminator.parameters(), lr=rate)
    return generator, discriminator, opt_g, opt_d


def affordable(images):
    """How many rounds of each objective cost as much as ROUNDS of the plain loss."""
    seconds = {name: [] for name in OBJECTIVES}
    games = {name: start(o, RATES[0], 0) for name, o in OBJECTIVES.items()}
    for _ in range(TURNS):
        for name, objective in OBJECTIVES.items():
            begin = time.process_time()
            for _ in range(TRIAL):
                train_round(games[name], objective, images)
            seconds[name].append(time.process_time() - begin)
    plain = median(seconds[PLAIN])
    return {k: round(ROUNDS * plain / median(v)) for k, v in seconds.items()}


def train(objective, rate, seed, rounds, images):
    """Train for so many rounds; returns the facts of the run as a dictionary."""
    players = start(objective, rate, seed)
    used, d_losses, trail = 0.0, [], []
    for check in range(1, CHECKS + 1):
        begin = time.process_time()
        while len(d_losses) < rounds * check // CHECKS:
            d_losses.append(train_round(players, objective, images))
        used += time.process_time() - begin
        d_loss = round(torch.stack(d_losses[-LAST:]).mean().item(), 4)
        steps = len(d_losses)
        trail.append({"g_steps": steps, "fid": score(players[0]), "d_loss": d_loss})
    facts = {"rate": rate, "seed": seed, "cpu_seconds": round(used, 1)}
    return {**facts, **trail[-1], "trail": trail}


def best_rate(runs):
    """The learning rate of the run with the lowest FID."""
    return min(runs, key=lambda run: run["fid"] or float("inf"))["rate"]


def compare(record, images):
    """Tune, then train every objective from every seed; yields after each new run."""
    found = record["objectives"]
    plan = [("tuning", place, TUNING_SEED) for place in range(len(RATES))]
    plan += [("runs", place, seed) for place, seed in enumerate(SEEDS)]
    for kind, place, seed in plan:
        for name, objective in OBJECTIVES.items():
            entry = found.setdefault(name, {"tuning": [], "runs": []})
            if len(entry[kind]) > place:
                continue
            rate = RATES[place] if kind == "tuning" else best_rate(entry["tuning"])
            run = train(objective, rate, seed, record["rounds"][name], images)
            entry[kind].append(run)
            print(kind, name, {**run, "trail": "..."}, flush=True)
            yield
    for entry in found.values():
        entry["rate"] = best_rate(entry["tuning"])
        scores = [run["fid"] for run in entry["runs"]]
        entry["fid_mean"] = None if None in scores else round(mean(scores), 2)
    yield


def settings():
    """What a record is for, and what it ran on; another one is not continued."""
    return {
        "command": "python -m benchmarks.losses",
        "machine": platform.machine(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "batch": BATCH, "latent_dim": LATENT_DIM, "width": WIDTH, "samples": SAMPLES,
        "rates": list(RATES), "tuning_seed": TUNING_SEED, "seeds": list(SEEDS),
        "clip": CLIP, "gp_weight": GP_WEIGHT, "r1_weight": R1_WEIGHT,
    }  # fmt: skip


def main():
    """Run what results/losses.json lacks, on one thread; write it after every run."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    torch.set_num_threads(1)
    images, record = fashion_mnist("train")[0], {}
    if RESULTS.exists():
        record = json.loads(RESULTS.read_text(encoding="utf-8"))
    if any(record.get(key) != value for key, value in settings().items()):
        record = {"objectives": {}}
    record = {**settings(), **record}
    if set(record.get("rounds", {})) != set(OBJECTIVES):
        record["rounds"] = affordable(images)
    record["objectives"] = record.pop("objectives")  # last in the file
    for _ in compare(record, images):
        text = json.dumps(record, indent=1, ensure_ascii=False)
        RESULTS.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {RESULTS.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
