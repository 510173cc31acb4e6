"""How fast does a GAN learn on one CPU thread? The speed record of this course.

    python -m benchmarks.speedrun              every record anew, three seeds each
    python -m benchmarks.speedrun --long       the newest one for 240 CPU seconds

The rules:

1. A run learns from the 60,000 training pictures of Fashion-MNIST and from nothing else: no
   labels, no network that was trained before, no test pictures.
2. It has one thread. The clock counts the CPU seconds of the process, all preparation of
   the pictures included; reading the files, building the networks and scoring are free.
3. The number of steps is written down beforehand. The record counts if the FID of 10,000
   pictures, drawn after the last step, is at most 10 by the course's judge, as a mean over
   the seeds 0, 1 and 2. A second judge, by which nothing is chosen, looks at the same
   pictures, and its number is reported.

CPU seconds depend on the machine and on its other guests. So all records run again side by
side, seed by seed, and what counts is a record's share of the first one's time in that run.

A new record is a new entry in ``RECORDS``: the last one ``but`` for what is new. On a GPU,
``--device cuda`` runs the same in wall-clock seconds; nobody has done so yet.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import torch

from gan_utils.data import fashion_mnist, to_float
from gan_utils.engine.devices import describe, device_named
from gan_utils.metrics import fid
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
)
from gan_utils.penalties import r1
from gan_utils.recipes.second_judge import second_fid
from gan_utils.training import GANLoop

RESULTS = Path(__file__).resolve().parent / "results"
GOAL = 10.0  # FID
SEEDS = (0, 1, 2)
LONG = 240.0  # seconds of the long run
PICTURES = 10_000  # in every score
LATENT_DIM = 64


class Record(NamedTuple):
    """Everything that a run is made of."""

    date: str
    what: str  # that is new in it
    steps: int
    batch: int = 64
    clusters: int = 0  # 0: the networks are told nothing about a picture
    precision: torch.dtype | None = None  # None: float32
    slope: float = 0.0  # weight of R1, paid for at every sixteenth step
    rates: tuple = (4e-3, 4e-3)  # of generator and discriminator

    def but(self, date, what, **changes):
        """The same with something changed."""
        return self._replace(date=date, what=what, **changes)


first = Record("2026-11-30", "the recipe of lesson 08", steps=7000)
# Liu et al. 2020, arXiv:2006.10728, cluster D's features as it learns; pixels do here
second = first.but(
    "2026-11-30", "200 clusters of pictures as classes", steps=1300, clusters=200
)
third = second.but("2026-11-30", "bfloat16", steps=1400, precision=torch.bfloat16)
# either change alone gains little: without R1 the higher rates are too high
fourth = third.but(
    "2026-11-30", "R1 at every 16th step, rates twice as high", steps=1100,
    slope=0.05, rates=(8e-3, 8e-3),
)  # fmt: skip
RECORDS = [first, second, third, fourth]


def cluster(pictures, count, rounds=12, sample=20_000):
    """k-means: every picture's nearest of ``count`` centres (Lloyd's algorithm).

    The centres are found on a sample of the pictures. One without a picture starts anew.
    """
    points = pictures.flatten(1)
    some = points[torch.randperm(len(points))[:sample]]
    centres = some[:count].clone()
    for _ in range(rounds):
        nearest = _nearest(some, centres)
        sizes = torch.bincount(nearest, minlength=count)[:, None]
        sums = torch.zeros_like(centres).index_add_(0, nearest, some)
        fresh = some[torch.randint(len(some), (count,))]
        centres = torch.where(sizes > 0, sums / sizes.clamp_min(1), fresh)
    return _nearest(points, centres)


def _nearest(points, centres):
    """argmin |x - c|^2 = argmax x.c - |c|^2 / 2, a matrix product."""
    return (points @ centres.T - centres.square().sum(1) / 2).argmax(1)


def train(record, seed, device, progress):
    """One run; returns a function that draws pictures, the seconds, and the steps."""

    def penalty(discriminator, real, fake):
        return record.slope * r1(discriminator, real)

    torch.manual_seed(seed)
    images = fashion_mnist("train")[0].to(device)
    if record.clusters:
        generator = ConditionalGenerator(LATENT_DIM, 24, record.clusters, refine=True)
        discriminator = ProjectionDiscriminator(16, record.clusters, depth=3)
    else:
        generator = DCGANGenerator(LATENT_DIM, 24, refine=True)
        discriminator = DCGANDiscriminator(16, depth=3)
    loop = GANLoop(
        generator.to(device), discriminator.to(device), rates=record.rates,
        penalty=penalty if record.slope else None, every=16, precision=record.precision,
    )  # fmt: skip
    clock = Clock(device)
    pictures, kinds = to_float(images), None
    if record.clusters:
        kinds = cluster(pictures, record.clusters)
    for share in progress(record, clock):
        which = torch.randint(len(pictures), (record.batch,), device=device)
        real = pictures[which].contiguous(memory_format=torch.channels_last)
        given = () if kinds is None else (kinds[which],)
        z = torch.randn(record.batch, LATENT_DIM, device=device)
        loop.step(share, real, z, *given)
    seconds = clock()

    @torch.no_grad()
    def draw():
        network, parts = loop.sampler.eval(), []
        for _ in range(PICTURES // 500):
            z = torch.randn(500, LATENT_DIM, device=device)
            which = torch.randint(len(pictures), (500,), device=device)
            given = () if kinds is None else (kinds[which],)  # as often as in the data
            parts.append(network(z, *given).float().cpu())
        return torch.cat(parts)

    return draw, seconds, loop.steps


class Clock:
    """Seconds since it was made: of the processor, or of the wall beside a GPU."""

    def __init__(self, device):
        self.device, self.begin = device, 0.0
        self.begin = self()

    def __call__(self):
        if self.device.type == "cpu":
            return time.process_time() - self.begin
        torch.cuda.synchronize(self.device)
        return time.perf_counter() - self.begin


def by_steps(record, clock):
    """Progress from 0 to 1 in the record's number of steps."""
    return (step / record.steps for step in range(record.steps))


