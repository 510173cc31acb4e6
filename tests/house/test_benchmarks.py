"""Every measurement that the lessons quote can be made again by the command beside it."""

import json
import re
import subprocess
import sys
from pathlib import Path

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
