"""The map of the house: which room may import which, and what rides along."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.import_map import graph, reached_by

ROOT = Path(__file__).resolve().parents[2]
CORE_FILES, CORE_LINES = 16, 2400
ROOMS = {  # each room, and the rooms that it may import; all may import the core
    "core": set(),
    "engine": set(),
    "images": {"engine"},
    "privacy": {"engine", "images"},
    "rivals": set(),
    "widgets": {"engine", "images"},
    "ads": {"engine", "widgets"},
    "recipes": {"engine", "images", "privacy", "ads"},
}
ROOMS["course"] = set(ROOMS) - {"core"}


def room_of(module):
    """The room of a dotted module name."""
    parts = module.split(".")
    if parts[0] == "course":
        return "course"
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else "core"


def forbidden(arrows):
    """The arrows that the table does not allow, as "a -> b"."""
    return [
        f"{name} -> {target}"
        for name, found in sorted(arrows.items())
        for target in sorted(found)
        if room_of(target) not in {"core", room_of(name), *ROOMS[room_of(name)]}
    ]


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


def test_every_arrow_is_on_the_map():
    arrows = graph()
    assert len(arrows) > 60
    assert sum(map(len, arrows.values())) > 100
    assert forbidden(arrows) == []


def test_every_folder_is_a_room_on_the_map():
    folders = {p.name for p in (ROOT / "gan_utils").iterdir() if p.is_dir()}
    assert folders - {"__pycache__"} == set(ROOMS) - {"core", "course"}


def test_contributing_shows_the_same_map():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.split("| room | may also import |")[1].split("\n\n")[0]
    shown = {}
    for row in table.splitlines()[2:]:
        names, targets = (
            set(re.findall(r"`(\w+)`", part)) for part in row.split("|")[1:3]
        )
        if "every room" in row:
            targets = set(ROOMS) - {"core", "course"}
        shown |= dict.fromkeys(names, targets)
    assert shown == {**ROOMS, "course": ROOMS["course"] - {"course"}}


@pytest.mark.parametrize("inside_functions", [False, True])
def test_there_is_no_circle_of_imports(inside_functions):
    assert circle(graph(inside_functions=inside_functions)) == []


def plant(folder, **files):
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_forbidden_arrow_would_be_found(tmp_path):
    plant(
        tmp_path,
        gan_utils__losses="def f():\n    from gan_utils.engine import fit\n",
        gan_utils__engine__fit="from gan_utils import losses\n",
        gan_utils__ads__trial="from gan_utils.engine.fit import fit\n",
        gan_utils__train="if __name__ == '__main__':\n    import gan_utils.engine.fit\n",
    )
    (tmp_path / "course").mkdir()
    assert forbidden(graph(tmp_path)) == ["gan_utils.losses -> gan_utils.engine.fit"]


def test_a_circle_would_be_found(tmp_path):
    plant(
        tmp_path,
        pack__a="from pack import b\n",
        pack__b="import torch\nfrom pack.c import thing\n"
        "if __name__ == '__main__':\n    import pack.a\n",
        pack__c="def f():\n    import pack.a\n",
    )
    assert circle(graph(tmp_path, ["pack"], inside_functions=False)) == []
    found = circle(graph(tmp_path, ["pack"]))
    assert found == ["pack.a", "pack.b", "pack.c", "pack.a"]


def lines(path):
    return sum(bool(line.strip()) for line in path.read_text("utf-8").splitlines())


def test_what_a_change_reaches_is_found_through_others():
    arrows = {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"a"}, "e": {"c", "a"}}
    assert reached_by({"b"}, arrows) == {"a", "b", "d", "e"}
    assert reached_by({"d"}, arrows) == {"d"}


def test_the_core_stays_small():
    files = [p for p in (ROOT / "gan_utils").glob("*.py") if p.name != "__init__.py"]
    assert len(files) <= CORE_FILES, sorted(p.name for p in files)
    assert sum(map(lines, files)) <= CORE_LINES


def test_every_room_says_what_lives_there():
    rooms = [
        p.parent for top in ("gan_utils", "course") for p in (ROOT / top).rglob("*.py")
    ]
    for room in set(rooms):
        tree = ast.parse((room / "__init__.py").read_text("utf-8"))
        assert len(ast.get_docstring(tree) or "") > 60, room


def modules_after(statement):
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.split()


def test_a_fid_imports_the_core_alone():
    found = [m for m in modules_after("import gan_utils.metrics") if "gan_utils." in m]
    assert len(found) > 3
    assert {room_of(module) for module in found} == {"core"}


def test_losses_import_torch_and_little_else():
    found = modules_after("from gan_utils import losses")
    assert [m for m in found if m.startswith("gan_utils.")] == ["gan_utils.losses"]
    heavy = {"matplotlib", "PIL", "ipywidgets", "scipy", "nbformat", "jupyter_server"}
    assert heavy.isdisjoint(found)


def test_importing_everything_loads_no_library_that_one_lesson_or_command_needs():
    names = [name for name in sorted(graph()) if not name.startswith("course.slides")]
    names = [name for name in names if not name.endswith("__main__")]
    found = modules_after("\n".join(f"import {name}" for name in names))
    assert {"opacus", "latex2mathml", "torchmetrics", "playwright"}.isdisjoint(found)


def test_the_server_of_jupyter_does_not_wait_for_torch():
    found = modules_after("import gan_utils.widgets.explorer.serve")
    assert "torch" not in found
