import argparse
import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import __main__ as shell
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
        new_markdown_cell("The resolution stays, and so does this solution."),
        new_markdown_cell("Worked, folded:", metadata={"tags": ["solution"]}),
        new_code_cell("1 + 1", metadata={"tags": ["solution", "exercise-1"]}),
    ]
    path = tmp_path / "notebooks" / "00_one.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(claims_report, "RESULTS", tmp_path / "results")
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """Lessons run one after the other in this process, not in kernels."""

    def execute(path, **variables):
        names = {}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            for cell in nbformat.read(path, 4).cells:
                if cell.cell_type == "code":
                    exec(cell.source, names)

    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(lessons, "execute", execute)


def change(course, edit):
    """Edit the source of the only lesson's code."""
    path = course / "notebooks" / "00_one.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source = edit(notebook.cells[1].source)
    nbformat.write(notebook, path)


def add_lesson(course, stem, *sources):
    """Another lesson of these code cells."""
    cells = [new_code_cell(source) for source in sources]
    path = course / "notebooks" / f"{stem}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)


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


def test_a_claim_made_twice_in_one_run_counts_once_by_its_worse_half(course, quick):
    path = course / "notebooks" / "00_one.ipynb"
    twice = nbformat.read(path, 4)
    twice.cells[1].source += '\nclaim("facts are facts", seed > 0)'
    nbformat.write(twice, path)
    assert claims_report.report_claims([], range(2)) == 1
    assert results(course)["claims"][1]["held"] == 1


def test_claims_about_recorded_runs_are_no_matter_of_seeds(course, quick, capsys):
    change(course, lambda source: source + """
claim("two runs", 1.0, below=2, recorded=2)
claim("one run", True, recorded=1)
claim("facts are facts", True, recorded=4)
claim("a broken record", seed, below=1, recorded=3)
""")  # fmt: skip
    assert claims_report.report_claims([], range(2)) == 1
    assert results(course)["claims"][1:] == [
        {"claim": "facts are facts", "held": 2, "runs": 2},
        {"claim": "two runs", "recorded runs": 2, "holds": True, "smallest margin": 0.5},
        {"claim": "one run", "recorded runs": 1, "holds": True},
        {"claim": "facts are facts", "recorded runs": 4, "holds": True},
        {"claim": "a broken record", "recorded runs": 3, "holds": False,
         "smallest margin": 0.0},
    ]  # fmt: skip
    lines = [" ".join(x.split()) for x in capsys.readouterr().out.splitlines()]
    assert "✓ 00 2 of 2 60% seeds are small" in lines
    assert "✓ 00 recorded, 2 runs 50% two runs" in lines
    assert "✓ 00 recorded, 1 run exact one run" in lines
    assert "✗ 00 recorded, 3 runs 0% a broken record" in lines


def test_a_value_without_a_margin_leaves_strict_json(course, quick):
    change(course, lambda source: source + '\nclaim("none", float("nan"), below=1)')
    assert claims_report.report_claims([], range(1)) == 1
    text = (course / "results" / "claims.json").read_text()
    json.loads(text, parse_constant=pytest.fail)


def test_other_lessons_keep_their_results(course, quick):
    (course / "results").mkdir()
    (course / "results" / "claims.json").write_text('{"07_other": {"claims": []}}')
    claims_report.report_claims(["0"], range(1))
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
def test_a_lesson_that_hangs_or_dies_loses_nothing(course, quick, monkeypatch, ending):
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


def test_what_was_done_is_kept_when_a_later_lesson_stops_everything(
    course, quick, monkeypatch
):
    add_lesson(course, "01_two", SOURCE)
    run = lessons.execute

    def execute(path, **variables):
        if path.stem == "01_two":
            raise RuntimeError("no kernel")
        return run(path, **variables)

    monkeypatch.setattr(lessons, "execute", execute)
    with pytest.raises(RuntimeError):
        claims_report.report_claims([], range(2))
    kept = json.loads((course / "results" / "claims.json").read_text())
    assert list(kept) == ["00_one"]
    assert len(kept["00_one"]["claims"]) == 2


