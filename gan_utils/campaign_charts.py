"""Lesson 16's figures: plotting only, every number comes in."""

import matplotlib.pyplot as plt
import torch

from gan_utils import plotting
from gan_utils.ads.clicks.audience import FEATURES, SEGMENTS
from gan_utils.ads.clicks.campaign import interval

PLAIN, KEPT = "generate, rank", "generate, rank, bandit"
COLOURS = {
    "best ad by segment": plotting.NEUTRAL,
    "LinUCB on the library": plotting.REAL,
    PLAIN: "#fdb863",
    KEPT: plotting.FAKE,
    "the same, forgetting": plotting.D_FAKE,
}
"""Policies in live traffic, each with its colour."""
FIFTH = "the same, forgetting,\nwith random creatives"


def segments(means):
    """A field of the mean features of every segment (4, 6)."""
    figure, axis = plt.subplots(figsize=(7.6, 2.3))
    image = axis.imshow(means, "PuOr", vmin=-1.2, vmax=1.2, aspect="auto")
    labels = [f"{name}, {share:.0%}" for name, (share, _) in SEGMENTS.items()]
    axis.set_xticks(range(len(FEATURES)), FEATURES)
    axis.set_yticks(range(len(labels)), labels)
    axis.grid(False)
    figure.colorbar(image, label="mean of the feature")
    plotting.show(figure, "Mean of six features in four segments of unequal size")


def click_rates(bars):
    """Horizontal bars: {policy: click rate}."""
    figure, axis = plt.subplots(figsize=(6.4, 0.45 * len(bars)))
    colours = [plotting.FAKE if "GAN" in name else plotting.REAL for name in bars]
    axis.barh(
        list(bars), [100 * float(value) for value in bars.values()], color=colours
    )
    axis.set(xlabel="true click rate (%)")
    axis.invert_yaxis()
    plotting.show(figure, f"Bars: true click rates of {', '.join(bars)}")


def outcomes(names, painted, real):
    """How often each attribute is read as ordered: generated and real banners."""
    figure, axis = plt.subplots(figsize=(6.4, 2.1))
    place = torch.arange(len(painted))
    axis.bar(place - 0.2, 100 * real, 0.38, color=plotting.REAL, label="the studio's")
    axis.bar(place + 0.2, 100 * painted, 0.38, color=plotting.FAKE, label="generated")
    axis.set_xticks(place, list(names))
    axis.set(ylabel="read as ordered (%)", ylim=(0, 100))
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    plotting.show(
        figure, "How often each attribute is read as ordered, real and generated"
    )


