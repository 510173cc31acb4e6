"""The ad studio of lesson 15: choose, compare, keep two, morph, export."""

import html
import io
from datetime import date

import ipywidgets as widgets
import torch
from PIL import Image

from gan_utils.ads import provenance
from gan_utils.ads.creatives.networks import one_hot
from gan_utils.ads.creatives.scene import ATTRIBUTES
from gan_utils.ads.creatives.typesetting import (
    SILENT,
    headline_contrast,
    poster,
    set_type,
    without_headline,
)
from gan_utils.latent import slerp
from gan_utils.plotting import data_uri, png_bytes, tile
from gan_utils.widgets.frame import CRISP, picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard

_COUNT, _COLUMNS = 12, 4
_SHEET, _POSTER = 420, 300  # CSS pixels
_NAMES = {"button": "call to action"}
_STYLE = """<style>
.ad-studio {border: 1px solid #d9d9d9; border-radius: 8px; padding: 12px}
.ad-studio h4 {margin: 0 0 4px; font-size: 14px}
.ad-studio .widget-toggle-buttons button {width: 32px; margin: 1px; padding: 0}
.ad-studio a {color: #2166ac; font-weight: 600}
</style>"""


class AdStudio:
    """Twelve pictures for one wish at once; two of them kept, mixed and exported.

    Args:
        generator: maps z (N, latent_dim) and attributes to banners, in eval mode.
        reader: reads the five attributes of a banner back (``BannerReader``), in eval mode.
        wish: {attribute: value} to begin with.
    """

    def __init__(self, generator, reader, wish=None):
        self.generator, self.reader = generator, reader
        self.kept = {}
        self._controls(wish or {})
        self._pictures()
        for menu in self.menus.values():
            menu.observe(self.draw, "value")
        self.seed.observe(self.draw, "value")
        self.chosen.observe(self.preview, "value")
        self.mix.observe(self.preview, "value")
        for slot, button in self.keepers.items():
            button.on_click(lambda _, slot=slot: self.keep(slot))
        self.draw()

    def _controls(self, wish):
        layout, style = {"width": "250px"}, {"description_width": "104px"}
        self.menus = {
            name: widgets.Dropdown(
                options=values,
                value=wish.get(name, values[1]),
                description=_NAMES.get(name, name),
                layout=layout,
                style=style,
            )
            for name, values in ATTRIBUTES.items()
        }
        self.seed = widgets.BoundedIntText(
            value=0,
            min=0,
            max=9999,
            description="sheet number",
            layout=layout,
            style=style,
        )
        self.chosen = widgets.ToggleButtons(
            options=[(str(i + 1), i) for i in range(_COUNT)],
            layout={"width": "420px"},
            tooltips=[f"show picture {i + 1}" for i in range(_COUNT)],
        )
        self.keepers = {
            slot: widgets.Button(
                description=f"Keep as {slot}",
                layout={"width": "104px"},
                tooltip=f"Remember the picture shown as {slot}",
            )
            for slot in "AB"
        }
        self.mix = widgets.FloatSlider(
            value=0,
            min=0,
            max=1,
            step=0.05,
            description="A to B",
            disabled=True,
            readout_format=".2f",
            layout={"width": f"{_POSTER}px"},
            style={"description_width": "48px"},
        )

    def _pictures(self):
        self.sheet = picture("Twelve painted banners in three rows of four", _SHEET)
        self.poster = picture("The chosen banner, large", _POSTER, crisp=False)
        self.strip = picture("Seven steps from A to B", _POSTER)
        self.strip.layout.display = "none"
        self.caption, self.download = (
            widgets.HTML(layout={"width": f"{_POSTER}px"}) for _ in range(2)
        )
        wishes = [
            widgets.HTML("<h4>1 · The wish</h4>"),
            *self.menus.values(),
            self.seed,
        ]
        sheet = [
            widgets.HTML("<h4>2 · The contact sheet</h4>"),
            self.sheet,
            self.chosen,
        ]
        final = [
            widgets.HTML("<h4>3 · The advertisement</h4>"),
            self.poster,
            self.caption,
            widgets.HBox(list(self.keepers.values())),
            self.strip,
            self.mix,
            self.download,
        ]
        columns = [
            widgets.VBox(part, layout={"margin": "0 18px 8px 0"})
            for part in (wishes, sheet, final)
        ]
        row = widgets.HBox(columns, layout={"flex_flow": "wrap"})
        self.box = widgets.VBox([widgets.HTML(CRISP + _STYLE), row, KeyGuard()])
        self.box.add_class("ad-studio")

    @property
    def wish(self):
        """The attributes chosen in the menus, int64 (5,)."""
        return torch.tensor(
            [ATTRIBUTES[n].index(menu.value) for n, menu in self.menus.items()]
        )

    def draw(self, _change=None):
        """Paint twelve pictures for the wish: one forward pass."""
        random = torch.Generator().manual_seed(self.seed.value)
        self.z = torch.randn(_COUNT, self.generator.latent_dim, generator=random)
        wishes = self.wish.expand(_COUNT, -1)
        with torch.no_grad():
            self.painted = self.generator(self.z, without_headline(wishes))
        sheet = tile(set_type(self.painted, wishes), _COLUMNS)
        self.sheet.value = png_bytes(sheet, fast=True)
        self.mix.value = 0.0
        self.preview()

    def preview(self, _change=None):
        """Show the chosen picture large, or the mix of A and B once both are kept."""
        wish, painted = self.wish, self.painted[self.chosen.value]
        facts = {"z from sheet": self.seed.value, "picture": self.chosen.value + 1}
        if self.mix.value > 0 and len(self.kept) == 2:
            painted, wish = self.mixed(self.mix.value)
            facts = {"mix of A and B": self.mix.value}
        page = provenance.labelled(poster(painted, wish, 2 * _POSTER))
        named = {
            name: ATTRIBUTES[name][i] for name, i in zip(ATTRIBUTES, wish.tolist())
        }
        self.caption.value = spoken(self._measured(painted, wish, named))
        facts |= {"wish": named, "made with": "gan_utils, lesson 15"}
        facts |= {"date": date.today().isoformat()}
        content = provenance.save(page, "PNG", provenance.SOURCE_TYPE, facts)
        self.download.value = (
            f'<a download="advertisement.png" href="{data_uri(content)}">'
            "Save as PNG, marked and labelled as AI-generated</a>"
        )
        self.poster.value = png_bytes(page, fast=True)  # last: its link is there then

    def mixed(self, share):
        """The banner between A and B: z on a circle, attributes on a line.

        Returns:
            The picture (3, 64, 64), and the attributes of the nearer end.
        """
        (z_a, wish_a), (z_b, wish_b) = self.kept["A"], self.kept["B"]
        codes = [one_hot(without_headline(wish[None])) for wish in (wish_a, wish_b)]
        with torch.no_grad():
            z = slerp(z_a[None], z_b[None], share)
            painted = self.generator(z, codes[0].lerp(codes[1], share))[0]
        return painted, wish_a if share < 0.5 else wish_b

    def keep(self, slot):
        """Remember the picture shown as "A" or "B"."""
        self.kept[slot] = (self.z[self.chosen.value], self.wish)
        self.keepers[slot].description = f"{slot} is kept"
        if len(self.kept) == 2:
            self.mix.disabled, self.strip.layout.display = False, None
            steps = [self.mixed(share)[0] for share in torch.linspace(0, 1, 7).tolist()]
            self.strip.value = png_bytes(tile(torch.stack(steps), 7), fast=True)

    def _measured(self, painted, wish, named):
        """A sentence on what the evaluator reads, and on the headline's contrast."""
        with torch.no_grad():
            seen = self.reader.read(set_type(painted[None], wish[None]))[0]
        wrong = [
            f"{_NAMES.get(name, name)} reads as {values[i]}"
            for name, values, i in zip(ATTRIBUTES, ATTRIBUTES.values(), seen.tolist())
            if values[i] != named[name]
        ]
        text = "The evaluator reads it as wished" if not wrong else "; ".join(wrong)
        if wish[2] != SILENT:
            ratio = headline_contrast(set_type(painted[None], wish[None]), wish[None])
            text += f" · headline contrast {ratio.item():.1f} to 1 (3 is enough)"
        return f'<span style="font-size:12px">{html.escape(text)}</span>'

    def show(self):
        """Display the widget in the notebook, with a still picture for other readers."""
        sheet = Image.open(io.BytesIO(self.sheet.value))
        page = Image.open(io.BytesIO(self.poster.value)).resize((sheet.height,) * 2)
        still = Image.new("RGB", (sheet.width + page.width + 8, sheet.height), "white")
        still.paste(sheet, (0, 0))
        still.paste(page, (sheet.width + 8, 0))
        still = still.quantize(256, dither=Image.Dither.NONE).convert("RGB")
        alt = "The ad studio: a contact sheet of twelve banners and one of them, large"
        show_widget(self.box, png_bytes(still), alt, _SHEET + _POSTER)
