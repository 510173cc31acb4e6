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
        seed: an integer in [0, 2**32); by default the variable GAN_SEED, else 0.
    Raises:
        ValueError: the seed is no such number.
    """
    name, got = "the seed", seed
    if seed is None:
        name, got = "GAN_SEED", os.environ.get("GAN_SEED", "0")
    text = str(got)
    if not (text.isascii() and text.isdecimal() and int(text) < 2**32):
        raise ValueError(
            f"{name} must be a whole number >= 0 and below 2**32; got {got!r}"
        )
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
        ClaimFailed: a bound is broken, a bool is False, or a value is NaN or infinite.
        TypeError: bounds are missing for a number or given for a bool; a bound is no
            finite number; ``recorded`` is no whole number >= 1.
        ValueError: there is no value at all.
    """
    exact = torch.float64 if isinstance(value, float) else None
    values = torch.as_tensor(value, dtype=exact).detach().cpu().flatten()
    bounds = [(">", above), ("<", below)]
    bounds = [(sign, bound) for sign, bound in bounds if bound is not None]
    _check(statement, values, bounds, recorded)
    sound = bool(values.isfinite().all())
    margin = _margin(values.double(), below, above) if bounds and sound else None
    held = sound and (margin > 0 if bounds else bool(values.all()))
    _record(statement, held, margin, recorded)
    limits = ", ".join(f"{sign} {bound:g}" for sign, bound in bounds)
    needed = f"limit{'s' * (len(bounds) > 1)} {limits}"
    if held:
        shown = f": {_worst(values, below, above)} ({needed})" if bounds else ""
        runs = f" (recorded, {recorded} run{'s' * (recorded > 1)})" if recorded else ""
        print(f"✓ {statement}{shown}{runs}")
        return
    detail = f"{statement}: got {values.tolist()}" + bool(bounds) * f", {needed}"
    if not os.environ.get(RECORD_VARIABLE):
        raise ClaimFailed(detail)
    print(f"✗ {detail}")


def _check(statement, values, bounds, recorded):
    """Refuse what no claim can be about, in a sentence that names the claim."""
    if not values.numel():
        raise ValueError(
            f"claim({statement!r}) got an empty value: nothing was measured"
        )
    if bool(bounds) == (values.dtype == torch.bool):
        needs = "no limits for a bool" if bounds else "below= or above= for a number"
        raise TypeError(f"claim({statement!r}) needs {needs}; got {values.tolist()}")
    for _, bound in bounds:
        if isinstance(bound, bool) or not math.isfinite(bound):
            raise TypeError(
                f"claim({statement!r}) needs a finite number as its limit; got {bound!r}"
            )
    if recorded is not None and (type(recorded) is not int or recorded < 1):
        raise TypeError(
            f"claim({statement!r}): recorded= is how many runs were recorded, a whole "
            f"number >= 1; got {recorded!r}"
        )


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
            line |= {"recorded": recorded} if recorded else {}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
