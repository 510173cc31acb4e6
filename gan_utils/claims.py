"""Claims about results, and seeds."""

import json
import os
import random

import numpy as np
import torch

RECORD_VARIABLE = "GAN_CLAIMS_RECORD"


class ClaimFailed(AssertionError):
    """A statement of the text did not hold in this run."""


def set_seed(seed=None):
    """Seed Python, NumPy and PyTorch, and return the seed.

    Args:
        seed: an integer >= 0; by default the environment variable GAN_SEED, else 0.
    Raises:
        ValueError: GAN_SEED is not a whole number >= 0.
    """
    if seed is None:
        text = os.environ.get("GAN_SEED", "0")
        if not text.isdecimal():
            raise ValueError(f"GAN_SEED must be a whole number >= 0; got {text!r}")
        seed = int(text)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed


def claim(statement, value, *, below=None, above=None):
    """Print a statement and its bounds, and raise if the result does not bear it out.

    ``claim("the loss halves", after / before, below=0.5)`` also lets the claims report
    say by how much a claim holds; ``claim("the shapes agree", a.shape == b.shape)`` is
    for facts without a margin. A tensor of several values must hold in every entry.

    Args:
        statement: one sentence without figures that change from run to run.
        value: a number or a tensor; without bounds, a bool.
        below, above: bounds, both exclusive.
    Raises:
        ClaimFailed: a bound is broken, the value is NaN, or the bool is False.
        TypeError: bounds are missing for a value that is not a bool.
    """
    values = torch.as_tensor(value).detach().cpu().flatten()
    if below is None and above is None:
        if values.dtype != torch.bool:
            raise TypeError(
                f"claim({statement!r}) needs below= or above= for the value {value!r}"
            )
        held, margin = bool(values.all()), None
    else:
        margin = _margin(values.double(), below, above)
        held = margin > 0
    _record(statement, held, margin)
    needed = ", ".join(
        f"{sign} {bound:g}"
        for sign, bound in ((">", above), ("<", below))
        if bound is not None
    )
    if held:
        print(f"✓ {statement}  [{needed}]" if needed else f"✓ {statement}")
        return
    detail = f"{statement}: got {values.tolist()}" + (needed and f", needed {needed}")
    if not os.environ.get(RECORD_VARIABLE):
        raise ClaimFailed(detail)
    print(f"✗ {detail}")


def _margin(values, below, above):
    """The smallest distance to a bound, as a share of the bound; <= 0 means broken."""
    if values.isnan().any():
        return float("-inf")
    gaps = []
    if below is not None:
        gaps.append((below - values.max().item()) / (abs(below) or 1.0))
    if above is not None:
        gaps.append((values.min().item() - above) / (abs(above) or 1.0))
    return min(gaps)


def _record(statement, held, margin):
    """Append the outcome to the file that the claims report reads, when there is one."""
    path = os.environ.get(RECORD_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            line = {"claim": statement, "held": held, "margin": margin}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
