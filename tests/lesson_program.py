"""What a lesson prints, to be compared with the recipe that trains it for longer."""

import ast
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def statements(source):
    """A function as its statements: without docstring, comments and line breaks."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is not None:
        del function.body[0]
    return ast.unparse(function)


def code_cells(number):
    """The code of a lesson, cell by cell."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def settings(number):
    """{name: value} of the constants in a lesson's second code cell."""
    return {
        line.targets[0].id: ast.literal_eval(line.value)
        for line in ast.parse(code_cells(number)[1]).body
        if isinstance(line.value, (ast.Constant, ast.Tuple))
    }
