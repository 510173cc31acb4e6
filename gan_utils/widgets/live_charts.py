"""What the live training view draws: the sheet of pictures, and both charts."""

import numpy as np
import torch
from PIL import Image

from gan_utils.plotting import D_FAKE, FAKE, NEUTRAL, to_pixels
from gan_utils.widgets import curves

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
        rows = curves.thinned(rows)
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
        z (N, latent_dim), a tuple of classes (N,) or of nothing, and the columns: as
        many as there are classes, if they fit into a row.
    """
    classes = getattr(generator, "classes", 0)
    columns = classes if 3 <= classes <= 12 else columns
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(rows * columns, generator.latent_dim, generator=random)
    given = (torch.arange(len(z)) % classes,) if classes else ()
    return z, given, columns
