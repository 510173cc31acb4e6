"""Claims about results, seeds, and the frame in which exercises are checked."""

import functools
import json
import math
import os
import random

import numpy as np
import torch

RECORD_VARIABLE = "GAN_CLAIMS_RECORD"


class ClaimFailed(AssertionError):
    """A statement of the text did not hold in this run."""


class Mistake(Exception):
    """What is wrong with an answer to an exercise, in one sentence."""


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


def claim(statement, value, *, below=None, above=None, what="", recorded=None):
    """Print a statement with what was measured, or raise if that does not bear it out.

    ``claim("the loss halves", after / before, below=0.5)`` prints
    ``✓ the loss halves: 0.312 (limit below 0.5)`` and lets the claims report say by how
    much it holds; ``claim("the shapes agree", a.shape == b.shape)`` is for facts without
    a number. Every value of a tensor must hold; the one nearest to a limit is printed.

    Args:
        statement: one sentence without figures that change from run to run.
        value: a number or several; without bounds, a bool or several.
        below, above: bounds, both exclusive.
        what: words before the number, for instance "largest gap".
        recorded: the number of runs behind a value that was read from a file, which
            the seed of this run cannot change.
    Raises:
        ClaimFailed: a bound is broken, a bool is False, a value is NaN or infinite, or
            there is none.
        TypeError: the value, a bound or ``recorded`` is of the wrong kind.
    """
    values = _values(statement, value)
    bounds = {"above": above, "below": below}
    bounds = {k: _bound(statement, k, b) for k, b in bounds.items() if b is not None}
    if bool(bounds) == (values.dtype == torch.bool):
        needs = "no bounds, being true or false," if bounds else "below= or above="
        raise TypeError(f"claim({statement!r}) needs {needs} for the value {value!r}")
    if recorded is not None and (type(recorded) is not int or recorded < 1):
        raise TypeError(
            f"claim({statement!r}): recorded= is how many runs were recorded, a whole "
            f"number >= 1; got {recorded!r}"
        )
    sound = len(values) > 0 and bool(values.isfinite().all())
    margin = _margin(values, **bounds) if sound and bounds else None
    held = sound and (margin > 0 if bounds else bool(values.all()))
    _record(statement, held, margin, recorded)
    limits = " and ".join(f"{k} {_number(b, 6)}" for k, b in bounds.items())
    shown = _measured(values, bounds, what)
    if held:
        notes = [f"limit {limits}"] if bounds else []
        if recorded:
            notes.append(f"recorded, {recorded} run{'s' if recorded > 1 else ''}")
        found = f": {shown}" if bounds else ""
        print(f"✓ {statement}{found}" + (f" ({'; '.join(notes)})" if notes else ""))
        return
    detail = f"{statement}: got {shown}" + (limits and f", needed {limits}")
    if not os.environ.get(RECORD_VARIABLE):
        raise ClaimFailed(detail)
    print(f"✗ {detail}")


def _values(statement, value):
    """The value of a claim as a flat tensor of bools, integers or doubles."""
    reason = None
    try:
        values = torch.as_tensor(value).detach().cpu().to_dense().flatten()
        if isinstance(value, (float, list, tuple)) and values.is_floating_point():
            values = torch.as_tensor(value, dtype=torch.float64).detach().flatten()
    except (TypeError, ValueError, RuntimeError) as error:
        reason = error
    if reason or values.is_complex():
        raise TypeError(
            f"claim({statement!r}) takes a real number, a bool or a tensor of them; "
            f"got {value!r}"
        ) from reason
    if values.dtype == torch.bool:
        return values
    return values.double() if values.is_floating_point() else values.long()


def _bound(statement, name, bound):
    try:
        number = float(bound)
    except (TypeError, ValueError, RuntimeError):
        number = float("nan")
    if isinstance(bound, (bool, str)) or not np.isfinite(number):
        raise TypeError(
            f"claim({statement!r}): {name}= is a finite number; got {bound!r}"
        )
    return number


def _margin(values, below=None, above=None):
    """The smallest distance to a bound, as a share of the bound; <= 0 means broken."""
    gaps = []
    if below is not None:
        gaps.append((below - values.max().item()) / (abs(below) or 1.0))
    if above is not None:
        gaps.append((values.min().item() - above) / (abs(above) or 1.0))
    return min(gaps)


def _measured(values, bounds, what):
    """In words, the value nearest to a bound, or what is wrong with the values."""
    count = len(values)
    if count == 0:
        return "no value at all"
    among = f" among {count:,} values" if count > 1 else ""
    if not values.isfinite().all():
        return f"{values[~values.isfinite()][0].item()}{among}"
    if not bounds:
        return f"{bool(values.all())}{among}"
    ends = {"above": values.min().item(), "below": values.max().item()}
    shown = [_number(ends[name], 3, bounds.values()) for name in bounds]
    what = what or ("at worst" if count > 1 and len(bounds) == 1 else "")
    return f"{what} {' to '.join(dict.fromkeys(shown))}".strip()


def _number(x, digits, bounds=()):
    """A number in so many significant digits, or more if it would lie on a bound."""
    if isinstance(x, int):
        return f"{x:,}"
    short = float(f"{x:.{digits}g}")
    if digits < 17 and any((short > b, short < b) != (x > b, x < b) for b in bounds):
        return _number(x, digits + 1, bounds)
    return f"{short + 0.0:,}".removesuffix(".0")


def _record(statement, held, margin, recorded):
    """Append the outcome to the file that the claims report reads, when there is one."""
    path = os.environ.get(RECORD_VARIABLE)
    if path:
        line = {"claim": statement, "held": held, "margin": margin}
        if recorded:
            line["recorded"] = recorded
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def exercise(number):
    """Turn a function that raises ``Mistake`` into a check that prints its verdict.

    The check never raises, so that a notebook runs to its end whatever the answer, and
    leaves the random state as it found it. An answer that is still ``None`` or ``...``,
    or a function that returns one of them, counts as not started.

    Args:
        number: the exercise as the lesson numbers it, for instance "1.2".
    """

    def decorate(check):
        @functools.wraps(check)
        def run(*answers):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                print(_verdict(number, check, answers))

        return run

    return decorate


def _verdict(number, check, answers):
    try:
        for answer in answers:
            given(answer)
        check(*answers)
    except Mistake as mistake:
        return f"○ Exercise {number}: {mistake}"
    except Exception as error:
        return (
            f"○ Exercise {number}: the code stops with {type(error).__name__}: {error}"
        )
    return f"✓ Exercise {number}: solved"


def given(answer):
    """Return the answer, or raise ``Mistake`` if it is still the starting cell's."""
    if answer is None or answer is ...:
        raise Mistake("not started yet; replace the ... in the cell above")
    return answer


def check_numbers(answer, right, usual, rel_tol=0.0):
    """Compare a dictionary of numbers with the right ones; name the usual wrong answers.

    Args:
        answer: the reader's {letter: number}.
        right: {letter: number}.
        usual: {(letter, wrong number): what leads to it}.
        rel_tol: allowed relative difference, beside an absolute one of 0.001.
    Raises:
        Mistake: an entry is missing, not started or wrong.
    """
    close = functools.partial(math.isclose, rel_tol=rel_tol, abs_tol=1e-3)
    for letter, number in right.items():
        if letter not in answer:
            raise Mistake(f"the number {letter} has no entry")
        value = float(given(answer[letter]))
        for (of, wrong), reason in usual.items():
            if of == letter and close(value, wrong):
                raise Mistake(f"{letter}: {reason}")
        if not close(value, number):
            raise Mistake(f"{letter} is not {value:.4g}")
