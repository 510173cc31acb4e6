"""Training states on disk, so that a run which was stopped goes on as if it had not been.

A snapshot is one safetensors file: tensors, and beside them facts as JSON and a SHA-256
sum over everything. Nothing in it can run code. It is written beside its place, forced
to the disk and then renamed, so under its name there is always a whole file; older ones
go only after the new one is safe.
"""

import contextlib
import errno
import hashlib
import json
import os
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save

KEPT = 2  # snapshots in a folder: the newest and the one before


class SnapshotError(Exception):
    """A snapshot could not be written or read; the message says what to do."""


def write_snapshot(folder, step, tensors, facts):
    """Write the state after ``step`` steps; keeps the ``KEPT`` newest snapshots.

    Args:
        folder: made if missing.
        step: steps done; part of the file's name.
        tensors: {name: tensor}, at any place and in any layout.
        facts: what JSON can hold, for instance settings.
    Returns:
        The file's path.
    Raises:
        SnapshotError: the disk is full or refuses; earlier snapshots are untouched.
    """
    folder = Path(folder)
    path = folder / f"step-{step:09d}.safetensors"
    part = path.with_suffix(".part")
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    text = json.dumps({**facts, "step": step}, sort_keys=True)
    content = save(tensors, {"facts": text, "sha256": _digest(tensors, text)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(folder)
    except OSError as error:
        _remove(part)
        what = f"The snapshot of {len(content) / 1e6:.1f} MB"
        raise SnapshotError(why_not(what, folder, error)) from error
    older = [file for file in snapshots(folder) if file < path]
    for old in older[: 1 - KEPT]:
        _remove(old)
    return path


def snapshots(folder):
    """The snapshot files of a folder, oldest first."""
    return sorted(Path(folder).glob("step-*.safetensors"))


def read_snapshot(path):
    """The tensors and the facts of one snapshot; the facts hold its "step".

    Raises:
        SnapshotError: the file is missing, truncated, altered, or no snapshot.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}."
        ) from error
    try:
        tensors = load(content)
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])["__metadata__"]
        text, expected = header["facts"], header["sha256"]
        facts = json.loads(text)
        facts["step"] + 1  # facts are a dictionary, and count
    except (
        safetensors.SafetensorError, ValueError, KeyError, TypeError, RecursionError
    ) as error:  # fmt: skip
        raise SnapshotError(
            f"{path} is no whole snapshot ({len(content):,} bytes): truncated, or "
            "another kind of file."
        ) from error
    if _digest(tensors, text) != expected:
        raise SnapshotError(f"{path} was altered: its SHA-256 sum does not match.")
    return tensors, facts


def newest_snapshot(folder, say=print):
    """The newest whole snapshot of a folder: (tensors, facts), or None if there is none.

    Damaged ones are passed over with a sentence and stay where they are.

    Raises:
        SnapshotError: there are snapshots, and none of them is whole.
    """
    files = snapshots(folder)
    for path in reversed(files):
        try:
            return read_snapshot(path)
        except SnapshotError as error:
            say(f"{error} Looking at the one before.")
    if files:
        raise SnapshotError(
            f"None of the {len(files)} snapshots in {folder} is whole: start anew in "
            "another folder, or restore one of these files."
        )
    return None


def last_good(folder):
    """The newest whole snapshot's path, in words for a message."""
    for path in reversed(snapshots(folder)):
        with contextlib.suppress(SnapshotError):
            read_snapshot(path)
            return f"the last good snapshot is {path}"
    return "there is no earlier snapshot"


def why_not(what, folder, error):
    """A sentence on a write that failed: the reason, what is safe, and what to do.

    Args:
        what: could not be written.
        folder: where to.
        error: the ``OSError``.
    """
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    reason = "the disk is full" if full else (error.strerror or str(error)).lower()
    remedy = "free some space" if full else "choose a folder that can be written to"
    return (
        f"{what} could not be written to {folder}: {reason}; {last_good(folder)}; "
        f"{remedy}, and start again."
    )


def _digest(tensors, text):
    """SHA-256 over facts, names, kinds, shapes and bytes."""
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.flatten().view(torch.uint8).numpy())
    return total.hexdigest()


def _sync_folder(folder):
    """Force the folder's own entry to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path):
    with contextlib.suppress(OSError):  # an old file too many does no harm
        path.unlink(missing_ok=True)
