"""Which device trains, what it is called, and how to wait for it."""

import platform
from pathlib import Path

import torch


def best_device():
    """The fastest kind of device that PyTorch finds: cuda, then mps, then cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_named(name):
    """The device that a user names, for instance "cuda:1"; "auto" is ``best_device()``.

    Raises:
        ValueError: no such device is here; the message says which there are.
    """
    if name == "auto":
        return best_device()
    try:
        device = torch.device(name)
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        raise ValueError(
            f"There is no device {name!r} here; the best one is {str(best_device())!r}."
        ) from error
    return device


def wait_for(device):
    """Return once the device has done all that it was told (a GPU runs behind Python)."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


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
