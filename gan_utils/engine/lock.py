"""One run in a folder at a time: a file called lock, held until the run ends or dies."""

import contextlib
import errno
import os
import threading
from pathlib import Path

from gan_utils.engine.snapshots import SnapshotError, check_log, why_not

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

_held = {}  # folders that this process holds: {path: thread}
FAR = 2**30  # on Windows a locked byte cannot be read, so it is none of the number's


@contextlib.contextmanager
def hold(folder):
    """Keep every other run out of a folder until this one ends, or dies.

    Args:
        folder: of a run, made if missing; None holds nothing. The thread that holds a
            folder may do so again.
    Raises:
        SnapshotError: another run is in the folder, or it cannot be written to; or its
            ``lock`` or ``log.jsonl`` is somebody else's file, which stays as it is.
    """
    folder = folder and Path(folder).absolute()
    if folder is None or _held.get(folder) == threading.get_ident():
        yield
        return
    made = not folder.exists()
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
        check_log(folder)
    except OSError as error:
        raise SnapshotError(why_not("The log", folder, error)) from error
    if file is None:
        other = "unknown"
        with contextlib.suppress(OSError):
            other = path.read_text().strip() or other
        raise SnapshotError(
            f"{folder} is in use by another run, process {other}: wait "
            "until it ends, or choose another folder (in the shell with --folder)."
        )
    _held[folder] = threading.get_ident()
    try:
        yield
    finally:
        del _held[folder]
        with contextlib.suppress(OSError):  # Windows keeps the file, which is empty
            os.ftruncate(file, 0)
            path.unlink()
        os.close(file)
        if made:
            with contextlib.suppress(OSError):  # a run that never began leaves nothing
                folder.rmdir()


def _locked(path):
    """An open file that only this process has locked, its number inside; or None."""
    while True:
        _check_ours(path)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                os.lseek(file, FAR, os.SEEK_SET)
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                os.close(file)
                return None
            # else a file system without locks: nobody can be kept out
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                break
        os.close(file)  # its holder removed it in the meantime: try the new one
    with contextlib.suppress(OSError):  # on a full disk it holds without a number
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, f"{os.getpid()}\n".encode())
    return file


def _check_ours(path):
    """Refuse a lock that is no file of ours: one that is empty or holds a number."""
    if not os.path.lexists(path):
        return
    plain = path.is_file() and not path.is_symlink()
    if plain:
        with contextlib.suppress(OSError):  # Windows: another run has locked it
            content = path.read_bytes().strip()
            plain = not content or content.isdigit()
    if not plain:
        raise SnapshotError(
            f"{path} is no lock of a run: choose another folder for the run (in the shell "
            "with --folder), or move it away."
        )
