"""Run and save the lessons, and copy them for students."""

import contextlib
import hashlib
import itertools
import json
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from gan_utils.checkpoints import write_whole
from gan_utils.widgets.frame import WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = {"solution", "figure"}  # tags of cells whose code is folded
_running = set()


def find(names):
    """The notebooks of the given names, in the course's order; all for no names.

    Args:
        names: exactly a number ("1" or "01"), a title ("minimax_loss") or both
            ("01_minimax_loss") each.
    Raises:
        SystemExit: a name is no lesson's, or there are no lessons.
    """
    every = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not every:
        raise SystemExit(
            f"there are no lessons in {ROOT / 'notebooks'}: call run.py in a checkout of "
            "the course"
        )
    known = {}
    for path in every:
        number, _, title = path.stem.partition("_")
        known.update(dict.fromkeys((number, str(int(number)), title, path.stem), path))
    if unknown := [repr(name) for name in names if name not in known]:
        raise SystemExit(
            f"no lesson is called {', '.join(unknown)}; there are: "
            + ", ".join(path.stem for path in every)
        )
    wanted = {known[name] for name in names}
    return [path for path in every if path in wanted or not names]


@contextlib.contextmanager
def pool(workers):
    """Threads to ``execute`` in; Ctrl-C or an error ends their kernels with the block."""
    threads = ThreadPoolExecutor(workers)
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        while _running:
            for client in list(_running):
                provisioner = getattr(client.km, "provisioner", None)
                if getattr(provisioner, "process", None):
                    provisioner.process.kill()
            time.sleep(0.1)
        raise
    finally:
        threads.shutdown()


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
    _running.add(client)
    try:
        client.execute(env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    finally:
        _running.discard(client)
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
        if HIDDEN & set(tags):
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def save_all(names):
    """Run the named lessons (all by default) and save them with clean outputs."""
    paths = find(names)
    check_writable(ROOT / "notebooks")
    with pool(1) as threads:
        for path, run in [(path, threads.submit(execute, path)) for path in paths]:
            notebook, seconds = run.result()
            write_whole({path: (nbformat.writes(clean(notebook)) + "\n").encode()})
            size = path.stat().st_size // 1024
            print(f"{path.name}: {seconds:.0f} s, {size} kB", flush=True)


def check_writable(folder, otherwise=""):
    """Make a folder, and find out before any work whether files can be written there.

    Raises:
        SystemExit: they cannot; the sentence ends with ``otherwise``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise SystemExit(
            f"nothing can be written in {folder} ({error.strerror}): use a copy of the "
            f"course in a folder of yours{otherwise}"
        ) from error


def without_solutions(notebook):
    """A lesson as a student gets it: no cells tagged "solution", no outputs."""
    from nbconvert import preprocessors  # a second of imports

    for step in (
        preprocessors.TagRemovePreprocessor(remove_cell_tags={"solution"}),
        preprocessors.ClearOutputPreprocessor(),
    ):
        notebook, _ = step.preprocess(notebook, {})
    return notebook


def write_student_edition(folder):
    """Copy every lesson without its worked solutions and outputs; returns their paths.

    A copy that somebody has changed or run stays as it is. If the lesson is another by
    now, its new copy is written beside it, as ``05_dcgan_2.ipynb``.

    Raises:
        SystemExit: the folder does not lie beside notebooks/, where the links in the
            lessons lead on, or it holds anything else.
    """
    folder = Path(folder).resolve()
    if folder == ROOT / "notebooks":
        raise SystemExit("choose another folder: notebooks/ holds the originals")
    if folder.parent != ROOT:
        raise SystemExit(
            f"the lessons link to ../data and ../gan_utils: choose a folder beside "
            f"notebooks/, for instance {ROOT / 'student'}; got {folder}"
        )
    paths = find([])
    if folder.exists() and not folder.is_dir():
        raise SystemExit(f"{folder} is a file: choose a new or empty folder")
    present = {file.name for file in folder.iterdir()} if folder.exists() else set()
    if present and not present & {path.name for path in paths}:
        raise SystemExit(f"{folder} holds other things: choose a new or empty folder")
    check_writable(folder)
    copies = [_write_copy(path, folder) for path in paths]
    print(f"{len(copies)} lessons without solutions are in {folder}")
    beside = [f"{p.stem} ({c.name})" for p, c in zip(paths, copies) if p.name != c.name]
    if beside:
        print(
            "These were changed there and stay as they are; the lesson as it is now lies "
            f"beside: {', '.join(beside)}"
        )
    return copies


def _write_copy(path, folder):
    """Write a student's copy where it takes nothing away; returns its path."""
    notebook = without_solutions(nbformat.read(path, as_version=4))
    notebook.metadata["student_edition"] = _digest(notebook)
    for number in itertools.count(1):
        place = folder / (path.name if number == 1 else f"{path.stem}_{number}.ipynb")
        if os.path.lexists(place):
            try:
                old = nbformat.read(place, as_version=4)
                if [c.source for c in old.cells] == [c.source for c in notebook.cells]:
                    return place
                untouched = old.metadata.get("student_edition") == _digest(old)
            except Exception:  # whatever it is, it is no copy of ours
                untouched = False
            if not untouched:
                continue
        write_whole({place: (nbformat.writes(notebook) + "\n").encode()})
        return place


def _digest(notebook):
    """Changes when anything in a notebook's cells does."""
    text = json.dumps(notebook.cells, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
