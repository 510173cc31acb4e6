"""The tests: all of them, those that some words name, or those that a change concerns."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from course import import_map, lessons

ROOT = import_map.ROOT
NOTEBOOKS = ["--nbval", "--nbval-cell-timeout=300", "--nbval-sanitize-with"]
NOTEBOOKS += ["tests/nbval.cfg"]
EVERYTHING = (
    "run.py",
    "pyproject.toml",
    "requirements.txt",
    "tests/conftest.py",
    "data/",
)
ALSO = {  # what reads files without importing them
    "notebooks/": ("tests/course", "tests/house"),
    "course/checks/|tests/course/mutants/": ("tests/course/test_exercises.py",),
    ".*\\.(md|cff)$": ("tests/course", "tests/house"),
    "gan_utils/|course/": ("tests/house",),
    "tests/browser/conftest": ("tests/browser",),
    "benchmarks/": ("tests/house", "tests/course"),
}


def run(words=(), changed=False):
    """Run style, tests and notebooks; returns the exit code.

    Args:
        words: lessons (``05``, with the exercises of all) and parts of the names of test
            files; none means all.
        changed: only what depends on the files that git calls changed.
    """
    begin = time.time()
    if changed:
        wanted = concerned(changed_files())
    elif words:
        wanted = named(words)
    else:
        wanted = [Path("notebooks"), Path("tests")]
    part = bool(words or changed)
    if not wanted:
        print("Nothing to test: no lesson and no test depends on what has changed.")
        return 0
    failed = style() | _pytest(wanted)
    verdict = "Something failed: see above." if failed else "Everything passed."
    if part and not failed:
        shown = ", ".join(path.name for path in wanted)
        verdict = f"This was a part, and it passed: {shown}."
    print(f"{verdict} The tests took {(time.time() - begin) / 60:.1f} minutes.")
    return 1 if failed else 0


def style():
    """Check code and notebooks against the style; true when something is wrong."""
    ruff = [sys.executable, "-m", "ruff"]
    return bool(
        subprocess.call([*ruff, "check"], cwd=ROOT)
        | subprocess.call([*ruff, "format", "--check"], cwd=ROOT)
    )


def _pytest(paths):
    """Run notebooks and tests on all cores; true when one failed, false for no test."""
    workers = str(min(os.cpu_count() or 2, 4))
    command = [sys.executable, "-m", "pytest", "-ra", *map(str, paths), *NOTEBOOKS]
    command += ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [*command, "--durations=8"], cwd=ROOT, env=environment
    ) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait() not in (0, 5)


def test_files():
    """Every file of tests, relative to the root."""
    return [p.relative_to(ROOT) for p in sorted((ROOT / "tests").rglob("test_*.py"))]


def named(words):
    """Lessons and files of tests that some words name.

    Raises:
        SystemExit: a word names nothing.
    """
    found = []
    for word in words:
        number = word.zfill(2)
        hits = [
            path.relative_to(ROOT)
            for path in lessons.find([])
            if number == path.stem[:2] or word in (path.stem, path.stem[3:])
        ]
        if hits:
            hits.append(Path("tests/course/test_exercises.py"))
        if not word.isdigit():
            hits += [path for path in test_files() if word in path.as_posix()]
        if not hits:
            raise SystemExit(
                f"no lesson and no test is named {word!r}: say 05 or losses"
            )
        found += hits
    return list(dict.fromkeys(found))


def changed_files():
    """What differs from the last commit, or that commit's own files when nothing does.

    Raises:
        SystemExit: this is no git checkout.
    """

    def git(*words):
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"--changed asks git, which says: {done.stderr.strip()}")
        return done.stdout.splitlines()

    new = git("ls-files", "--others", "--exclude-standard")
    found = git("diff", "--name-only", "HEAD") + new
    if found:
        print(f"{len(found)} files differ from the last commit.")
        return found
    print("Nothing differs from the last commit: these are the files of that one.")
    return git("show", "--name-only", "--format=", "HEAD")


def concerned(files):
    """The lessons and tests that depend on files, by the import map.

    Args:
        files: paths relative to the root, with "/".
    """
    if any(file.startswith(EVERYTHING) for file in files):
        return [Path("notebooks"), Path("tests")]
    arrows, touched = import_map.graph(), set()
    for path in map(Path, files):
        if path.parts[0] == "tests":
            touched.add(path.stem)  # helpers are imported by their bare name
        elif path.parts[0] in ("gan_utils", "course") and path.suffix == ".py":
            touched.add(import_map.name_of(ROOT / path))
        elif path.parts[0] in ("gan_utils", "course"):  # JavaScript and styles
            folder = ".".join(path.parent.parts)
            touched |= {name for name in arrows if name.rpartition(".")[0] == folder}
    reached = import_map.reached_by(touched, arrows)
    places = [p.relative_to(ROOT) for p in lessons.find([])] + test_files()
    wanted = [p for p in places if p.as_posix() in files or _imports(p, reached)]
    for start, tests in ALSO.items():
        if any(re.match(start, file) for file in files):
            wanted += [Path(test) for test in tests]
    return list(dict.fromkeys(wanted))


def _imports(path, modules):
    """Whether a lesson or a test imports one of the modules."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
        lines = "".join("".join(c["source"]) + "\n" for c in cells).splitlines()
        text = "\n".join(
            line for line in lines if not line.lstrip().startswith(("%", "!"))
        )
    named = any(name in text for name in modules if "." in name)  # code within strings
    try:
        return named or bool(import_map.imported(text, modules))
    except (SyntaxError, ValueError):
        return named
