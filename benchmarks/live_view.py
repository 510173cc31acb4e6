"""What the live training view costs: the same training with and without it, in turn.

    .venv/bin/python -m benchmarks.live_view

Runs in a real notebook kernel, so that messages are packed and sent, but without a
browser. Every round trains one copy of the same GAN without and one with the view, in an
order that changes from round to round, and compares the seconds of ``fit``. Writes
benchmarks/results/live_view.json. The processor seconds are those of the whole kernel,
with its threads that send; on a busy machine they are the ones to trust.
"""

import json
import os
import platform
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

RESULT = Path(__file__).resolve().parent / "results" / "live_view.json"
ROUNDS, STEPS, LOG_EVERY = 11, 300, 20
SETUP = """import json, time, torch
from gan_utils.data import fashion_mnist
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.fit import fit
from gan_utils.training import GANLoop
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.widgets.live_training.view import LiveTraining

torch.set_num_threads(1)
images, _ = fashion_mnist("train")


def seconds(watched, steps):
    torch.manual_seed(0)
    batches = DeviceBatches(images, batch_size=64)
    loop = GANLoop(DCGANGenerator(64, 16), DCGANDiscriminator(12, depth=3), decay=0.99)
    view = LiveTraining(loop, batches, steps)
    options = {}
    if watched:
        view.show()
        options = {"watch": view.watch, "stop": view.stop}
    begin = time.perf_counter(), time.process_time()
    fit(loop, batches, steps, log_every=LOG_EVERY, save_every=LOG_EVERY, **options)
    end = time.perf_counter(), time.process_time()
    wall, processor = (b - a for a, b in zip(begin, end))
    return {"wall": wall, "processor": processor, "own count": view.budget.spent / wall}


seconds(False, 40), seconds(True, 40);"""
ROUND = """rows = {watched: seconds(watched, STEPS) for watched in ORDER}
print(json.dumps([rows[False], rows[True]]))"""


def main():
    """Measure, write the file, print it."""
    orders = [(False, True) if turn % 2 else (True, False) for turn in range(ROUNDS)]
    sources = [f"LOG_EVERY = {LOG_EVERY}\n{SETUP}"]
    sources += [f"STEPS, ORDER = {STEPS}, {order}\n{ROUND}" for order in orders]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=None).execute()
    rounds = [json.loads(printed(cell)) for cell in notebook.cells[1:]]
    ratios = {
        kind: [watched[kind] / plain[kind] for plain, watched in rounds]
        for kind in ("wall", "processor")
    }
    results = {
        "command": ".venv/bin/python -m benchmarks.live_view",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": sys.version.split()[0],
        "versions": {n: version(n) for n in ("torch", "ipykernel", "ipywidgets")},
        "load at the end": [round(v, 1) for v in os.getloadavg()],
        "steps in a round": STEPS,
        "seconds without the view": [round(plain["wall"], 2) for plain, _ in rounds],
        "the view's own count, share": [round(w["own count"], 4) for _, w in rounds],
        **{f"with / without, {k}": [round(r, 4) for r in v] for k, v in ratios.items()},
        **{f"median, {k}": round(statistics.median(v), 4) for k, v in ratios.items()},
    }
    RESULT.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def printed(cell):
    """What the cell wrote to its standard output."""
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


if __name__ == "__main__":
    main()
