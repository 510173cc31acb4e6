"""The product mirror: try eyewear or lipstick on a face, beside the true picture."""

import ipywidgets as widgets
import numpy as np
from PIL import Image

from gan_utils.ads.people import rgb
from gan_utils.ads.product_trial.products import BRANDS, FRAMES, LENSES, SHADES
from gan_utils.plotting import png_bytes, to_pixels
from gan_utils.widgets.frame import labelled_slider, picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard

_ZOOM, _GAP, _WIDTH = 4, 12, 804  # picture dots per pixel, dots between, CSS pixels
_PANELS = ("without", "in the mirror", "as it truly looks")
_STYLE = """<style>
.gan-mirror-heads {display: grid; grid-template-columns: repeat(3, 1fr); width: 804px;
 max-width: 100%; font-weight: 600; color: #333; text-align: center; margin: 8px 0 2px}
.gan-mirror-score {font-size: 14px; line-height: 1.5; color: #333; max-width: 804px;
 margin-top: 6px}
.gan-mirror-score b {color: #1b7837}
.gan-swatch {display: inline-block; width: 1.1em; height: 1.1em; border-radius: 50%;
 vertical-align: -0.2em; margin-right: 0.4em; border: 1px solid #aaa}
</style>"""
_EYEWEAR, _LIPSTICK = "eyewear", "lipstick"


class ProductMirror:
    """Controls, three pictures and the measured score.

    Args:
        mirror: a ``gan_utils.ads.product_trial.scores.Mirror``, or anything alike.
    """

    def __init__(self, mirror):
        self.mirror = mirror
        self.product = widgets.ToggleButtons(
            options=[_LIPSTICK, _EYEWEAR],
            tooltips=["Try lipstick on", "Try eyewear on"],
            style={"button_width": "110px"},
        )
        self.face = widgets.BoundedIntText(
            value=7,
            min=1,
            max=len(mirror.faces),
            description=f"face (1 to {len(mirror.faces)})",
            style={"description_width": "initial"},
            layout={"width": "190px"},
        )
        self.shade = _menu("shade", SHADES, 2)
        self.brand, self.frame = _menu("brand", BRANDS), _menu("frame", FRAMES)
        self.lens = _menu("lenses", LENSES)
        self.strength = labelled_slider(
            "strength (%)", 100.0, 0.0, 100.0, 5.0, readout_format=".0f"
        )
        self.picture, self.caption = picture("", _WIDTH, crisp=False), widgets.HTML()
        self.picture.add_class("gan-mirror")
        menus = [self.shade, self.brand, self.frame, self.lens]
        for control in (self.product, self.face, *menus, self.strength):
            control.observe(self.draw, "value")
        row = {"flex_flow": "row wrap", "align_items": "center"}
        choices = widgets.HBox(menus, layout=row)
        heads = "".join(f"<span>{name}</span>" for name in _PANELS)
        self.box = widgets.VBox(
            [
                widgets.HTML(_STYLE),
                KeyGuard(),
                widgets.HBox([self.product, self.face], layout=row),
                choices,
                self.strength,
                widgets.HTML(f'<div class="gan-mirror-heads">{heads}</div>'),
                self.picture,
                self.caption,
            ]
        )
        self.draw()

    def draw(self, _change=None):
        """One forward pass, one new picture, one new score."""
        lipstick = self.product.value == _LIPSTICK
        self.shade.layout.display = None if lipstick else "none"
        for menu in (self.brand, self.frame, self.lens):
            menu.layout.display = "none" if lipstick else None
        face, strength = self.face.value - 1, self.strength.value / 100
        if lipstick:
            found = self.mirror.try_lipstick(face, self.shade.value, strength)
            name, code = self.shade.label, SHADES[self.shade.label]
        else:
            found = self.mirror.try_eyewear(
                face, self.brand.value, self.frame.value, self.lens.value, strength
            )
            name = f"{self.brand.label}, {self.frame.label}, {self.lens.label} lenses"
            code = FRAMES[self.frame.label]
        self.picture.alt = (
            f"Face {face + 1} without, with {name} as the mirror shows it, and in truth"
        )
        self.picture.value = _panels(found.before, found.shown, found.truth)
        self.caption.value = _score(found, name, code, strength)

    def show(self):
        """Display the widget in the notebook."""
        show_widget(self.box, self.picture.value, self.picture.alt, _WIDTH)


def _menu(name, options, value=0):
    pairs = [(option, index) for index, option in enumerate(options)]
    return widgets.Dropdown(
        options=pairs,
        value=value,
        description=name,
        style={"description_width": "70px"},
        layout={"width": "230px"},
    )


def _panels(*pictures):
    """Pictures (1, 3, 64, 64) side by side as PNG bytes, all enlarged alike."""
    parts = []
    for one in pictures:
        small = Image.fromarray(np.moveaxis(to_pixels(one)[0], 0, -1))
        large = small.resize((64 * _ZOOM, 64 * _ZOOM), Image.Resampling.BICUBIC)
        parts += [np.asarray(large), np.full((64 * _ZOOM, _GAP, 3), 255, np.uint8)]
    return png_bytes(np.hstack(parts[:-1]), fast=True)


def _score(found, name, code, strength):
    """The caption: what is worn, how far off it is, what else changed."""
    r, g, b = rgb(code).astype(int)
    swatch = f'<span class="gan-swatch" style="background: rgb({r},{g},{b})"></span>'
    if strength == 0:
        return spoken(f'<div class="gan-mirror-score">{swatch}{name}, not put on</div>')
    way = 100 * max(0, 1 - found.inside / max(found.idle, 1e-6))
    return spoken(
        f'<div class="gan-mirror-score">{swatch}{name}, {100 * strength:.0f} % strong · '
        f"<b>{way:.0f} %</b> of the way to the true picture · colour off by "
        f"ΔE {found.colour:.1f} · rest of the picture off by "
        f"{100 * found.outside / 2:.2f} % of the range</div>"
    )
