"""What the live training view shows: lines of text, the sheet of pictures, two charts.

The front end draws the charts from plain numbers; ``still`` draws everything once more
as one picture, which stays in the notebook. Sizes are in CSS pixels.
"""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, to_pixels
from gan_utils.widgets.charts import (
    PAPER,
    QUIET,
    SCALE,
    TEXT,
    WIDTH,
    at,
    font,
    limits,
    panel,
    step_axis,
    thinned,
)

_GAP = 2  # pixels between two pictures, transparent
_WIDEST = 720  # of the sheet
_PAD, _HEADER, _BAR = 6, 46, 6  # around it all, above the sheet, of the progress bar
_LOWEST = 250  # height of the charts, at least
_TITLE, _FOOT, _BETWEEN = 26, 22, 50  # above a chart, below the last, between two
_FILLED, _EMPTY = "#5b7083", "#eeeeee"


# Text


def words(phase, step, steps, pace, batch_size, seconds):
    """The lines above the pictures.

    Args:
        phase: "ready", "running" or "done".
        step, steps: done, and of the whole training.
        pace: steps a second, or None.
        batch_size: pictures in a step.
        seconds: since the run began.
    Returns:
        {"phase", "step", "steps", "end", "title", "details", "said"}: ``end`` is where
        the axes end; ``said`` changes seldom and is for screen readers.
    """
    title = f"Training: {step / max(steps, 1):.0%}"
    details = [f"step {step:,} of {steps:,}"]
    if phase == "ready":
        title = "Ready to train"
    if phase == "running" and pace:
        details.append(f"{_duration((steps - step) / pace)} left")
    if phase == "done":
        title = "Trained" if step >= steps else "Stopped"
    if phase == "done" and pace:
        details.append(_duration(seconds))
    if pace and phase != "ready":
        details.append(f"{pace * batch_size:,.0f} pictures a second")
    said = f"{title}, step {step:,} of {steps:,}."
    if phase == "running":
        said = f"Training: {10 * (10 * step // max(steps, 1))} % done."
    return {
        "phase": phase,
        "step": step,
        "steps": steps,
        "end": _axis_end(step, steps, phase == "done"),
        "title": title,
        "details": " · ".join(details),
        "said": said,
    }


def _duration(seconds):
    """Seconds in words: 34 s, 2 min 10 s, 1 h 05 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _axis_end(step, steps, done):
    """The step at the right end of an axis: round, at most ``steps``, seldom changing."""
    if done or not step:
        return step or steps
    size = 10 ** (len(str(step)) - 1)
    return min(steps, next(n * size for n in (1, 2, 5, 10) if n * size >= step))


# Pictures


def sheet(images, columns):
    """Pictures side by side, at their own size, with transparent gaps.

    Args:
        images: (N, 1 or 3, H, W) in [-1, 1]; what is not finite is shown black.
        columns: pictures in a row.
    Returns:
        A Pillow image, grey or colour with transparency.
    """
    pixels = to_pixels(images.nan_to_num(-1)).transpose(0, 2, 3, 1)
    count, height, width, channels = pixels.shape
    rows = -(-count // columns)
    cells = np.full(
        (rows * columns, height + _GAP, width + _GAP, channels + 1), 255, np.uint8
    )
    cells[..., -1] = 0
    cells[:count, :height, :width, :-1] = pixels
    cells[:count, :height, :width, -1] = 255
    cells = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    canvas = cells.reshape(rows * (height + _GAP), columns * (width + _GAP), -1)
    return Image.fromarray(canvas[:-_GAP, :-_GAP], "LA" if channels == 1 else "RGBA")


def shown_width(image):
    """The width at which a sheet is shown: a whole multiple of its own."""
    return image.width * max(1, _WIDEST // image.width)


# Charts


def charts(losses, fids, fid_count):
    """Both charts as plain data, which JSON can hold.

    Args:
        losses: rows (step, d_loss, g_loss).
        fids: rows (step, fid).
        fid_count: pictures behind one FID; None leaves its chart out.
    Returns:
        A list of {"title", "curves": [[name, colour]], "low", "high", "rows"};
        a row's values are None where they are not finite.
    """
    found = [_chart("Losses", (("D", D_FAKE), ("G", FAKE)), losses)]
    if fid_count:
        title, name = "FID", f"of {fid_count:,} pictures"
        known = [row for row in fids if np.isfinite(row[1])]
        if known:
            step, value = known[-1]
            title, name = f"FID {value:.1f}", f"{name} at step {step:,}"
        found.append(_chart(title, ((name, NEUTRAL),), fids) | {"low": 0.0})
    return found


def _chart(title, curves, rows):
    rows = thinned(np.asarray(rows, np.float64).reshape(-1, 1 + len(curves)))
    low, high = limits(rows)
    return {
        "title": title,
        "curves": [list(curve) for curve in curves],
        "low": float(low),
        "high": float(high),
        "rows": [[v if np.isfinite(v) else None for v in row] for row in rows.tolist()],
    }


# The still picture


def still(sheet, state):
    """Header, progress bar, sheet and charts, as the front end shows them.

    Args:
        sheet: what ``sheet`` returned.
        state: ``words`` and ``charts`` in one dictionary.
    Returns:
        A Pillow image, ``charts.SCALE`` times as large as it is to be shown.
    """
    width = shown_width(sheet)
    height = sheet.height * width // sheet.width
    left, below = _PAD + width, max(height, _LOWEST)
    size = left + WIDTH + _PAD, _HEADER + below + _PAD
    image = Image.new("RGB", at(*size), PAPER)
    pen = ImageDraw.Draw(image)
    _draw_header(pen, state, size[0] - _PAD)
    large = sheet.resize(at(width, height), Image.Resampling.NEAREST)
    image.paste(large.convert("RGB"), at(_PAD, _HEADER), large.getchannel("A"))
    drawn = _draw_charts(state["charts"], state["end"], below)
    image.paste(drawn, at(left, _HEADER))
    return image


def _draw_header(pen, state, right):
    """Title, details, and the bar under both."""
    pen.text(at(_PAD, 14), state["title"], TEXT, font(13, bold=True), "lm")
    pen.text(at(right, 14), state["details"], QUIET, font(11), "rm")
    done = state["step"] / max(state["steps"], 1)
    for share, colour in ((1, _EMPTY), (done, _FILLED)):
        end = _PAD + max(share * (right - _PAD), _BAR)
        if share:
            box = (*at(_PAD, 28), *at(end, 28 + _BAR))
            pen.rounded_rectangle(box, SCALE * _BAR / 2, colour)


def _draw_charts(charts, end, height):
    image = Image.new("RGB", at(WIDTH, height), PAPER)
    pen, top = ImageDraw.Draw(image), _TITLE
    each = (height - _TITLE - _FOOT - _BETWEEN * (len(charts) - 1)) / len(charts)
    for chart in charts:
        rows = np.array(chart["rows"], np.float64).reshape(-1, 1 + len(chart["curves"]))
        names, ends = (chart["title"], *chart["curves"]), (chart["low"], chart["high"])
        panel(pen, (top, top + each), names, rows, ends, max(end, 1))
        step_axis(pen, top + each + 10, "steps", end)
        top += each + _BETWEEN
    return image
