"""The claims report: rerun lessons with several seeds, and count how often claims hold."""

import json
import os
import platform
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from course import lessons
from gan_utils.claims import RECORD_VARIABLE

RESULTS = lessons.ROOT / "benchmarks" / "results"


def report_claims(names, seeds, threads=1, cpu=None, output="claims", command=""):
    """Run lessons with several seeds; print and store how often each claim held.

    The results of lessons that are not rerun stay in the file.

    Args:
        names: lessons as ``lessons.find`` takes them; none means all.
        seeds: the values of GAN_SEED.
        threads: OMP_NUM_THREADS; as many notebooks run at once as the cores allow.
        cpu: ATEN_CPU_CAPABILITY, "default" or "avx2"; None leaves it to PyTorch.
        output: the file's name in benchmarks/results, without ".json".
        command: what made the results, for the file.
    Returns:
        The number of claims that did not always hold.
    """
    environment = {"OMP_NUM_THREADS": str(threads)}
    if cpu:
        environment["ATEN_CPU_CAPABILITY"] = cpu
    paths = lessons.find(names)
    jobs = [(path, seed) for seed in seeds for path in paths]
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // threads)) as pool:
        outcomes = list(pool.map(lambda job: _claims_of(*job, environment), jobs))
    facts = {
        "command": command,
        "seeds": list(seeds),
        "threads": threads,
        "cpu capability": cpu or torch.backends.cpu.get_cpu_capability(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "torch": torch.__version__,
    }
    found = {
        path.stem: {**facts, "claims": _summary(path, jobs, outcomes)} for path in paths
    }
    _store(output, found)
    return _show(found)


def _claims_of(path, seed, environment):
    """The claims that one run of a lesson recorded, and the error that ended it, if any."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "claims.jsonl"
        record.touch()
        variables = {"GAN_SEED": str(seed), RECORD_VARIABLE: str(record), **environment}
        error = None
        try:
            lessons.execute(path, **variables)
        except CellExecutionError as problem:
            error = f"{problem.ename}: {problem.evalue}".splitlines()[0]
        except (CellTimeoutError, DeadKernelError) as problem:
            error = str(problem).splitlines()[0]
        lines = record.read_text(encoding="utf-8").splitlines()
    note = f", {error}" if error else ""
    print(f"{path.stem}, seed {seed}: {len(lines)} claims{note}", flush=True)
    claims = [json.loads(line) for line in lines]
    if error:
        statement = f"the lesson runs to its end ({error})"
        claims.append({"claim": statement, "held": False, "margin": None})
    return claims


def _summary(lesson, jobs, outcomes):
    """One row a claim: how often it held, the smallest margin and the seed it fell on."""
    found, runs, files = defaultdict(list), 0, {}
    for (path, seed), claims in zip(jobs, outcomes):
        if path != lesson:
            continue
        runs += 1
        worst = {}  # a claim made several times in one run holds if all of them do
        for entry in claims:
            before = worst.get(entry["claim"], entry)
            margins = [m for m in (before["margin"], entry["margin"]) if m is not None]
            held = before["held"] and entry["held"]
            worst[entry["claim"]] = {"held": held, "margin": min(margins, default=None)}
            if "recorded" in entry:
                files[entry["claim"]] = entry["recorded"]
        for statement, entry in worst.items():
            found[statement].append((entry["margin"], seed, entry["held"]))
    rows = []
    for statement, entries in found.items():
        margins = [(margin, seed) for margin, seed, _ in entries if margin is not None]
        smallest, seed = min(margins, default=(None, None))
        row = {"claim": statement, "held": sum(e[2] for e in entries), "runs": runs}
        if statement in files:  # read from a file: no seed can change it
            row = {"claim": statement, "held": row["held"] == runs}
            row |= {"recorded runs": files[statement]}
        if smallest is not None:
            row |= {"smallest margin": round(smallest, 4), "at seed": seed}
        rows.append(row)
    return rows


def _store(output, found):
    """Put the new results into the file, beside those of other lessons."""
    path = RESULTS / f"{output}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    text = json.dumps(
        dict(sorted({**known, **found}.items())), indent=1, ensure_ascii=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _show(found):
    """Print a line a claim; returns how many did not always hold."""
    rows = [
        (name[:2], row) for name, result in found.items() for row in result["claims"]
    ]
    for number, row in rows:
        margin = row.get("smallest margin")
        shown = "exact" if margin is None else f"{margin:.0%}"
        if "recorded runs" in row:
            often = f"recorded, {row['recorded runs']}" if row["held"] else "NOT HELD"
        else:
            often = f"{row['held']:2d} of {row['runs']:2d}"
        print(f"{number}  {often:>12}  {shown:>6}  {row['claim']}")
    failed = sum(row["held"] < row.get("runs", 1) for _, row in rows)
    print(f"{len(rows)} claims, {failed} did not always hold")
    return failed
