"""The claims report: rerun lessons with several seeds, and count how often claims hold."""

import json
import os
import platform
import tempfile
from collections import defaultdict
from pathlib import Path

import torch
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from course import lessons
from gan_utils.checkpoints import write_whole
from gan_utils.claims import RECORD_VARIABLE

RESULTS = lessons.ROOT / "benchmarks" / "results"


def report_claims(names, seeds, threads=1, cpu=None, output="claims", command=""):
    """Run lessons with several seeds; print and store how often each claim held.

    Each lesson is stored as soon as all its seeds are done; the results of lessons that
    are not rerun, or not reached, stay in the file.

    Args:
        names: lessons as ``lessons.find`` takes them; none means all.
        seeds: the values of GAN_SEED, at least one.
        threads: OMP_NUM_THREADS; as many notebooks run at once as the cores allow.
        cpu: ATEN_CPU_CAPABILITY, "default" or "avx2"; None leaves it to PyTorch.
        output: the file's name in benchmarks/results, or its whole path elsewhere; with
            or without ".json".
        command: what made the results, for the file.
    Returns:
        The number of claims that did not always hold.
    Raises:
        SystemExit: before any work, if the results could not be stored.
    """
    if not seeds:
        raise SystemExit("claims need at least one seed")
    environment = {"OMP_NUM_THREADS": str(threads)}
    if cpu:
        environment["ATEN_CPU_CAPABILITY"] = cpu
    paths = lessons.find(names)
    file = RESULTS / f"{output.removesuffix('.json')}.json"
    elsewhere = ", or name a place for the results: --output /path/to/claims"
    lessons.check_writable(file.parent, elsewhere)
    _stored(file)
    facts = {
        "command": command,
        "seeds": list(seeds),
        "threads": threads,
        "cpu capability": cpu or torch.backends.cpu.get_cpu_capability(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "torch": torch.__version__,
    }
    found = {}
    with lessons.pool(max(1, (os.cpu_count() or 2) // threads)) as pool:
        runs = {
            path: [pool.submit(_claims_of, path, seed, environment) for seed in seeds]
            for path in paths
        }
        for path, outcomes in runs.items():
            claims = _summary(seeds, [outcome.result() for outcome in outcomes])
            found[path.stem] = {**facts, "claims": claims}
            everything = {**_stored(file), path.stem: found[path.stem]}
            text = json.dumps(
                dict(sorted(everything.items())), indent=1, ensure_ascii=False
            )
            write_whole({file: (text + "\n").encode()})
    return _show(found)


def _stored(file):
    """The results in a file, by lesson; refuses one that holds anything else."""
    if not file.exists():
        return {}
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        sound = all("claims" in result for result in known.values())
    except (OSError, ValueError, AttributeError, TypeError):
        sound = False
    if not sound:
        raise SystemExit(
            f"{file} holds no results of claims: move it away, or choose another --output"
        )
    return known


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


def _summary(seeds, outcomes):
    """One row per claim: how often it held, its smallest margin and the seed of that.

    A claim about recorded runs says how many runs were recorded and whether it held: the
    seeds have no part in it.
    """
    found = defaultdict(list)
    for seed, claims in zip(seeds, outcomes):
        worst = {}  # a claim made several times in one run holds if all of them do
        for entry in claims:
            key = entry["claim"], entry.get("recorded")
            before = worst.get(key, entry)
            margins = [m for m in (before["margin"], entry["margin"]) if m is not None]
            held = before["held"] and entry["held"]
            worst[key] = {"held": held, "margin": min(margins, default=None)}
        for key, entry in worst.items():
            found[key].append((entry["margin"], seed, entry["held"]))
    rows = []
    for (statement, recorded), entries in found.items():
        margins = [(margin, seed) for margin, seed, _ in entries if margin is not None]
        smallest, seed = min(margins, default=(None, None))
        held = sum(entry[2] for entry in entries)
        row = {"claim": statement, "held": held, "runs": len(outcomes)}
        if recorded:
            row = {"claim": statement, "recorded runs": recorded}
            row["holds"] = held == len(outcomes)
        if smallest is not None:
            row["smallest margin"] = round(smallest, 4)
            if not recorded:
                row["at seed"] = seed
        rows.append(row)
    return rows


def _show(found):
    """Print a line per claim; returns how many did not always hold."""
    failed = total = 0
    for name, result in found.items():
        for row in result["claims"]:
            held = row["holds"] if "holds" in row else row["held"] == row["runs"]
            total, failed = total + 1, failed + (not held)
            runs = row.get("recorded runs")
            count = f"recorded, {runs} run{'s' if runs != 1 else ''}"
            if not runs:
                count = f"{row['held']} of {row['runs']}"
            margin = row.get("smallest margin")
            shown = ("exact" if held else "") if margin is None else f"{margin:.0%}"
            mark = "✓" if held else "✗"
            print(f"{mark} {name[:2]}  {count:>17}  {shown:>6}  {row['claim']}")
    print(f"{total} claims, {failed} did not always hold")
    return failed
