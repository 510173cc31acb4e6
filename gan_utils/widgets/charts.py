"""Charts drawn with Pillow, fast enough to follow a training while it runs.

All places are in CSS pixels. Everything is drawn SCALE times as large: sharp on dense
screens, and smoothed by the browser's scaling on others.
"""

import functools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import ImageFont

SCALE = 2
WIDTH = 330  # of a chart
TEXT, QUIET, PAPER = "#333333", "#777777", "#ffffff"
MOST_POINTS = 300  # of one curve; longer histories are averaged in pieces
LEFT, _RIGHT = 36, 8  # margins beside the axes


def at(x, y):
    """CSS pixels to pixels of the picture."""
    return SCALE * x, SCALE * y


def across(step, last):
    """Where a step lies on the horizontal axis, whose right end is the step ``last``."""
    return LEFT + step / last * (WIDTH - _RIGHT - LEFT)


@functools.cache
def font(size, bold=False):
    """The course's typeface, from matplotlib's own files."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(folder / name), size * SCALE)


def thinned(rows):
    """Rows (step, value, ...) averaged to at most MOST_POINTS of them."""
    if len(rows) <= MOST_POINTS:
        return rows
    starts = np.linspace(0, len(rows), MOST_POINTS, endpoint=False).astype(int)
    counts = np.diff(np.append(starts, len(rows)))
    return np.add.reduceat(rows, starts) / counts[:, None]


def limits(rows):
    """The lowest and the highest finite value of rows (step, value, ...), with a margin.

    No margin reaches below 0 where no value does.
    """
    values = rows[:, 1:][np.isfinite(rows[:, 1:])]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 2.0)
    margin = max(0.05 * (high - low), 0.05)
    return max(low - margin, min(low, 0.0)), high + margin


def panel(pen, place, names, rows, ends, last):
    """A pair of axes under a title.

    Args:
        pen: Pillow's; place: top and bottom of the axes.
        names: the title, then (name, colour) of every curve.
        rows: array (N, 1 + curves): a step, and a value for every curve.
        ends: of the vertical axis, low and high; last: the step at the right end.
    """
    (top, bottom), (title, *curves), (low, high) = place, names, ends
    pen.text(at(LEFT, top - 11), title, TEXT, font(11, bold=True), "lm")
    x = LEFT + pen.textlength(title, font(11, bold=True)) / SCALE + 12
    for name, colour in curves:
        pen.line([at(x, top - 11), at(x + 14, top - 11)], colour, 2 * SCALE)
        pen.text(at(x + 18, top - 11), name, TEXT, font(10), "lm")
        x += 18 + pen.textlength(name, font(10)) / SCALE + 12
    for share in (0, 0.5, 1):
        y, value = bottom + share * (top - bottom), low + share * (high - low)
        pen.line([at(LEFT, y), at(WIDTH - _RIGHT, y)], "#e6e6e6", SCALE)
        number = f"{value:.2f}" if high < 10 else f"{value:.0f}"
        pen.text(at(LEFT - 5, y), number, QUIET, font(9), "rm")
    for column, (_, colour) in enumerate(curves, start=1):
        good = rows[np.isfinite(rows[:, column])]
        right = across(good[:, 0], last)
        down = bottom + (good[:, column] - low) / (high - low) * (top - bottom)
        points = [at(*pair) for pair in zip(right.tolist(), down.tolist())]
        if len(points) > 1:
            pen.line(points, colour, SCALE + 1, "curve")


def step_axis(pen, y, name, last):
    """The horizontal axis under a panel: 0, what is counted, and the last step."""
    right = WIDTH - _RIGHT
    pen.text(at(LEFT, y), "0", QUIET, font(9), "lm")
    pen.text(at((LEFT + right) / 2, y), name, QUIET, font(9), "mm")
    pen.text(at(right, y), f"{last:,.0f}", QUIET, font(9), "rm")
