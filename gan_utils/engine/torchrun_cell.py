"""Run the command ``torchrun`` from a notebook, and read its ranks one after the other.

    torchrun("--nproc-per-node 2 ddp.py")

does what ``torchrun --nproc-per-node 2 ddp.py`` does in a terminal, on this machine.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_COMMAND = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
_FOREIGN = r"(LOCAL_|GROUP_|ROLE_)?(RANK|WORLD_SIZE)$|MASTER_|TORCHELASTIC_|PET_"
_PATIENCE = 45  # seconds that torchrun has to end its ranks; it gives them 30


def torchrun(command, timeout=600):
    """Run a file on several processes, one thread each, and print what they print.

    The lines appear at the end, rank by rank, those after a restart last. Files are
    looked for and written in the current folder, also by the ranks.

    Args:
        command: torchrun's options, the file and its arguments, as in a terminal.
        timeout: seconds after which all processes are ended.
    Raises:
        RuntimeError: a rank failed, restarts included; says which, and its last line.
        TimeoutError: it took longer.
    """
    variables = {k: v for k, v in os.environ.items() if not re.match(_FOREIGN, k)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        logs = ["--redirects", "3", "--log-dir", folder]
        with open(Path(folder, "report"), "wb") as report:
            process = subprocess.Popen(
                [*_COMMAND, *logs, *shlex.split(command)],
                env=variables | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL, stdout=report, stderr=report,
                start_new_session=True,  # Ctrl-C reaches it through _end alone
            )  # fmt: skip
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"torchrun {command} took more than {timeout} s and was ended: does a "
                "rank wait for another one? If not, give it a longer timeout"
            ) from None
        finally:
            _end(process)
            _print_lines(folder)
        if process.returncode:
            raise RuntimeError(f"torchrun {command}: {_failure(folder)}")


def _end(process):
    """Have torchrun end its ranks and itself, if it still runs."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _lives(folder):
    """Sorted [(life, rank, folder of its logs)]; a restart begins another life."""
    found = Path(folder).glob("*/attempt_*/[0-9]*")
    return sorted((int(p.parent.name[8:]), int(p.name), p) for p in found)


def _print_lines(folder):
    before = 0
    for life, rank, logs in _lives(folder):
        if life > before:
            print(f"torchrun has started all ranks again (restart {life})")
        for line in (logs / "stdout.log").read_text("utf-8", "replace").splitlines():
            print(f"[rank {rank}] {line}")
        before = life


def _failure(folder):
    """Print the errors of the rank that failed first; returns a sentence about them."""
    report = Path(folder, "report").read_text("utf-8", "replace")
    errors = {rank: logs / "stderr.log" for _, rank, logs in _lives(folder)}
    found = re.findall(r" rank +: (\d+).*\n +exitcode +: (-?\d+)", report)
    if not found:
        return report.strip().rpartition("\n")[2]
    failed = [(int(rank), int(code)) for rank, code in found]
    first = [each for each in failed if each[1] != -signal.SIGTERM] or failed
    rank, code = min(first, key=lambda each: errors[each[0]].stat().st_mtime_ns)
    text = errors[rank].read_text("utf-8", "replace").strip()
    print(text, file=sys.stderr)
    raised = re.findall(r"^(?:\[rank\d+\]: )?([\w.]*Error\b.*)", text, re.MULTILINE)
    if code < 0:  # after an error, too, when the process group does not end in peace
        how, last = f"was ended by {signal.Signals(-code).name}", ""
    else:
        last = text.rpartition("\n")[2] or "it wrote no error"
        how = f"stopped with exit code {code}"
    return ": ".join(filter(None, [f"rank {rank} {how}", *(raised[-1:] or [last])]))
