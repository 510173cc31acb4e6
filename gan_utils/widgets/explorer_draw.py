"""The explorer's one forward pass, and the check of what a control is moved to."""

import contextlib

import torch

from gan_utils import latent
from gan_utils.plotting import to_pixels


def number(name, value, low, high):
    """A finite number between the ends; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number; got {value!r}")
    if value != value:
        raise ValueError(f"{name} must be a number; got NaN")
    return min(max(value, low), high)


@torch.no_grad()
def draw(generator, z, labels=None):
    """Pictures uint8 (N, 28, 28) of z (N, latent_dim)."""
    labels = None if labels is None else torch.tensor(labels)
    with one_thread():
        return to_pixels(latent.make(generator, z, labels))[:, 0]


@contextlib.contextmanager
def one_thread():
    """A single small picture waits longer for a second thread than it takes to make."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