def rewards(runs):
    """Clicks and variety against the reward, in ten audiences.

    Returns:
        For every reward the mean number of different creatives among 16, and the mean
        lift of the first of 16.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.7))
    levels = list(runs[0]["rewards"])
    base = [run["policies"]["uniform"]["clicks"] for run in runs]

    def over(name, unit):
        return interval(
            [
                [run["rewards"][r][name] / u for r in levels]
                for run, u in zip(runs, unit)
            ]
        )

    looks = {"one sample": ("o--", "#fdb863"), "first of 16": ("s-", plotting.FAKE)}
    for name, (marker, colour) in looks.items():
        middle, half = over(name, base)
        axes[0].errorbar(
            levels, middle, half, fmt=marker, color=colour, capsize=3, label=name
        )
    kinds, _ = over("kinds among 16", [1] * len(runs))
    axes[0].set(xlabel="reward λ", ylabel="true clicks / uniform")
    axes[0].legend()
    axes[1].plot(levels, kinds, "o-", color=plotting.FAKE)
    axes[1].set(xlabel="reward λ", ylabel="different among 16", ylim=(0, 17))
    plotting.show(figure, "With more reward clicks rise and variety falls to a few")
    return kinds, over("first of 16", base)[0]


def hacking(counts, says, does):
    """Predicted and true lift of the first of K ranked."""
    figure, axis = plt.subplots(figsize=(5.8, 2.8))
    axis.plot(counts, says, "o-", color=plotting.FAKE, label="predicted")
    axis.plot(counts, does, "o-", color=plotting.GOOD, label="true")
    axis.set(xscale="log", xlabel="offers ranked, K", ylabel="clicks / uniform")
    axis.set_xticks(counts, counts)
    axis.minorticks_off()
    axis.legend()
    plotting.show(
        figure, "Predicted and true clicks rise with K, and so does their gap"
    )


def table(of, mine):
    """Every policy's lift in ten audiences, and this run's as dots.

    Args:
        of: {policy: lifts (10,)}; mine: {policy: lift}.
    """
    figure, axis = plt.subplots(figsize=(7.4, 4.2))
    for name in sorted(of, key=lambda name: of[name].mean()):
        middle, half = interval(of[name])
        colour = plotting.FAKE if "GAN" in name else plotting.REAL
        axis.barh(name, middle, xerr=half, capsize=3, color=colour)
    axis.plot([float(value) for value in mine.values()], list(mine), "ko", ms=4)
    axis.set(xlabel="true clicks / uniform, with 95 % intervals over ten audiences")
    marks = [
        plt.Rectangle((0, 0), 1, 1, color=plotting.FAKE, label="uses the GAN"),
        plt.Rectangle((0, 0), 1, 1, color=plotting.REAL, label="no GAN"),
        plt.Line2D([], [], color="k", marker="o", ms=4, ls="", label="this run"),
    ]
    axis.legend(handles=marks, loc="lower right", framealpha=1)
    plotting.show(figure, "Lift of thirteen policies; those of GANs are orange")


def estimates(found, alone, truth):
    """Off-policy estimates with 95 % intervals, the model alone, and the truth."""
    figure, axis = plt.subplots(figsize=(6.2, 2.2))
    for name, (rate, error) in found.items():
        axis.errorbar(
            100 * rate, name, xerr=196 * error, fmt="o", color=plotting.REAL, capsize=3
        )
    axis.plot(100 * alone, "model alone", "o", color=plotting.BAD)
    axis.axvline(100 * truth, color=plotting.GOOD, label="truth")
    axis.set(xlabel="click rate of the ranked library (%), with 95 % intervals")
    axis.margins(y=0.2)
    axis.legend()
    plotting.show(figure, "Three estimates with wide intervals, and the model alone")


def regret(traces, best, live, batch):
    """Clicks lost to the oracle: ten audiences as bands, this run as dots.

    Args:
        traces: {policy: click rates (10, batches)}; best: the oracle's, (10, batches).
        live: this run's ``bandits.Live``.
        batch: impressions a batch.
    """
    figure, axis = plt.subplots(figsize=(7.0, 3.2))
    thousands = torch.arange(1, best.shape[1] + 1) * batch / 1_000
    for name, rates in live.rates.items():
        middle, half = interval(batch * (best - traces[name]).cumsum(1))
        axis.plot(thousands, middle, color=COLOURS[name], label=name)
        axis.fill_between(
            thousands, middle - half, middle + half, color=COLOURS[name], alpha=0.2
        )
        lost = batch * (live.best - rates).cumsum(0)
        axis.plot(thousands[: len(lost)], lost, ".", color=COLOURS[name])
    axis.set(xlabel="live impressions (thousands)", ylabel="clicks lost to the oracle")
    axis.legend()
    plotting.show(figure, "Regret of four policies; the fixed ones rise straight")


def drift(traces, runs, steady, batch):
    """Lift over time before and after the audience changes, mean of ten."""
    base = [run["policies"]["uniform"]["clicks"] for run in runs]
    figure, axis = plt.subplots(figsize=(7.0, 3.2))
    for name, colour in COLOURS.items():
        lift = (traces[name] / torch.tensor(base)[:, None]).mean(0)
        thousands = torch.arange(1, len(lift) + 1) * batch / 1_000
        label = FIFTH if name == "the same, forgetting" else name
        axis.plot(thousands, lift, color=colour, label=label)
    axis.axvline(steady * batch / 1_000, color=plotting.NEUTRAL, ls=":")
    axis.set(xlabel="live impressions (thousands)", ylabel="true clicks / uniform")
    axis.legend(fontsize=8, loc="upper right")
    plotting.show(
        figure, "All policies fall when tastes change; learners recover in part"
    )


def by_segment(names, groups, kinds):
    """Lift in four segments, and in clicks and purchases.

    Args:
        names: of the policies.
        groups: (policies, 10, 4); kinds: (policies, 10, 2).
    """
    figure, axes = plt.subplots(
        1, 2, figsize=(8.2, 2.8), width_ratios=(2, 1), sharey=True
    )
    colours = (plotting.NEUTRAL, plotting.REAL, plotting.FAKE)
    for axis, rows in zip(axes, (groups, kinds)):
        for k, (name, colour, own) in enumerate(zip(names, colours, rows)):
            middle, half = interval(own)
            place = torch.arange(len(middle)) + 0.27 * (k - 1)
            axis.bar(place, middle, 0.25, yerr=half, color=colour, label=name)
    axes[0].set_xticks(range(4), SEGMENTS)
    axes[0].set(ylabel="lift over uniform", ylim=(0, 3.3))
    axes[1].set_xticks(range(2), ["clicks", "purchases"])
    axes[0].legend(fontsize=8, loc="upper right")
    plotting.show(figure, "Left: lift in four segments. Right: in clicks and purchases")
