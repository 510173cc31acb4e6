"""Claims about results, and seeds."""

import json
import math
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


def claim(statement, value, *, below=None, above=None, recorded=None):
    """Print a statement with its measured value and limit; raise if it does not hold.

    ``claim("the loss halves", after / before, below=0.5)`` prints ``✓ the loss halves:
    0.312 (limit < 0.5)``, and lets the claims report say by how much it holds;
    ``claim("the shapes agree", a.shape == b.shape)`` is for facts without a margin. A
    tensor of several values must hold in every entry; its worst one is printed.

    Args:
        statement: one sentence without figures that change from run to run.
        value: a number or a tensor; without bounds, a bool.
        below, above: bounds, both exclusive.
        recorded: how many recorded runs the value comes from, where it was read from a
            file instead of measured here: another seed cannot change it.
    Raises:
        ClaimFailed: a bound is broken, the value is NaN, or the bool is False.
        TypeError: bounds are missing for a value that is not a bool.
        ValueError: there is no value at all.
    """
    values = torch.as_tensor(value).detach().cpu().flatten()
    if not values.numel():
        raise ValueError(
            f"claim({statement!r}) got an empty value: nothing was measured"
        )
    if below is None and above is None:
        if values.dtype != torch.bool:
            raise TypeError(
                f"claim({statement!r}) needs below= or above= for the value {value!r}"
            )
        held, margin = bool(values.all()), None
    else:
        margin = _margin(values.double(), below, above)
        held = margin > 0
    _record(statement, held, margin, recorded)
    bounds = [
        f"{sign} {bound:g}"
        for sign, bound in ((">", above), ("<", below))
        if bound is not None
    ]
    needed = f"limit{'s' * (len(bounds) > 1)} {', '.join(bounds)}"
    if held:
        shown = f": {_worst(values, below, above)} ({needed})" if bounds else ""
        runs = f" (recorded, {recorded} run{'s' * (recorded > 1)})" if recorded else ""
        print(f"✓ {statement}{shown}{runs}")
        return
    detail = f"{statement}: got {values.tolist()}" + bool(bounds) * f", {needed}"
    if not os.environ.get(RECORD_VARIABLE):
        raise ClaimFailed(detail)
    print(f"✗ {detail}")


def _worst(values, below, above):
    """The value nearest to a bound, in words."""

    def short(number):
        whole = math.isfinite(number) and number == round(number)
        return f"{number:.0f}" if whole else f"{number:.3g}"

    low, high = values.min().item(), values.max().item()
    if low == high:
        return short(low)
    if below is not None and above is not None:
        return f"{short(low)} to {short(high)}"
    return f"at most {short(high)}" if above is None else f"at least {short(low)}"


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


def _record(statement, held, margin, recorded):
    """Append the outcome to the file that the claims report reads, when there is one."""
    path = os.environ.get(RECORD_VARIABLE)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            line = {"claim": statement, "held": held, "margin": margin}
            line |= {"recorded": int(recorded)} if recorded else {}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
