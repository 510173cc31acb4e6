"""Run a notebook cell on several processes under torchrun: the cell magic ``%%ranks``.

    %%ranks 2 answers
    together = ranks.join()
    launch.give(rank=torch.tensor(together.rank))

The cell becomes a script. Before it stand those imports, constants, functions and
classes that it names, as the notebook's cells defined them since ``launch`` was imported
there. It sees none of the notebook's other variables. What rank 0 gives ends in the
dictionary.
"""

import argparse
import ast
import contextlib
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

FOLDER, GIVEN = "GAN_LAUNCH_FOLDER", "given.safetensors"
PLACES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
PATIENCE = 15  # seconds that torchrun has to end its processes


class RanksFailed(RuntimeError):
    """A process stopped with an error; the message is the last line of the first one."""


def load_ipython_extension(shell):
    """Bring ``%%ranks``; importing this module in a notebook does it by itself."""
    if "ranks" in shell.magics_manager.magics["cell"]:
        return
    cells = []  # the shell's own history is empty under nbval

    def remember(result):
        if result.success:
            cells.append(shell.transform_cell(result.info.raw_cell))

    def ranks(line, cell):
        """%%ranks PROCESSES [NAME] [--restarts N] [--live]: run this cell by torchrun."""
        options = _options().parse_args(line.split())
        source = "\n".join([*definitions(cell, earlier_statements(cells)), cell])
        found = run(source, options.processes, options.restarts, options.live)
        if options.name:
            place = shell.user_ns.setdefault(options.name, {})
            place.clear()
            place.update(found)

    shell.events.register("post_run_cell", remember)
    shell.register_magic_function(ranks, "cell")


def _options():
    parser = argparse.ArgumentParser(prog="%%ranks", exit_on_error=False)
    parser.add_argument("processes", type=int)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--live", action="store_true")
    return parser


def earlier_statements(cells):
    """What a script may borrow from cells in their order: {name: latest source}."""
    found = {}
    for source in cells:
        with contextlib.suppress(SyntaxError):
            for node in ast.parse(source).body:
                for name, text in _defined_by(node):
                    found.pop(name, None)  # a later definition comes later
                    found[name] = text
    return found


def _defined_by(node):
    """Pairs (name, source) of an import, a function, a class or a CONSTANT."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:  # one import a name: none is loaded in vain
            name = (alias.asname or alias.name).split(".")[0]
            kept = {field: getattr(node, field) for field in node._fields}
            yield name, ast.unparse(type(node)(**{**kept, "names": [alias]}))
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name, ast.unparse(node)
    elif isinstance(node, ast.Assign):
        names = [n.id for t in node.targets for n in ast.walk(t) if hasattr(n, "id")]
        if all(name.isupper() and len(name) > 1 for name in names):
            yield from ((name, ast.unparse(node)) for name in names)


def definitions(source, statements):
    """The statements that a source needs, and those that these need, in their order."""
    needed, waiting = set(), [source]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop())):
            text = statements.get(node.id) if isinstance(node, ast.Name) else None
            if text and text not in needed:
                needed.add(text)
                waiting.append(text)
    return [text for text in dict.fromkeys(statements.values()) if text in needed]


def run(source, processes, restarts=0, live=False):
    """Run a script on several processes of this machine and print what they print.

    Lines carry their rank and are shown rank by rank at the end. Every process has one
    thread. Where GPUs are fewer than processes, all of them work on the processor.

    Args:
        source: Python.
        processes: how many.
        restarts: how often torchrun may start all of them again after a failure.
        live: show lines at once, as they come.
    Returns:
        {name: tensor}, what rank 0 handed to ``give``.
    Raises:
        RanksFailed: a process failed, restarts included.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "cell.py").write_text(source, encoding="utf-8")
        if _torchrun(folder, processes, restarts, live):
            raise RanksFailed(_reason(folder))
        return _given(folder)


def _torchrun(folder, processes, restarts, live):
    """Start torchrun in the folder, show its lines, and leave no process behind."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    command += [
        "--monitor-interval",
        "0.05",
        "-m",
        "gan_utils.engine.torchrun_cell",
        "cell.py",
    ]
    lines = []
    with open(Path(folder, "stderr"), "wb") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(folder, processes), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        try:
            for line in process.stdout:
                print(line, end="", flush=True) if live else lines.append(line)
            process.wait()
        finally:
            _end(process)
            print("".join(sorted(lines, key=lambda line: line.split("]")[0])), end="")
    return process.returncode


def _environment(folder, processes):
    found = {k: v for k, v in os.environ.items() if k not in PLACES}
    if torch.cuda.device_count() < processes:
        found["CUDA_VISIBLE_DEVICES"] = ""
    return found | {FOLDER: folder, "OMP_NUM_THREADS": "1"}


def _end(process):
    """Close the line that the processes listen to, then insist."""
    process.stdin.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _reason(folder):
    """One sentence about the first failure, of the last life if there were restarts."""
    noted = sorted(Path(folder).glob("error-*"))
    report = Path(folder, "stderr").read_text(errors="replace")
    ended = re.findall(r"rank +: (\d+).*\n.*exitcode +: -(\d+)", report)
    if ended and not noted:
        rank, number = map(int, ended[-1])
        return f"rank {rank} was ended by {signal.Signals(number).name}"
    if noted:
        return noted[-1].read_text(encoding="utf-8")
    return " ".join(report.strip().splitlines()[-1:]) or "torchrun gave no reason"


def give(**tensors):
    """Hand tensors to the notebook; what ranks other than 0 give is dropped.

    Args:
        tensors: by name, any shape; a network's ``state_dict()`` can be given with ``**``.
    """
    if os.environ.get("RANK", "0") != "0" or FOLDER not in os.environ:
        return
    kept = _given(os.environ[FOLDER])
    for name, tensor in tensors.items():
        kept[name] = torch.as_tensor(tensor).detach().cpu().clone().contiguous()
    save_file(kept, Path(os.environ[FOLDER], GIVEN))


def _given(folder):
    path = Path(folder, GIVEN)
    return load_file(path) if path.is_file() else {}


class _Lines:
    """A standard output whose lines carry the rank and leave in one piece."""

    def __init__(self, rank):
        self.rank, self.rest = rank, ""

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            os.write(1, f"[{self.rank}] {line}\n".encode())

    def flush(self):
        """Nothing waits but an unfinished line."""


def _follow_the_notebook():
    """End this process when the notebook closes the line, or is gone."""
    sys.stdin.read()
    os._exit(1)


def main():
    """One process of a ``%%ranks`` cell: run the script, note the first error."""
    rank, life = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
    threading.Thread(target=_follow_the_notebook, daemon=True).start()
    sys.stdout = _Lines(rank)
    if rank == "0" and life != "0":
        print(f"torchrun has started all processes again (restart {life})")
    try:
        runpy.run_path(sys.argv[1], run_name="__main__")
        if torch.distributed.is_initialized():
            torch.distributed.barrier()  # nobody leaves while another still works
    except Exception as error:
        with contextlib.suppress(FileExistsError), open(f"error-{life}", "x") as file:
            file.write(f"rank {rank} stopped with {type(error).__name__}: {error}")
        os._exit(1)
    os._exit(0)  # at once: a broken reducer may abort in its destructor


if __name__ == "__main__":
    main()
elif "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
    load_ipython_extension(sys.modules["IPython"].get_ipython())
