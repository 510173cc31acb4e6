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
    pictures_of,
    render,
    with_paint,
)
from gan_utils.ads.try_on.scores import garment_error, ssim
from gan_utils.plotting import png_bytes, tile
from gan_utils.widgets.drawpad import DrawPad
from gan_utils.widgets.frame import CRISP, picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard

_GAP, _SCALE = 4, 4  # native pixels between two panels; CSS pixels of one native pixel
_WIDTH = _SCALE * (4 * 48 + 3 * _GAP)
_SEED = 2_000_000  # people and garments that the shipped generator was not trained on
_COLLECTION, REAL, OWN = "collection", "Fashion-MNIST", "my own design"


class TryOnRoom:
    """Four panels: flat garment, person, what the generator makes, and the true picture.

    Args:
        generator: a ``TryOnGenerator`` in eval mode.
        people, garments: how many there are to choose from.
    """

    def __init__(self, generator, people=30, garments=40):
        self.generator = generator
        random = np.random.default_rng(_SEED)
        self.figures = draw_figures(people, random)
        self.garments = draw_garments(garments, random, PATTERNS)
        alt = "Four panels: flat garment, person, generated picture, true picture"
        self.picture, self.caption = picture(alt, _WIDTH), widgets.HTML()
        self.heads = widgets.HTML()
        self._garment_controls()
        self._person_controls()
        columns = [
            _column("Garment", self.garment_box),
            _column("Person and pose", self.person_box),
            self.paint,
        ]
        controls = widgets.HBox(columns, layout={"flex_flow": "wrap"})
        guard, shown = KeyGuard(), [self.heads, self.picture, self.caption]
        self.box = widgets.VBox([widgets.HTML(CRISP), guard, controls, *shown])
        self.choose_source()

    def _garment_controls(self):
        self.source = _menu("from", (_COLLECTION, REAL, OWN))
        self.number = _whole("garment", 0, len(self.garments) - 1)
        self.kind = _menu("kind", KINDS)
        self.item = _whole("item", 0, len(pictures_of(KINDS[0])) - 1)
        self.cut, self.sleeves = _menu("cut", CUTS), _menu("sleeves", SLEEVES)
        self.neck, self.pattern = _menu("neck", NECKS), _menu("pattern", PATTERNS)
        self.sleeves.value, self.pattern.value = SLEEVES[1], "stripes"
        self.colour = _colour("colour", "#1f4e9c")
        self.second = _colour("second colour", "#f2d16b")
        self.pad = DrawPad(layout={"margin": "0 0 0 4px"})
        self.paint = _column("Paint in the second colour", [self.pad], 250)
        shape = [self.cut, self.sleeves, self.neck]
        self.parts = {
            _COLLECTION: [self.number],
            REAL: [self.kind, self.item, self.colour],
            OWN: [*shape, self.pattern, self.colour, self.second],
        }
        real = [self.source, self.number, self.kind, self.item]
        self.garment_box = [*real, *self.parts[OWN]]
        self.number.value = 2
        self.source.observe(self.choose_source, "value")
        for control in self.garment_box[1:]:
            control.observe(self.draw, "value")
        self.pad.observe(self.draw, "points")

    def _person_controls(self):
        self.person = _whole("person", 0, len(self.figures) - 1)
        self.left = _slider("left arm", 0.3, 0.1, 1.0)
        self.right = _slider("right arm", 0.5, 0.1, 1.0)
        self.elbows = _slider("elbows", 0.1, -0.8, 0.5)
        self.lean = _slider("lean", 0.0, -0.11, 0.11, 0.01)
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
            self.sleeves.index,
            self.neck.index,
            self.cut.index,
            self.pattern.index,
            0.5,
            tuple(rgb(self.colour.value)),
            tuple(rgb(self.second.value)),
            5.5,
            0.2 if self.sleeves.index == 2 else 0.6,
        )

    def dabs(self):
        """The paint of the pad in pixels of the flat garment; the pad's height is its."""
        if self.source.value != OWN:
            return []
        scale = 64 / (2 * self.pad.extent)
        return [[24 + scale * x, 32 - scale * y] for x, y in self.pad.points]

    def batch(self):
        """What the generator is given, a ``TryOn`` of one figure."""
        batch = render([self.figure()], [self.garment()]).batch()
        if self.source.value != REAL:
            return with_paint(batch, self.dabs(), rgb(self.second.value))
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
        self.picture.value = png_bytes(tile(panels, 4, _GAP), fast=True)
        self.heads.value = _heads(real)
        self.who.value = _about(self.figures[self.person.value].person)
        self.caption.value = spoken(_judged(made, batch, real))

    def show(self):
        """Display the widget in the notebook."""
        alt = self.picture.alt
        show_widget(self.box, self.picture.value, alt, _WIDTH, crisp=True)


def _judged(made, batch, real):
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


def _heads(real):
    """The names of the four panels, above them."""
    names = (
        "flat garment",
        "person, garment hidden",
        "generated",
        "true picture: none exists" if real else "true picture",
    )
    cells = "".join(
        f'<div style="width:{_SCALE * 48}px;margin-right:{_SCALE * _GAP}px;'
        f'text-align:center;font-weight:600">{name}</div>'
        for name in names
    )
    return f'<div style="display:flex;width:{_WIDTH + _SCALE * _GAP}px">{cells}</div>'


def _about(person):
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


def _column(title, controls, width=384):
    """Controls under a heading."""
    heading = widgets.HTML(f'<b style="font-size:15px">{title}</b>')
    layout = {"width": f"{width}px", "margin": "0 0 6px 0"}
    return widgets.VBox([heading, *controls], layout=layout)


def _menu(name, options):
    """A labelled list to choose from."""
    return widgets.Dropdown(options=list(options), description=name, **_style())


def _colour(name, value):
    """A labelled colour picker."""
    return widgets.ColorPicker(value=value, description=name, **_style())


def _whole(name, low, high):
    """A labelled slider of whole numbers with a number box."""
    return widgets.IntSlider(value=low, min=low, max=high, description=name, **_style())


def _slider(name, value, low, high, step=0.05):
    """A labelled slider with a number box."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, **_style()
    )


def _style():
    layout = {"width": "372px", "max_width": "100%"}
    return {"style": {"description_width": "104px"}, "layout": layout}
