"""Draws the playground: the plane with both samples, and the curves beside it.

With NumPy and Pillow, since a frame has to be ready in a few milliseconds; ``charts``
says in what units.
"""

import functools
import html
import io
import math
import time

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageColor, ImageDraw

from gan_utils.plotting import D_FAKE, D_REAL, FAKE, NEUTRAL, OPINION, REAL, png_bytes
from gan_utils.widgets.charts import (
    LEFT,
    PAPER,
    QUIET,
    SCALE,
    TEXT,
    WIDTH,
    across,
    at,
    font,
    limits,
    panel,
    step_axis,
    thinned,
)
from gan_utils.widgets.frame import spoken
from gan_utils.widgets.picture import Picture
from gan_utils.widgets.playground.game import EXTENT

SIZE = 480  # of the plane's square, in CSS pixels
HEADER, _FOOTER = 34, 34  # above and below the square
_HEIGHT = 212  # of the curves
_PANELS = ((22, 92), (130, 192))  # top and bottom of each of the two
_REAL_POINT, _FAKE_POINT, _PUSH = "#1b5a9e", "#e08214", "#6b3a00"
_LONGEST_PUSH = 0.5  # arrows are cut at this length, in units of the plane
_PUSH_SCALE = 0.35  # length of the arrow of a unit slope
_PALETTE = (OPINION(np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)
_SPEAK_EVERY = 3.0  # seconds between status lines during play, for screen readers
STILL_WIDTH = SIZE + WIDTH + 16  # CSS pixels
_STILL_BANDS = 20  # steps of colour in the still picture's field: a small file
_STILL_NOTE = (
    "This is a still picture. With the notebook open in",
    "JupyterLab, run its cells, and press Play.",
)
SCENE = (
    "The plane with the discriminator's opinion as a purple and green field, real points "
    "in blue, generated points in orange with small arrows, and the generator's grid"
)
CURVES = "curves of both losses and of mode coverage over the steps"


class Stage:
    """Two picture widgets and a status line, drawn from a ``Game``."""

    def __init__(self):
        self.picture = _picture(SIZE, SCENE)
        self.plots = _picture(WIDTH, CURVES)
        self.status = widgets.HTML()
        self.spoken_at = 0.0

    def draw(self, game, parts, title, when, note="", message=""):
        """Draw the game as it stands; the status line changes at a message or a pause.

        Args:
            game: a ``Game``.
            parts: whether to draw D's field, the pushes on G, and G's grid.
            title, note: above the scene.
            when: the step shown, in words.
            message: for the status line, before the step and its coverage.
        """
        modes, on_mode = game.coverage()
        self.picture.value = _jpeg(_scene_of(game, parts, title, note))
        self.plots.value = _jpeg(_curves_of(game))
        now = time.monotonic()
        if message or now - self.spoken_at > _SPEAK_EVERY:
            self.spoken_at = now
            state = (
                f"{when[0].upper()}{when[1:]}: {modes:.0%} of the modes covered, "
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
        scene = _scene_of(game, parts, title, "", _STILL_BANDS)
        still = Image.new("RGB", (SCALE * STILL_WIDTH, scene.height), PAPER)
        still.paste(scene, (0, 0))
        curves = _curves_of(game)
        left = STILL_WIDTH - WIDTH
        still.paste(curves, at(left, HEADER))
        for line, text in enumerate(_STILL_NOTE):
            place = at(left + LEFT, HEADER + 300 + 20 * line)
            ImageDraw.Draw(still).text(place, text, QUIET, font(12), "lm")
        few = still.reduce(SCALE).quantize(
            palette=_few_colours(), dither=Image.Dither.NONE
        )
        return png_bytes(few)


def _picture(width, alt):
    return Picture(alt=alt, layout={"width": f"{width}px", "max_width": "100%"})


def _jpeg(image):
    """The bytes of a frame: JPEG takes 4 ms."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()


def _few_colours():
    """A palette of the field's bands and of every ink in four strengths on white."""
    bands = _PALETTE[np.linspace(0, 255, _STILL_BANDS + 1).astype(int)]
    inks = [_REAL_POINT, _FAKE_POINT, _PUSH, TEXT, D_FAKE, D_REAL]
    pairs = np.array([ImageColor.getrgb(ink) for ink in inks])[:, None]
    shares = np.array([0.25, 0.5, 0.75, 1.0])[:, None]
    mixed = (pairs * shares + 255 * (1 - shares)).round().reshape(-1, 3)
    colours = np.concatenate([[[255, 255, 255]], bands, mixed]).astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    return palette


# The curves


def _curves_of(game):
    return _curves(game.loss_history, game.coverage_history, game.steps)


def _curves(losses, coverage, now=math.inf):
    """Two panels over the steps so far; those after ``now`` are pale.

    Args:
        losses: rows (step, d_loss, g_loss).
        coverage: rows (step, share of modes, share of samples on a mode).
        now: the step that the game is at.
    Returns:
        A Pillow image, SCALE times as large as it is to be shown.
    """
    image = Image.new("RGB", at(WIDTH, _HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    losses, coverage = (
        thinned(np.asarray(rows, np.float64).reshape(-1, 3))
        for rows in (losses, coverage)
    )
    last = max([1.0, *losses[-1:, 0], *coverage[-1:, 0]])
    names = ("Losses", ("D", D_FAKE), ("G", FAKE))
    panel(pen, _PANELS[0], names, losses, limits(losses), last)
    names = ("Shares", ("modes covered", REAL), ("samples on a mode", NEUTRAL))
    panel(pen, _PANELS[1], names, coverage, (0.0, 1.0), last)
    step_axis(pen, _PANELS[1][1] + 9, "generator steps", last)
    if now < last:
        _mark(image, across(now, last))
    return image


def _mark(image, x):
    """Draw a line at x, the time shown, and make the curves right of it pale."""
    for top, bottom in _PANELS:
        (left, high), (right, low) = at(x, top - 3), at(WIDTH, bottom + 3)
        later = (round(left), high, right, low)
        curves = image.crop(later)
        blank = Image.new("RGB", curves.size, PAPER)
        image.paste(Image.blend(curves, blank, 0.7), later)
        ImageDraw.Draw(image).line([(left, high), (left, low)], TEXT, SCALE)


# The plane


def _scene_of(game, parts, title, note, bands=255):
    field, pushes, grid = parts
    return _scene(
        title,
        note,
        game.real,
        game.samples(),
        opinion=game.opinion() if field else None,
        pushes=game.pushes() if pushes else None,
        grid=game.latent_grid() if grid else None,
        bands=bands,
    )


def _scene(title, note, real, fake, opinion=None, pushes=None, grid=None, bands=255):
    """D's field, G's warped latent grid, both samples, and their pushes.

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
    parts = opinion is not None, pushes is not None, grid is not None
    image = _margins(*parts).copy()
    if opinion is not None:
        image.paste(_field(opinion, bands), (0, SCALE * HEADER))
    pen = ImageDraw.Draw(image)
    if grid is not None:
        _draw_grid(image, grid)
    _draw_points(pen, real, _REAL_POINT, 2.6)
    if pushes is not None:
        _draw_pushes(pen, fake, pushes)
    _draw_points(pen, fake, _FAKE_POINT, 3.2)
    _cover_margins(image, _margins(*parts))
    pen.text(at(2, 17), title, TEXT, font(13, bold=True), "lm")
    pen.text(at(SIZE - 2, 17), note, QUIET, font(11), "rm")
    return image


def _pixels(points):
    """Points of the plane (N, 2) as a list of pixel pairs; those not finite are left out."""
    points = np.asarray(points, np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(1)].clip(-1e3, 1e3)
    x = (points[:, 0] + EXTENT) / (2 * EXTENT) * SIZE
    y = (EXTENT - points[:, 1]) / (2 * EXTENT) * SIZE + HEADER
    return list(zip((SCALE * x).tolist(), (SCALE * y).tolist()))


def _field(opinion, bands=255):
    """D's opinion (rows from bottom to top, in [0, 1]) as a square in its colours."""
    opinion = np.nan_to_num(np.asarray(opinion, np.float32), nan=0.5)[::-1]
    middle = Image.fromarray(np.ascontiguousarray(opinion))
    middle = np.asarray(middle.resize((SIZE // 2,) * 2, Image.Resampling.BICUBIC))
    banded = np.rint(middle.clip(0, 1) * bands) / bands
    colours = Image.fromarray(_PALETTE[(banded * 255).astype(np.uint8)])
    return colours.resize((SCALE * SIZE,) * 2, Image.Resampling.BILINEAR)


def _draw_points(pen, points, colour, radius):
    """Filled discs with a white rim."""
    r = SCALE * radius
    for x, y in _pixels(points):
        pen.ellipse((x - r, y - r, x + r, y + r), colour, "white", SCALE // 2)


def _draw_pushes(pen, points, pushes):
    """A tapered arrow from each sample in the direction that lowers G's loss."""
    points, pushes = np.asarray(points, np.float64), np.asarray(pushes, np.float64)
    length = np.linalg.norm(pushes, axis=1, keepdims=True) + 1e-12
    shown = pushes / length * np.minimum(_PUSH_SCALE * length, _LONGEST_PUSH)
    side = np.stack([-pushes[:, 1], pushes[:, 0]], 1) / length * 0.024
    finite = np.isfinite(points + shown).all(1)
    corners = np.stack([points + shown, points + side, points - side], 1)[finite]
    flat = _pixels(corners)
    for i in range(0, len(flat), 3):
        pen.polygon(flat[i : i + 3], _PUSH)


def _draw_grid(image, grid):
    """The images under G of the lines of a square grid, as translucent lines."""
    mask = Image.new("L", image.size)
    pen = ImageDraw.Draw(mask)
    for line in np.asarray(grid):
        pen.line(_pixels(line), 110, SCALE, "curve")
    image.paste(FAKE, (0, 0), mask)


@functools.cache
def _margins(field, pushes, grid):
    """What never changes: an empty square between margins with the legend."""
    size = (SCALE * SIZE, SCALE * (HEADER + SIZE + _FOOTER))
    image = Image.new("RGB", size, PAPER)
    pen, y = ImageDraw.Draw(image), HEADER + SIZE + 19
    x = _legend_point(pen, 7, y, _REAL_POINT, "real")
    x = _legend_point(pen, x, y, _FAKE_POINT, "generated")
    if pushes:
        tip, tail = at(x + 16, y), x - 3
        pen.polygon([tip, at(tail, y - 2.4), at(tail, y + 2.4)], _PUSH)
        x = _legend_text(pen, x + 21, y, "push on G")
    if grid:
        pen.line([at(x - 3, y), at(x + 11, y)], FAKE, SCALE)
        x = _legend_text(pen, x + 16, y, "grid of G")
    if field:
        _colour_bar(image, pen, y)
    return image


def _cover_margins(image, clean):
    """Hide what was drawn outside the square, and draw its border."""
    for top, height in ((0, HEADER), (HEADER + SIZE, _FOOTER)):
        box = (0, SCALE * top, SCALE * SIZE, SCALE * (top + height))
        image.paste(clean.crop(box), box)
    box = (*at(0, HEADER), SCALE * SIZE - 1, SCALE * (HEADER + SIZE) - 1)
    ImageDraw.Draw(image).rectangle(box, outline="#bbbbbb", width=SCALE)


def _legend_point(pen, x, y, colour, label):
    """A disc and its label; returns where the next entry begins."""
    pen.ellipse((*at(x - 4, y - 4), *at(x + 4, y + 4)), colour, "white", SCALE // 2)
    return _legend_text(pen, x + 8, y, label)


def _legend_text(pen, x, y, label):
    """A label; returns where the next entry begins."""
    pen.text(at(x, y), label, TEXT, font(11), "lm")
    return x + pen.textlength(label, font(11)) / SCALE + 16


def _colour_bar(image, pen, y):
    """The colour bar of D's field, at the right of the legend."""
    length, right = 60, SIZE - 2 - pen.textlength("real", font(11)) / SCALE - 6
    bar = Image.fromarray(np.broadcast_to(_PALETTE, (1, 256, 3)).copy())
    left = int(right - length)
    image.paste(bar.resize(at(length, 10)), at(left, y - 5))
    pen.text(at(left - 6, y), "D: generated", D_FAKE, font(11), "rm")
    pen.text(at(right + 6, y), "real", D_REAL, font(11), "lm")
