import json

import nbformat
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import claims_report, lessons
from gan_utils.widgets.frame import WIDGET_VIEW

SOURCE = """
from gan_utils.claims import claim, set_seed
seed = set_seed()
claim("seeds are small", seed, below=2.5)
claim("facts are facts", True)
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson whose first claim fails from seed 3 on."""
    (tmp_path / "notebooks").mkdir()
    cells = [
        new_markdown_cell("# 0 · One"),
        new_code_cell(SOURCE),
        new_markdown_cell("Worked solution, folded:"),
        new_code_cell("1 + 1", metadata={"tags": ["solution", "exercise-1"]}),
    ]
    path = tmp_path / "notebooks" / "00_one.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(claims_report, "RESULTS", tmp_path / "results")
    return tmp_path


def results(course):
    return json.loads((course / "results" / "claims.json").read_text())["00_one"]


def test_the_report_counts_every_seed_and_names_the_worst(course, capsys):
    assert claims_report.report_claims([], range(4), command="the command") == 1
    small, fact = results(course)["claims"]
    assert (small["held"], small["runs"], small["at seed"]) == (3, 4, 3)
    assert small["smallest margin"] == pytest.approx(-0.2)
    assert fact == {"claim": "facts are facts", "held": 4, "runs": 4}
    assert results(course)["seeds"] == [0, 1, 2, 3]
    assert "1 did not always hold" in capsys.readouterr().out


def test_a_claim_made_twice_in_one_run_counts_once_by_its_worse_half(course):
    path = course / "notebooks" / "00_one.ipynb"
    twice = nbformat.read(path, 4)
    twice.cells[1].source += '\nclaim("facts are facts", seed > 0)'
    nbformat.write(twice, path)
    assert claims_report.report_claims([], range(2)) == 1
    assert results(course)["claims"][1]["held"] == 1


def test_other_lessons_keep_their_results(course):
    (course / "results").mkdir()
    (course / "results" / "claims.json").write_text('{"07_other": {"claims": []}}')
    claims_report.report_claims(["00"], range(1))
    kept = json.loads((course / "results" / "claims.json").read_text())
    assert list(kept) == ["00_one", "07_other"]


def test_a_lesson_that_stops_is_a_claim_that_failed(course, capsys):
    path = course / "notebooks" / "00_one.ipynb"
    broken = nbformat.read(path, 4)
    broken.cells.insert(2, new_code_cell("1 / 0"))
    nbformat.write(broken, path)
    assert claims_report.report_claims([], range(1)) == 1
    assert "runs to its end (ZeroDivisionError" in capsys.readouterr().out


@pytest.mark.parametrize("ending", [CellTimeoutError, DeadKernelError])
def test_a_lesson_that_hangs_or_dies_loses_nothing(course, monkeypatch, ending):
    run = lessons.execute

    def execute(path, **variables):
        run(path, **variables)
        if variables["GAN_SEED"] == "1":
            raise ending("timed out\nin a cell")

    monkeypatch.setattr(lessons, "execute", execute)
    assert claims_report.report_claims([], range(3)) == 1
    held = {row["claim"]: row["held"] for row in results(course)["claims"]}
    stopped = "the lesson runs to its end (timed out)"
    assert held == {"seeds are small": 3, "facts are facts": 3, stopped: 0}


def test_saving_runs_and_cleans(course, capsys):
    lessons.save_all(["00"])
    saved = nbformat.read(course / "notebooks" / "00_one.ipynb", 4)
    assert [c.get("execution_count") for c in saved.cells] == [None, 1, None, 2]
    assert "✓ facts are facts" in saved.cells[1].outputs[0].text
    assert saved.cells[3].metadata.jupyter.source_hidden


def test_cleaning_drops_widget_state_and_keeps_the_still_picture():
    data = {WIDGET_VIEW: {"model_id": "x"}, "text/html": "<img>"}
    cell = new_code_cell("w", outputs=[new_output("display_data", data)])
    cell.metadata = {"trusted": True, "tags": ["keep"]}
    notebook = new_notebook(cells=[cell], metadata={"widgets": {}})
    lessons.clean(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.cells[0].metadata == {"tags": ["keep"]}
    assert set(notebook.cells[0].outputs[0].data) == {"text/html"}


def test_the_student_edition_has_no_solutions_and_no_outputs(course, capsys):
    (path,) = lessons.write_student_edition(course / "room")
    sources = [cell.source for cell in nbformat.read(path, 4).cells]
    assert sources == ["# 0 · One", SOURCE]
    lessons.write_student_edition(course / "room")  # a second time replaces the first


@pytest.mark.parametrize(
    ("folder", "words"),
    [("notebooks", "another folder"), ("deep/er", "beside notebooks/"),
     ("../elsewhere", "beside notebooks/"), ("full", "other things")],
)  # fmt: skip
def test_the_student_edition_goes_beside_the_originals_or_nowhere(
    course, folder, words
):
    (course / "full").mkdir()
    (course / "full" / "mine.txt").write_text("keep me")
    with pytest.raises(SystemExit, match=words):
        lessons.write_student_edition(course / folder)
    assert not (course / folder / "00_one.ipynb").exists() or folder == "notebooks"


def test_a_student_lesson_finds_its_data_from_its_folder(course):
    """Run as a student does, with the folder as the working directory."""
    path = course / "notebooks" / "00_one.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source = 'assert open("../data.txt").read() == "here"'
    nbformat.write(notebook, path)
    (course / "data.txt").write_text("here")
    (copy,) = lessons.write_student_edition(course / "room")
    lessons.execute(copy)


def exercise_tags(notebook):
    tags = [c.metadata.get("tags", []) for c in notebook.cells]
    return [t for found in tags if "solution" not in found for t in found if "ex" in t]


@pytest.mark.parametrize("path", lessons.find([]), ids=lambda path: path.stem)
def test_the_student_edition_keeps_the_starting_cell_of_every_exercise(path):
    notebook = nbformat.read(path, 4)
    starts = exercise_tags(notebook)
    copy = lessons.without_solutions(notebook)
    assert exercise_tags(copy) == starts
    assert len(starts) >= 3
    sources = [cell.source.lower() for cell in copy.cells]
    assert not any(source.startswith("the worked solution") for source in sources)
    assert not any(source.startswith("worked solution") for source in sources)


def test_an_unknown_lesson_is_named(course):
    with pytest.raises(SystemExit, match="no lesson starts with 77; there are: 00_one"):
        lessons.find(["77"])


@pytest.mark.parametrize("tag", ["solution", "figure"])
def test_saving_folds_the_code_of_solutions_and_figures(tag):
    cells = [new_code_cell("1", metadata={"tags": [tag]}), new_code_cell("2")]
    folded, plain = lessons.clean(new_notebook(cells=cells)).cells
    assert folded.metadata.jupyter == {"source_hidden": True}
    assert "jupyter" not in plain.metadata
