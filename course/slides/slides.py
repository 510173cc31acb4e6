"""Slides for a projector: one HTML file a lesson, complete in itself, from the same notebook.

The page itself (``slides_pack.js``) puts the pieces written here on sheets of 1280 x 720, so that
nothing overflows whatever fonts a machine has. It needs no network.
"""

import html
import re
from pathlib import Path

import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course import lessons
from course.slides.formulas import mathml

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body data-title="{title}">
<main id="source">
{ideas}
</main>
<script>{script}</script>
</body>
</html>
"""
HINT = re.compile(r"<details>.*?</details>", re.DOTALL)
HEADING = re.compile(r"(?m)^(?=#{1,3} )")  # a cell may hold the end of one section, too
PREDICT = re.compile(r"^> \*\*Predict", re.MULTILINE)
DRAWING = re.compile(r"\bplt\.|\baxes\b|\bplotting\.|\bfigure\b|_chart|_figures?\.")


class SlideRenderer(IPythonRenderer):
    """Markdown to HTML, with formulas that a browser shows without help."""

    def __init__(self, known):
        super().__init__(escape=False)
        self.known = known

    def block_math(self, body):
        """A displayed formula."""
        return f'<div class="formula">{mathml(body, block=True)}</div>'

    def inline_math(self, body):
        """A formula in a line of text."""
        return mathml(body) + "&NoBreak;"  # "$G$, " stays together

    def heading(self, text, level, **attributes):
        """A heading without the anchor that notebooks get."""
        return f"<h{level}>{text}</h{level}>"

    def block_code(self, code, info=None):
        """Code within text, as wide as the slide allows."""
        return (
            code_block(code) if info == "python" else f"<pre>{html.escape(code)}</pre>"
        )

    def link(self, text, url, title=None):
        """Other lessons lead to their slides, if those are written too."""
        lesson, dot, _ = url.partition(".ipynb")
        if dot and lesson in self.known:
            return f'<a href="{lesson}.html">{text}</a>'
        return f'<a href="{url}">{text}</a>' if url.startswith("http") else text


def code_block(source):
    """Coloured Python, each line an element of its own, so that long code can be split."""
    tight = re.sub(r"\n{3,}", "\n\n", source.strip("\n"))
    marked = highlight(tight, PythonLexer(), HtmlFormatter(nowrap=True))
    lines = "".join(
        f"<code>{line or ' '}</code>" for line in marked.rstrip().split("\n")
    )
    return f'<pre class="code">{lines}</pre>'


def output_blocks(outputs):
    """What a cell printed or showed; claims that held are marked as such."""
    for output in outputs:
        data = output.get("data", {})
        if output.output_type == "error":
            text = f"{output.ename}: {output.evalue}"
        elif "text/html" in data:
            picture = "figure" if "<img" in data["text/html"] else "table"
            yield f'<div class="out {picture}">{data["text/html"]}</div>'
            continue
        else:
            text = output.get("text") or data.get("text/plain", "")
        lines = [line for line in text.rstrip().split("\n") if line.strip()]
        marked = "".join(
            f"<samp{' class=claim' * line.startswith('✓')}>{html.escape(line)}</samp>"
            for line in lines
        )
        if lines:
            yield f'<pre class="out">{marked}</pre>'


def is_aside(cell, first):
    """Code that says nothing about GANs: the imports, and what only draws a figure."""
    pictures = any("<img" in str(o.get("data", {})) for o in cell.outputs)
    return first or (pictures and bool(DRAWING.search(cell.source)))


def ideas_of(notebook, known=()):
    """A lesson as HTML sections, one for each text cell and the code that follows it.

    Args:
        notebook: as read by nbformat, run and saved.
        known: stems of the lessons that get slides too, for the links.
    Returns:
        A list of strings. Worked solutions and hints are left out.
    """
    to_html = MarkdownWithMath(renderer=SlideRenderer(known))
    ideas, code_seen = [], False
    for cell in notebook.cells:
        if "solution" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            for text in filter(None, HEADING.split(HINT.sub("", cell.source).strip())):
                ideas.append([bool(PREDICT.search(text)), text, to_html.render(text)])
        elif cell.cell_type == "code":
            aside = " aside" * is_aside(cell, first=not code_seen)
            code_seen = True
            pieces = [f'<div class="cell{aside}">{code_block(cell.source)}</div>']
            ideas[-1][2] += "".join([*pieces, *output_blocks(cell.outputs)])
    return [
        f'<section class="idea{" predict" * predict}">{body}</section>'
        for predict, _, body in ideas
    ]


def title_of(notebook):
    """The lesson's title: its first heading."""
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ").strip()


def page_of(notebook, known=()):
    """The whole file: style, script, pictures and formulas inside."""
    here = Path(__file__).parent
    colours = HtmlFormatter(style="friendly").get_style_defs(".code")
    return PAGE.format(
        title=html.escape(title_of(notebook)),
        style=(here / "slides.css").read_text(encoding="utf-8") + colours,
        script="".join(
            (here / name).read_text(encoding="utf-8")
            for name in ("slides_pack.js", "slides_show.js")
        ),
        ideas="\n".join(ideas_of(notebook, known)),
    )


def write_slides(folder, names=()):
    """Write one page of slides for each lesson; returns their paths.

    Args:
        folder: made if missing; a page of the same name is replaced.
        names: lessons as ``lessons.find`` takes them; all by default.
    Raises:
        SystemExit: a name matches nothing, or the folder is named like a lesson.
    """
    folder = Path(folder).resolve()
    if re.fullmatch(r"\d\d.*", folder.name):
        raise SystemExit(
            f"the folder comes first, then the lessons: run.py slides FOLDER {folder.name}"
        )
    paths = lessons.find(names)
    lessons.check_writable(folder)
    known = {path.stem for path in paths}
    written = []
    for path in paths:
        page = folder / f"{path.stem}.html"
        page.write_text(page_of(nbformat.read(path, 4), known), encoding="utf-8")
        written.append(page)
    print(
        f"{len(written)} lessons as slides in {folder}: open one in a browser. "
        "Arrow keys turn the page, ? lists the other keys."
    )
    return written
