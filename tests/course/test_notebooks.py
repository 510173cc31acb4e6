"""What every saved notebook must be, without running it (nbval runs them)."""

import re
from pathlib import Path

import nbformat
import pytest

from gan_utils.widgets.frame import WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MACHINE_PATH = re.compile(r"(/home/|/root/|/tmp/|/work/|/Users/|[A-Z]:\\\\)")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


def outputs_as_text(cell):
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", ""))
        parts.extend(str(v) for v in output.get("data", {}).values())
    return "\n".join(parts)


def code_cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    found = nbformat.read(request.param, 4)
    found["path"] = request.param
    return found


def test_every_number_has_one_lesson():
    assert [int(path.stem[:2]) for path in NOTEBOOKS] == [
        n for n in range(24) if n != 13
    ]


def test_it_is_valid_and_was_run_from_top_to_bottom(notebook):
    path = notebook.pop("path")
    nbformat.validate(notebook)
    counts = [c.execution_count for c in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert path.stat().st_size < 500_000


def test_metadata_is_clean(notebook):
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "jupyter"}


def test_figures_and_solutions_are_folded(notebook):
    for cell in code_cells(notebook):
        if {"figure", "solution"} & set(cell.metadata.get("tags", [])):
            assert cell.metadata.get("jupyter") == {"source_hidden": True}, cell.source


def test_outputs_hold_no_error_warning_path_or_address(notebook):
    for cell in code_cells(notebook):
        text = re.sub(r"base64,[^\"]+", "", outputs_as_text(cell))
        assert all(o.output_type != "error" for o in cell.outputs)
        assert all(o.get("name") != "stderr" for o in cell.outputs), cell.source
        assert not MACHINE_PATH.search(text), text[:200]
        assert not ADDRESS.search(text), f"changes with every run: {text[:200]}"
        assert not any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs)


def test_most_printed_text_is_compared(notebook):
    speaking = [c for c in code_cells(notebook) if outputs_as_text(c).strip()]
    ignored = [
        c for c in speaking if "nbval-ignore-output" in c.metadata.get("tags", [])
    ]
    assert len(ignored) <= 0.3 * len(speaking)


def test_every_picture_has_alternative_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            assert "image/png" not in data, f"use plotting.show in: {cell.source[:80]}"
            for tag in re.findall(r"<img[^>]*", data.get("text/html", "")):
                assert re.search(r'alt="[^"]{15,}"', tag), tag[:100]


def test_it_claims_and_cites(notebook):
    source = "\n".join(c.source for c in code_cells(notebook))
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert len(re.findall(r"\bclaim\(", source)) >= 3
    for heading in ("## Exercises", "## Summary", "## References"):
        assert heading in text
    assert "By the end you can" in notebook.cells[0].source


def test_code_reads_well(notebook):
    sizes = []
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 30
        assert max(map(len, lines)) <= 88
        folded = "figure" in cell.metadata.get("tags", [])
        if not folded and not lines[0].startswith("%%writefile"):  # a whole file
            sizes.append(len(lines))
    sizes.sort()
    assert sizes[len(sizes) // 2] <= 10


def test_links_between_lessons_lead_somewhere(notebook):
    folder = notebook["path"].parent
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (folder / target).exists(), target
