"""Every exercise: the solution passes, an untouched start fails, mistakes are named."""

import contextlib
import importlib.util
import io
from collections import Counter
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def exercise_cells(path):
    """{exercise tag: (starting cell, solution cell)} and the two set-up cells' source."""
    code = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    found = {}
    for cell in code:
        tags = cell.metadata.get("tags", [])
        for tag in tags:
            if tag.startswith("exercise-"):
                kind = "solution" if "solution" in tags else "start"
                found.setdefault(tag, {})[kind] = cell.source
    return found, "\n".join(cell.source for cell in code[:2])


def mutants_of(path):
    file = ROOT / "tests" / "course" / "mutants" / f"mutants_{path.stem[:2]}.py"
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MUTANTS


def verdict(set_up, source):
    """What an exercise cell prints after the lesson's imports and settings."""
    printed = io.StringIO()
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        exec(set_up, names)
        exec(source, names)
    return printed.getvalue().strip().splitlines()[-1]


CASES = [(path, tag) for path in NOTEBOOKS for tag in sorted(exercise_cells(path)[0])]
MUTATIONS = [(path, *mutant) for path in NOTEBOOKS for mutant in mutants_of(path)]


def label(value):
    return value.stem[:2] if isinstance(value, Path) else None


@pytest.mark.parametrize(("path", "tag"), CASES, ids=label)
def test_the_solution_passes_and_the_start_does_not(path, tag):
    cells, set_up = exercise_cells(path)
    assert verdict(set_up, cells[tag]["solution"]).startswith("✓ Exercise")
    untouched = verdict(set_up, cells[tag]["start"])
    assert untouched.startswith("○ Exercise")
    assert "not started" in untouched


@pytest.mark.parametrize(
    ("path", "tag", "right", "wrong", "word"), MUTATIONS, ids=label
)
def test_a_planted_mistake_is_named(path, tag, right, wrong, word):
    cells, set_up = exercise_cells(path)
    solution = cells[tag]["solution"]
    assert right in solution, "the mutant no longer fits the solution"
    answer = verdict(set_up, solution.replace(right, wrong))
    assert answer.startswith("○ Exercise"), f"{wrong!r} was accepted"
    assert word.lower() in answer.lower(), answer
    assert "the code stops with" not in answer or word == "the code stops with", answer


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_three_exercises_and_three_mistakes_each(path):
    cells, _ = exercise_cells(path)
    assert len(cells) >= 3
    assert all(set(kinds) == {"start", "solution"} for kinds in cells.values())
    counts = Counter(mutant[0] for mutant in mutants_of(path))
    assert all(counts[tag] >= 3 for tag in cells), counts
