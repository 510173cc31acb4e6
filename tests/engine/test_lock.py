"""One run in a folder, on every system, and no file of anybody else is touched."""

import errno
import multiprocessing
import os
import threading

import pytest
from tiny_runs import failing, quiet, tiny_run

from gan_utils.engine import lock
from gan_utils.engine.fit import fit
from gan_utils.engine.lock import hold
from gan_utils.engine.snapshots import SnapshotError

STEPS = 4


def go_on(folder, stop=None):
    return fit(*tiny_run(), STEPS, folder, say=quiet, stop=stop)


def stay(folder, wire):
    with hold(folder):
        wire.send(os.getpid())
        wire.recv()


def guest(folder):
    """A process that holds the folder until it is told to go, or killed."""
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe()
    process = context.Process(target=stay, args=(folder, there))
    process.start()
    there.close()
    assert here.recv() == process.pid
    return process, here


@pytest.mark.parametrize("end", ["leaves", "is killed"])
def test_a_folder_is_one_runs_until_it_ends_or_dies(tmp_path, end):
    folder = tmp_path / "run"
    process, wire = guest(folder)
    with pytest.raises(SnapshotError) as error, hold(folder):
        pytest.fail("two runs")
    for word in (str(folder), f"process {process.pid}", "another folder"):
        assert word in str(error.value)
    with pytest.raises(SnapshotError, match=f"process {process.pid}"):
        go_on(folder, stop=lambda: pytest.fail("it trained"))
    if end == "is killed":
        process.kill()
    else:
        wire.send("go")
    process.join()
    with hold(folder):
        assert (folder / "lock").read_text() == f"{os.getpid()}\n"
    assert go_on(folder) == STEPS
    assert not (folder / "lock").exists()


def test_a_thread_may_hold_twice_what_another_thread_may_not(tmp_path):
    refused = []

    def other():
        try:
            with hold(tmp_path / "." / "run"):
                pass
        except SnapshotError as error:
            refused.append(str(error))

    with hold(tmp_path / "run"):
        with hold(tmp_path / "run"):
            pass
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert f"process {os.getpid()}" in refused[0]
    other()
    assert len(refused) == 1


def test_a_run_that_never_began_leaves_no_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "new" / "run"):
        raise ZeroDivisionError
    assert not (tmp_path / "new" / "run").exists()
    (tmp_path / "old").mkdir()
    with hold(tmp_path / "old"):
        pass
    assert (tmp_path / "old").is_dir()


class Windows:
    """What msvcrt.locking does with one byte, for this process alone."""

    LK_NBLCK = 2

    def __init__(self, taken=False):
        self.taken, self.places = taken, []

    def locking(self, file, _mode, count):
        self.places.append((os.lseek(file, 0, os.SEEK_CUR), count))
        if self.taken:
            raise OSError(errno.EACCES, "Permission denied")


def test_where_there_is_no_fcntl_a_byte_far_away_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "fcntl", None)
    free = Windows()
    monkeypatch.setattr(lock, "msvcrt", free, raising=False)
    with hold(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
        assert free.places == [(lock.FAR, 1)]
    (tmp_path / "lock").write_text("4711\n")
    monkeypatch.setattr(lock, "msvcrt", Windows(taken=True))
    with pytest.raises(SnapshotError, match="process 4711"), hold(tmp_path):
        pass


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path, monkeypatch):
    monkeypatch.setattr(lock.fcntl, "flock", failing(errno.ENOLCK))
    with hold(tmp_path):
        pass


@pytest.mark.parametrize("name", ["lock", "log.jsonl"])
def test_a_file_that_is_not_ours_stays(tmp_path, name):
    (tmp_path / name).write_text('{"note": "mine"}\n')
    with pytest.raises(SnapshotError, match=f"{name} is no "), hold(tmp_path):
        pass
    assert (tmp_path / name).read_text() == '{"note": "mine"}\n'


def test_a_lock_that_is_a_link_leaves_its_target_alone(tmp_path):
    (tmp_path / "target").write_text("12")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(SnapshotError, match="no lock"), hold(tmp_path):
        pass
    assert (tmp_path / "target").read_text() == "12"


def test_on_a_full_disk_a_lock_holds_without_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(lock.os, "write", failing(errno.ENOSPC))
    with hold(tmp_path):
        assert (tmp_path / "lock").read_text() == ""
