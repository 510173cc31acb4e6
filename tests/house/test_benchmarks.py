"""Every measurement that the lessons quote can be made again by the command beside it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks import losses

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


def test_the_comparison_of_losses_is_complete_and_fair():
    """Its command would train nothing more; all had one search, at about one cost."""
    record = json.loads(losses.RESULTS.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(losses.settings()))
    assert {key: record[key] for key in now if key not in ("machine", "torch", "threads")} == {
        key: now[key] for key in now if key not in ("machine", "torch", "threads")
    }  # fmt: skip
    assert list(losses.compare(record, None)) == [None]
    for name, entry in record["objectives"].items():
        assert [run["rate"] for run in entry["tuning"]] == record["rates"]
        assert {run["rate"] for run in entry["runs"]} == {entry["rate"]}
        steps = [run["g_steps"] for run in entry["tuning"] + entry["runs"]]
        assert abs(sum(steps) / len(steps) / record["rounds"][name] - 1) < 0.05


def test_the_last_layer_of_san_learns_its_direction_apart():
    torch.manual_seed(0)
    layer, h = losses.SANLayer(6), torch.randn(5, 6, requires_grad=True)
    (weight,) = layer.weight
    of_features, of_direction = layer(h)
    plain = h @ weight
    torch.testing.assert_close(of_features, plain)
    torch.testing.assert_close(of_direction, plain)

    def gradients(scores):
        return torch.autograd.grad(scores.sum(), (h, layer.weight), retain_graph=True)

    (to_h, to_weight), (no_h, turn) = gradients(of_features), gradients(of_direction)
    torch.testing.assert_close(to_h, weight.expand(5, 6))
    ratio = to_weight / weight
    torch.testing.assert_close(ratio, ratio.mean().expand(1, 6))  # only the length
    assert no_h.abs().max() == 0
    assert abs(turn @ weight) < 1e-6 < turn.norm()  # only the direction
