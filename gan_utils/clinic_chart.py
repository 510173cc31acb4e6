"""How the clinic of lesson 23 shows a chart: pictures, six panels, the normal ranges."""

import io

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image

from course.clinic.examine import SHOWN
from gan_utils import plotting
from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, REAL, show_sheet

NORMAL = {
    "d_loss": (0.8, 1.6), "g_loss": (0.8, 2.4), "d_real": (0.45, 0.82),
    "d_fake": (0.13, 0.45), "d_gradient": (1.0, 6.0), "g_gradient": (0.5, 3.0),
    "d_motion": (0.01, 0.06), "g_motion": (0.008, 0.045),
    "real_variety": (0.85, 1.15), "fake_variety": (0.42, 1.0),
    "real_low": (-1.01, -0.99), "held_mb": (-0.1, 1.0),
}  # fmt: skip
"""Ranges of the healthy program over the last third of 300 steps, widened by hand;
``benchmarks/clinic.py`` measures them on ten seeds."""
WORDS = {
    "d_loss": "D's loss", "g_loss": "G's loss", "d_real": "D(x)",
    "d_fake": "D(G(z))", "d_gradient": "gradient of D", "g_gradient": "gradient of G",
    "d_motion": "motion of D", "g_motion": "motion of G",
    "real_variety": "variety of real", "fake_variety": "variety of generated",
    "real_low": "darkest real pixel", "held_mb": "memory held by graphs",
}  # fmt: skip
PANELS = (
    ("answers of D", ("d_real", "d_fake")),
    ("losses, nats", ("d_loss", "g_loss")),
    ("gradient norms", ("d_gradient", "g_gradient")),
    ("motion", ("d_motion", "g_motion")),
    ("variety", ("real_variety", "fake_variety")),
    ("held by graphs, MB", ("held_mb",)),
)
CSS_WIDTH = 818  # of a chart on the page
LIMITS = {"d_real": (-0.04, 1.04), "d_gradient": (-4e-4, 3e4), "d_motion": (-4e-4, 0.5),
          "real_variety": (0, 1.25)}  # fmt: skip
TICKS = {"d_gradient": (0, 0.01, 1, 100, 10_000), "d_motion": (0, 0.001, 0.01, 0.1)}
"""Of logarithmic panels; below 0.001 they are linear, so that 0 has its place."""
COLOURS = {"d": D_FAKE, "g": FAKE, "d_real": REAL, "d_fake": FAKE, "real_variety": REAL}
COLOURS |= {"fake_variety": FAKE, "held_mb": NEUTRAL}


def abnormal(chart):
    """{sign: "low" or "high"} for each sign whose end leaves its normal range."""
    found = {}
    for name, (low, high) in NORMAL.items():
        value = chart.end(name)
        if not low <= value <= high:
            found[name] = "low" if value < low else "high"
    return found


def show_chart(chart, title, alt, shipped=None):
    """Display a chart: pictures above, six panels below.

    At the right of a panel, each sign has a bar where health lies, and a dot at its mean
    over the last third of the run.

    Args:
        chart: from ``clinic.examine``.
        title: the patient's name; alt: what is seen, for those who cannot see it.
        shipped: pictures (SHOWN, 1, 28, 28) to show in place of the early ones.
    """
    rows = [chart.fakes[0], chart.fakes[-1]]
    words = f"G(z) at step {chart.steps[-1] // 3}, the same z at the end"
    if shipped is not None:
        rows, words = [chart.fakes[-1], shipped], "G(z) as trained, and as shipped"
    words += f". Darkest real pixel: {chart.end('real_low'):.1f}"
    pictures = torch.cat([chart.real, *rows]).mul(7.5).round() / 7.5  # 16 greys
    show_sheet(pictures, alt, f"{title}. Rows: real as D gets it; {words}", SHOWN)
    figure, axes = plt.subplots(2, 3, figsize=(7.4, 3.1), layout="constrained")
    for axis, (name, signs) in zip(axes.flat, PANELS):
        _panel(axis, chart, name, signs)
    plotting.show_png(_small(figure), alt, CSS_WIDTH)


def show_table(words, shades, rows, columns, title, alt):
    """Display a table of short words on shades of grey.

    Args:
        words: (rows, columns) strings; shades: numbers from 0, white, to 1, dark.
        rows, columns: their names; alt: what is seen, for those who cannot see it.
    """
    many = len(columns) > 4
    size = (7.4 if many else 5.6, 1.3 + 0.2 * len(rows))
    figure, axis = plt.subplots(figsize=size)
    axis.imshow(shades, cmap="Greys", vmin=0, vmax=2.5, aspect="auto")
    for (i, j), word in np.ndenumerate(words):
        axis.text(j, i, word, ha="center", va="center", fontsize=8)
    slant = {"rotation": 40, "ha": "right"} if many else {}
    axis.set_xticks(range(len(columns)), columns, fontsize=8, **slant)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.grid(False)
    axis.set_title(title, fontsize=9)
    plotting.show(figure, alt)


def _small(figure, colours=32):
    """A figure as PNG bytes, one dot a CSS pixel: a lesson shows nine of these."""
    content, small = io.BytesIO(), io.BytesIO()
    figure.savefig(content, format="png", bbox_inches="tight", pad_inches=0.06)
    plt.close(figure)
    picture, method = Image.open(content).convert("RGB"), Image.Quantize.MAXCOVERAGE
    few = picture.quantize(colours, method=method, dither=Image.Dither.NONE)
    few.save(small, "PNG", optimize=True)
    return small.getvalue()


def _panel(axis, chart, title, signs):
    """One panel: the curves, and at the right the healthy bar and the end of each."""
    last = chart.steps[-1].item()
    for place, sign in enumerate(signs):
        colour = COLOURS.get(sign, COLOURS[sign[0]] if sign[0] in "dg" else NEUTRAL)
        label = WORDS[sign].replace("gradient of ", "").replace("motion of ", "")
        label = label.replace("variety of ", "").replace("'s loss", "")
        axis.plot(chart.steps, chart.signs[sign], color=colour, lw=1.1, label=label)
        beside = last * (1.07 + 0.08 * place)
        axis.vlines(beside, *NORMAL[sign], color=colour, lw=5)
        axis.plot(beside, chart.end(sign), "o", c="white", mec="black", ms=4)
    if signs[0] in TICKS:
        axis.set_yscale("symlog", linthresh=1e-3)
        axis.set_yticks(TICKS[signs[0]], [f"{tick:g}" for tick in TICKS[signs[0]]])
        axis.minorticks_off()
    axis.set_ylim(*LIMITS.get(signs[0], (None, None)))
    axis.set_xticks([0, last / 3, 2 * last / 3, last])
    axis.set_title(title, fontsize=8)
    axis.tick_params(labelsize=7)
    if axis.get_subplotspec().is_last_row():
        axis.set_xlabel("step", fontsize=7, labelpad=1)
    if len(signs) > 1:
        place = {"loc": "lower right", "bbox_to_anchor": (1.03, 0.96)}
        axis.legend(fontsize=7, ncols=2, handlelength=1, frameon=False, **place)
