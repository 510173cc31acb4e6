"""What the live training view draws: the sheet of pictures, and both charts."""

import numpy as np
import torch
from PIL import Image, ImageDraw

from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, to_pixels
from gan_utils.widgets.playground import drawing

GAP = 2  # pixels between two pictures, transparent
WIDEST = 720  # CSS pixels of the sheet


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
        (rows * columns, height + GAP, width + GAP, channels + 1), 255, np.uint8
    )
    cells[..., -1] = 0
    cells[:count, :height, :width, :-1] = pixels
    cells[:count, :height, :width, -1] = 255
    cells = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    canvas = cells.reshape(rows * (height + GAP), columns * (width + GAP), -1)
    return Image.fromarray(canvas[:-GAP, :-GAP], "LA" if channels == 1 else "RGBA")


def shown_width(image):
    """CSS pixels at which a sheet is shown: a whole multiple of its own."""
    return image.width * max(1, WIDEST // image.width)


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
        found.append(_chart(title, ((name, NEUTRAL),), fids, from_zero=True))
    return found


def _chart(title, names, rows, from_zero=False):
    rows = np.asarray(rows, np.float64).reshape(-1, 1 + len(names))
    if len(names) == 2:
        rows = drawing.thinned(rows)
    values = rows[:, 1:][np.isfinite(rows[:, 1:])]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 2.0)
    margin = max(0.05 * (high - low), 0.05)
    lowest = 0.0 if from_zero else max(low - margin, min(low, 0.0))
    return {
        "title": title, "curves": [list(name) for name in names],
        "low": float(lowest), "high": float(high + margin),
        "rows": [[v if np.isfinite(v) else None for v in row] for row in rows.tolist()],
    }  # fmt: skip


def latents(generator, columns, rows, seed):
    """Latents for the sheet, and classes in order where the generator takes them.

    Returns:
        z (N, latent_dim), classes (N,) or None, and the columns: as many as there are
        classes, if they fit into a row.
    """
    classes = getattr(generator, "classes", 0)
    columns = classes if 3 <= classes <= 12 else columns
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(rows * columns, generator.latent_dim, generator=random)
    labels = torch.arange(len(z)) % classes if classes else None
    return z, labels, columns


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
    size = left + drawing.WIDTH + PAD, HEADER + below + PAD
    image = Image.new("RGB", drawing.at(*size), drawing.PAPER)
    _header(ImageDraw.Draw(image), state, size[0] - PAD)
    large = sheet.resize(drawing.at(width, height), Image.Resampling.NEAREST)
    image.paste(large.convert("RGB"), drawing.at(PAD, HEADER), large.getchannel("A"))
    charts = _charts(state["charts"], state["end"], below)
    image.paste(charts, drawing.at(left, HEADER))
    return image


def _header(pen, state, right):
    """Title, details, and the bar under both."""
    bold, plain = drawing.font(13, bold=True), drawing.font(11)
    pen.text(drawing.at(PAD, 14), state["title"], drawing.TEXT, bold, "lm")
    pen.text(drawing.at(right, 14), state["details"], drawing.QUIET, plain, "rm")
    done = state["step"] / max(state["steps"], 1)
    for share, colour in ((1, EMPTY), (done, FILLED)):
        end = PAD + max(share * (right - PAD), BAR)
        if share:
            box = (*drawing.at(PAD, 28), *drawing.at(end, 28 + BAR))
            pen.rounded_rectangle(box, drawing.SCALE * BAR / 2, colour)


def _charts(charts, end, height):
    image = Image.new("RGB", drawing.at(drawing.WIDTH, height), drawing.PAPER)
    pen = ImageDraw.Draw(image)
    room = height - TITLE - FOOT - BETWEEN * (len(charts) - 1)
    top = TITLE
    for chart in charts:
        bottom = top + room / len(charts)
        rows = np.array(chart["rows"], np.float64).reshape(-1, 1 + len(chart["curves"]))
        names = chart["title"], *chart["curves"]
        limits = chart["low"], chart["high"]
        drawing.panel(pen, (top, bottom), names, rows, limits, max(end, 1))
        _steps(pen, bottom + 10, end)
        top = bottom + BETWEEN
    return image


def _steps(pen, y, end):
    """The axis under a chart."""
    right = drawing.WIDTH - drawing.RIGHT
    ends = {drawing.LEFT: "0", (drawing.LEFT + right) / 2: "steps", right: f"{end:,}"}
    for (x, text), anchor in zip(ends.items(), ("lm", "mm", "rm")):
        pen.text(drawing.at(x, y), text, drawing.QUIET, drawing.font(9), anchor)


def duration(seconds):
    """Seconds in words: 34 s, 2 min 10 s, 1 h 05 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


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
    share = f"{step / max(steps, 1):.0%}"
    title, details = f"Training: {share}", [f"step {step:,} of {steps:,}"]
    if phase == "ready":
        title = "Ready to train"
    if phase == "running" and pace:
        details.append(f"{duration((steps - step) / pace)} left")
    if phase == "done":
        title = "Trained" if step >= steps else "Stopped"
    if phase == "done" and pace:
        details.append(duration(seconds))
    if pace and phase != "ready":
        details.append(f"{pace * batch_size:,.0f} pictures a second")
    said = f"{title}, step {step:,} of {steps:,}."
    if phase == "running":
        said = f"Training: {10 * (10 * step // max(steps, 1))} % done."
    return {
        "phase": phase, "step": step, "steps": steps, "title": title,
        "end": axis_end(step, steps, phase == "done"),
        "details": " · ".join(details), "said": said,
    }  # fmt: skip


def axis_end(step, steps, done):
    """The step at the right end of an axis: round, at most ``steps``, seldom changing."""
    if done or not step:
        return step or steps
    size = 10 ** (len(str(step)) - 1)
    return min(steps, next(n * size for n in (1, 2, 5, 10) if n * size >= step))
