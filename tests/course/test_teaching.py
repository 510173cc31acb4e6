"""TEACHING.md agrees with the lessons: minutes are recomputed, claims are quoted exactly."""

import math
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
VALUE = re.compile(r"(?:: [^:]* \(limits? .*?\))?(?: \(recorded.*\))?$")
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
TOLD = {
    number: (int(minutes), claim)
    for number, minutes, claim in re.findall(
        r"^\| (\d\d) \| (\d+) \| (.+?) \| .+ \|$", GUIDE, re.MULTILINE
    )
}


def minutes_of(path):
    """Reading minutes of the first cell and running seconds of README, rounded up."""
    opening = nbformat.read(path, 4).cells[0].source
    (reading,) = re.findall(r"(?:[Aa]bout|Reading:)\s+(\d+) minutes", opening)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = rf"^\| {path.stem[:2]} \| .* \| (\d+) s \|$"
    (running,) = re.findall(row, readme, re.MULTILINE)
    return int(reading) + math.ceil(int(running) / 60)


def claims_of(path):
    found = set()
    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", []):
            lines = output.get("text", "").splitlines()
            found |= {VALUE.sub("", line[2:]) for line in lines if line[:1] == "✓"}
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_its_minutes_and_one_of_its_claims(path):
    minutes, claim = TOLD[path.stem[:2]]
    assert minutes == minutes_of(path)
    assert claim in claims_of(path)


def test_the_plans_add_up_and_agree_with_the_table():
    plans = GUIDE.split("## What to say")[0]
    running, totals = 0, 0
    for what, minutes in re.findall(
        r"^\| (.+?) \| \**(\d+)\** \|$", plans, re.MULTILINE
    ):
        if what == "**total**":
            assert int(minutes) == running, what
            running, totals = 0, totals + 1
            continue
        running += int(minutes)
        lesson = re.search(r"(?:^|\* )(\d\d) [A-Z]", what)
        if lesson:
            assert int(minutes) == TOLD[lesson[1]][0], what
    assert totals == 7


def test_it_stays_short():
    assert len(GUIDE.splitlines()) <= 200
