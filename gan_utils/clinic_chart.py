"""How the clinic of lesson 21 shows a chart: pictures, six panels, the normal ranges."""

import io

import matplotlib.pyplot as plt
import torch
from PIL import Image

from gan_utils import plotting
from gan_utils.clinic import SHOWN
from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, REAL
from gan_utils.sheets import show_sheet

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
    ("motion of the weights", ("d_motion", "g_motion")),
    ("variety", ("real_variety", "fake_variety")),
    ("held by graphs, MB", ("held_mb",)),
)
CSS_WIDTH = 818  # of a chart on the page
LOGARITHMIC = ("d_gradient", "d_motion")
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
    """Display a chart: pictures above, six panels below, bands where health lies.

    Args:
        chart: from ``clinic.examine``.
        title: the patient's name; alt: what is seen, for those who cannot see it.
        shipped: pictures (SHOWN, 1, 28, 28) to show in place of the early ones.
    """
    rows = [chart.fakes[0], chart.fakes[-1]]
    words = f"G(z) at step {chart.steps[-1] // 3}, the same z at the end"
    if shipped is not None:
        rows, words = [chart.fakes[-1], shipped], "G(z) as trained, and as shipped"
    pictures = torch.cat([chart.real, *rows]).mul(7.5).round() / 7.5  # 16 greys
    show_sheet(pictures, alt, f"{title}. Rows: real as D gets it; {words}", SHOWN)
    figure, axes = plt.subplots(2, 3, figsize=(7.4, 2.9), layout="constrained")
    for axis, (name, signs) in zip(axes.flat, PANELS):
        _panel(axis, chart, name, signs)
    plotting.show_png(_small(figure), alt, CSS_WIDTH)


def _small(figure, colours=24):
    """A figure as PNG bytes, one dot a CSS pixel: a lesson shows nine of these."""
    content, small = io.BytesIO(), io.BytesIO()
    figure.savefig(content, format="png", bbox_inches="tight", pad_inches=0.06)
    plt.close(figure)
    picture, method = Image.open(content).convert("RGB"), Image.Quantize.MAXCOVERAGE
    few = picture.quantize(colours, method=method, dither=Image.Dither.NONE)
    few.save(small, "PNG", optimize=True)
    return small.getvalue()


def _panel(axis, chart, title, signs):
    """One panel: the curves, and at the right the bands of the healthy program."""
    last = chart.steps[-1].item()
    for sign in signs:
        colour = COLOURS.get(sign, COLOURS[sign[0]] if sign[0] in "dg" else NEUTRAL)
        label = WORDS[sign].replace("gradient of ", "").replace("motion of ", "")
        label = label.replace("variety of ", "").replace("'s loss", "")
        axis.plot(chart.steps, chart.signs[sign], color=colour, lw=1.1, label=label)
        axis.fill_between([2 / 3 * last, last], *NORMAL[sign], color=colour, alpha=0.16,
                          lw=0)  # fmt: skip
    if signs[0] in LOGARITHMIC:
        axis.set_yscale("symlog", linthresh=1e-3)
    if signs[0] == "d_real":
        axis.set_ylim(-0.04, 1.04)
    axis.set_title(title, fontsize=8)
    axis.tick_params(labelsize=7)
    if len(signs) > 1:
        place = {"loc": "lower right", "bbox_to_anchor": (1.03, 0.96)}
        axis.legend(fontsize=7, ncols=2, handlelength=1, frameon=False, **place)
