"""The live training view as one picture, which the notebook keeps."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.widgets import curves, scene
from gan_utils.widgets.live_charts import shown_width

PAD, HEADER, BAR = 6, 46, 6  # CSS pixels: around it all, above the sheet, of the bar
LOWEST = 250  # CSS pixels of the charts
TITLE, FOOT, BETWEEN = 26, 22, 50  # above a chart, below the last, between two
FILLED, EMPTY = "#5b7083", "#eeeeee"


def still(sheet, state):
    """Header, progress bar, sheet and charts, as the front end shows them.

    Args:
        sheet: what ``live_charts.sheet`` returned.
        state: the ``state`` of the ``Panel``.
    Returns:
        A Pillow image, scene.SCALE times as large as it is to be shown.
    """
    width = shown_width(sheet)
    height = sheet.height * width // sheet.width
    left, below = PAD + width, max(height, LOWEST)
    size = left + curves.WIDTH + PAD, HEADER + below + PAD
    image = Image.new("RGB", scene.at(*size), scene.PAPER)
    _header(ImageDraw.Draw(image), state, size[0] - PAD)
    large = sheet.resize(scene.at(width, height), Image.Resampling.NEAREST)
    image.paste(large.convert("RGB"), scene.at(PAD, HEADER), large.getchannel("A"))
    charts = _charts(state["charts"], state["end"], below)
    image.paste(charts, scene.at(left, HEADER))
    return image


def _header(pen, state, right):
    """Title, details, and the bar under both."""
    bold, plain = scene.font(13, bold=True), scene.font(11)
    pen.text(scene.at(PAD, 14), state["title"], scene.TEXT, bold, "lm")
    pen.text(scene.at(right, 14), state["details"], scene.QUIET, plain, "rm")
    done = state["step"] / max(state["steps"], 1)
    for share, colour in ((1, EMPTY), (done, FILLED)):
        end = PAD + max(share * (right - PAD), BAR)
        if share:
            box = (*scene.at(PAD, 28), *scene.at(end, 28 + BAR))
            pen.rounded_rectangle(box, scene.SCALE * BAR / 2, colour)


def _charts(charts, end, height):
    image = Image.new("RGB", scene.at(curves.WIDTH, height), scene.PAPER)
    pen = ImageDraw.Draw(image)
    room = height - TITLE - FOOT - BETWEEN * (len(charts) - 1)
    top = TITLE
    for chart in charts:
        bottom = top + room / len(charts)
        rows = np.array(chart["rows"], np.float64).reshape(-1, 1 + len(chart["curves"]))
        names = chart["title"], *chart["curves"]
        limits = chart["low"], chart["high"]
        curves.panel(pen, (top, bottom), names, rows, limits, max(end, 1))
        _steps(pen, bottom + 10, end)
        top = bottom + BETWEEN
    return image


def _steps(pen, y, end):
    """The axis under a chart."""
    right = curves.WIDTH - curves.RIGHT
    ends = {curves.LEFT: "0", (curves.LEFT + right) / 2: "steps", right: f"{end:,}"}
    for (x, text), anchor in zip(ends.items(), ("lm", "mm", "rm")):
        pen.text(scene.at(x, y), text, scene.QUIET, scene.font(9), anchor)
