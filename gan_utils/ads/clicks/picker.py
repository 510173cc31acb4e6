"""Lesson 16's widget: one user's tastes, sixteen generated banners, ranked and judged."""

import io

import ipywidgets as widgets
import torch
from PIL import Image, ImageDraw, ImageFont

from gan_utils.ads.clicks import code_gan
from gan_utils.ads.clicks.audience import COMBINATIONS, FEATURES, SEGMENTS, Users
from gan_utils.ads.creatives import typesetting
from gan_utils.ads.creatives.lettering import FONT
from gan_utils.ads.creatives.scene import ATTRIBUTES
from gan_utils.ads.creatives.scores import read_back
from gan_utils.plotting import FAKE, GOOD, png_bytes, to_pixels
from gan_utils.widgets.frame import picture, show_widget, spoken
from gan_utils.widgets.keys import KeyGuard

_COLUMNS, _TILE, _FOOT, _GAP = 8, 96, 40, 8  # pixels of the picture
_FULL = 0.035  # click rate at which a bar reaches across its tile
WIDTH = _COLUMNS * (_TILE + _GAP) - _GAP


def describe(attributes):
    """Attributes (5,) in words."""
    return ", ".join(
        f"{name} {values[number]}"
        for (name, values), number in zip(ATTRIBUTES.items(), attributes.tolist())
    )


class AdPicker:
    """Sliders for a user vector; sixteen banners made for it, best first.

    Args:
        generator: a ``CodeGenerator``: user vector -> attributes.
        painter: a ``BannerGenerator``: attributes -> picture.
        belief: a ``Surrogate``, which ranks.
        model: a ``ClickModel``, the truth.
        by_segment: (segments,) numbers of the ads that would be shown otherwise.
    """

    def __init__(self, generator, painter, belief, model, by_segment):
        self.generator, self.painter, self.belief = generator, painter, belief
        self.model, self.by_segment = model, by_segment
        self.segment = widgets.Dropdown(
            options=list(SEGMENTS), description="segment", **_style("220px")
        )
        self.seed = widgets.BoundedIntText(
            value=0, min=0, max=9999, description="sixteen no.", **_style("170px")
        )
        self.tastes = {name: _slider(name) for name in FEATURES}
        self.picture, self.caption = picture("", WIDTH, crisp=False), widgets.HTML()
        self.quiet = False
        self.segment.observe(self.to_middle, "value")
        for control in (self.seed, *self.tastes.values()):
            control.observe(self.draw, "value")
        sliders = widgets.HBox(
            list(self.tastes.values()), layout={"flex_flow": "wrap", "width": "824px"}
        )
        self.box = widgets.VBox(
            [KeyGuard(), widgets.HBox([self.segment, self.seed]), sliders,
             self.picture, self.caption]
        )  # fmt: skip
        self.to_middle()

    def to_middle(self, _change=None):
        """Set the sliders to the mean of the segment."""
        self.quiet = True
        for slider, mean in zip(self.tastes.values(), SEGMENTS[self.segment.value][1]):
            slider.value = mean
        self.quiet = False
        self.draw()

    def user(self):
        """The user that the sliders describe, as ``Users`` of one."""
        features = torch.tensor([[slider.value for slider in self.tastes.values()]])
        place = list(SEGMENTS).index(self.segment.value)
        return Users(features, torch.tensor([place]))

    @torch.no_grad()
    def offers(self):
        """Sixteen banners for the user, best predicted first.

        Returns:
            images (16, 3, 64, 64), attributes (16, 5) as read from the pixels, predicted
            and true click rates (16,).
        """
        user = self.user()
        orders = code_gan.propose(self.generator, user, 16, self.seed.value)[0]
        orders = COMBINATIONS[orders]
        images = typesetting.painted(self.painter, orders, self.seed.value)
        read = read_back(images)
        predicted = self.belief.rates(user, read)[0]
        true = self.model.click_rates(user, read)[0]
        order = predicted.argsort(descending=True)
        return tuple(column[order] for column in (images, read, predicted, true))

    def draw(self, _change=None):
        """Sixteen new banners, one new picture."""
        if self.quiet:
            return
        images, read, predicted, true = self.offers()
        self.picture.alt = (
            f"Sixteen banners, best first; the first one is {describe(read[0])}"
        )
        self.picture.value = png_bytes(_sheet(images, predicted, true), fast=True)
        self.caption.value = spoken(self._words(read, predicted, true))

    def _words(self, read, predicted, true):
        user = self.user()
        every = self.model.click_rates(user, COMBINATIONS)[0]
        usual = every[self.by_segment[user.segments[0]]]
        return (
            f"<b>First choice:</b> {describe(read[0])}. The learned model expects "
            f"{100 * predicted[0]:.1f} % clicks; the simulated truth is "
            f"<b>{100 * true[0]:.1f} %</b>.<br>For this user the segment's best ad brings "
            f"{100 * usual:.1f} %, a random creative {100 * every.mean():.1f} %, the best "
            f"of all 4,032 {100 * every.max():.1f} %."
        )

    def show(self):
        """Display the widget; its still picture has few colours, for a smaller file."""
        sheet = Image.open(io.BytesIO(self.picture.value))
        show_widget(self.box, png_bytes(sheet.quantize(96)), self.picture.alt, WIDTH)


def _style(width):
    layout = {"width": width, "max_width": "100%"}
    return {"style": {"description_width": "80px"}, "layout": layout}


def _slider(name):
    return widgets.FloatSlider(
        value=0.0, min=-2.5, max=2.5, step=0.1, description=name, readout_format=".1f",
        **_style("272px"),
    )  # fmt: skip


def _sheet(images, predicted, true):
    """Banners with two bars each: what the model expects, and what is true."""
    rows = -(-len(images) // _COLUMNS)
    head = 20
    height = head + rows * (_TILE + _FOOT + _GAP)
    page = Image.new("RGB", (WIDTH, height), "white")
    pen = ImageDraw.Draw(page)
    small = ImageFont.truetype(FONT.with_name("DejaVuSans.ttf"), 11)
    pen.text((0, 3), "best first   ", "#333333", small)
    for x, colour, words in (
        (110, FAKE, "click rate as predicted"), (290, GOOD, "as it is"),
    ):  # fmt: skip
        pen.rectangle((x, 5, x + 10, 14), colour)
        pen.text((x + 16, 3), words, "#333333", small)
    for i, pixels in enumerate(to_pixels(images)):
        x = i % _COLUMNS * (_TILE + _GAP)
        y = head + i // _COLUMNS * (_TILE + _FOOT + _GAP)
        tile = Image.fromarray(pixels.transpose(1, 2, 0))
        page.paste(tile.resize((_TILE, _TILE), Image.Resampling.BICUBIC), (x, y))
        for j, (rate, colour) in enumerate(((predicted[i], FAKE), (true[i], GOOD))):
            top = y + _TILE + 4 + 17 * j
            long = min(float(rate) / _FULL, 1.0) * (_TILE - 40)
            pen.rectangle((x, top + 2, x + long, top + 11), colour)
            pen.text((x + _TILE - 36, top), f"{100 * rate:.1f} %", "#333333", small)
    return page
