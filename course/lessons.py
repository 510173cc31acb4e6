"""Run and save the lessons, and copy them for students."""

import os
import subprocess
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from gan_utils.widgets.frame import WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[1]


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
        if {"solution", "figure"} & set(tags):
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


def _announces(cell):
    """Whether a cell is the line that some lessons put before a folded solution."""
    return cell.cell_type == "markdown" and "solution" in cell.source[:20].lower()


def without_solutions(notebook):
    """A lesson as a student gets it: no worked solutions, no outputs; changes it in place."""
    kept = []
    for cell in notebook.cells:
        if "solution" in cell.metadata.get("tags", []):
            if _announces(kept[-1]):
                kept.pop()
            continue
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        kept.append(cell)
    notebook.cells = kept
    return notebook


def write_student_edition(folder):
    """Copy every lesson without its worked solutions and outputs; returns their paths.

    Raises:
        SystemExit: the folder does not lie beside notebooks/, where the lessons find their
            data, or it holds anything else.
    """
    folder = Path(folder).resolve()
    if folder == ROOT / "notebooks":
        raise SystemExit("choose another folder: notebooks/ holds the originals")
    if folder.parent != ROOT:
        raise SystemExit(
            f"the lessons read ../data and ../benchmarks: choose a folder beside notebooks/, "
            f"for instance {ROOT / 'student'}; got {folder}"
        )
    names = {path.name for path in find([])} | {".ipynb_checkpoints"}
    if folder.exists() and (
        not folder.is_dir() or {path.name for path in folder.iterdir()} - names
    ):
        raise SystemExit(f"{folder} holds other things: choose a new or empty folder")
    folder.mkdir(exist_ok=True)
    written = []
    for path in find([]):
        notebook = without_solutions(nbformat.read(path, as_version=4))
        nbformat.write(notebook, folder / path.name)
        written.append(folder / path.name)
    print(f"{len(written)} lessons without solutions written to {folder}")
    return written
