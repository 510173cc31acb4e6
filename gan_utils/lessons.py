"""Run and save the lessons, copy them for students, report every claim over seeds."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import torch
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from gan_utils.claims import RECORD_VARIABLE
from gan_utils.widgets.frame import WIDGET_VIEW

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def find(names):
    """The notebooks whose file names start with one of the given numbers or names.

    Raises:
        SystemExit: a name matches nothing.
    """
    every = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not names:
        return every
    found = [path for path in every if path.stem.startswith(tuple(names))]
    unknown = [
        name for name in names if not any(path.stem.startswith(name) for path in every)
    ]
    if unknown:
        known = ", ".join(path.stem for path in every)
        raise SystemExit(
            f"no lesson starts with {', '.join(unknown)}; there are: {known}"
        )
    return found


def execute(path, **environment):
    """Run a notebook from top to bottom in a fresh kernel; returns it and the seconds."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    begin = time.perf_counter()
    client.execute(env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    return notebook, time.perf_counter() - begin


def clean(notebook):
    """Drop what differs between machines: widget state, versions, stray metadata."""
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type != "code":
            continue
        if "solution" in tags:
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def save_all(names):
    """Run the named lessons (all by default) and save them with clean outputs."""
    for path in find(names):
        notebook, seconds = execute(path)
        nbformat.write(clean(notebook), path)
        print(
            f"{path.name}: {seconds:.0f} s, {path.stat().st_size // 1024} kB",
            flush=True,
        )


def write_student_edition(folder):
    """Copy every lesson without its worked solutions and outputs; returns their paths.

    Raises:
        SystemExit: the folder is the one that holds the originals.
    """
    folder = Path(folder).resolve()
    if folder == ROOT / "notebooks":
        raise SystemExit("choose another folder: notebooks/ holds the originals")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in find([]):
        notebook = nbformat.read(path, as_version=4)
        kept = []
        for cell in notebook.cells:
            if "solution" in cell.metadata.get("tags", []):
                kept = kept[:-1]  # the line that announces the solution
                continue
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            kept.append(cell)
        notebook.cells = kept
        nbformat.write(notebook, folder / path.name)
        written.append(folder / path.name)
    print(f"{len(written)} lessons without solutions written to {folder}")
    return written


def report_claims(options):
    """Run lessons with several seeds; print and store how often each claim held."""
    paths, seeds = (
        find(options.lessons),
        range(options.first, options.first + options.seeds),
    )
    environment = {"OMP_NUM_THREADS": str(options.threads)}
    if options.cpu:
        environment["ATEN_CPU_CAPABILITY"] = options.cpu
    jobs = [(path, seed) for seed in seeds for path in paths]
    workers = max(1, (os.cpu_count() or 2) // options.threads)
    with ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda job: _claims_of(*job, environment), jobs))
    rows = _summary(jobs, outcomes)
    for row in rows:
        margin = (
            "exact"
            if row["smallest margin"] is None
            else f"{row['smallest margin']:.0%}"
        )
        print(
            f"{row['lesson'][:2]}  {row['held']:2d} of {row['runs']:2d}  {margin:>6}  {row['claim']}"
        )
    result = {
        "command": f"python3 run.py claims {options.arguments}".strip(),
        "seeds": list(seeds),
        "threads": options.threads,
        "cpu capability": options.cpu or torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "claims": rows,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{options.output}.json"
    path.write_text(
        json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    failed = sum(row["held"] < row["runs"] for row in rows)
    print(
        f"{len(rows)} claims, {failed} did not always hold; written to {path.relative_to(ROOT)}"
    )
    return 1 if failed else 0


def _claims_of(path, seed, environment):
    """The claims that one run of a lesson recorded, and the error that ended it, if any."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "claims.jsonl"
        record.touch()
        error = None
        try:
            execute(
                path,
                GAN_SEED=str(seed),
                **{RECORD_VARIABLE: str(record)},
                **environment,
            )
        except CellExecutionError as problem:
            error = f"{problem.ename}: {problem.evalue}".splitlines()[0]
        lines = record.read_text(encoding="utf-8").splitlines()
    print(
        f"{path.stem}, seed {seed}: {len(lines)} claims{f', {error}' if error else ''}",
        flush=True,
    )
    claims = [json.loads(line) for line in lines]
    if error:
        claims.append(
            {
                "claim": f"the lesson runs to its end ({error})",
                "held": False,
                "margin": None,
            }
        )
    return claims


def _summary(jobs, outcomes):
    """One row a claim: lesson, how often it held, the smallest margin and its seed."""
    found = defaultdict(list)
    for (path, seed), claims in zip(jobs, outcomes):
        for entry in claims:
            found[path.stem, entry["claim"]].append(
                (entry["margin"], seed, entry["held"])
            )
    rows = []
    for (lesson, statement), entries in found.items():
        margins = [(margin, seed) for margin, seed, _ in entries if margin is not None]
        smallest, seed = min(margins, default=(None, None))
        rows.append(
            {
                "lesson": lesson,
                "claim": statement,
                "held": sum(held for *_, held in entries),
                "runs": len({seed for path, seed in jobs if path.stem == lesson}),
                "smallest margin": smallest and round(smallest, 4),
                "at seed": seed,
            }
        )
    return rows


def main():
    """Command line behind ``run.py notebooks``, ``run.py student`` and ``run.py claims``."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    notebooks = commands.add_parser("notebooks", help="run lessons and save them clean")
    notebooks.add_argument(
        "lessons", nargs="*", help="for instance 01 04; all by default"
    )
    claims = commands.add_parser("claims", help="run lessons with several seeds")
    claims.add_argument("lessons", nargs="*", help="for instance 01 04; all by default")
    claims.add_argument("--seeds", type=int, default=5, help="how many seeds")
    claims.add_argument("--first", type=int, default=0, help="the first seed")
    claims.add_argument("--threads", type=int, default=1, help="threads a notebook")
    claims.add_argument(
        "--cpu", choices=["default", "avx2"], help="ATEN_CPU_CAPABILITY"
    )
    claims.add_argument("--output", default="claims", help="name of the JSON file")
    student = commands.add_parser("student", help="copies without the solutions")
    student.add_argument("folder", help="where to write them")
    options = parser.parse_args()
    if options.command == "notebooks":
        return save_all(options.lessons)
    if options.command == "student":
        write_student_edition(options.folder)
        return 0
    options.arguments = " ".join(sys.argv[2:])
    return report_claims(options)


if __name__ == "__main__":
    raise SystemExit(main())
