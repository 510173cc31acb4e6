"""Pictures a second: our loop against the plain loop of the usual tutorials.

    .venv/bin/python -m benchmarks.speed [--device cuda] [--networks ...]

Same networks, batch and data. Every measurement is a process of its own, one after
another, in interleaved rounds; the medians count. The plain loop takes pictures from a
DataLoader (in its own process, and with two more) whose transforms work on PIL images one
by one, reads its losses back after every step, and runs D three times a step. Ours is
``GANLoop`` with ``DeviceBatches``: in float32, in bfloat16 and, on CUDA, as a recorded graph.

Also measured: the device's own limits (a matrix product, a copy) and the share of the
roof that each run reaches; how long ``import gan_utils`` takes beside ``import torch``;
and whether memory grows with the steps. Writes results/speed_DEVICE.json.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from gan_utils.data import fashion_mnist
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.cuda_graph import Replay
from gan_utils.engine.devices import describe, device_named
from gan_utils.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    mlp,
    mlp_discriminator,
)
from gan_utils.training import GANLoop

RESULTS = Path(__file__).resolve().parent / "results"
BATCH, ROUNDS, SECONDS = 64, 5, 2.0  # pictures a step; rounds; seconds of measuring
LATENT_DIM = 64


def dense():
    """The MLP GAN of lesson 04."""
    leaky = partial(nn.LeakyReLU, 0.2)
    generator = nn.Sequential(
        mlp(LATENT_DIM, 128, 256, 28 * 28, activation=leaky),
        *(nn.Tanh(), nn.Unflatten(1, (1, 28, 28))),
    )
    judge = mlp_discriminator(28 * 28, 256, 128, activation=leaky)
    return generator, nn.Sequential(nn.Flatten(), judge)


def paper_64():
    """A DCGAN of width 64 for pictures of 64 x 64, as in the paper's figure 1."""
    up, down, w = [], [], 64
    for n_in, n_out in ((8 * w, 4 * w), (4 * w, 2 * w), (2 * w, w)):
        up += [nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=False)]
        up += [nn.BatchNorm2d(n_out), nn.ReLU()]
        down = [nn.Conv2d(n_out, n_in, 4, 2, 1, bias=False), nn.BatchNorm2d(n_in),
                nn.LeakyReLU(0.2), *down]  # fmt: skip
    generator = nn.Sequential(
        *(
            nn.Linear(LATENT_DIM, 8 * w * 16, bias=False),
            nn.Unflatten(1, (8 * w, 4, 4)),
        ),
        *(nn.BatchNorm2d(8 * w), nn.ReLU(), *up),
        *(nn.ConvTranspose2d(w, 1, 4, 2, 1), nn.Tanh()),
    )
    blocks = [down[i : i + 3] for i in range(0, 9, 3)]
    layers = [layer for block in blocks for layer in block]
    first = [nn.Conv2d(1, w, 4, 2, 1), nn.LeakyReLU(0.2)]
    end = [nn.Flatten(), nn.Linear(8 * w * 16, 1), nn.Flatten(0)]
    return generator, nn.Sequential(*first, *layers, *end)


def dcgan(width, d_width, **options):
    """A generator and a discriminator of the course."""
    generator = DCGANGenerator(LATENT_DIM, width, **options)
    return generator, DCGANDiscriminator(d_width, 3 if options else 2)


NETWORKS = {
    "MLP of lesson 04": dense,
    "DCGAN of lesson 05, 16 channels": partial(dcgan, 16, 16),
    "recipe of lesson 08, 24 channels": partial(dcgan, 24, 16, refine=True),
    "the same, 96 channels": partial(dcgan, 96, 64, refine=True),
    "DCGAN of the paper, 64 x 64, width 64": paper_64,
}


class PictureByPicture(Dataset):
    """PIL image, tensor, normalised: what the usual transforms do with each picture."""

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        picture = Image.fromarray(self.images[index, 0].numpy())
        pixels = torch.from_numpy(np.array(picture, copy=True))[:, :, None]
        pixels = pixels.permute(2, 0, 1).contiguous().float().div(255)
        mean, std = torch.as_tensor([0.5]), torch.as_tensor([0.5])
        return pixels.clone().sub_(mean[:, None, None]).div_(std[:, None, None])


def plain(networks, images, device, workers=0):
    """One step of the plain loop."""
    generator, discriminator = networks
    opt_g, opt_d = (
        torch.optim.Adam(n.parameters(), lr=2e-4, betas=(0.5, 0.999)) for n in networks
    )
    loader = DataLoader(
        PictureByPicture(images), BATCH, shuffle=True, drop_last=True,
        num_workers=workers, persistent_workers=workers > 0,
    )  # fmt: skip
    batches = iter(batch for _ in iter(int, 1) for batch in loader)
    bce = binary_cross_entropy_with_logits

    def step():
        real = next(batches).to(device)
        ones = torch.ones(BATCH, device=device)
        zeros = torch.zeros(BATCH, device=device)
        opt_d.zero_grad()
        real_loss = bce(discriminator(real), ones)
        real_loss.backward()
        fake = generator(torch.randn(BATCH, LATENT_DIM, device=device))
        fake_loss = bce(discriminator(fake.detach()), zeros)
        fake_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        g_loss = bce(discriminator(fake), ones)
        g_loss.backward()
        opt_g.step()
        return (real_loss + fake_loss).item(), g_loss.item()

    return step


