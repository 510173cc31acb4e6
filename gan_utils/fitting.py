"""Drive the loop of lesson 11: count, log, save, stop, and go on where a run stopped."""

import contextlib
import json
import signal
import threading
import time
from pathlib import Path
from typing import NamedTuple

import torch

from gan_utils import ranks
from gan_utils.snapshots import SnapshotError, newest_snapshot, write_snapshot
from gan_utils.states import gather, misfit, restore


class Diverged(Exception):
    """A loss stopped being a finite number; says where, who and what is still good."""


class Report(NamedTuple):
    """What a watcher is told every ``log_every`` steps and at the end.

    ``d_loss`` and ``g_loss`` are means since the last report; ``seconds`` counts this
    process's part of the run; ``first`` is the step at which that part began.
    """

    step: int
    steps: int
    d_loss: float
    g_loss: float
    seconds: float
    first: int


def fit(
    loop, feed, steps, folder=None, *, settings=None, log_every=100, save_every=1000,
    watch=None, stop=None, say=print,
):  # fmt: skip
    """Train for ``steps`` steps in all, or go on from the newest snapshot in a folder.

    A run that was ended at any moment and is started again finishes, on the same
    processor and number of threads, bit for bit like one that was not. Ctrl-C, SIGTERM
    and ``stop`` end it after the step in progress, saved.

    Args:
        loop: a ``GANLoop``.
        feed: a ``Feed``.
        steps: of the whole training; the learning rates fall towards this step.
        folder: for snapshots and log.jsonl; None keeps everything in memory.
        settings: what must be the same when a run goes on, as JSON can hold it.
        log_every: steps between two reports; only then numbers leave the device.
        save_every: steps between two snapshots, a multiple of ``log_every``.
        watch: called with a ``Report`` (on the first process).
        stop: called before every step; true asks for the end.
        say: takes sentences for the user.
    Returns:
        The number of steps done: ``steps``, or fewer if the run was asked to stop.
    Raises:
        SnapshotError: a snapshot cannot be written, read, or belongs to another run.
        Diverged: a loss is not finite.
        ValueError: save_every is no multiple of log_every.
    """
    if save_every % log_every:
        raise ValueError(
            f"save_every ({save_every}) must be a multiple of log_every ({log_every})"
        )
    ours = json.loads(json.dumps({**(settings or {}), "steps": steps}))
    first = step = _resume(loop, feed, folder, ours, say) if folder else loop.steps
    log = Log(folder if feed.ranks.first else None, step)
    history = torch.zeros(log_every, 2, device=loop.device)
    begin = time.perf_counter()
    with stop_signals() as asked:
        while step < steps:
            asks = bool(asked or (stop and stop()))
            at_a_report = (
                step % log_every == 0
            )  # the only time when processes can agree
            if (ranks.alone() or at_a_report) and _agreed(asks, loop.device):
                break
            history[step % log_every].copy_(loop.step(step / steps, *feed(step)))
            step += 1
            if step % log_every == 0 or step == steps:
                means = _inspect(history, step, first, folder)
                seconds = time.perf_counter() - begin
                report = Report(step, steps, *means, seconds, first)
                log.write(report)
                if watch and feed.ranks.first:
                    watch(report)
            if folder and (step % save_every == 0 or step == steps):
                _save(loop, feed, folder, step, ours)
    if step < steps:
        if folder and step > first and step % save_every:
            _save(loop, feed, folder, step, ours)
        where = f" and saved in {folder}; the same command goes on" if folder else ""
        say(f"Stopped after step {step:,} of {steps:,}{where}.")
    return step


@contextlib.contextmanager
def stop_signals():
    """Collect requests to stop instead of dying of them; a second Ctrl-C interrupts."""
    asked = []

    def ask(number, _frame):
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Log:
    """log.jsonl: one line a report; lines past the step where a run goes on are dropped."""

    def __init__(self, folder, step):
        self.path = None if folder is None else Path(folder) / "log.jsonl"
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text().splitlines() if self.path.is_file() else []
        kept = [line for line in lines if _step_of(line) <= step]
        self.path.write_text("".join(f"{line}\n" for line in kept))

    def write(self, report):
        """Append one report."""
        if self.path is not None:
            line = {**report._asdict(), "seconds": round(report.seconds, 3)}
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _step_of(line):
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return float("inf")  # cut off in the middle of a word: written again


def _resume(loop, feed, folder, ours, say):
    """Load the newest snapshot of the same run; returns the step to go on with."""
    for part in Path(folder).glob("*.part"):
        if feed.ranks.first:
            part.unlink(missing_ok=True)
    found = newest_snapshot(folder, say)
    if not ranks.agree(found and found[1]["step"]):
        raise SnapshotError(
            f"The processes see different snapshots in {folder}: it must be a folder "
            "that all of them share."
        )
    if found is None:
        return 0
    tensors, facts = found
    theirs = facts.get("settings", {})
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            raise SnapshotError(
                f"{folder} holds a run with {name} {theirs.get(name)!r}, and this one "
                f"has {ours.get(name)!r}: choose another folder, or the same settings."
            )
    problem = misfit(loop, feed, tensors)
    if problem:
        raise SnapshotError(
            f"The snapshots in {folder} are of another model: {problem}"
        )
    restore(loop, feed, tensors)
    loop.steps = facts["step"]
    say(f"Going on after step {loop.steps:,} of {ours['steps']:,} ({folder}).")
    return loop.steps


def _save(loop, feed, folder, step, settings):
    """The first process writes; the others need not wait, for all hold the same state."""
    if feed.ranks.first:
        write_snapshot(folder, step, gather(loop, feed), {"settings": settings})


def _agreed(wish, device):
    """Whether any process wants to stop; all of them get the same answer."""
    wishes = torch.tensor(float(wish), device=device)
    return wish if ranks.alone() else ranks.mean_of_ranks(wishes).item() > 0


def _inspect(history, step, first, folder):
    """The mean losses since the last report; raises where one is not finite."""
    last = (step - 1) % len(history) + 1
    count = min(last, step - first)
    rows = ranks.mean_of_ranks(history[last - count : last]).cpu()
    bad = (~rows.isfinite()).any(1).nonzero()
    if not len(bad):
        return rows.mean(0).tolist()
    row = bad[0].item()
    at, (d_loss, g_loss) = step - count + row + 1, rows[row].tolist()
    if rows[row, 0].isfinite():
        who = f"the generator's loss became {g_loss}: suspect D's update just before it"
        remedy = "lower D's learning rate or its penalty's weight"
    else:
        who = f"the discriminator's loss became {d_loss}: suspect G's update just before it"
        remedy = "lower G's learning rate"
    if at == 1:
        who, remedy = f"the first losses are {d_loss} and {g_loss}", "check the data"
    good = f"; the last good state is in {folder}" if folder else ""
    raise Diverged(f"At step {at:,} {who}. Training stops here{good}; {remedy}.")
