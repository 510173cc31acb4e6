"""Arrows between the modules of gan_utils point one way, and nothing heavy rides along."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "gan_utils"


def name_of(path, package):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def targets(node, module, modules):
    """The modules of the package that one import statement runs."""
    if isinstance(node, ast.Import):
        asked = [alias.name for alias in node.names]
    elif node.level == 0:
        asked = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    else:
        raise AssertionError(f"{module}: relative import; write the whole name")
    return [name for name in asked if name in modules and name != module]


def statements(tree, inside_functions):
    """Import statements; those within functions run later, or never.

    What a module does only when it is called as a script is not an import of it.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif inside_functions or not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        ):
            yield from statements(node, inside_functions)


def graph(package=PACKAGE, inside_functions=True):
    """{module: modules it imports}. The empty package file itself is left out."""
    files = {name_of(path, package): path for path in package.rglob("*.py")}
    modules = set(files) - {package.name}
    return {
        name: {
            target
            for node in statements(ast.parse(path.read_text("utf-8")), inside_functions)
            for target in targets(node, name, modules)
        }
        for name, path in files.items()
        if name in modules
    }


def circle(arrows):
    """One circle as a list of names, or an empty list."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        path.append(name)
        found = next(filter(None, map(visit, sorted(arrows[name]))), [])
        path.pop()
        done.add(name)
        return found

    return next(filter(None, map(visit, sorted(arrows))), [])


@pytest.mark.parametrize("inside_functions", [False, True])
def test_there_is_no_circle_of_imports(inside_functions):
    arrows = graph(inside_functions=inside_functions)
    assert len(arrows) > 60
    assert sum(map(len, arrows.values())) > 100
    assert circle(arrows) == []


def test_a_circle_would_be_found(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from pack import b\n")
    (package / "b.py").write_text(
        "import torch\nfrom pack.c import thing\n"
        "if __name__ == '__main__':\n    import pack.a\n"
    )
    (package / "c.py").write_text("def f():\n    import pack.a\n")
    assert circle(graph(package, inside_functions=False)) == []
    assert circle(graph(package)) == ["pack.a", "pack.b", "pack.c", "pack.a"]


@pytest.mark.parametrize("low", ["losses", "penalties", "networks", "data", "metrics"])
def test_the_ground_does_not_lean_on_training_or_widgets(low):
    arrows = graph()
    reached, todo = set(), [f"gan_utils.{low}"]
    while todo:
        new = arrows[todo.pop()] - reached
        reached |= new
        todo += new
    above = ("gan_utils.widgets", "gan_utils.training", "gan_utils.trainer")
    assert not [name for name in reached if name.startswith(above)]


def test_importing_everything_loads_no_library_that_one_lesson_or_command_needs():
    names = [n for n in graph() if "slides" not in n and "formulas" not in n]
    names = [name for name in names if not name.endswith("__main__")]
    code = (
        f"import importlib, sys\nfor name in {sorted(names)}:\n"
        "    importlib.import_module(name)\n"
        "print([n for n in ('opacus', 'latex2mathml', 'torchmetrics', 'playwright') "
        "if n in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip() == "[]"
