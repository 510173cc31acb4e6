"""Which device trains, and what it is called."""

import platform
from pathlib import Path

import torch


def device_named(name):
    """The device that a user names, like "cuda:1"; "auto" takes the accelerator, if any.

    Raises:
        ValueError: no such device is here; the message says which there are.
    """
    best = torch.accelerator.current_accelerator(check_available=True)
    best = best or torch.device("cpu")
    if name == "auto":
        return best
    try:
        device = torch.device(name)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        raise ValueError(
            f"There is no device {name!r} here; the best one is {str(best)!r}."
        ) from error
    return device


def describe(device):
    """What the device is, in words, for cards and results."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU, {platform.machine()}"
    count = torch.get_num_threads()
    return f"{_processor()}, {count} thread{'s' * (count > 1)}"


def _processor():
    """The processor's name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.machine()
