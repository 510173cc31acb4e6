"""Slides from notebooks: what is in the file. tests/browser looks at the pages."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import lessons
from course.slides import slides

PICTURE = '<img alt="a figure with a curve" src="data:image/png;base64,AAAA">'


def code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(html):
    return new_output("display_data", {"text/html": html, "text/plain": "stand-in"})


@pytest.fixture
def lesson():
    return new_notebook(cells=[
        new_markdown_cell("# 1 · One < two\n\n**Why?**"),
        code("import torch"),
        new_markdown_cell("end of it\n\n## Data\n\nSee [lesson 2](02_two.ipynb#there), "
                          "[3](03_three.ipynb), [paper](https://a.org): $x < y$"),
        code("a = 1\n\n\n\nb = a < 2", printed("✓ small\n\nother <b>\n")),
        new_markdown_cell("> **Predict.** What?"),
        code("plotting.show(figure, 'alt')", shown(PICTURE)),
        new_markdown_cell("<details><summary>Hint</summary>\n\nlook\n\n</details>"),
        new_markdown_cell("Worked solution, folded:", metadata={"tags": ["solution"]}),
        code("answer = 42", tags=["solution"]),
    ])  # fmt: skip


def test_a_slide_idea_for_each_text_and_each_heading(lesson):
    ideas = slides.ideas_of(lesson)
    starts = [re.sub(r"<[^>]+>", "", idea).strip()[:9] for idea in ideas]
    assert starts == ["1 · One &", "end of it", "DataSee l", "Predict. "]
    assert ["predict" in idea.split(">")[0] for idea in ideas] == [False] * 3 + [True]


def test_solutions_and_hints_stay_out(lesson):
    page = slides.page_of(lesson)
    source = page[page.index("<main") : page.index("</main>")]
    for left_out in ("42", "orked solution", "Hint", "look"):
        assert left_out not in source


def test_code_has_its_lines_and_outputs_are_marked(lesson):
    idea = slides.ideas_of(lesson)[2]
    assert idea.count("<code>") == 3  # two empty lines became one
    assert "<samp class=claim>✓ small</samp><samp>other &lt;b&gt;</samp>" in idea


def test_imports_and_drawing_are_asides_and_pictures_stay(lesson):
    ideas = slides.ideas_of(lesson)
    assert [idea.count('class="cell aside"') for idea in ideas] == [1, 0, 0, 1]
    assert PICTURE in ideas[3]
    assert 'class="out figure"' in ideas[3]


def test_links_lead_to_slides_that_are_there(lesson):
    idea = slides.ideas_of(lesson, known={"02_two"})[2]
    assert '<a href="02_two.html">lesson 2</a>' in idea
    assert ">3</a>" not in idea
    assert '<a href="https://a.org">' in idea


def test_an_error_is_shown_by_its_name(lesson):
    failed = new_output("error", ename="ValueError", evalue="no", traceback=["long"])
    lesson.cells.append(code("1 / 0", failed))
    assert "<samp>ValueError: no</samp>" in slides.ideas_of(lesson)[-1]


@pytest.mark.parametrize("path", lessons.find([]), ids=lambda path: path.stem)
def test_every_lesson_is_one_file_that_needs_no_network(path):
    notebook = nbformat.read(path, 4)
    page = slides.page_of(notebook, {path.stem})
    assert "$" not in re.sub(r"<pre.*?</pre>|<code>.*?</code>|<script>.*?</script>", "",
                             page[page.index("<main") :], flags=re.DOTALL)  # fmt: skip
    loads = re.findall(r"""(?:src=["']?|url\(|@import )([^"')>]{1,40})""", page)
    assert all(address.startswith("data:") for address in loads)
    assert not re.findall(r"<link|<iframe|<script [^>]*src", page)
    pictures = sum(str(c.get("outputs", "")).count("<img") for c in notebook.cells
                   if "solution" not in c.metadata.get("tags", []))  # fmt: skip
    assert page.count("<img") == pictures


def test_the_command_writes_files_and_refuses_a_lesson_for_a_folder(tmp_path, capsys):
    (page,) = slides.write_slides(tmp_path / "room", ["01"])
    assert page.name == "01_minimax_loss.html"
    assert "1 lessons as slides" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="the folder comes first"):
        slides.write_slides(tmp_path / "01", ["04"])
    with pytest.raises(SystemExit, match="no lesson is called '77'"):
        slides.write_slides(tmp_path / "room", ["77"])


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SystemExit, match="nothing can be written"):
        slides.write_slides(tmp_path / "file" / "sub", ["00"])
