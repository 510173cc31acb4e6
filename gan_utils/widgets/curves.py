"""Draws the playground's curves: the losses of both players, and coverage."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, REAL
from gan_utils.widgets.scene import PAPER, QUIET, SCALE, TEXT, at, font

WIDTH, HEIGHT = 330, 212  # of the picture, in CSS pixels
LEFT, RIGHT = 36, 8
PANELS = ((22, 92), (130, 192))  # top and bottom of each panel
MOST_POINTS = 300  # drawn in one curve; longer histories are averaged in pieces


def thinned(rows):
    """Rows (step, value, value) averaged to at most MOST_POINTS; NaN where none is finite."""
    rows = np.asarray(rows, np.float64).reshape(-1, 3)
    if len(rows) <= MOST_POINTS:
        return rows
    starts = np.linspace(0, len(rows), MOST_POINTS, endpoint=False).astype(int)
    counts = np.diff(np.append(starts, len(rows)))
    return np.add.reduceat(rows, starts) / counts[:, None]


def draw_curves(losses, coverage):
    """Two panels over the steps so far.

    Args:
        losses: rows (step, d_loss, g_loss).
        coverage: rows (step, share of modes, share of samples on a mode).
    Returns:
        A Pillow image, SCALE times as large as it is to be shown.
    """
    image = Image.new("RGB", at(WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    losses, coverage = thinned(losses), thinned(coverage)
    last = max([1.0, *losses[-1:, 0], *coverage[-1:, 0]])
    finite = losses[:, 1:][np.isfinite(losses[:, 1:])]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 2.0)
    margin = max(0.05 * (high - low), 0.05)
    names = ("Losses", ("D", D_FAKE), ("G", FAKE))
    panel(pen, PANELS[0], names, losses, (low - margin, high + margin), last)
    names = ("Shares", ("modes covered", REAL), ("samples on a mode", NEUTRAL))
    panel(pen, PANELS[1], names, coverage, (0.0, 1.0), last)
    bottom = PANELS[1][1] + 9
    pen.text(at(LEFT, bottom), "0", QUIET, font(9), "mm")
    pen.text(at(WIDTH - RIGHT, bottom), f"{last:,.0f}", QUIET, font(9), "rm")
    pen.text(at((LEFT + WIDTH) / 2, bottom), "generator steps", QUIET, font(9), "mm")
    return image


def panel(pen, place, names, rows, limits, last):
    """One pair of axes with a coloured title and two curves."""
    (top, bottom), (title, *curves), (low, high) = place, names, limits
    x = LEFT
    pen.text(at(x, top - 11), title, TEXT, font(11, bold=True), "lm")
    x += pen.textlength(title, font(11, bold=True)) / SCALE + 12
    for name, colour in curves:
        pen.line([at(x, top - 11), at(x + 14, top - 11)], colour, 2 * SCALE)
        pen.text(at(x + 18, top - 11), name, TEXT, font(10), "lm")
        x += 18 + pen.textlength(name, font(10)) / SCALE + 12
    for share in (0, 0.5, 1):
        y = bottom + share * (top - bottom)
        pen.line([at(LEFT, y), at(WIDTH - RIGHT, y)], "#e6e6e6", SCALE)
        value = low + share * (high - low)
        pen.text(
            at(LEFT - 5, y),
            f"{value:.2f}" if high < 10 else f"{value:.0f}",
            QUIET,
            font(9),
            "rm",
        )
    for column, (_, colour) in enumerate(curves, start=1):
        good = rows[np.isfinite(rows[:, column])]
        across = LEFT + good[:, 0] / last * (WIDTH - RIGHT - LEFT)
        down = bottom + (good[:, column] - low) / (high - low) * (top - bottom)
        points = [at(*pair) for pair in zip(across.tolist(), down.tolist())]
        if len(points) > 1:
            pen.line(points, colour, SCALE + 1, "curve")
