"""Draws the playground's two pictures with NumPy and Pillow, fast enough to be live.

Everything is drawn at twice the size in which it is shown: sharp on dense screens, and
smoothed by the browser's scaling on others.
"""

import functools
import html
import io
import time
from pathlib import Path

import ipywidgets as widgets
import matplotlib
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from gan_utils.plotting import D_FAKE, D_REAL, FAKE, NEUTRAL, OPINION, REAL
from gan_utils.widgets.frame import spoken
from gan_utils.widgets.picture import Picture

SCALE = 2
EXTENT = 3.0
SIZE = 480  # of the square, in CSS pixels
HEADER, FOOTER = 34, 34
CURVES_WIDTH, CURVES_HEIGHT = 340, 190
TEXT, QUIET, PAPER = "#333333", "#777777", "#ffffff"
REAL_POINT, FAKE_POINT, PUSH = "#1b5a9e", "#e08214", "#6b3a00"
LONGEST_PUSH = 0.5  # arrows are cut at this length, in units of the plane
PUSH_SCALE = 0.35  # length of the arrow of a unit slope
PALETTE = (OPINION(np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)


@functools.cache
def font(size, bold=False):
    """The course's typeface, from matplotlib's own files."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(folder / name), size * SCALE)


def encode(image, kind="JPEG"):
    """The bytes of a picture: JPEG for frames (4 ms), PNG for stills."""
    buffer = io.BytesIO()
    image.save(
        buffer, kind, **({"quality": 88, "subsampling": 0} if kind == "JPEG" else {})
    )
    return buffer.getvalue()


def to_pixels(points):
    """Points of the plane (N, 2) as a list of pixel pairs; those not finite are left out."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(1)].clip(-1e3, 1e3)
    x = (points[:, 0] + EXTENT) / (2 * EXTENT) * SIZE
    y = (EXTENT - points[:, 1]) / (2 * EXTENT) * SIZE + HEADER
    return list(zip((SCALE * x).tolist(), (SCALE * y).tolist()))


def field_image(opinion, bands=255):
    """D's opinion (rows from bottom to top, in [0, 1]) as a square in its colours."""
    opinion = np.nan_to_num(np.asarray(opinion, np.float32), nan=0.5)[::-1]
    middle = Image.fromarray(np.ascontiguousarray(opinion))
    middle = np.asarray(middle.resize((SIZE // 2,) * 2, Image.Resampling.BICUBIC))
    banded = np.rint(middle.clip(0, 1) * bands) / bands
    colours = PALETTE[(banded * 255).astype(np.uint8)]
    return Image.fromarray(colours).resize(
        (SCALE * SIZE,) * 2, Image.Resampling.BILINEAR
    )


def draw_scene(
    title, note, real, fake, opinion=None, pushes=None, grid=None, bands=255
):
    """The plane: D's field, G's warped latent grid, both samples, and their pushes.

    Args:
        title, note: text at the top, left and right.
        real, fake: (N, 2).
        opinion: ``Game.opinion()``, or None for a white field.
        pushes: ``Game.pushes()``, or None.
        grid: ``Game.latent_grid()``, or None.
        bands: steps of colour between 0 and 1 in the field.
    Returns:
        A Pillow image, SCALE times as large as it is to be shown.
    """
    image = frame(opinion is not None, pushes is not None, grid is not None).copy()
    if opinion is not None:
        image.paste(field_image(opinion, bands), (0, SCALE * HEADER))
    pen = ImageDraw.Draw(image)
    if grid is not None:
        draw_grid(image, grid)
    dots(pen, real, REAL_POINT, 2.6)
    if pushes is not None:
        draw_pushes(pen, fake, pushes)
    dots(pen, fake, FAKE_POINT, 3.2)
    cover_margins(image, opinion is not None, pushes is not None, grid is not None)
    pen.text(at(2, 17), title, TEXT, font(13, bold=True), "lm")
    pen.text(at(SIZE - 2, 17), note, QUIET, font(11), "rm")
    return image


def at(x, y):
    """CSS pixels to pixels of the picture."""
    return SCALE * x, SCALE * y


def dots(pen, points, colour, radius):
    """Filled discs with a white rim."""
    r = SCALE * radius
    for x, y in to_pixels(points):
        box = (x - r, y - r, x + r, y + r)
        pen.ellipse(box, colour, "white", SCALE // 2)


def draw_pushes(pen, points, pushes):
    """A tapered arrow from each sample in the direction that lowers G's loss."""
    points, pushes = np.asarray(points, np.float64), np.asarray(pushes, np.float64)
    length = np.linalg.norm(pushes, axis=1, keepdims=True) + 1e-12
    shown = pushes / length * np.minimum(PUSH_SCALE * length, LONGEST_PUSH)
    side = np.stack([-pushes[:, 1], pushes[:, 0]], 1) / length * 0.024
    finite = np.isfinite(points + shown).all(1)
    corners = np.stack([points + shown, points + side, points - side], 1)[finite]
    flat = to_pixels(corners)
    for i in range(0, len(flat), 3):
        pen.polygon(flat[i : i + 3], PUSH)


def draw_grid(image, grid):
    """The images under G of the lines of a square grid, as translucent lines."""
    mask = Image.new("L", image.size)
    pen = ImageDraw.Draw(mask)
    for line in np.asarray(grid):
        pen.line(to_pixels(line), 110, SCALE, "curve")
    image.paste(FAKE, (0, 0), mask)


@functools.cache
def frame(field, pushes, grid):
    """What never changes: the margins with the legend."""
    size = (SCALE * SIZE, SCALE * (HEADER + SIZE + FOOTER))
    image = Image.new("RGB", size, PAPER)
    pen, y = ImageDraw.Draw(image), HEADER + SIZE + 19
    x = legend_dot(pen, 7, y, REAL_POINT, "real")
    x = legend_dot(pen, x, y, FAKE_POINT, "generated")
    if pushes:
        tip, tail = at(x + 16, y), x - 3
        pen.polygon([tip, at(tail, y - 2.4), at(tail, y + 2.4)], PUSH)
        x = legend_text(pen, x + 21, y, "push on G")
    if grid:
        pen.line([at(x - 3, y), at(x + 11, y)], FAKE, SCALE)
        x = legend_text(pen, x + 16, y, "grid of G")
    if field:
        opinion_scale(image, pen, y)
    return image


def cover_margins(image, *parts):
    """Hide what was drawn outside the square, and draw its border."""
    clean = frame(*parts)
    for top, height in ((0, HEADER), (HEADER + SIZE, FOOTER)):
        box = (0, SCALE * top, SCALE * SIZE, SCALE * (top + height))
        image.paste(clean.crop(box), box)
    box = (*at(0, HEADER), SCALE * SIZE - 1, SCALE * (HEADER + SIZE) - 1)
    ImageDraw.Draw(image).rectangle(box, outline="#bbbbbb", width=SCALE)


def legend_dot(pen, x, y, colour, label):
    """A disc and its label; returns where the next entry begins."""
    pen.ellipse((*at(x - 4, y - 4), *at(x + 4, y + 4)), colour, "white", SCALE // 2)
    return legend_text(pen, x + 8, y, label)


def legend_text(pen, x, y, label):
    """A label; returns where the next entry begins."""
    pen.text(at(x, y), label, TEXT, font(11), "lm")
    return x + pen.textlength(label, font(11)) / SCALE + 16


def opinion_scale(image, pen, y, length=60):
    """The colour bar of D's field, at the right of the legend."""
    right = SIZE - 2 - pen.textlength("real", font(11)) / SCALE - 6
    bar = Image.fromarray(np.broadcast_to(PALETTE, (1, 256, 3)).copy())
    bar = bar.resize((SCALE * length, SCALE * 10))
    left = int(right - length)
    image.paste(bar, (SCALE * left, SCALE * (y - 5)))
    pen.text(at(left - 6, y), "D: generated", D_FAKE, font(11), "rm")
    pen.text(at(right + 6, y), "real", D_REAL, font(11), "lm")


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


STILL_WIDTH = SIZE + WIDTH + 16  # CSS pixels
STILL_BANDS = 20  # of the field: few colours make a small file
SPEAK_EVERY = 3.0  # seconds between status lines during play, for screen readers
SCENE = (
    "The plane with the discriminator's opinion as a purple and green field, real points "
    "in blue, generated points in orange with small arrows, and the generator's grid"
)
CURVES = "curves of both losses and of mode coverage over the steps"

STILL_NOTE = (
    "This is a still picture. With the notebook open in",
    "JupyterLab, run its cells, and press Play.",
)


class Stage:
    """Two picture widgets and a status line, drawn from a ``Game``."""

    def __init__(self):
        self.picture = _picture(SIZE, SCENE)
        self.plots = _picture(WIDTH, CURVES)
        self.status = widgets.HTML()
        self.spoken_at = 0.0

    def draw(self, game, parts, title, note="", message=""):
        """Draw the game as it stands; the status line changes at a message or a pause.

        Args:
            game: a ``Game``.
            parts: whether to draw D's field, the pushes on G, and G's grid.
            title, note: above the scene.
            message: for the status line, before what coverage is.
        """
        modes, on_mode = game.coverage()
        self.picture.value = encode(_scene(game, parts, title, note))
        plots = draw_curves(game.loss_history, game.coverage_history)
        self.plots.value = encode(plots)
        now = time.monotonic()
        if message or now - self.spoken_at > SPEAK_EVERY:
            self.spoken_at = now
            state = (
                f"Step {game.steps:,}: {modes:.0%} of the modes covered, "
                f"{on_mode:.0%} of the samples on a mode."
            )
            self.status.value = spoken(f"{html.escape(message)} {state}")

    def alarm(self, message):
        """Say at once that something went wrong."""
        text = html.escape(message)
        style = "color: #b2182b; font-weight: bold"
        self.status.value = f'<div role="alert" style="{style}">{text}</div>'

    def still(self, game, parts, title):
        """PNG bytes of the scene and the curves side by side."""
        picture = _scene(
            game, parts, title, "", bands=20
        )  # fewer colours, a small file
        plots = draw_curves(game.loss_history, game.coverage_history)
        size = (SCALE * STILL_WIDTH, picture.height)
        still = Image.new("RGB", size, PAPER)
        still.paste(picture, (0, 0))
        still.paste(plots, at(STILL_WIDTH - WIDTH, HEADER))
        left = STILL_WIDTH - WIDTH + LEFT
        for line, text in enumerate(STILL_NOTE):
            place = at(left, HEADER + 300 + 20 * line)
            ImageDraw.Draw(still).text(place, text, QUIET, font(12), "lm")
        small = still.reduce(SCALE)
        few = small.quantize(palette=_few_colours(), dither=Image.Dither.NONE)
        return encode(few, "PNG")


def _few_colours():
    """A palette of the field's bands and of every ink in four strengths on white."""
    bands = PALETTE[np.linspace(0, 255, STILL_BANDS + 1).astype(int)]
    inks = [REAL_POINT, FAKE_POINT, PUSH, TEXT, D_FAKE, D_REAL]
    pairs = np.array([ImageColor.getrgb(ink) for ink in inks])[:, None]
    shares = np.array([0.25, 0.5, 0.75, 1.0])[:, None]
    mixed = (pairs * shares + 255 * (1 - shares)).round().reshape(-1, 3)
    colours = np.concatenate([[[255, 255, 255]], bands, mixed]).astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    return palette


def _scene(game, parts, title, note, bands=255):
    field, pushes, grid = parts
    return draw_scene(
        title,
        note,
        game.real,
        game.samples(),
        opinion=game.opinion(EXTENT) if field else None,
        pushes=game.pushes() if pushes else None,
        grid=game.latent_grid() if grid else None,
        bands=bands,
    )


def _picture(width, alt):
    return Picture(alt=alt, layout={"width": f"{width}px", "max_width": "100%"})
