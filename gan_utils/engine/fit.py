"""Drive the loop of lesson 12: count, log, save, stop, and go on where a run stopped."""

import contextlib
import json
import math
import signal
import threading
import time
from pathlib import Path
from typing import NamedTuple

import torch

from gan_utils.engine import distributed, snapshots
from gan_utils.engine.lock import hold
from gan_utils.engine.snapshots import (
    Log,
    SnapshotError,
    gather,
    misfit,
    not_finite,
    restore,
)


class Diverged(Exception):
    """Losses or weights are no longer finite; says where, who and what is still good."""


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
    loop, batches, steps, folder=None, *, settings=None, log_every=100, save_every=1000,
    watch=None, stop=None, say=print,
):  # fmt: skip
    """Train for ``steps`` steps in all, or go on from the newest snapshot in a folder.

    A run that was ended at any moment and is started again finishes, on the same
    processor and number of threads, bit for bit like one that was not. Ctrl-C, SIGTERM
    and ``stop`` end it after the step in progress, saved.

    Args:
        loop: a ``GANLoop``.
        batches: a ``DeviceBatches``.
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
        Diverged: a loss is not finite, or a weight that should be saved.
        ValueError: save_every is no multiple of log_every.
    """
    if save_every % log_every:
        raise ValueError(
            f"save_every ({save_every}) must be a multiple of log_every ({log_every})"
        )
    ours = json.loads(json.dumps({**(settings or {}), "steps": steps}))
    with hold(folder if batches.ranks.first else None):
        cost = _Cost()
        first = step = (
            _resume(loop, batches, folder, ours, cost, say) if folder else loop.steps
        )
        log = Log(folder if batches.ranks.first else None, step)
        losses = _Losses(log_every, folder, loop.device)
        begin = time.perf_counter()
        with stop_signals() as asked:
            while step < steps:
                asks = bool(asked or (stop and stop()))
                if _agreed(asks, step % log_every == 0, loop.device):
                    break
                losses.add(loop.step(step / steps, *batches(step)), step + 1)
                step += 1
                if step % log_every == 0 or step == steps:
                    means = losses.means(step)
                    seconds = time.perf_counter() - begin
                    report = Report(step, steps, *means, seconds, first)
                    log.write(report)
                    if watch and batches.ranks.first:
                        watch(report)
                if folder and (step % save_every == 0 or step == steps):
                    _save(loop, batches, folder, step, ours, cost)
            if folder and first < step < steps and step % save_every:
                losses.inspect(step)
                _save(loop, batches, folder, step, ours, cost)
    if step < steps:
        saved = f" and saved in {folder}; the same command goes on"
        where = saved if folder and step else ""
        say(f"Stopped after step {step:,} of {steps:,}{where}.")
    return step


class _Cost:
    """What a run has cost in all its parts."""

    def __init__(self):
        self.earlier = dict.fromkeys(snapshots.COST, 0.0)
        self.begin = self._clocks()

    def now(self):
        """{"CPU seconds", "seconds"}, of this part and the ones before."""
        pairs = zip(self._clocks().items(), self.begin.values())
        return {k: round(self.earlier[k] + x - start, 3) for (k, x), start in pairs}

    def _clocks(self):
        return dict(zip(snapshots.COST, (time.process_time(), time.perf_counter())))


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
    numbers = {signal.SIGINT, signal.SIGTERM}
    hang_up = getattr(signal, "SIGHUP", None)  # of a closed terminal; nohup ignores it
    if hang_up and signal.getsignal(hang_up) is not signal.SIG_IGN:
        numbers.add(hang_up)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _resume(loop, batches, folder, ours, cost, say):
    """Load the newest snapshot of the same run; returns the step to go on with."""
    for part in Path(folder).glob("step-*.part"):
        with contextlib.suppress(OSError):  # left by a kill; in nobody's way
            if batches.ranks.first:
                part.unlink(missing_ok=True)
    found = snapshots.newest_snapshot(folder, say)
    if not distributed.agree(found and found[1]["step"]):
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
                f"has {ours.get(name)!r}: choose another folder for the run (in the "
                "shell with --folder), or the same settings."
            )
    problem = misfit(loop, batches, tensors)
    if problem:
        raise SnapshotError(
            f"The snapshots in {folder} are of another model or kind of device: "
            f"{problem} Choose another folder, or the same model and device."
        )
    restore(loop, batches, tensors)
    loop.steps = facts["step"]
    cost.earlier = snapshots.cost_in(facts)
    say(f"Going on after step {loop.steps:,} of {ours['steps']:,} ({folder}).")
    return loop.steps


def _save(loop, batches, folder, step, settings, cost):
    """The first process writes; the others need not wait, for all hold the same state."""
    state = gather(loop, batches)
    sick = not_finite(state)
    if sick:
        raise Diverged(
            f"After step {step:,} {sick} is not finite, so this state is not saved: "
            f"suspect the update of the {sick.split('.')[0]} in that step. Training "
            f"stops here; {snapshots.last_good(folder)}; lower the learning rate."
        )
    if batches.ranks.first:
        facts = {"settings": settings, "cost": cost.now()}
        snapshots.write_snapshot(folder, step, state, facts)


def _agreed(wish, at_a_report, device):
    """Whether any process wants to stop; several can only agree at a report."""
    if distributed.alone() or not at_a_report:
        return wish and distributed.alone()
    return (
        distributed.mean_of_ranks(torch.tensor(float(wish), device=device)).item() > 0
    )


ROWS = 1_000  # steps after which losses are looked at, if no report comes before


class _Losses:
    """The losses since the last report; they stay on the device as long as possible."""

    def __init__(self, log_every, folder, device):
        self.rows = torch.zeros(min(log_every, ROWS), 2, device=device)
        self.total, self.count, self.filled = torch.zeros(2).double(), 0, 0
        self.folder = folder

    def add(self, pair, step):
        """Keep D's and G's loss of a step."""
        self.rows[self.filled].copy_(pair)
        self.filled += 1
        if self.filled == len(self.rows):
            self.inspect(step)

    def means(self, step):
        """The mean losses since the last call; raises where one is not finite."""
        self.inspect(step)
        means = (self.total / self.count).tolist()
        self.total, self.count = torch.zeros_like(self.total), 0
        return means

    def inspect(self, step):
        """Raise ``Diverged`` if a loss up to this step is not finite."""
        if not self.filled:
            return
        rows = distributed.mean_of_ranks(self.rows[: self.filled]).cpu()
        bad = (~rows.isfinite()).any(1).nonzero()
        if len(bad):
            row = bad[0].item()
            _blame(step - self.filled + row + 1, *rows[row].tolist(), self.folder)
        self.total += rows.double().sum(0)
        self.count, self.filled = self.count + self.filled, 0


def _blame(step, d_loss, g_loss, folder):
    """Say which loss was the first that is no number, who is to blame, and what helps."""
    if math.isfinite(d_loss):
        who = f"the generator's loss became {g_loss}: suspect D's update just before it"
        remedy = "lower D's learning rate or its penalty's weight"
    else:
        who = f"the discriminator's loss became {d_loss}: suspect G's update just before it"
        remedy = "lower G's learning rate"
        if step == 1:
            who = f"the discriminator's first loss is {d_loss}: suspect its weights"
            remedy = "check how both networks are initialised, and the loss"
    good = f"; {snapshots.last_good(folder)}" if folder else ""
    raise Diverged(f"At step {step:,} {who}. Training stops here{good}; {remedy}.")
