"""Every exercise: the solution passes; mistakes, NaN and odd answers never do."""

import contextlib
import functools
import importlib.util
import inspect
import io
import itertools
import re
from collections import Counter
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@functools.cache
def lesson(path):
    """A lesson's {tag: {"start": cell, "solution": cell}}, and the code of its set-up."""
    code = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    found = {}
    for cell in code:
        tags = cell.metadata.get("tags", [])
        for tag in tags:
            if tag.startswith("exercise-"):
                kind = "solution" if "solution" in tags else "start"
                found.setdefault(tag, {})[kind] = cell.source
    return found, "\n".join(cell.source for cell in code[:2])


@functools.cache
def set_up(path):
    """The names that a lesson's imports and settings define; they run once a lesson."""
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(lesson(path)[1], names)
    return names


def mutants_of(path):
    file = ROOT / "tests" / "course" / "mutants" / f"mutants_{path.stem[:2]}.py"
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MUTANTS


def verdict(path, source):
    """What an exercise cell prints after the lesson's imports and settings."""
    return printed(exec, source, dict(set_up(path)))


def printed(function, *arguments):
    """The last line that a call prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        function(*arguments)
    return out.getvalue().strip().splitlines()[-1]


def solved(path, tag):
    """The check of an exercise, and the answers that its worked solution gives to it."""
    names, asked = dict(set_up(path)), []

    class Recorder:
        def __init__(self, module):
            self.module = module

        def __getattr__(self, name):
            return lambda *answers: asked.append((getattr(self.module, name), answers))

    for name, value in set_up(path).items():
        if isinstance(value, ModuleType) and value.__name__.startswith("course.checks"):
            names[name] = Recorder(value)
    exec(lesson(path)[0][tag]["solution"], names)
    return asked[-1]


def case(path, *values):
    """One parameter set; cases of a lesson share its set-up."""
    number = path.stem[:2]
    name = "-".join([number, *(v for v in values if isinstance(v, str))])
    return pytest.param(path, *values, id=name)


EACH = [case(path, tag) for path in NOTEBOOKS for tag in sorted(lesson(path)[0])]


@pytest.mark.parametrize(("path", "tag"), EACH)
def test_the_solution_passes_and_the_start_does_not(path, tag):
    cells = lesson(path)[0][tag]
    assert verdict(path, cells["solution"]).startswith("✓ Exercise")
    untouched = verdict(path, cells["start"])
    assert untouched.startswith("○ Exercise")
    assert "not started" in untouched


@pytest.mark.parametrize(
    ("path", "tag", "right", "wrong", "word"),
    [case(path, *mutant) for path in NOTEBOOKS for mutant in mutants_of(path)],
)
def test_a_planted_mistake_is_named(path, tag, right, wrong, word):
    solution = lesson(path)[0][tag]["solution"]
    assert right in solution, "the mutant no longer fits the solution"
    answer = verdict(path, solution.replace(right, wrong))
    assert answer.startswith("○ Exercise"), f"{wrong!r} was accepted"
    assert word.lower() in answer.lower(), answer
    assert UNREADABLE not in answer, answer


@pytest.mark.parametrize("path", [case(path) for path in NOTEBOOKS])
def test_three_exercises_and_three_mistakes_each(path):
    cells, _ = lesson(path)
    assert len(cells) >= 3
    assert all(set(kinds) == {"start", "solution"} for kinds in cells.values())
    counts = Counter(mutant[0] for mutant in mutants_of(path))
    assert all(counts[tag] >= 3 for tag in cells), counts


CONSTANTS = [
    ("00", "check.LATENT_DIM == LATENT_DIM"),
    ("15", "check.RIGHT['A'] == CODES + 5 and ('A', CODES * 5) in check.USUAL"),
    ("15", "check.RIGHT['B'] == 5 * len(list(product(*ATTRIBUTES.values())))"),
    ("15", "('E', 3 * PACK) in check.USUAL"),
    ("19", "check.RIGHT['A'] == 2_400 * BATCH / FEW"),
    ("19", "('A', 2_400 * BATCH) in check.USUAL and ('A', 2_400 / FEW) in check.USUAL"),
    ("22", "check.RIGHT['A'] == 500 * (1 - HELD_OUT)"),
    ("23", "check.BATCH == BATCH"),
]


@pytest.mark.parametrize(
    ("path", "holds"),
    [case(p, holds) for p in NOTEBOOKS for n, holds in CONSTANTS if p.stem[:2] == n],
)
def test_a_check_knows_the_constants_of_its_lesson(path, holds):
    assert eval(holds, {**set_up(path), "product": itertools.product})


# What a check says when it failed itself; Python's own words, which belong to nobody
UNREADABLE = "cannot be checked"
INTERNAL = re.compile(
    r"object is not|has no attribute|unsupported operand|argument of type|takes \d|"
    r"missing \d+ required|Traceback|not subscriptable|not iterable|not callable|"
    r"cannot unpack|to unpack|not supported between|ambiguous|must be Tensor|"
    r"Boolean value|could not convert|the code stops with"
)


def assert_refused(check, answers):
    line = printed(check, *answers)
    assert line.startswith("○ Exercise"), f"{answers} was accepted"
    assert UNREADABLE not in line, f"{answers}: {line}"
    assert not INTERNAL.search(line), f"{answers}: {line}"


def all_nan(values):
    return torch.full_like(values, torch.nan)


def one_inf(values):
    """Only the last of the numbers is spoilt."""
    spoilt = values.clone()
    spoilt.view(-1)[-1:] = torch.inf
    return spoilt


def spoil(answer, how, seen):
    """The same answer with its numbers spoilt; what functions and networks give, too."""
    again = functools.partial(spoil, how=how, seen=seen)
    if isinstance(answer, torch.Tensor) and answer.dtype != torch.bool:
        seen.append(answer)
        values = answer if answer.is_floating_point() else answer.double()
        return how(values.detach().contiguous()) + 0 * answer
    if isinstance(answer, (int, float)) and not isinstance(answer, bool):
        return again(torch.tensor(float(answer))).item()
    if isinstance(answer, dict):
        return {key: again(value) for key, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return type(answer)(map(again, answer))
    if isinstance(answer, torch.nn.Module):
        answer.register_forward_hook(lambda network, given, result: again(result))
        return answer
    if inspect.isgenerator(answer):
        return (again(row) for row in answer)
    if callable(answer):
        return lambda *given: again(answer(*given))
    return answer


@pytest.mark.parametrize("how", [all_nan, one_inf])
@pytest.mark.parametrize(("path", "tag"), EACH)
def test_nan_is_never_right(path, tag, how):
    check, answers = solved(path, tag)
    seen = []
    line = printed(check, *(spoil(answer, how, seen) for answer in answers))
    if not seen:  # bools, words and files hold no number to spoil
        assert line.startswith("✓")
        return
    assert line.startswith("○ Exercise"), f"{how.__name__} was accepted"
    assert UNREADABLE not in line, line
    assert not INTERNAL.search(line), line


NAN = float("nan")
ODD = [
    None, ..., 3, -1, 0, 10**400, 1j, NAN, float("inf"), True, "text", "", b"text", [],
    [None], [1, "b"], {}, {"A": "text"}, (), (1, 2, 3, 4), set(), range(3), object(),
    object, int, len, torch, lambda: 1, lambda *a: None, lambda *a: a,
    lambda *a: (lambda *b: None), lambda *a: (lambda *b: "text"),
    torch.tensor(NAN), torch.tensor([]), torch.tensor(True), torch.tensor(1j),
    torch.zeros(2, 3), torch.ones(3, requires_grad=True), np.zeros(3), np.array(1.5),
    torch.nn.Identity(), torch.nn.Linear(3, 2), torch.nn.Linear, SimpleNamespace(),
    iter([]), iter([None]), map(float, "text"),
]  # fmt: skip


def returning(odd, function=None, times=0):
    """A function that gives something odd, at first ``times`` right results."""
    count = iter(range(times))
    return lambda *given: function(*given) if next(count, None) is not None else odd


def unlike(right):
    """The odd things that are not the right one by chance."""
    return [odd for odd in ODD if not isinstance(odd, (bool, int)) or odd != right]


def odd_answers(answer):
    """The odd things themselves, within the answer's own shape, and out of a function."""
    yield from ODD
    yield from (returning(odd) for odd in ODD)
    if isinstance(answer, dict):
        for key in answer:
            yield {k: v for k, v in answer.items() if k != key}
            yield from ({**answer, key: odd} for odd in unlike(answer[key]))
    elif isinstance(answer, tuple):
        yield from ((*answer[:-1], odd) for odd in unlike(answer[-1]))


@pytest.mark.parametrize(("path", "tag"), EACH)
def test_odd_answers_get_a_sentence(path, tag):
    check, answers = solved(path, tag)
    for place, answer in enumerate(answers):
        for odd in odd_answers(answer):
            assert_refused(check, (*answers[:place], odd, *answers[place + 1 :]))


@pytest.mark.parametrize(("path", "tag"), EACH)
def test_an_odd_answer_to_a_later_call_gets_a_sentence(path, tag):
    check, answers = solved(path, tag)
    if not inspect.isfunction(answers[-1]) or inspect.isgeneratorfunction(answers[-1]):
        return
    for times in (1, 2):
        for odd in ODD:
            late = returning(odd, answers[-1], times)
            line = printed(check, *answers[:-1], late)
            assert UNREADABLE not in line, line
            assert not INTERNAL.search(line), line