def ours(networks, images, device, **options):
    """One step of ``GANLoop``."""
    loop = GANLoop(*networks, rates=(2e-4, 2e-4), betas=(0.5, 0.999), **options)
    batches = DeviceBatches(
        images, batch_size=BATCH, latent_dim=LATENT_DIM, device=device
    )
    return lambda: loop.step(0.0, *batches(loop.steps))


VARIANTS = {
    "plain": plain,
    "plain, two more processes load": partial(plain, workers=2),
    "ours": ours,
    "ours, bfloat16": partial(ours, precision=torch.bfloat16),
    "ours, CUDA graph": partial(ours, graph=Replay),
    "ours, bfloat16, CUDA graph": partial(ours, precision=torch.bfloat16, graph=Replay),
}


def measure(variant, network, device):
    """One process: pictures a second, share of the peak, growth of memory."""
    torch.manual_seed(0)
    images, _ = fashion_mnist("train")
    if "64 x 64" in network:
        images = interpolate(images[:20_000], 64)
    networks = [n.to(device) for n in NETWORKS[network]()]
    step = VARIANTS[variant](networks, images, device)
    for _ in range(5):
        step()
    with FlopCounterMode(display=False) as counter:
        if "graph" not in variant:
            step()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _wait(device)
    begin, steps = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        for _ in range(3):
            step()
        steps += 3
        if device.type != "cpu" and steps % 30 == 0:
            _wait(device)
    _wait(device)
    seconds = (time.perf_counter() - begin) / steps
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return {
        "pictures a second": BATCH / seconds,
        "operations a step": counter.get_total_flops(),
        "steps": steps,
        "megabytes grown": grown / 1024,
    }


def _wait(device):
    """Return once the device has done all that it was told."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def limits(device):
    """The device's own: operations a second of a matrix product, bytes a second of a copy."""
    side, numbers = (1536, 2**25) if device.type == "cpu" else (8192, 2**29)
    found = {}
    for kind in (torch.float32, torch.bfloat16):
        a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        found[f"operations a second, {kind}"] = (
            2 * side**3 / _best(device, lambda a=a, b=b: a @ b)
        )
    source, target = (torch.zeros(numbers, device=device) for _ in range(2))
    copy = _best(device, lambda: target.copy_(source))
    return {**found, "bytes a second, copy": 8 * numbers / copy}


def _best(device, function, tries=7):
    times = []
    for _ in range(tries):
        _wait(device)
        begin = time.perf_counter()
        function()
        _wait(device)
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def import_times(rounds=9):
    """Medians, in seconds, of importing torch alone and with the package's modules."""
    lines = {
        "torch": "import torch",
        "torch, gan_utils": "import torch, gan_utils",
        "torch, gan_utils.training": "import torch, gan_utils.training",
    }
    taken = {name: [] for name in lines}
    for _ in range(rounds):
        for name, line in lines.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", line], check=True)
            taken[name].append(time.perf_counter() - begin)
    bare = [t for t in taken["torch"]]
    return {
        **{f"import {n}, seconds": round(statistics.median(t), 3) for n, t in taken.items()},
        **{f"{n} / torch": round(statistics.median(a / b for a, b in zip(t, bare)), 3)
           for n, t in taken.items() if n != "torch"},
    }  # fmt: skip


def variants_for(device):
    """What can run on a device; graphs need CUDA."""
    return [v for v in VARIANTS if "graph" not in v or device.type == "cuda"]


def run_rounds(network, device):
    """All variants in turn, ``ROUNDS`` times; medians, and ratios to the better plain loop."""
    found = {variant: [] for variant in variants_for(device)}
    for _ in range(ROUNDS):
        for variant, rows in found.items():
            command = [sys.executable, "-m", "benchmarks.speed", "--one", variant,
                       "--networks", network, "--device", str(device)]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
    speeds = {v: [r["pictures a second"] for r in rows] for v, rows in found.items()}
    medians = {v: statistics.median(s) for v, s in speeds.items()}
    best = max((v for v in speeds if v.startswith("plain")), key=medians.get)
    summary = {}
    for variant, rows in found.items():
        ratios = [a / b for a, b in zip(speeds[variant], speeds[best])]
        work = max(r["operations a step"] for r in rows)
        summary[variant] = {
            "pictures a second": round(medians[variant]),
            "times the better plain loop": round(statistics.median(ratios), 2),
            "of each round": [round(r, 2) for r in ratios],
            "billion operations a second": round(
                work * medians[variant] / BATCH / 1e9, 1
            ),
            "megabytes grown": round(max(r["megabytes grown"] for r in rows), 1),
        }
        print(network, "|", variant, summary[variant], flush=True)
    return summary


def main():
    """Measure everything and write the file, or one variant in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--networks", nargs="*", choices=NETWORKS)
    parser.add_argument("--one", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = device_named(options.device)
    if options.one:
        print(json.dumps(measure(options.one, options.networks[0], device)))
        return
    on_gpu = device.type == "cuda"
    names = options.networks or [n for n in NETWORKS if on_gpu or "64 x 64" not in n]
    path = RESULTS / f"speed_{device.type}.json"
    result = {
        "command": f"python -m benchmarks.speed --device {device.type}",
        "device": describe(device),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load before": [round(x, 1) for x in os.getloadavg()],
        "torch": torch.__version__,
        "batch": BATCH,
        "limits": limits(device),
        "imports": import_times(),
        "networks": {name: run_rounds(name, device) for name in names},
        "load after": [round(x, 1) for x in os.getloadavg()],
    }
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
