"""Checks of lesson 12: who waits for the device, quiet losses, a file always whole."""

import contextlib
import os
import tempfile
from pathlib import Path
from unittest import mock

import torch

from course.checks.frame import (
    Mistake,
    call,
    choice,
    close,
    entries,
    exercise,
    number,
    sequence,
)

WAITS = {
    "A": (True, "a Python number has to come from the GPU"),
    "B": (False, "it is the same tensor without its history; nobody reads it"),
    "C": (True, "the condition needs the number before Python can go on"),
    "D": (False, "a copy from the GPU to the GPU is one more order in its queue"),
    "E": (False, "Python knows the shape without the GPU"),
    "F": (True, "the size of the result is the number of positive pixels"),
}
READING = {
    torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.cpu, torch.Tensor.numpy,
    torch.Tensor.__float__, torch.Tensor.__bool__, torch.Tensor.__int__,
}  # fmt: skip


@exercise("12.1")
def waits(answer):
    """Does Python wait for the GPU? Six expressions."""
    for letter, value in entries(answer, WAITS):
        right, reason = WAITS[letter]
        if choice(value, (True, False), letter) is not right:
            word = "waits" if right else "does not wait"
            raise Mistake(f"{letter}: Python {word}: {reason}")


class _Watched(torch.Tensor):
    """A tensor that counts how often its numbers are read."""

    reads = 0

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        _Watched.reads += function in READING
        return super().__torch_function__(function, types, args, kwargs or {})


@exercise("12.2")
def quiet(function):
    """function(step, steps, every) -> means of every ``every`` losses, read once each."""
    losses = torch.rand(40)
    calls = []

    def step():
        calls.append(None)
        return losses[(len(calls) - 1) % 40].clone().as_subclass(_Watched)

    _Watched.reads = 0
    means = call(function, step, 12, 4)
    reads = _Watched.reads
    if len(calls) != 12:
        raise Mistake(f"the step was called {len(calls)} times, not 12")
    means = sequence(means, 3, "12 steps, every 4: the list of 3 means")
    if any(torch.is_tensor(mean) for mean in means):
        raise Mistake("the means are tensors; return Python numbers")
    means = torch.tensor([number(mean, "each mean") for mean in means])
    if not close(means, losses[:12].view(3, 4).mean(1)):
        raise Mistake("the means are wrong: each is over its own 4 steps")
    if reads > 3:
        raise Mistake(f"the device was asked {reads} times; 3 are enough")


@exercise("12.3")
def write_safely(function):
    """function(path, content) never leaves a piece of a file under its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.bin"
        path.write_bytes(b"old")
        order = _run(function, path)
        if path.read_bytes() != b"new content":
            raise Mistake("afterwards the file does not hold the new content")
        _check_order(order, path)
        for moment in ("fsync", "replace"):
            path.write_bytes(b"old")
            with contextlib.suppress(Mistake):  # the file counts, not the error
                _run(function, path, fail=moment)
            if path.read_bytes() not in (b"old", b"new content"):
                raise Mistake(f"when {moment} fails, a piece of a file is left")


def _run(function, path, fail=None):
    """Call the answer, noting what it does with files; one call may fail on purpose."""
    order, real = [], {"fsync": os.fsync, "replace": os.replace}

    def noting(name):
        def noted(*arguments):
            seen = path.read_bytes() if path.is_file() else None
            order.append((name, arguments, seen))
            if name == fail:
                raise OSError(28, "No space left on device")
            return real[name](*arguments)

        return noted

    with (
        mock.patch("os.fsync", noting("fsync")),
        mock.patch("os.replace", noting("replace")),
        mock.patch("os.rename", noting("replace")),
    ):
        call(function, path, b"new content", returns=False)
    return order


def _check_order(order, path):
    names = [name for name, _, _ in order]
    if any(seen != b"old" for name, _, seen in order if name == "fsync"):
        when = "after the rename" if names[:1] == ["replace"] else "in place"
        raise Mistake(
            f"the file under its own name changed {when} before fsync; write beside it, "
            "fsync, and rename last"
        )
    if "replace" not in names:
        raise Mistake("nothing is renamed; write beside the place, then os.replace")
    if "fsync" not in names:
        raise Mistake("without os.fsync the new file may still be in memory")
    part = Path(next(arguments[0] for name, arguments, _ in order if name == "replace"))
    if part.parent != path.parent:
        raise Mistake(
            "the part lies in another folder; across disks a rename is a copy"
        )
