"""Off-policy estimates on a real shop's logs: ``python -m benchmarks.real_clicks``.

Two policies, three campaigns, 10,000 impressions a log (data/clicks/CARD.md). Each policy's
click rate from its own log, and from the other's by every estimator; how far Thompson
sampling's propensities moved; simulated logs with known click rates, which say how often
the intervals cover; and how many impressions a comparison needs. Writes
results/real_clicks.json in about six CPU minutes.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.stats import norm

from gan_utils.ads.clicks import real_logs
from gan_utils.ads.clicks.policies import needed_impressions

RESULT = Path(__file__).resolve().parent / "results" / "real_clicks.json"
REPLICATES = 2_000
SIMULATED, SIMULATED_REPLICATES = 500, 200
BASE_RATES = (0.0038, 0.0046, 0.0069)  # of the six logs: lowest, middle, highest
LIFTS = (0.1, 0.2, 0.5, 1.0)
# Saito et al. 2021, Table 1, rates in % of the full logs; we could read it only as quoted
# by others, who agree
PUBLISHED = {
    "all": {"random": 0.35, "thompson": 0.50},
    "men": {"random": 0.51, "thompson": 0.67},
    "women": {"random": 0.48, "thompson": 0.64},
}


def report(found, own=None):
    """A ``Report`` as a dictionary; with the other log's rate, how far off it is."""
    lines = {}
    for name, interval in found.intervals.items():
        lines[name] = interval._asdict()
        if own is not None:
            error = np.hypot(*((i.high - i.low) / 3.92 for i in (interval, own)))
            lines[name]["standard errors from the own rate"] = (
                interval.rate - own.rate
            ) / error
            lines[name]["own rate inside"] = interval.low <= own.rate <= interval.high
    return {**lines, **{k: v for k, v in found._asdict().items() if k != "intervals"}}


def estimates(campaign, logs, own):
    """Each direction by every estimator."""
    items = logs["random"].affinity.shape[1]
    random, thompson = logs["random"], logs["thompson"]
    clean = real_logs.without_standins(thompson)
    uniform = real_logs.uniform(items)
    jobs = {
        "random from Thompson's log": (thompson, uniform, own["random"]),
        "the same without stand-ins": (clean, uniform, own["random"]),
        "Thompson's shares from random's log": (
            random, real_logs.shares_of(thompson), own["thompson"],
        ),
        "Thompson's start from random's log": (
            random, real_logs.thompson_start(campaign), None,
        ),
    }  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    found = {
        name: report(real_logs.evaluate(log, target, generator, REPLICATES), truth)
        for name, (log, target, truth) in jobs.items()
    }
    return {**found, "stand-ins left out": 10_000 - len(clean.clicks)}


