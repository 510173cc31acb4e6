"""Wherever a lesson is named by number and title, both belong to the same lesson."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
STEMS = {path.stem[3:]: path.stem[:2] for path in NOTEBOOKS}
ENDINGS = {".py", ".md", ".json", ".js", ".yml", ".toml", ".cff"}
STEM = re.compile(r"(?<![\w])(\d\d)_(" + "|".join(STEMS) + r")(?![a-z_])")
LINK = re.compile(r"\[((?:[Ll]esson )?\d\d)\]\([^)]*?(\d\d)_[a-z_]+\.ipynb")
ROW = re.compile(r"^\| (\d\d) \| \[([^\]]+)\]\([^)]*?(\d\d)_", re.MULTILINE)
NAMED = re.compile(r"\blesson (\d\d),? \(?(?:on |about )?\[?([A-Z][^.,:;|\])\n]{3,30})")
TITLED = re.compile(
    r"^(?:\*.*?\* |\| |\| \*.*?\* )(\d\d) ([A-Z][A-Za-z -]+)", re.MULTILINE
)


def title_of(path):
    first = nbformat.read(path, 4).cells[0].source.splitlines()[0]
    number, title = re.fullmatch(r"# (\d+) · (.+)", first).groups()
    return int(number), title


TITLES = {path.stem[:2]: title_of(path) for path in NOTEBOOKS}


def disagreements(text):
    """What a text says of a lesson that its number does not bear out."""
    found = [m[0] for m in STEM.finditer(text) if STEMS[m[2]] != m[1]]
    found += [m[0] for m in LINK.finditer(text) if m[1][-2:] != m[2]]
    found += [m[0] for m in ROW.finditer(text) if m[1] != m[3]]
    said = [(m[0], m[1], m[2]) for m in ROW.finditer(text)]
    said += [(m[0], m[1], m[2]) for m in TITLED.finditer(text)]
    known = {title.lower(): number for number, (_, title) in TITLES.items()}
    for whole, number, title in said:
        title = title.strip().lower()
        owner = [n for name, n in known.items() if name.startswith(title)]
        if owner and number not in owner:
            found.append(whole)
    for match in NAMED.finditer(text):
        owner = known.get(match[2].strip().lower())
        if owner and owner != match[1]:
            found.append(match[0])
    return found


def texts():
    for path in NOTEBOOKS:
        cells = nbformat.read(path, 4).cells
        yield path, "\n\n".join(cell.source for cell in cells)
    skipped = {".venv", ".git", ".cache", "runs", "student", "slides", "build"}
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        own = path.name in ("CHANGELOG.md", Path(__file__).name)  # history, mistakes
        if path.suffix in ENDINGS and not own and not skipped & set(inside):
            yield path, path.read_text(encoding="utf-8")


def test_every_mention_has_the_number_of_its_title():
    found = {
        str(path): wrong for path, text in texts() if (wrong := disagreements(text))
    }
    assert found == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_file_heading_and_exercises_have_one_number(path):
    number = int(path.stem[:2])
    assert title_of(path)[0] == number
    cells = nbformat.read(path, 4).cells
    source = "\n".join(c.source for c in cells)
    exercises = re.findall(r"(?m)^(?:### |\*\*Exercise )(\d+)\.\d+(?: · |\.)", source)
    assert len(exercises) >= 3
    assert set(map(int, exercises)) == {number}
    assert re.findall(r"import lesson_(\d\d)", source) == [path.stem[:2]]
    checks = (ROOT / "course" / "checks" / f"lesson_{path.stem[:2]}.py").read_text(
        "utf-8"
    )
    assert set(re.findall(r'@exercise\("(\d+)\.', checks)) == {str(number)}
    assert re.match(rf'"""Checks of lesson {number}\b', checks)


@pytest.mark.parametrize(
    "wrong",
    [
        "see 08_dcgan.ipynb",
        "[lesson 06](05_dcgan.ipynb)",
        "It needs [04](07_measuring_quality.ipynb)",
        "| 06 | [DCGAN](notebooks/05_dcgan.ipynb) | What do convolutions change?",
        "| 12 Privacy | 41 |",
        "| *Fifth.* 12 Privacy | 41 |",
        "as lesson 06 (DCGAN) showed",
    ],
)
def test_a_wrong_number_would_be_found(wrong):
    assert disagreements(wrong)