def test_ctrl_c_keeps_finished_lessons_and_ends_the_kernels(course):
    add_lesson(
        course,
        "01_two",
        "import os, pathlib, time",
        'pathlib.Path("pid").write_text(str(os.getpid()))',
        "time.sleep(300)",
    )
    program = f"""
import pathlib, sys
from course import __main__, claims_report, lessons
lessons.ROOT = pathlib.Path({str(course)!r})
claims_report.RESULTS = lessons.ROOT / "results"
sys.argv = ["course", "claims", "--seeds", "1"]
raise SystemExit(__main__.main())
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program], text=True, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    pid, stored = course / "notebooks" / "pid", course / "results" / "claims.json"
    end = time.monotonic() + 120
    while not (pid.exists() and stored.exists()) and time.monotonic() < end:
        time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    printed, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "done are saved" in printed
    assert list(json.loads(stored.read_text())) == ["00_one"]
    time.sleep(1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["course", *words])
    return shell.main()


@pytest.mark.parametrize(
    "words",
    [
        ["--seeds", "0"],
        ["--seeds", "-3"],
        ["--seeds", "2.5"],
        ["--seeds", "nan"],
        ["--seeds", ""],
        ["--seeds", "٣"],
        ["--seeds", "9" * 5000],
        ["--first", "-1"],
        ["--first", "4294967296"],
        ["--threads", "0"],
        ["--threads", "-1"],
        ["--threads", "99999999999"],
    ],
)
def test_numbers_that_cannot_be_are_refused(course, monkeypatch, capsys, words):
    (course / "results").mkdir()
    stored = course / "results" / "claims.json"
    stored.write_text('{"00_one": {"claims": []}}')
    with pytest.raises(SystemExit) as refusal:
        call(monkeypatch, "claims", *words)
    assert refusal.value.code == 2
    assert f"{words[0]}: it is a whole number from" in capsys.readouterr().err
    assert stored.read_text() == '{"00_one": {"claims": []}}'


def test_no_seeds_wipe_no_results(course):
    with pytest.raises(SystemExit, match="at least one seed"):
        claims_report.report_claims([], range(0))
    assert not (course / "results").exists()


@pytest.fixture
def no_work(monkeypatch):
    """Fails if a lesson is run."""
    monkeypatch.setattr(lessons, "execute", lambda *_, **__: pytest.fail("worked"))


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"a": {"b": 2}}', "3"])
def test_a_file_of_other_results_is_refused_before_the_work(course, no_work, content):
    (course / "results").mkdir()
    (course / "results" / "other.json").write_text(content)
    with pytest.raises(SystemExit, match="other.json holds no results of claims"):
        claims_report.report_claims([], range(1), output="other")
    assert (course / "results" / "other.json").read_text() == content


def test_a_place_that_cannot_be_written_is_said_before_the_work(
    course, no_work, monkeypatch
):
    (course / "results").write_text("a file where the folder should be")
    with pytest.raises(
        SystemExit, match="nothing can be written in .*results.*--output"
    ):
        claims_report.report_claims([], range(1))

    def refuse(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(lessons.tempfile, "TemporaryFile", refuse)
    for command in (["notebooks"], ["claims", "--output", "claims"]):
        with pytest.raises(SystemExit, match="nothing can be written"):
            call(monkeypatch, *command)
    with pytest.raises(SystemExit, match="nothing can be written in .*room"):
        lessons.write_student_edition(course / "room")


def test_results_may_go_to_a_place_of_ones_own(course, quick):
    claims_report.report_claims([], range(1), output=str(course / "mine" / "a.json"))
    assert [file.name for file in (course / "mine").iterdir()] == ["a.json"]
    assert not (course / "results" / "claims.json").exists()


def test_saving_runs_and_cleans(course, capsys):
    lessons.save_all(["00"])
    saved = nbformat.read(course / "notebooks" / "00_one.ipynb", 4)
    assert [c.get("execution_count") for c in saved.cells] == [None, 1, None, None, 2]
    assert "✓ facts are facts" in saved.cells[1].outputs[0].text
    assert saved.cells[4].metadata.jupyter.source_hidden


def test_cleaning_drops_widget_state_and_keeps_the_still_picture():
    data = {WIDGET_VIEW: {"model_id": "x"}, "text/html": "<img>"}
    cell = new_code_cell("w", outputs=[new_output("display_data", data)])
    cell.metadata = {"trusted": True, "tags": ["keep"]}
    notebook = new_notebook(cells=[cell], metadata={"widgets": {}})
    lessons.clean(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.cells[0].metadata == {"tags": ["keep"]}
    assert set(notebook.cells[0].outputs[0].data) == {"text/html"}


@pytest.mark.parametrize("tag", ["solution", "figure"])
def test_the_code_of_solutions_and_figures_is_folded(tag):
    cells = [new_code_cell("w"), new_markdown_cell("w")]
    for cell in cells:
        cell.metadata = {"tags": [tag], "jupyter": {"outputs_hidden": True}}
    lessons.clean(new_notebook(cells=cells))
    hidden = {"tags": [tag], "jupyter": {"source_hidden": True}}
    assert [cell.metadata for cell in cells] == [hidden, {"tags": [tag]}]


def sources(path):
    return [cell.source for cell in nbformat.read(path, 4).cells]


def pretend_to_run(path):
    """What a run leaves in the only code cell, written by hand."""
    notebook = nbformat.read(path, 4)
    code = notebook.cells[1]
    code.execution_count, code.outputs = 1, [new_output("stream", text="done")]
    nbformat.write(notebook, path)


def test_the_student_edition_has_no_solutions_and_no_outputs(course, capsys):
    pretend_to_run(course / "notebooks" / "00_one.ipynb")
    (path,) = lessons.write_student_edition(course / "room")
    text = "The resolution stays, and so does this solution."
    assert sources(path) == ["# 0 · One", SOURCE, text]
    code = nbformat.read(path, 4).cells[1]
    assert (code.outputs, code.execution_count) == ([], None)


def edit(path, cell=1, source="# my answer"):
    notebook = nbformat.read(path, 4)
    notebook.cells[cell].source = source
    nbformat.write(notebook, path)


def test_a_second_student_edition_takes_nothing_away(course, capsys):
    room = course / "room"
    (path,) = lessons.write_student_edition(room)
    before = path.read_bytes()
    assert lessons.write_student_edition(room) == [path]
    assert path.read_bytes() == before

    edit(path)
    (room / "notes.txt").write_text("mine")
    changed = path.read_bytes()
    capsys.readouterr()
    (beside,) = lessons.write_student_edition(room)
    assert beside == room / "00_one_2.ipynb"
    assert path.read_bytes() == changed
    assert sources(beside)[1] == SOURCE
    assert "stay as they are" in (said := capsys.readouterr().out)
    assert "00_one (00_one_2.ipynb)" in said
    assert lessons.write_student_edition(room) == [beside]

    edit(beside)
    assert lessons.write_student_edition(room) == [room / "00_one_3.ipynb"]
    assert path.read_bytes() == changed
    assert sources(beside)[1] == "# my answer"
    assert (room / "notes.txt").read_text() == "mine"


def test_a_copy_that_nobody_touched_follows_the_lesson(course):
    (path,) = lessons.write_student_edition(course / "room")
    change(course, lambda source: "# better\n" + source)
    assert lessons.write_student_edition(course / "room") == [path]
    assert sources(path)[1].startswith("# better")


def test_a_copy_that_was_run_keeps_its_outputs(course):
    (path,) = lessons.write_student_edition(course / "room")
    pretend_to_run(path)
    before = path.read_bytes()
    assert lessons.write_student_edition(course / "room") == [path]
    change(course, lambda source: "# better\n" + source)
    assert lessons.write_student_edition(course / "room") != [path]
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b"my notes"])
def test_what_lies_at_a_copys_place_is_not_overwritten(course, content):
    (course / "room").mkdir()
    (course / "room" / "00_one.ipynb").write_bytes(content)
    (beside,) = lessons.write_student_edition(course / "room")
    assert beside.name == "00_one_2.ipynb"
    assert (course / "room" / "00_one.ipynb").read_bytes() == content


def test_no_original_is_written_through_a_link(course):
    (course / "room").mkdir()
    original = course / "notebooks" / "00_one.ipynb"
    before = original.read_bytes()
    (course / "room" / "00_one.ipynb").symlink_to(original)
    lessons.write_student_edition(course / "room")
    assert original.read_bytes() == before


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("notebooks", "another folder"),
        ("deep/er", "beside notebooks/"),
        ("../elsewhere", "beside notebooks/"),
        ("full", "other things"),
        ("a_file", "is a file"),
    ],
)
def test_the_student_edition_goes_beside_the_originals_or_nowhere(
    course, folder, words
):
    (course / "full").mkdir()
    (course / "full" / "mine.txt").write_text("keep me")
    (course / "a_file").write_text("keep me")
    with pytest.raises(SystemExit, match=words):
        lessons.write_student_edition(course / folder)
    assert not (course / folder / "00_one.ipynb").exists() or folder == "notebooks"


def exercise_tags(notebook):
    tags = [c.metadata.get("tags", []) for c in notebook.cells]
    return [t for found in tags if "solution" not in found for t in found if "ex" in t]


@pytest.mark.parametrize("path", lessons.find([]), ids=lambda path: path.stem)
def test_the_student_edition_keeps_the_starting_cell_of_every_exercise(path):
    notebook = nbformat.read(path, 4)
    starts = exercise_tags(notebook)
    texts = [
        c.source for c in notebook.cells if "solution" not in c.metadata.get("tags", [])
    ]
    copy = lessons.without_solutions(notebook)
    assert exercise_tags(copy) == starts
    assert len(starts) >= 3
    assert [cell.source for cell in copy.cells] == texts
    announced = re.compile(r"(the )?worked solution\b(?!s)", re.IGNORECASE)
    assert not any(announced.match(text) for text in texts)


FILES = ("benchmarks", "data", "notebooks", "runs", "tests")
RELATIVE = re.compile(rf"\.{{1,2}}[/\\]|({'|'.join(FILES)})[/\\]")


def relative_paths(source):
    """Strings that lead to another file from one working directory only.

    After ``ROOT / `` or another path a string is a part of it, and no path of its own.
    """
    tree = ast.parse(re.sub(r"(?m)^%.*", "", source))
    parts = {
        id(node.right)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in parts and RELATIVE.match(node.value)
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('open("../data/x.json")', 1),
        ("Path('./x')", 1),
        ('read_folder("data/sample_images")', 1),
        ('(ROOT / "data/x").read_text()', 0),
        ('print("and/or")', 0),
    ],
)
def test_a_relative_path_would_be_found(source, found):
    assert len(relative_paths(source)) == found


@pytest.mark.parametrize("path", lessons.find([]), ids=lambda path: path.stem)
def test_no_lesson_depends_on_the_folder_in_which_it_runs(path):
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code" and not cell.source.startswith("%%"):
            assert "../" not in cell.source
            assert relative_paths(cell.source) == []


@pytest.mark.parametrize("name", ["1", "01", "01_two", "two"])
def test_a_lesson_is_named_by_number_or_title(course, name):
    for stem in ("01_two", "10_ten", "11_two_more"):
        add_lesson(course, stem)
    assert [path.stem for path in lessons.find([name])] == ["01_two"]
    assert [path.stem for path in lessons.find(["10", name, name])] == [
        "01_two",
        "10_ten",
    ]


@pytest.mark.parametrize(
    "name", ["77", "", "01_", "01_t", "tw", "001", "1_two", "١", "0*", "-1", "1.0"]
)
def test_an_unknown_lesson_is_named(course, name):
    add_lesson(course, "01_two")
    said = f"no lesson is called {name!r}; there are: 00_one, 01_two"
    with pytest.raises(SystemExit, match=re.escape(said)):
        lessons.find(["00", name])


def test_a_package_without_lessons_says_so(course, monkeypatch):
    monkeypatch.setattr(lessons, "ROOT", course / "site-packages")
    with pytest.raises(SystemExit, match="there are no lessons in .*site-packages"):
        claims_report.report_claims([], range(1))


@pytest.mark.parametrize("tag", ["solution", "figure"])
def test_saving_folds_the_code_of_solutions_and_figures(tag):
    cells = [new_code_cell("1", metadata={"tags": [tag]}), new_code_cell("2")]
    folded, plain = lessons.clean(new_notebook(cells=cells)).cells
    assert folded.metadata.jupyter == {"source_hidden": True}
    assert "jupyter" not in plain.metadata


@pytest.mark.parametrize(
    "words", [["claims", "--seed", "3"], ["claims", "--out", "x"], ["test", "--chang"]]
)
def test_half_an_option_is_no_option(words, capsys):
    with pytest.raises(SystemExit) as end:
        shell.parser().parse_args(words)
    assert end.value.code == 2
    assert "unrecognized" in capsys.readouterr().err


def test_results_have_a_name_or_a_path_of_the_callers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shell.results("claims") == "claims"
    assert shell.results("./mine.json") == str(tmp_path / "mine.json")
    assert shell.results("~/x") == str(Path.home() / "x")
    with pytest.raises(argparse.ArgumentTypeError, match="empty"):
        shell.results("")
