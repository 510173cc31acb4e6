"""log.jsonl: what a training reported, one JSON object a line."""

import json
import os
from pathlib import Path

from gan_utils.snapshots import SnapshotError, why_not


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
            part = self.path.with_suffix(".part")
            part.write_bytes(wanted)
            os.replace(part, self.path)


def _step_of(line):
    """The step of a line; infinite where the line was cut off in the middle."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
