"""Lesson 18's figures: labelled rows of faces, tables, losses, bars by skin tone."""

import html

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import HTML, display

from gan_utils import plotting
from gan_utils.ads.product_trial.model import window

WHOLE = (0, None, 0, None)


def faces(rows, title, who, where=WHOLE, scale=2):
    """Rows of small pictures with a label each, in their true colours.

    Every colour is kept: a shade must stay that shade.

    Args:
        rows: {label: pictures (N, 1 or 3, H, W) in [-1, 1]}.
        title: what all rows have in common.
        who: indices of the pictures to show.
        where: the window to show, as for ``product_trial.window``.
        scale: CSS pixels for a pixel; whole numbers keep small pictures even.
    """
    shown = {label: window(pictures[who], where) for label, pictures in rows.items()}
    plotting.show_rows(shown, title, title, len(who), scale, colours=None)


def table(rows, columns, title, digits):
    """A table of numbers.

    Args:
        rows: {name: one number a column}; NaN means that the number does not exist.
        columns: the names of the columns; digits: decimals of each.
        title: above the table.
    """

    def line(name, cells):
        right = '<td style="text-align:right">'
        cells = "".join(f"{right}{html.escape(cell)}</td>" for cell in cells)
        return f'<tr><td style="text-align:left">{html.escape(name)}</td>{cells}</tr>'

    def text(value, decimals):
        return "–" if value != value else f"{float(value):.{decimals}f}"

    head = line("", columns).replace("<td", "<th").replace("</td", "</th")
    body = "".join(
        line(name, [text(v, d) for v, d in zip(row, digits, strict=True)])
        for name, row in rows.items()
    )
    inner = f"<thead>{head}</thead><tbody>{body}</tbody>"
    display(HTML(f"<p><b>{html.escape(title)}</b></p><table>{inner}</table>"))


def losses(log, window=20, stride=5):
    """Losses of both players, averaged over a moving window.

    Args:
        log: (d_loss, g_loss) of every step, at least ``window`` of them.
    """
    curves = torch.tensor(log).unfold(0, window, stride).mean(-1)
    steps = window // 2 + stride * torch.arange(len(curves))
    figure, axes = plt.subplots(figsize=(6, 2.6))
    plotting.curve_axes(
        axes,
        {"$D$ minimises": (steps, curves[:, 0], plotting.D_REAL),
         "$G$ minimises": (steps, curves[:, 1], plotting.FAKE)},
        "step", f"loss (nats), mean of {window}",
    )  # fmt: skip
    plotting.show(figure, "Losses of both players over the live training")


def tones(nothing, lipstick, eyewear):
    """Bars for five groups of skin tones, light to dark.

    Args:
        nothing, lipstick: mean colour errors (5,) without and with what G paints.
        eyewear: mean pixels off (5,).
    """
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.7))
    at = np.arange(5)
    axes[0].bar(
        at - 0.2, nothing.numpy(), 0.38, color=plotting.NEUTRAL, label="nothing"
    )
    axes[0].bar(
        at + 0.2, lipstick.numpy(), 0.38, color=plotting.FAKE, label="lipstick by G"
    )
    axes[0].set(ylabel="colour error ΔE", title="Lipstick: colour off")
    axes[0].set_ylim(top=1.35 * float(nothing.max()))
    axes[0].legend(ncols=2)
    axes[1].bar(at, eyewear.numpy(), 0.5, color=plotting.FAKE)
    axes[1].set(ylabel="pixels", title="Eyewear: off its place")
    for axis in axes:
        axis.set_xticks(at, ["lightest", "", "middle", "", "darkest"])
        axis.grid(False, axis="x")
        axis.set_xlabel("group of skin tones")
    plotting.show(
        figure, "Colour error of lipstick and pixels off of eyewear in five groups"
    )
