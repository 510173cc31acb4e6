"""The healthy ranges of lesson 23: the signs of the healthy program on ten seeds.

    python benchmarks/clinic.py

Writes benchmarks/results/clinic.json; seeds that are there already are not run again.
"""

import json
import platform
import time
from pathlib import Path

import torch

from course.clinic.examine import SIGNS, examine
from course.clinic.programs import healthy

RESULT = Path(__file__).with_name("results") / "clinic.json"
SEEDS, STEPS = range(10), 300


def main():
    """Run what is missing, and write after every seed."""
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    runs = known.get("runs", {})
    for seed in SEEDS:
        if str(seed) in runs:
            continue
        torch.manual_seed(seed)
        begin = time.process_time()
        chart = examine(healthy, STEPS)
        ends = {name: round(chart.end(name), 4) for name in SIGNS}
        runs[str(seed)] = ends | {"cpu seconds": round(time.process_time() - begin, 1)}
        ranges = {
            name: [
                min(r[name] for r in runs.values()),
                max(r[name] for r in runs.values()),
            ]
            for name in SIGNS
        }
        facts = {
            "command": "python benchmarks/clinic.py",
            "steps": STEPS,
            "machine": f"{platform.machine()}, one thread",
            "torch": torch.__version__,
        }
        text = json.dumps({**facts, "ranges": ranges, "runs": runs}, indent=1)
        RESULT.write_text(text + "\n")
        print(seed, runs[str(seed)], flush=True)


if __name__ == "__main__":
    main()
