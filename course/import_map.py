"""Who imports whom in the house: read from the source, without running it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def name_of(path, root=ROOT):
    """The dotted name of a Python file below ``root``; of a folder for ``__init__``."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source, modules, module="", inside_functions=True):
    """The ``modules`` that a Python source imports.

    Args:
        source: the text of a file.
        modules: dotted names to look for.
        module: the source's own name, which does not count.
        inside_functions: also what functions import when they are called.
    Raises:
        ValueError: a relative import.
    """
    found = set()
    for node in _statements(ast.parse(source), inside_functions):
        if isinstance(node, ast.Import):
            asked = [alias.name for alias in node.names]
        elif node.level:
            raise ValueError(f"{module}: relative import; write the whole name")
        else:
            asked = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        found.update(asked)
    return (found & set(modules)) - {module}


def _statements(tree, inside_functions):
    """Import statements; what a file does only as a script is not an import of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif inside_functions or not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        ):
            yield from _statements(node, inside_functions)


def graph(root=ROOT, tops=("gan_utils", "course"), inside_functions=True):
    """{module: modules that it imports}; package files that hold only words are left out."""
    files = {name_of(p, root): p for top in tops for p in (root / top).rglob("*.py")}
    files = {name: path for name, path in files.items() if path.stem != "__init__"}
    return {
        name: imported(path.read_text("utf-8"), files, name, inside_functions)
        for name, path in files.items()
    }


def reached_by(names, arrows):
    """The modules that import one of ``names``, directly or through others, and these."""
    reached, new = set(), set(names)
    while new:
        reached |= new
        new = {a for a, targets in arrows.items() if targets & new} - reached
    return reached
