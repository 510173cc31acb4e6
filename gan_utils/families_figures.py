"""The recorded comparison of four families as a table, numbers and pictures."""

import base64
import html
import io

import numpy as np
import torch
from PIL import Image

NAMES = ("GAN", "VAE", "LSTM", "flow")
COLOURS = {"GAN": "#e08214", "VAE": "#762a83", "LSTM": "#1b7837", "flow": "#666666"}
BITS = "bits per dimension"
COLUMNS = {
    "parameters trained": lambda run: run["parameters"]["trained"],
    "to sample": lambda run: run["parameters"]["to sample"],
    "FID": lambda run: run["FID"],
    "precision": lambda run: run["precision"],
    "recall": lambda run: run["recall"],
    BITS: lambda run: run[BITS][0],
    "ms a picture": lambda run: run["ms a picture"],
    "ms for one alone": lambda run: run["ms for one alone"],
}
DIGITS = {"FID": 1, "precision": 2, "recall": 2, BITS: 2, "ms a picture": 2,
          "ms for one alone": 1}  # fmt: skip


def recorded(measured, name, column):
    """One column of the table for one family, a value a seed.

    Args:
        measured: what ``python -m benchmarks.families`` wrote.
        name: one of ``NAMES``; column: one of ``COLUMNS``.
    Returns:
        Tensor (seeds,).
    Raises:
        KeyError: the family has no such figure.
    """
    runs = measured["runs"][name]
    return torch.tensor([float(COLUMNS[column](run)) for run in runs])


def table(measured):
    """The recorded runs as HTML: mean over the seeds, and the range where they differ."""
    lines = [_row("th", ["", *(html.escape(column) for column in COLUMNS)])]
    for name in NAMES:
        cells = [name]
        for column in COLUMNS:
            try:
                values = recorded(measured, name, column)
            except KeyError:
                cells.append("not defined")
                continue
            cells.append(_cell(values, DIGITS.get(column, 0)))
        lines.append(_row("td", cells))
    return f"<table>{''.join(lines)}</table>"


def _cell(values, digits):
    low, high = (f"{x:,.{digits}f}" for x in (values.min(), values.max()))
    mean = f"{values.mean():,.{digits}f}"
    return mean if low == high else f"{mean} ({low} to {high})"


def _row(kind, cells):
    return "<tr>" + "".join(f"<{kind}>{cell}</{kind}>" for cell in cells) + "</tr>"


def pictures(measured, name, side=28, gap=2):
    """The recorded pictures of the first seed, (N, 1, side, side) in [-1, 1]."""
    content = base64.b64decode(measured["runs"][name][0]["pictures"])
    pixels = np.array(Image.open(io.BytesIO(content)).convert("L"))
    strip = torch.from_numpy(pixels.copy()).float() / 127.5 - 1
    starts = range(0, strip.shape[1], side + gap)
    return torch.stack([strip[None, :, begin : begin + side] for begin in starts])


def curve_axes(axes, measured):
    """FID against the flow's number of steps, a line a seed, and the GAN's range."""
    for run in measured["runs"]["flow"]:
        steps, scores = zip(*((int(n), s) for n, s in run["FID by steps"].items()))
        (line,) = axes.plot(steps, scores, "o-", color=COLOURS["flow"], lw=1.2)
    line.set_label("flow, a line a seed")
    gan = recorded(measured, "GAN", "FID")
    axes.axhspan(gan.min(), gan.max(), color=COLOURS["GAN"], alpha=0.35, label="GAN")
    axes.legend()
    axes.set(xlabel="steps of the sampler", ylabel="FID", xscale="log", yscale="log")
    axes.set_xticks(steps, [str(n) for n in steps])
    axes.set_yticks([20, 50, 100, 200], ["20", "50", "100", "200"])
    axes.minorticks_off()
