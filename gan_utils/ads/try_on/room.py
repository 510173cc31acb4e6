"""Lesson 17's try-on room: choose or design a garment, choose who wears it, move them."""

import ipywidgets as widgets
import numpy as np
import torch

from gan_utils.ads.people import SKIN, rgb
from gan_utils.ads.try_on.figures import Pose, draw_figures
from gan_utils.ads.try_on.garments import (
    CUTS,
    NECKS,
    PATTERNS,
    SLEEVES,
    Garment,
    draw_garments,
)
from gan_utils.ads.try_on.scene import (
    KINDS,
    fashion_garments,
    painted,
    pictures_of,
    render,
)
from gan_utils.ads.try_on.scores import garment_error, ssim
from gan_utils.plotting import png_bytes, tile
from gan_utils.widgets.drawpad import DrawPad
from gan_utils.widgets.frame import CRISP, picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard

GAP, SCALE = 4, 4  # native pixels between two panels; CSS pixels of one native pixel
WIDTH = SCALE * (4 * 48 + 3 * GAP)


def judged(made, batch, real):
    """The score under the picture; ``real`` garments have no true picture."""
    if real:
        return (
            "<b>No score.</b> Nobody has a true picture of this garment on this person; "
            "judge by eye. The third panel is generated: label it so."
        )
    similar = ssim(made, batch.truth).item()
    off = garment_error(made, batch).item() / 2
    return (
        f"<b>SSIM {similar:.3f}</b> against the true picture (1 is equal); mean error on "
        f"the garment {off:.1%}. The third panel is generated: label it so."
    )


def heads(real):
    """The names of the four panels, above them."""
    names = ("flat garment", "person, garment hidden", "generated",
             "true picture: none exists" if real else "true picture")  # fmt: skip
    cells = "".join(
        f'<div style="width:{SCALE * 48}px;margin-right:{SCALE * GAP}px;'
        f'text-align:center;font-weight:600">{name}</div>'
        for name in names
    )
    return f'<div style="display:flex;width:{WIDTH + SCALE * GAP}px">{cells}</div>'


def about(person):
    """Who is chosen, in words and with a swatch of the skin tone."""
    age = ("young", "middle-aged", "old")[person.age]
    build = (
        "narrow" if person.body < -0.33 else "broad" if person.body > 0.33 else "medium"
    )
    return (
        f'<span style="margin-left:106px">{age}, {build} build, skin tone '
        f'{person.skin + 1} of {len(SKIN)} <span style="background:{SKIN[person.skin]};'
        f'border:1px solid #999;padding:0 10px"></span></span>'
    )


def column(title, controls, width=384):
    """Controls under a heading."""
    heading = widgets.HTML(f'<b style="font-size:15px">{title}</b>')
    layout = {"width": f"{width}px", "margin": "0 0 6px 0"}
    return widgets.VBox([heading, *controls], layout=layout)


def menu(name, options):
    """A labelled list to choose from."""
    return widgets.Dropdown(options=list(options), description=name, **_style())


def colour(name, value):
    """A labelled colour picker."""
    return widgets.ColorPicker(value=value, description=name, **_style())


def whole(name, low, high):
    """A labelled slider of whole numbers with a number box."""
    return widgets.IntSlider(value=low, min=low, max=high, description=name, **_style())


def slider(name, value, low, high, step=0.05):
    """A labelled slider with a number box."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, **_style()
    )


def _style():
    layout = {"width": "372px", "max_width": "100%"}
    return {"style": {"description_width": "104px"}, "layout": layout}


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
            column("Garment", self.garment_box),
            column("Person and pose", self.person_box),
            self.paint,
        ]
        self.box = widgets.VBox(
            [widgets.HTML(CRISP), KeyGuard(),
             widgets.HBox(columns, layout={"flex_flow": "wrap"}),
             self.heads, self.picture, self.caption]
        )  # fmt: skip
        self.choose_source()

    def _garment_controls(self):
        self.source = menu("from", (COLLECTION, REAL, OWN))
        self.number = whole("garment", 0, len(self.garments) - 1)
        self.kind = menu("kind", KINDS)
        self.item = whole("item", 0, len(pictures_of(KINDS[0])) - 1)
        self.cut, self.sleeves = menu("cut", CUTS), menu("sleeves", SLEEVES)
        self.neck, self.pattern = (
            menu("neck", NECKS),
            menu("pattern", PATTERNS),
        )
        self.sleeves.value, self.pattern.value = SLEEVES[1], "stripes"
        self.colour = colour("colour", "#1f4e9c")
        self.second = colour("second colour", "#f2d16b")
        self.pad = DrawPad(layout={"margin": "0 0 0 4px"})
        self.paint = column("Paint in the second colour", [self.pad], 250)
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
        self.person = whole("person", 0, len(self.figures) - 1)
        self.left = slider("left arm", 0.3, 0.1, 1.0)
        self.right = slider("right arm", 0.5, 0.1, 1.0)
        self.elbows = slider("elbows", 0.1, -0.8, 0.5)
        self.lean = slider("lean", 0.0, -0.11, 0.11, 0.01)
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
        self.picture.value = png_bytes(tile(panels, 4, GAP), fast=True)
        self.heads.value = heads(real)
        self.who.value = about(self.figures[self.person.value].person)
        self.caption.value = spoken(judged(made, batch, real))

    def show(self):
        """Display the widget in the notebook."""
        alt = self.picture.alt
        show_widget(self.box, self.picture.value, alt, WIDTH, crisp=True)
