"""Killed at any moment and started again, a run ends as if nothing had happened.

Twenty moments, new ones every time; GAN_KILL_SEED=N repeats those of a failure.
"""

import io
import json
import multiprocessing
import os
import random
import time
from typing import NamedTuple

import pytest
from tiny_runs import differences, final_state, quiet, tiny_run

from gan_utils import checkpoints
from gan_utils.engine import snapshots
from gan_utils.engine.fit import fit

STEPS, LOG_EVERY, SAVE_EVERY = 24, 2, 4
SEED = int(os.environ.get("GAN_KILL_SEED", random.SystemRandom().randrange(10**9)))
PLACES = ("write", "write", "write", "fsync", "fsync", "fsync", "replace", "replace",
          "removal", "removal", "log", "log")  # fmt: skip
MOMENTS = 20


class Moment(NamedTuple):
    """When to kill: at the count-th call of something, or after a share of the time."""

    place: str
    count: int
    share: float


def moments():
    dice = random.Random(SEED)
    times = [Moment("any time", 0, dice.random()) for _ in range(MOMENTS - len(PLACES))]
    last = STEPS // SAVE_EVERY - 2  # snapshots whose predecessors are removed
    return times + [Moment(p, dice.randint(1, last), dice.random()) for p in PLACES]


def intercept(moment, wire):
    """Stop at the moment, tell the parent, and wait to be killed."""
    calls = 0

    def here():
        nonlocal calls
        calls += 1
        if calls == moment.count:
            wire.send("here")
            wire.recv()  # the answer is SIGKILL

    def before(function):
        def intercepted(*arguments):
            here()
            return function(*arguments)

        return intercepted

    class HalfWay(io.FileIO):
        def write(self, content):
            cut = int(len(content) * moment.share)
            super().write(content[:cut])
            here()
            return cut + super().write(content[cut:])

    def open_text(path, mode, encoding):
        return io.TextIOWrapper(HalfWay(path, mode), encoding, write_through=True)

    match moment.place:
        case "write":
            checkpoints.open = HalfWay
        case "fsync":  # of the file before the renaming, of the folder after it
            os.fsync = before(os.fsync)
        case "replace":
            os.replace = before(os.replace)
        case "removal":
            snapshots._remove = before(snapshots._remove)
        case "log":
            snapshots.open = open_text


def child(folder, moment, wire):
    loop, batches = tiny_run()
    if moment:
        intercept(moment, wire)
    wire.send("begun")
    fit(
        loop,
        batches,
        STEPS,
        folder,
        log_every=LOG_EVERY,
        save_every=SAVE_EVERY,
        say=quiet,
    )


@pytest.fixture(scope="module")
def processes():
    """Processes that are forked from one which has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["torch._dynamo", "gan_utils.engine.fit", "PIL.Image"]
    )
    return context


def start(processes, folder, moment=None):
    wire, other_end = processes.Pipe()
    process = processes.Process(target=child, args=(folder, moment, other_end))
    process.start()
    other_end.close()
    assert wire.recv() == "begun"
    return process, wire


def finish(processes, folder):
    process, _ = start(processes, folder)
    process.join()
    assert process.exitcode == 0


@pytest.fixture(scope="module")
def unbroken(processes, tmp_path_factory):
    """The folder of a run that nobody disturbed, and its seconds."""
    folder = tmp_path_factory.mktemp("unbroken")
    process, _ = start(processes, folder)
    begin = time.perf_counter()
    process.join()
    assert process.exitcode == 0
    return folder, time.perf_counter() - begin


def lines(folder):
    found = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [(line["step"], line["d_loss"], line["g_loss"]) for line in found]


def kill(processes, folder, moment, seconds):
    """Start a run and kill it; false if it had already ended."""
    process, wire = start(processes, folder, moment)
    if moment.place == "any time":
        process.join(moment.share * seconds)
    else:
        assert wire.recv() == "here"
    ended = process.exitcode is not None
    process.kill()
    process.join()
    return not ended


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_killed_run_ends_bit_for_bit_like_an_unbroken_one(
    processes, unbroken, tmp_path, number
):
    moment = moments()[number]
    print(f"GAN_KILL_SEED={SEED}, {moment}")
    folder, seconds = tmp_path / "run", unbroken[1]
    while not kill(processes, folder, moment, seconds):
        folder, seconds = tmp_path / f"shorter-{seconds}", seconds / 2
    found = snapshots.newest_snapshot(folder, pytest.fail)  # every one is whole
    saved = found[1]["step"] if found else 0
    assert saved % SAVE_EVERY == 0
    assert saved <= STEPS
    if moment.place in ("write", "replace"):
        assert saved == (moment.count - 1) * SAVE_EVERY
        assert len(list(folder.glob("*.part"))) == 1
    elif moment.place == "fsync":  # odd: a file's, even: a folder's, after the renaming
        assert saved == moment.count // 2 * SAVE_EVERY
    elif moment.place == "removal":
        assert saved == (moment.count + snapshots.KEPT) * SAVE_EVERY
        assert len(snapshots.snapshots(folder)) == snapshots.KEPT + 1
    finish(processes, folder)
    assert differences(final_state(folder), final_state(unbroken[0])) == []
    assert lines(folder) == lines(unbroken[0])
    assert not list(folder.glob("*.part"))
    left = len(snapshots.snapshots(folder))  # one more if only the tidying was missed
    assert left == snapshots.KEPT or (left == snapshots.KEPT + 1 and saved == STEPS)


def test_the_moments_are_new_every_time_and_their_seed_repeats_them(monkeypatch):
    first = moments()
    assert first == moments()
    monkeypatch.setitem(globals(), "SEED", SEED + 1)
    assert first != moments()
    assert sum(moment.place != "any time" for moment in first) == 12