def by_the_clock(record, clock):
    """Progress from 0 to 1 in ``LONG`` seconds."""
    while (share := clock() / LONG) < 1:
        yield share


def measure(record, seed, device, progress):
    """Train once and let both judges look."""
    draw, seconds, steps = train(record, seed, device, progress)
    pictures = draw()
    return {
        "seed": seed,
        "seconds": round(seconds, 1),
        "steps": steps,
        "FID": round(fid(pictures), 2),
        "second judge": round(second_fid(pictures), 2),
    }


def summary(runs, first=()):
    """One record's line: means over its seeds, and its share of the first one's time."""
    keys = [key for key in runs[0] if key != "seed"]
    line = {key: round(mean(run[key] for run in runs), 2) for key in keys}
    if first:
        own, of = (mean(run["seconds"] for run in some) for some in (runs, first))
        line["share of the first record's time"] = round(own / of, 3)
    return {**line, "runs": runs}


def main(arguments=None):
    """Run every record on every seed, or the newest one for longer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="the newest, 240 seconds")
    parser.add_argument("--device", default="cpu", help="cpu (one thread) or cuda")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    device = device_named(asked.device)
    records = RECORDS[-1:] if asked.long else RECORDS
    progress = by_the_clock if asked.long else by_steps
    runs = {record: [] for record in records}
    for seed in SEEDS:
        for record in records:
            runs[record].append(measure(record, seed, device, progress))
            print(record.date, record.what, runs[record][-1], flush=True)
    name = "speedrun_long" if asked.long else "speedrun"
    path = RESULTS / f"{name}{'' if device.type == 'cpu' else '_' + device.type}.json"
    lines = [
        {
            "date": record.date,
            "what": record.what,
            **summary(runs[record], () if asked.long else runs[first]),
        }
        for record in records
    ]
    content = {
        "command": f"python -m benchmarks.speedrun{' --long' if asked.long else ''}",
        "hardware": describe(device),
        "torch": torch.__version__,
        "records": lines,
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    for line in lines if not asked.long else ():
        verdict = "counts" if line["FID"] <= GOAL else "does not count"
        print(f"{line['date']} {line['what']}: FID {line['FID']}, {verdict}")


if __name__ == "__main__":
    main()
