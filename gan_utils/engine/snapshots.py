"""Training states on disk, so that a run which was stopped goes on as if it had not been.

A snapshot is one safetensors file: tensors, and beside them facts as JSON and a SHA-256
sum over everything. Nothing in it can run code. Under its name there is always a whole
file (``checkpoints.write_whole``); older ones go only after the new one is safe.
"""

import contextlib
import errno
import hashlib
import json
import math
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save

from gan_utils.checkpoints import write_whole

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
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    text = json.dumps({**facts, "step": step}, sort_keys=True)
    content = save(tensors, {"facts": text, "sha256": _digest(tensors, text)})
    try:
        write_whole({path: content})
    except OSError as error:
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


COST = ("CPU seconds", "seconds")


def cost_of(folder):
    """What the newest snapshot of a folder has cost: {"CPU seconds", "seconds"}."""
    found = None
    with contextlib.suppress(SnapshotError):  # ``fit`` will say it
        found = newest_snapshot(folder, say=lambda sentence: None)
    return cost_in(found[1]) if found else dict.fromkeys(COST, 0.0)


def cost_in(facts):
    """The cost that the facts of a snapshot tell; 0 where they tell none."""
    told = facts.get("cost")
    told = told if isinstance(told, dict) else {}
    numbers = {name: told.get(name) for name in COST}
    return {
        k: float(x) if isinstance(x, (int, float)) else 0.0 for k, x in numbers.items()
    }


def _digest(tensors, text):
    """SHA-256 over facts, names, kinds, shapes and bytes."""
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.flatten().view(torch.uint8).numpy())
    return total.hexdigest()


def _remove(path):
    with contextlib.suppress(OSError):  # an old file too many does no harm
        path.unlink(missing_ok=True)


_PARTS = ("generator", "discriminator", "average")


def gather(loop, batches):
    """The state of a run.

    Args:
        loop: a ``GANLoop``.
        batches: a ``DeviceBatches``.
    Returns:
        {name: tensor}: networks, moving average, both Adams, random generators.
    """
    found = {}
    for prefix, network in _networks(loop).items():
        for name, tensor in network.state_dict().items():
            found[f"{prefix}.{name}"] = tensor
    for prefix, optimiser in _optimisers(loop).items():
        for index, entry in optimiser.state_dict()["state"].items():
            for name, tensor in entry.items():
                found[f"{prefix}.{index}.{name}"] = tensor
    found |= {f"batches.{name}": tensor for name, tensor in batches.state().items()}
    found["random.cpu"] = torch.get_rng_state()
    if loop.device.type == "cuda":
        found["random.cuda"] = torch.cuda.get_rng_state(loop.device)
    return found


def not_finite(tensors):
    """The first weight or statistic of a gathered state that is not finite, or None."""
    for name, tensor in tensors.items():
        if name.split(".")[0] in _PARTS and not tensor.isfinite().all():
            return name
    return None


def misfit(loop, batches, tensors):
    """Why a state does not belong to this loop, in words; None if it does."""
    mine, theirs = _kinds(_expected(loop, batches)), _kinds(tensors)
    for found in (mine, theirs):
        found.pop("random.cuda", None)  # of use on a GPU alone
    for name in sorted({*mine, *theirs}):
        unused = name.startswith("opt_") and name not in theirs
        if mine.get(name) != theirs.get(name) and not unused:
            return (
                f"{name} is {theirs.get(name, 'missing')} there and "
                f"{mine.get(name, 'missing')} here."
            )
    return None


def _expected(loop, batches):
    """Like ``gather``, before the first step too, when Adam has no memories yet."""
    found = gather(loop, batches)
    for prefix, optimiser in _optimisers(loop).items():
        for index, parameter in enumerate(_parameters(optimiser)):
            found[f"{prefix}.{index}.exp_avg"] = parameter
            found[f"{prefix}.{index}.exp_avg_sq"] = parameter
            found[f"{prefix}.{index}.step"] = torch.tensor(0.0)
    return found


def _kinds(tensors):
    return {k: f"{str(v.dtype)[6:]} {tuple(v.shape)}" for k, v in tensors.items()}


def restore(loop, batches, tensors):
    """Put a gathered state back, in place."""

    def below(prefix):
        start = f"{prefix}."
        return {k[len(start) :]: v for k, v in tensors.items() if k.startswith(start)}

    for prefix, network in _networks(loop).items():
        network.load_state_dict(below(prefix))
    for prefix, optimiser in _optimisers(loop).items():
        _restore_adam(optimiser, below(prefix))
    batches.load_state(below("batches"))
    torch.set_rng_state(tensors["random.cpu"])
    if loop.device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], loop.device)
    loop.forget_recording()


def _restore_adam(optimiser, entries):
    """Adam's memories, laid out in memory like the parameters they belong to."""
    parameters = _parameters(optimiser)
    optimiser.state.clear()
    for key, tensor in entries.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and name != "step":
            tensor = torch.empty_like(parameter).copy_(tensor)
        else:
            tensor = tensor.to(parameter.device)  # the fused kernel counts there
        optimiser.state[parameter][name] = tensor.detach().clone()


def _parameters(optimiser):
    return [p for group in optimiser.param_groups for p in group["params"]]


def _networks(loop):
    found = {"generator": loop.generator, "discriminator": loop.discriminator}
    return found | ({"average": loop.ema.average} if loop.ema else {})


def _optimisers(loop):
    return {"opt_g": loop.opt_g, "opt_d": loop.opt_d}


class Log:
    """Appends reports; lines past the step where a run goes on are dropped.

    Args:
        folder: holds log.jsonl, and is made if missing; None writes nothing.
        step: where the run goes on.
    Raises:
        SnapshotError: the folder cannot be written to.
    """

    def __init__(self, folder, step):
        self.folder, self.path = folder, None
        if folder is None:
            return
        self.path = Path(folder) / "log.jsonl"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._drop_after(step)
            self.path.open("a").close()  # learn now whether it can be written
        except OSError as error:
            raise SnapshotError(why_not("The log", folder, error)) from error

    def write(self, report):
        """Append one report, a named tuple."""
        if self.path is None:
            return
        line = {**report._asdict(), "seconds": round(report.seconds, 3)}
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise SnapshotError(why_not("The log", self.folder, error)) from error

    def _drop_after(self, step):
        """Write the file anew without later lines; whole at every moment."""
        content = self.path.read_bytes() if self.path.is_file() else b""
        kept = [line for line in content.splitlines() if _step_of(line) <= step]
        wanted = b"".join(line + b"\n" for line in kept)
        if wanted != content:
            write_whole({self.path: wanted})


def check_log(folder):
    """Refuse a log.jsonl whose first line is none of ours."""
    path = Path(folder) / "log.jsonl"
    if path.is_file():
        with open(path, "rb") as file:
            line = file.readline()
        if line.endswith(b"\n") and math.isinf(_step_of(line)):
            raise SnapshotError(
                f"{path} is no log of a run: choose another folder for the run (in the "
                "shell with --folder), or move it away."
            )


def _step_of(line):
    """The step of a line; infinite where the line was cut off in the middle."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
