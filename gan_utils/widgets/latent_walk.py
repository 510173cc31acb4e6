"""Lesson 0's slider: a walk on a circle through the latent space."""

import math

import ipywidgets as widgets
import torch

from gan_utils.plotting import png_bytes, tile
from gan_utils.widgets.frame import (
    CRISP,
    labelled_slider,
    picture,
    show_widget,
    spoken,
    whole_number,
)

_WIDTH = 720  # CSS pixels


def on_circle(start, end, degrees):
    """cos(t) * start + sin(t) * end: standard Gaussian for every t if both ends are.

    Args:
        start, end: latent noise (batch, latent_dim), drawn independently.
        degrees: the angle t; 0 gives ``start``, 90 gives ``end``.
    """
    t = math.radians(degrees)
    return math.cos(t) * start + math.sin(t) * end


class LatentWalk:
    """Pictures that change together while a slider walks through the latent space.

    Args:
        generator: maps z (batch, latent_dim) to pictures (batch, 1, H, W) in [-1, 1]; it
            has the attribute ``latent_dim`` and is in eval mode.
        count: number of pictures.
        columns: pictures in a row.
        seed: of the first set of pictures.
    """

    def __init__(self, generator, count=24, columns=8, seed=0):
        self.generator, self.count, self.columns = generator, count, columns
        self.angle = labelled_slider("walk (degrees)", 0.0, 0.0, 360.0, 2.0)
        self.seed = whole_number("set of pictures", seed)
        alt = f"{count} generated pictures of clothes, shoes and bags in a grid"
        self.picture, self.caption = picture(alt, _WIDTH), widgets.HTML()
        self.angle.observe(self.draw, "value")
        self.seed.observe(self.choose, "value")
        controls = widgets.HBox([self.angle, self.seed], layout={"flex_flow": "wrap"})
        self.box = widgets.VBox(
            [widgets.HTML(CRISP), controls, self.picture, self.caption]
        )
        self.choose()

    def choose(self, _change=None):
        """Draw new ends of the walk from the seed."""
        random = torch.Generator().manual_seed(self.seed.value)
        shape = (2, self.count, self.generator.latent_dim)
        self.start, self.end = torch.randn(shape, generator=random)
        self.draw()

    def draw(self, _change=None):
        """One forward pass and one new picture."""
        z = on_circle(self.start, self.end, self.angle.value)
        with torch.no_grad():
            canvas = tile(self.generator(z), self.columns)
        self.picture.value = png_bytes(canvas, fast=True)
        self.caption.value = spoken(
            f"{self.count} generated pictures, {self.angle.value:.0f} degrees along the walk"
        )

    def show(self):
        """Display the widget in the notebook."""
        alt = self.picture.alt
        show_widget(self.box, self.picture.value, alt, _WIDTH, crisp=True)
