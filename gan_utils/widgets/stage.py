"""What the playground shows: the scene, the curves, and a line that says it in words."""

import html
import time

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageColor, ImageDraw

from gan_utils.plotting import D_FAKE, D_REAL
from gan_utils.widgets import curves, scene
from gan_utils.widgets.frame import spoken
from gan_utils.widgets.picture import Picture

STILL_WIDTH = scene.SIZE + curves.WIDTH + 16  # CSS pixels
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
        self.picture = _picture(scene.SIZE, SCENE)
        self.plots = _picture(curves.WIDTH, CURVES)
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
        self.picture.value = scene.encode(_scene(game, parts, title, note))
        plots = curves.draw_curves(game.loss_history, game.coverage_history)
        self.plots.value = scene.encode(plots)
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
        plots = curves.draw_curves(game.loss_history, game.coverage_history)
        size = (scene.SCALE * STILL_WIDTH, picture.height)
        still = Image.new("RGB", size, scene.PAPER)
        still.paste(picture, (0, 0))
        still.paste(plots, scene.at(STILL_WIDTH - curves.WIDTH, scene.HEADER))
        left = STILL_WIDTH - curves.WIDTH + curves.LEFT
        for line, text in enumerate(STILL_NOTE):
            place = scene.at(left, scene.HEADER + 300 + 20 * line)
            ImageDraw.Draw(still).text(place, text, scene.QUIET, scene.font(12), "lm")
        small = still.reduce(scene.SCALE)
        few = small.quantize(palette=_few_colours(), dither=Image.Dither.NONE)
        return scene.encode(few, "PNG")


def _few_colours():
    """A palette of the field's bands and of every ink in four strengths on white."""
    bands = scene.PALETTE[np.linspace(0, 255, STILL_BANDS + 1).astype(int)]
    inks = [scene.REAL_POINT, scene.FAKE_POINT, scene.PUSH, scene.TEXT, D_FAKE, D_REAL]
    pairs = np.array([ImageColor.getrgb(ink) for ink in inks])[:, None]
    shares = np.array([0.25, 0.5, 0.75, 1.0])[:, None]
    mixed = (pairs * shares + 255 * (1 - shares)).round().reshape(-1, 3)
    colours = np.concatenate([[[255, 255, 255]], bands, mixed]).astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    return palette


def _scene(game, parts, title, note, bands=255):
    field, pushes, grid = parts
    return scene.draw_scene(
        title,
        note,
        game.real,
        game.samples(),
        opinion=game.opinion(scene.EXTENT) if field else None,
        pushes=game.pushes() if pushes else None,
        grid=game.latent_grid() if grid else None,
        bands=bands,
    )


def _picture(width, alt):
    return Picture(alt=alt, layout={"width": f"{width}px", "max_width": "100%"})
