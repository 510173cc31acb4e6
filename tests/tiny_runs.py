"""Runs so small that tests can afford them, for the tests of loop, fit and ranks."""

import importlib.util
import os
import resource
import sys
from pathlib import Path

import torch

from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.distributed import ALONE, parallel, synchronise_batch_norm
from gan_utils.engine.snapshots import read_snapshot, snapshots
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.penalties import r1
from gan_utils.training import GANLoop

STATM = Path("/proc/self/statm")


def noisy_r1(discriminator, real, fake):
    """A penalty that draws from PyTorch's global random generator."""
    return r1(discriminator, real + 0.1 * torch.randn_like(real))


def pictures(count=40):
    random = torch.Generator().manual_seed(5)
    return torch.randint(
        0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=random
    )


def tiny_run(*, width=4, batch_size=8, seed=0, ranks=ALONE, device="cpu", **options):
    """A fresh (loop, batches), the same every time; 5 steps an epoch, one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    generator = DCGANGenerator(8, width).to(device)
    discriminator = DCGANDiscriminator(4, depth=3).to(device)
    if ranks.size > 1:
        generator, discriminator = map(
            synchronise_batch_norm, (generator, discriminator)
        )
    options = {"decay": 0.9, "penalty": noisy_r1, "wrap": parallel, **options}
    loop = GANLoop(generator, discriminator, **options)
    batches = DeviceBatches(
        pictures(), batch_size=batch_size, latent_dim=8, seed=seed, device=device,
        ranks=ranks,
    )  # fmt: skip
    return loop, batches


ROOT = Path(__file__).resolve().parents[1]


def checkout(folder, python=None):
    """A folder in which run.py believes that everything is set up; returns its run.py.

    Args:
        python: what .venv/bin/python does, as a script; by default it is this Python.
    """
    folder.mkdir()
    for name in ("requirements.txt", "pyproject.toml", "run.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("gan_utils", "course"):
        (folder / name).symlink_to(ROOT / name)
    spec = importlib.util.spec_from_file_location("run_of_a_copy", folder / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    run.PYTHON.parent.mkdir(parents=True)
    body = (
        python
        or "import os, sys\nos.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    run.PYTHON.write_text(f"#!{sys.executable}\n{body}\n")
    run.PYTHON.chmod(0o755)
    run.READY.write_text(run.fingerprint())
    return folder / "run.py"


def final_state(folder):
    """Every tensor of a folder's newest snapshot."""
    return read_snapshot(snapshots(folder)[-1])[0]


def differences(one, other):
    """The names of the tensors that are not the same in every bit."""
    return [
        name
        for name in sorted({*one, *other})
        if name not in one
        or name not in other
        or not torch.equal(one[name], other[name])
    ]


def resident_kb():
    """Memory that this process holds now, in kB; its peak where there is no /proc."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def quiet(sentence):
    """Says nothing."""


def failing(number):
    """A function that fails with this error of the system, whatever it is called with."""

    def fail(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    return fail
