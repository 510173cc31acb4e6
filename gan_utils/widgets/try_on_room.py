"""Lesson 15's try-on room: choose or design a garment, choose who wears it, move them."""

import io

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image

from gan_utils.plotting import tile
from gan_utils.scenes.people import rgb
from gan_utils.scenes.try_on import painted, render
from gan_utils.scenes.try_on_fashion import KINDS, fashion_garments, pictures_of
from gan_utils.scenes.try_on_figures import Pose, draw_figures
from gan_utils.scenes.try_on_garments import (
    CUTS,
    NECKS,
    PATTERNS,
    SLEEVES,
    Garment,
    draw_garments,
)
from gan_utils.widgets import try_on_words as words
from gan_utils.widgets.drawpad import DrawPad
from gan_utils.widgets.frame import CRISP, picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard
from gan_utils.widgets.try_on_words import GAP, WIDTH

COLLECTION, REAL, OWN = "collection", "Fashion-MNIST", "my own design"


class TryOnRoom:
    """Four panels: flat garment, person, what the generator makes, and the true picture.

    Args:
        generator: a ``TryOnGenerator`` in eval mode.
        people, garments: how many there are to choose from.
        seed: of both; none was in the training of the shipped generator.
    """

    def __init__(self, generator, people=30, garments=40, seed=2_000_000):
        self.generator = generator
        random = np.random.default_rng(seed)
        self.figures = draw_figures(people, random)
        self.garments = draw_garments(garments, random, PATTERNS)
        alt = "Four panels: flat garment, person, generated picture, true picture"
        self.picture, self.caption = picture(alt, WIDTH), widgets.HTML()
        self.heads = widgets.HTML()
        self._garment_controls()
        self._person_controls()
        columns = [
            words.column("Garment", self.garment_box),
            words.column("Person and pose", self.person_box),
            self.paint,
        ]
        self.box = widgets.VBox(
            [widgets.HTML(CRISP), KeyGuard(),
             widgets.HBox(columns, layout={"flex_flow": "wrap"}),
             self.heads, self.picture, self.caption]
        )  # fmt: skip
        self.choose_source()

    def _garment_controls(self):
        self.source = words.menu("from", (COLLECTION, REAL, OWN))
        self.number = words.whole("garment", 0, len(self.garments) - 1)
        self.kind = words.menu("kind", KINDS)
        self.item = words.whole("item", 0, len(pictures_of(KINDS[0])) - 1)
        self.cut, self.sleeves = words.menu("cut", CUTS), words.menu("sleeves", SLEEVES)
        self.neck, self.pattern = (
            words.menu("neck", NECKS),
            words.menu("pattern", PATTERNS),
        )
        self.sleeves.value, self.pattern.value = SLEEVES[1], "stripes"
        self.colour = words.colour("colour", "#1f4e9c")
        self.second = words.colour("second colour", "#f2d16b")
        self.pad = DrawPad(layout={"margin": "0 0 0 4px"})
        self.paint = words.column("Paint in the second colour", [self.pad], 250)
        self.parts = {
            COLLECTION: [self.number],
            REAL: [self.kind, self.item, self.colour],
            OWN: [self.cut, self.sleeves, self.neck, self.pattern,
                  self.colour, self.second],
        }  # fmt: skip
        self.garment_box = [self.source, self.number, self.kind, self.item,
                            *self.parts[OWN]]  # fmt: skip
        self.number.value = 2
        self.source.observe(self.choose_source, "value")
        for control in self.garment_box[1:]:
            control.observe(self.draw, "value")
        self.pad.observe(self.draw, "points")

    def _person_controls(self):
        self.person = words.whole("person", 0, len(self.figures) - 1)
        self.left = words.slider("left arm", 0.3, 0.1, 1.0)
        self.right = words.slider("right arm", 0.5, 0.1, 1.0)
        self.elbows = words.slider("elbows", 0.1, -0.8, 0.5)
        self.lean = words.slider("lean", 0.0, -0.11, 0.11, 0.01)
        self.who = widgets.HTML()
        controls = [self.person, self.left, self.right, self.elbows, self.lean]
        self.person_box = [*controls, self.who]
        self.person.value = 4
        for control in controls:
            control.observe(self.draw, "value")

    def choose_source(self, _change=None):
        """Show the controls of the chosen kind of garment, and draw."""
        shown = self.parts[self.source.value]
        for control in self.garment_box[1:]:
            control.layout.display = "" if control in shown else "none"
        self.paint.layout.display = "" if self.source.value == OWN else "none"
        self.draw()

    def figure(self):
        """The chosen person in the chosen pose."""
        chosen = self.figures[self.person.value]
        arms = (self.left.value, self.right.value)
        pose = Pose(self.lean.value, arms, (self.elbows.value,) * 2, 0.0)
        return chosen._replace(pose=pose)

    def garment(self):
        """The chosen garment; for Fashion-MNIST a stand-in, replaced in ``batch``."""
        if self.source.value != OWN:
            return self.garments[self.number.value]
        return Garment(
            self.sleeves.index, self.neck.index, self.cut.index, self.pattern.index,
            0.5, tuple(rgb(self.colour.value)), tuple(rgb(self.second.value)), 5.5,
            0.2 if self.sleeves.index == 2 else 0.6,
        )  # fmt: skip

    def dabs(self):
        """The paint of the pad in pixels of the flat garment; the pad's height is its."""
        side = 2 * self.pad.extent
        return [
            [24 + 64 * x / side, 32 - 64 * y / side] for x, y in self.pad.points
        ] * (self.source.value == OWN)

    def batch(self):
        """What the generator is given, a ``TryOn`` of one figure."""
        batch = render([self.figure()], [self.garment()]).batch()
        if self.source.value != REAL:
            return painted(batch, self.dabs(), rgb(self.second.value))
        which = [min(self.item.value, len(pictures_of(self.kind.value)) - 1)]
        tint = tuple(rgb(self.colour.value))
        flat, cut = fashion_garments(self.kind.value, which, tint)
        return batch._replace(garment=flat, cut=cut)

    def draw(self, _change=None):
        """One forward pass and one new picture."""
        batch = self.batch()
        real = self.source.value == REAL or bool(self.dabs())  # no true picture
        with torch.no_grad():
            made = self.generator(batch).picture
        last = torch.ones_like(made) if real else batch.truth
        panels = torch.cat([batch.garment, batch.person, made, last])
        buffer = io.BytesIO()
        Image.fromarray(tile(panels, 4, GAP)).save(buffer, "PNG", compress_level=1)
        self.picture.value = buffer.getvalue()
        self.heads.value = words.heads(real)
        self.who.value = words.about(self.figures[self.person.value].person)
        self.caption.value = spoken(words.judged(made, batch, real))

    def show(self):
        """Display the widget in the notebook."""
        alt = self.picture.alt
        show_widget(self.box, self.picture.value, alt, WIDTH, crisp=True)
