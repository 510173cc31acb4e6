"""Figures and tables of lesson 20, and the readers of its recorded runs."""

import html

import matplotlib.pyplot as plt
import torch

from gan_utils import plotting
from gan_utils.privacy import customers
from gan_utils.privacy.differential import auc_bound, best_attack
from gan_utils.privacy.membership import auc, tpr_at

ATTACKS = {
    "D (white box)": ("D", plotting.BAD),
    "nearest sample": ("nearest, pixels", plotting.FAKE),
    "Monte Carlo": ("Monte Carlo, pixels", "#a6611a"),
    "control": ("control", plotting.NEUTRAL),
}
COSTS = {
    "distance of columns ↓": "W1",
    "error of correlations ↓": "correlation error",
    "forecast, AUC ↑": "answer AUC",
    "attack on D, AUC": "attack on D",
    "CPU seconds": "CPU seconds",
}


def table_of(head, rows):
    """Texts as an HTML table."""
    lines = [("th", head), *(("td", row) for row in rows)]
    body = "".join(
        "<tr>" + "".join(f"<{tag}>{html.escape(str(x))}</{tag}>" for x in row) + "</tr>"
        for tag, row in lines
    )
    return f"<table>{body}</table>"


def logit_figure(members, others):
    """Two histograms of D's logits, over the middle 99 % of all; returns the figure."""
    figure, axes = plt.subplots(figsize=(6.4, 2.5))
    low, high = torch.cat([members, others]).quantile(torch.tensor([0.005, 0.995]))
    bins = torch.linspace(low, high, 41)
    parts = (("members", members, plotting.BAD), ("held out", others, plotting.REAL))
    for name, logits, colour in parts:
        axes.hist(
            logits.clamp(low, high),
            bins,
            density=True,
            color=colour,
            alpha=0.6,
            label=name,
        )
    axes.set(xlabel="D's logit", ylabel="density")
    axes.legend()
    return figure


def attack_table(attacks):
    """AUC and true-positive rate with intervals: {name: (members, others)} as HTML."""
    rows = []
    for name, sides in attacks.items():
        area, rate = auc(*sides), tpr_at(*sides)
        rows.append([
            name,
            f"{area.value:.2f} ({area.low:.2f} to {area.high:.2f})",
            f"{rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%})",
        ])  # fmt: skip
    return table_of(["attack", "AUC", "found at 1 % false positives"], rows)


def recorded_attack(measured, count, steps, attack, figure="auc"):
    """One attack of the sweep, the mean over seeds of [value, low, high].

    Args:
        measured: benchmarks/results/privacy.json, read.
        count: training pictures; steps: of training; attack: as the file names it.
        figure: "auc" or "tpr".
    """
    runs = measured["sweep"].items()
    kept = [run for key, run in runs if key.startswith(f"N={count},")]
    return torch.tensor([run[str(steps)][attack][figure] for run in kept]).mean(0)


def sweep_figure(measured, counts, steps):
    """AUC and true-positive rate over the training pictures; returns the figure."""
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 2.9))
    kinds = (("auc", "AUC", 0.5), ("tpr", "found at 1 % false positives", 0.01))
    for axes, (kind, label, chance) in zip(panels, kinds):
        for shift, (name, (attack, colour)) in enumerate(ATTACKS.items()):
            value, low, high = torch.stack(
                [recorded_attack(measured, n, steps, attack, kind) for n in counts]
            ).T
            reach = torch.stack([value - low, high - value]).clamp_min(0)
            x = torch.tensor(counts) * 1.07**shift
            axes.errorbar(
                x, value, reach, fmt="o-", ms=4, color=colour, label=name, capsize=2
            )
        axes.axhline(chance, color="black", lw=0.8, ls=":")
        axes.set(xscale="log", xlabel="training pictures", ylabel=label)
    panels[0].legend(fontsize=8)
    return figure


def ceiling_table(epsilons, delta, belief=0.1):
    """What each epsilon allows the best of all attackers, as HTML."""
    head = ["ε", "odds × at most", f"a belief of {belief:.0%} rises at most to",
            "found at 1 % false positives, at most", "AUC at most"]  # fmt: skip
    rows = []
    for epsilon in epsilons:
        odds = torch.tensor(epsilon).exp().item()
        after = odds * belief / (odds * belief + 1 - belief)
        found = best_attack(0.01, epsilon, delta).item()
        rows.append([epsilon, f"{odds:,.1f}", f"{after:.0%}", f"{found:.1%}",
                     f"{auc_bound(epsilon, delta):.2f}"])  # fmt: skip
    return table_of(head, rows)


def customer_table(rows):
    """Encoded customers as an HTML table that a person reads."""
    found = customers.decode(rows)
    return table_of(found[0], [row.values() for row in found])


def columns_figure(real, drawn):
    """Histograms of the four numeric columns, real and generated; returns the figure."""
    figure, panels = plt.subplots(1, 4, figsize=(8.4, 2.4), sharey=True)
    bins, colours = torch.linspace(-1, 1, 31), (plotting.FAKE, plotting.D_FAKE)
    for at, (axes, column) in enumerate(zip(panels, customers.NUMBERS)):
        axes.hist(
            real[:, at],
            bins,
            density=True,
            color=plotting.REAL,
            alpha=0.35,
            label="real",
        )
        for (name, rows), colour in zip(drawn.items(), colours):
            axes.hist(
                rows[:, at],
                bins,
                density=True,
                histtype="step",
                color=colour,
                label=name,
            )
        axes.set(xlabel=f"{column.name}\n(encoded, −1 to 1)")
    panels[0].set_ylabel("density")
    panels[-1].legend(fontsize=7)
    return figure


def recorded_table(measured, part, epsilon, key):
    """One figure of the recorded table GANs, the mean over seeds (first of an interval)."""
    runs = measured[part].items()
    values = torch.tensor(
        [run[key] for name, run in runs if name.startswith(f"epsilon {epsilon},")]
    )
    return values.mean() if values.dim() == 1 else values[:, 0].mean()


def cost_table(measured, epsilons):
    """Quality, attack and CPU seconds of the recorded table GANs, as HTML."""

    def cell(name, key):
        value = recorded_table(measured, "table", name, key)
        return f"{value:.0f}" if key == "CPU seconds" else f"{value:.3f}"

    rows = [[name, *(cell(name, key) for key in COSTS.values())] for name in epsilons]
    real = [cell(epsilons[0], key) for key in ("W1, real", "answer AUC, real")]
    rows.append(["(real rows)", real[0], "", real[1], "", ""])
    return table_of(["ε", *COSTS], rows)


def recorded_pictures(measured):
    """The recorded GANs on pictures: {label: (epsilon or None, FID, ten pictures)}.

    The pictures are (10, 1, 28, 28) in [-1, 1], the label says epsilon and FID.
    """
    found = {}
    for run in measured["pictures"].values():
        content = torch.frombuffer(bytearray.fromhex(run["samples"]), dtype=torch.uint8)
        epsilon = run["epsilon"]
        name = f"ε = {epsilon:.2g}" if epsilon else "no noise"
        found[f"{name}, FID {run['FID']:.0f}"] = (
            epsilon, run["FID"], content.view(10, 1, 28, 28).float() / 127.5 - 1,
        )  # fmt: skip
    return found