def movement(campaign, log):
    """How Thompson sampling's propensities compare with its start and with themselves."""
    start = real_logs.thompson_start(campaign).probability
    own, then = log.propensity.log(), start[log.position, log.item].log()
    pairs = torch.stack([own, then])
    early = log.seconds < 3600
    found = {
        "correlation of logarithms with the start, first hour": pairs[:, early],
        "the same, second day": pairs[:, log.seconds // 86400 == 1],
        "the same, week": pairs,
    }
    found = {
        name: torch.corrcoef(values)[0, 1].item() for name, values in found.items()
    }
    gaps, same = [], []
    cell = log.position * log.affinity.shape[1] + log.item
    for one in cell.unique():
        mine = cell == one
        gaps.append(log.seconds[mine].diff())
        same.append(log.propensity[mine].diff() == 0)
    gap, same = torch.cat(gaps), torch.cat(same).float()
    for low, high in ((0, 60), (60, 300), (300, 600), (600, 1200)):
        between = same[(gap >= low) & (gap < high)]
        found[f"unchanged after {low} to {high} s"] = between.mean().item()
    return found


def simulated_log(probability, rates, count, random):
    """A log with known click rates: items by ``probability`` (3, items), no affinities."""
    items = len(rates)
    position = torch.randint(real_logs.POSITIONS, (count,), generator=random)
    item = torch.multinomial(probability[position], 1, generator=random)[:, 0]
    clicks = (torch.rand(count, generator=random) < rates[item]).float()
    nobody = torch.zeros(count, 4, dtype=torch.long)
    return real_logs.RealLog(
        torch.arange(count), item, position, clicks, probability[position, item],
        nobody, torch.zeros(count, items),
    )  # fmt: skip


def coverage(campaign):
    """Simulated logs of the start policy and of random: what the intervals are worth.

    Click rates are the prior means, so the truth is known; 10,000 impressions a log.
    """
    start = real_logs.thompson_start(campaign)
    published = real_logs.items_of(campaign)
    rates = published.clicked / (published.clicked + published.passed)
    uniform = real_logs.uniform(len(rates))
    random = torch.Generator().manual_seed(1)
    found = {}
    for name, writer, target in (
        ("random from the start's log", start, uniform),
        ("the start from random's log", uniform, start),
    ):
        truth = (target.probability * rates).sum(1).mean().item()
        reports = []
        for _ in range(SIMULATED):
            log = simulated_log(writer.probability, rates, 10_000, random)
            nothing = torch.zeros(10_000, len(rates))
            reports.append(
                real_logs.evaluate(
                    log, target, random, SIMULATED_REPLICATES, predicted=nothing
                )
            )
        found[name] = {"truth": truth} | {
            key: spread([one.intervals[key] for one in reports], truth)
            for key in ("IPS", "SNIPS")
        }
        found[name]["median effective"] = float(
            np.median([r.effective for r in reports])
        )
    return found


def spread(intervals, truth):
    """How often intervals hold the truth, and where the estimates lie."""
    rates = np.array([interval.rate for interval in intervals])
    inside = [interval.low <= truth <= interval.high for interval in intervals]
    return {
        "covered": float(np.mean(inside)), "below the truth": float((rates < truth).mean()),
        "mean": rates.mean(), "deviation": rates.std(ddof=1),
    }  # fmt: skip


def visible_lift(base, impressions):
    """The smallest lift that so many impressions an arm show, at power 80 % and 5 %."""
    return brentq(
        lambda lift: needed_impressions(base, base * (1 + lift)) - impressions, 0.01, 9
    )


def power():
    """Impressions an arm, and what 10,000 can show."""
    return {
        "impressions an arm": {
            f"{base:.2%}": {
                f"+{lift:.0%}": needed_impressions(base, base * (1 + lift))
                for lift in LIFTS
            }
            for base in BASE_RATES
        },
        "smallest lift that 10,000 an arm show": {
            f"{base:.2%}": visible_lift(base, 10_000) for base in BASE_RATES
        },
    }


def measure(campaign):
    """Everything for one campaign."""
    logs = {
        policy: real_logs.real_log(policy, campaign) for policy in real_logs.POLICIES
    }
    own = {policy: real_logs.on_policy(log) for policy, log in logs.items()}
    a, b = own["random"].rate, own["thompson"].rate
    pooled = (a + b) / 2
    z = (b - a) / (pooled * (1 - pooled) * 2 / 10_000) ** 0.5
    return {
        "items": logs["random"].affinity.shape[1],
        "own": {
            policy: {"clicks": int(logs[policy].clicks.sum()), **interval._asdict()}
            for policy, interval in own.items()
        },
        "published rates in %": PUBLISHED[campaign],
        "p of no difference": 2 * norm.sf(abs(z)),
        "impressions an arm for this difference": None if a == b else needed_impressions(a, b),
        "estimates": estimates(campaign, logs, own),
        "propensities": movement(campaign, logs["thompson"]),
        "simulated": coverage(campaign),
    }  # fmt: skip


def main():
    """Measure the campaigns and write the file."""
    torch.set_num_threads(1)
    begin = time.process_time()
    done = {
        "command": "python -m benchmarks.real_clicks",
        "machine": f"{platform.machine()}, one thread",
        "torch": torch.__version__,
        "impressions a log": 10_000,
        "bootstrap replicates": REPLICATES,
        "simulated logs": SIMULATED,
        "replicates of a simulated log": SIMULATED_REPLICATES,
        "campaigns": {},
        "power": power(),
    }
    for campaign in real_logs.CAMPAIGNS:
        done["campaigns"][campaign] = measure(campaign)
        done["CPU seconds"] = round(time.process_time() - begin)
        print(campaign, done["CPU seconds"], "CPU s", flush=True)
    RESULT.write_text(json.dumps(rounded(done), indent=1) + "\n")


def rounded(value):
    """The same with four significant figures."""
    if isinstance(value, float | np.floating):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return value.item() if isinstance(value, np.generic) else value


if __name__ == "__main__":
    main()
