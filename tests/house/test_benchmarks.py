"""Every measurement that the lessons quote can be made again by the command beside it."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gan_utils.augment import cutout, translation
from gan_utils.data import fashion_mnist, to_float

ROOT = Path(__file__).resolve().parents[2]
FIND = "import importlib.util as u, sys; [print(u.find_spec(n).origin) for n in sys.argv[1:]]"


def test_the_command_of_every_result_runs_our_own_file():
    """Opacus installs a ``benchmarks`` of its own, which once hid ours."""
    commands = [
        json.loads(path.read_text(encoding="utf-8")).get("command", "")
        for path in sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    ]
    names = {
        name for text in commands for name in re.findall(r"-m (benchmarks\.\w+)", text)
    }
    files = {f"benchmarks.{path.stem}" for path in ROOT.glob("benchmarks/[a-z]*.py")}
    assert len(names) > 5
    assert names <= files
    found = subprocess.run(
        [sys.executable, "-c", FIND, *sorted(files)], cwd=ROOT, check=True,
        capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert [Path(x).parent for x in found] == [ROOT / "benchmarks"] * len(files)


@pytest.fixture(scope="module")
def traces():
    """The module that counts what an augmentation leaves in pictures."""
    path = ROOT / "benchmarks" / "overfitting.py"
    spec = importlib.util.spec_from_file_location("overfitting_traces", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_trace_is_found_where_it_is_and_nowhere_else(traces):
    real = to_float(fashion_mnist("test")[0][:1000])
    torch.manual_seed(0)
    assert traces.grey_squares(real) < 0.1
    assert traces.grey_squares(cutout(real)) > 0.9
    assert traces.grey_squares(translation(real)) < 0.1
    assert traces.grey_edges(real) == 0
    assert traces.grey_edges(translation(real)) > 0.9
    assert traces.grey_edges(cutout(real)) < 0.01
    assert traces.turned_shoes(real) < 0.02
    assert traces.turned_shoes(real.flip(3)) > 0.98


def test_a_square_must_be_grey_and_large_enough(traces):
    pictures = -torch.ones(4, 1, 28, 28)
    pictures[0, :, 5:13, 7:15] = 0.0  # the only one that counts
    pictures[1, :, 5:13, 7:14] = 0.0  # a column short
    pictures[2, :, 5:13, 7:15] = 0.5  # too light
    assert traces.grey_squares(pictures) == 0.25


def test_an_edge_must_be_grey_from_end_to_end(traces):
    pictures = -torch.ones(6, 1, 28, 28)
    pictures[0, :, 0], pictures[1, :, -1] = 0.0, 0.1
    pictures[2, ..., 0], pictures[3, ..., -1] = 0.0, -0.1
    pictures[4, :, 0, :14] = 0.0  # half a line
    pictures[5, :, 1] = 0.0  # not the outermost
    assert traces.grey_edges(pictures) == pytest.approx(4 / 6)
