"""Lesson 22's mixer: one colour picture, and how it changes along a generator's directions."""

import io

import ipywidgets as widgets
import torch
from PIL import Image

from gan_utils.latent import principal_directions, truncate
from gan_utils.plotting import png_bytes, tile
from gan_utils.widgets.frame import (
    CRISP,
    labelled_slider,
    picture,
    show_widget,
    spoken,
    whole_number,
)

_WIDTH = 384  # CSS pixels of the large picture
_STRIP_WIDTH = 720
_STOPS = torch.linspace(-3, 3, 9)  # of the strip, along the direction moved last
_DIRECTIONS = 4


class PictureMixer:
    """A picture from a seed, moved along the strongest directions of the latent space.

    Args:
        generator: maps z (N, latent_dim) to pictures (N, 1 or 3, H, W) in [-1, 1]; it has
            the attribute ``latent_dim`` and is in eval mode on the CPU.
        seed: of the first picture.
        subject: what it draws, in words, for those who cannot see it.
    """

    def __init__(self, generator, seed=0, subject="picture"):
        self.generator, self.subject, self.along = generator, subject, 0
        self.directions = principal_directions(generator, _DIRECTIONS)
        self.seed = whole_number("picture number", seed)
        self.typical = labelled_slider(
            "daring (0 = the average one)", 1.0, 0.0, 1.5, 0.05
        )
        self.moves = [
            labelled_slider(f"direction {k + 1}", 0.0, -3.0, 3.0, 0.1)
            for k in range(_DIRECTIONS)
        ]
        self.back = widgets.Button(description="Directions to 0")
        self.picture = picture(f"A generated {subject}", _WIDTH)
        self.strip = picture(
            f"Nine generated {subject}s along a direction", _STRIP_WIDTH
        )
        self.caption = widgets.HTML()
        for k, slider in enumerate(self.moves):
            slider.observe(lambda _change, k=k: self.draw(k), "value")
        for control in (self.seed, self.typical):
            control.observe(lambda _change: self.draw(), "value")
        self.back.on_click(self.reset)
        head = widgets.HBox([self.seed, self.back], layout={"flex_flow": "wrap"})
        controls = widgets.VBox(
            [head, self.typical, *self.moves], layout={"margin": "0 0 0 16px"}
        )
        top = widgets.HBox([self.picture, controls], layout={"flex_flow": "wrap"})
        self.box = widgets.VBox([widgets.HTML(CRISP), top, self.caption, self.strip])
        self.draw()

    def z(self):
        """The latent point on show, (latent_dim,)."""
        random = torch.Generator().manual_seed(self.seed.value)
        z = torch.randn(self.generator.latent_dim, generator=random)
        moved = torch.tensor([slider.value for slider in self.moves])
        return truncate(z, self.typical.value) + moved @ self.directions

    def draw(self, along=None):
        """One forward pass: the picture and the strip along a direction."""
        self.along = self.along if along is None else along
        z = self.z()
        towards = _STOPS - self.moves[self.along].value
        points = z + towards[:, None] * self.directions[self.along]
        with torch.no_grad():
            pictures = self.generator(torch.cat([z[None], points]))
        self.picture.value = png_bytes(tile(pictures[:1], 1), fast=True)
        self.strip.value = png_bytes(tile(pictures[1:], len(_STOPS)), fast=True)
        self.caption.value = spoken(
            f"Number {self.seed.value}; below: direction {self.along + 1} from -3 to 3."
        )

    def reset(self, _button=None):
        """All directions back to 0."""
        for slider in self.moves:
            slider.value = 0.0

    def show(self):
        """Display the widget, and a still picture for readers without a kernel."""
        alt = f"{self.strip.alt}, from the mixer"
        strip = Image.open(io.BytesIO(self.strip.value))  # few colours: a small file
        few = strip.quantize(
            96, Image.Quantize.MAXCOVERAGE, 2, dither=Image.Dither.NONE
        )
        show_widget(self.box, png_bytes(few), alt, _STRIP_WIDTH, crisp=True)
