"""Advertising banners, 64x64 in colour, drawn around real products of Fashion-MNIST."""

from typing import NamedTuple

import torch
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, max_pool2d

from gan_utils.ads.creatives.lettering import HEADLINES, headline_masks, luminance
from gan_utils.data import fashion_mnist

_SIZE, _BATCH = 64, 500  # pixels a side; banners drawn at once

PRODUCTS = {
    "T-shirt": 0,
    "trousers": 1,
    "pullover": 2,
    "dress": 3,
    "sandal": 5,
    "sneaker": 7,
    "bag": 8,
    "ankle boot": 9,
}
"""Name of a product: its class in Fashion-MNIST."""

PALETTES = {
    "night": ("#1b2450", "#34529b", "#ffcf33", "#ffffff", "#ffcf33"),
    "rose": ("#fde3ee", "#f2a3cb", "#8a2a83", "#7a1f6e", "#8a2a83"),
    "mint": ("#dcf7e6", "#93d9b4", "#1c7d5a", "#0f5f43", "#12724f"),
    "peach": ("#fdeed9", "#f6c189", "#d9542b", "#6b2a17", "#d9432a"),
    "graphite": ("#4a4a4e", "#1e1e22", "#ec2f4b", "#ffffff", "#ec2f4b"),
    "sky": ("#e3f1ff", "#85bdf5", "#f27a1a", "#143a7a", "#f06f10"),
}
"""Name: two colours of the background, then of product, headline and button."""

LAYOUTS = {"left": (20, 37), "right": (44, 37), "top": (32, 20), "bottom": (32, 36)}
"""Where the product is: the centre (x, y) of its picture in pixels."""

BUTTONS = {"none": None, "pill": 4.5, "box": 1.0}
"""The call to action and the radius of its corners in pixels."""

BUTTON_PLACES = ((46, 56), (18, 56), (32, 58), (32, 58))
"""Per layout: the centre of the button in pixels."""

ATTRIBUTES = {
    "product": tuple(PRODUCTS),
    "palette": tuple(PALETTES),
    "headline": HEADLINES,
    "button": tuple(BUTTONS),
    "layout": tuple(LAYOUTS),
}
"""Attribute: its values, in the order of the columns of ``Banners.attributes``."""

SHARES = {
    "train": ("train", 0, 30_000),
    "judge": ("train", 30_000, 60_000),
    "test": ("test", 0, 10_000),
}
"""Which product pictures a share uses: the generator's, the evaluators', nobody's."""


class Banners(NamedTuple):
    """Rendered banners and what is true of them.

    images: (N, 3, 64, 64) uint8; attributes: (N, 5) int64, columns as ``ATTRIBUTES``;
    masks: (N, 3, 64, 64) uint8, how far product, headline and button cover a pixel;
    sources: (N,) int64, the number of the product's picture in its split.
    """

    images: torch.Tensor
    attributes: torch.Tensor
    masks: torch.Tensor
    sources: torch.Tensor


def held_out(attributes):
    """Whether a combination of product, palette and layout is kept from training: (N,).

    One in four is; every pair of two values still occurs in training.
    """
    product, palette, _, _, layout = attributes.unbind(1)
    return (product + palette + layout) % 4 == 0


def draw_attributes(count, random, combinations="all"):
    """Attributes (count, 5), uniform but for the headline.

    Half of all banners have no headline; of the others two in seven say SALE, as shops
    do, and one in seven each of the other words.

    Args:
        count: how many.
        random: a ``torch.Generator``.
        combinations: "all", "seen" in training, or "held out".
    Raises:
        ValueError: combinations is none of the three.
    """
    if combinations not in ("all", "seen", "held out"):
        raise ValueError(
            f"combinations must be 'all', 'seen' or 'held out'; got {combinations!r}"
        )
    kept = torch.empty(0, len(ATTRIBUTES), dtype=torch.int64)
    while len(kept) < count:
        columns = [
            torch.randint(len(values), (2 * count + 64,), generator=random)
            for values in ATTRIBUTES.values()
        ]
        drawn = torch.stack(columns, 1)
        silent = torch.rand(len(drawn), generator=random) < 0.5
        words = 1 + drawn[:, 2] % (len(HEADLINES) - 1)  # SALE twice: from 0 and from 6
        drawn[:, 2] = words.where(~silent, 0)
        if combinations != "all":
            drawn = drawn[held_out(drawn) == (combinations == "held out")]
        kept = torch.cat([kept, drawn])
    return kept[:count]


def render(attributes, share="train", seed=0):
    """Draw one banner for every row of attributes.

    Args:
        attributes: (N, 5) int64, columns as ``ATTRIBUTES``.
        share: whose product pictures are used; see ``SHARES``.
        seed: of products and of small variations in place, size and light.
    Returns:
        ``Banners``; the same arguments give the same bytes.
    Raises:
        ValueError: an attribute is outside its range, or there is no such share.
    """
    _check(attributes, share)
    split, first, last = SHARES[share]
    pictures, labels = fashion_mnist(split)
    pictures, labels = pictures[first:last], labels[first:last]
    random = torch.Generator().manual_seed(seed)
    sources = torch.empty(len(attributes), dtype=torch.int64)
    for number, label in enumerate(PRODUCTS.values()):
        wanted = attributes[:, 0] == number
        pool = (labels == label).nonzero()[:, 0]
        picks = torch.randint(len(pool), (int(wanted.sum()),), generator=random)
        sources[wanted] = pool[picks]
    parts = [
        _paint(rows, pictures[which], random)
        for rows, which in zip(attributes.split(_BATCH), sources.split(_BATCH))
    ]
    images, masks = (torch.cat(part) for part in zip(*parts))
    return Banners(images, attributes, masks, sources + first)


def _check(attributes, share):
    if share not in SHARES:
        raise ValueError(f"share must be one of {', '.join(SHARES)}; got {share!r}")
    limits = torch.tensor([len(values) for values in ATTRIBUTES.values()])
    if attributes.ndim != 2 or attributes.shape[1] != len(limits):
        raise ValueError(
            f"attributes must be (N, {len(limits)}); got {tuple(attributes.shape)}"
        )
    if ((attributes < 0) | (attributes >= limits)).any():
        raise ValueError(
            f"attributes must be whole numbers from 0 to below {limits.tolist()}"
        )


def colours(column):
    """One column of ``PALETTES`` as (palettes, 3) in [0, 1]."""
    codes = [palette[column][1:] for palette in PALETTES.values()]
    return torch.tensor([list(bytes.fromhex(code)) for code in codes]) / 255


def _paint(attributes, pictures, random):
    """Images and masks (N, 3, 64, 64), uint8, of one batch."""
    product, palette, headline, button, layout = attributes.unbind(1)
    vary = torch.rand(len(attributes), 8, generator=random) * 2 - 1
    top, bottom, tint, ink, press = (
        colours(i)[palette][..., None, None] for i in range(5)
    )
    centre = torch.tensor(list(LAYOUTS.values())).float()[layout] + 1.5 * vary[:, 1:3]
    size = 33 * (1 + 0.08 * vary[:, 4])
    canvas = _ground(top, bottom, 0.35 * vary[:, 0])
    canvas = _spotlight(canvas, centre, size, 17 + vary[:, 3])
    grey, cover = _placed(pictures, centre, size)
    canvas = canvas.lerp(_two_tone(grey, tint), cover)
    pill, bar = _button(button, layout)
    canvas = canvas.lerp(press, pill)
    canvas = canvas.lerp(_readable(press), bar)
    letters = _shifted(headline_masks()[headline, layout], vary[:, 5:7].round().long())
    canvas = canvas.lerp(ink, letters[:, None])
    canvas = canvas * (1 + 0.05 * vary[:, 7, None, None, None])
    masks = torch.cat([cover, letters[:, None], pill], 1)
    return tuple((x.clamp(0, 1) * 255).round().byte() for x in (canvas, masks))


def _pixels():
    """The x and y of every pixel's centre, each (64, 64)."""
    line = torch.arange(_SIZE) + 0.5
    return line.expand(_SIZE, _SIZE), line[:, None].expand(_SIZE, _SIZE)


def _ground(top, bottom, slope):
    """A gradient from the top's colour to the bottom's, tilted by a slope."""
    x, y = _pixels()
    share = (y + slope[:, None, None] * (x - _SIZE / 2)) / _SIZE
    return top.lerp(bottom, share.clamp(0, 1)[:, None])


def _spotlight(canvas, centre, size, radius):
    """A disc of light behind the product and a soft shadow under it."""
    x, y = _pixels()
    across, down = (p - c[:, None, None] for p, c in zip((x, y), centre.T))
    edge = radius[:, None, None] + 0.5 - (across**2 + down**2).sqrt()
    canvas = canvas + (1 - canvas) * 0.28 * edge.clamp(0, 1)[:, None]
    size = size[:, None, None]
    far = (across / (0.42 * size)) ** 2 + ((down - 0.47 * size) / 2.6) ** 2
    return canvas * (1 - 0.35 * (-far).exp()[:, None])


def _placed(pictures, centre, size):
    """Grey values and coverage (N, 1, 64, 64) of pictures put at a centre in a size."""
    grey = pictures.float() / 255
    closed = max_pool2d((grey > 0.015).float(), 3, 1, 1)
    inside = avg_pool2d(-max_pool2d(-closed, 5, 1, 2), 3, 1, 1)  # dark parts count too
    theta = torch.zeros(len(pictures), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = _SIZE / size
    theta[:, :, 2] = (_SIZE - 2 * centre) / size[:, None]
    grid = affine_grid(theta, (len(pictures), 1, _SIZE, _SIZE), align_corners=False)
    both = torch.cat([grey, inside], 1)
    grey, inside = grid_sample(both, grid, "bicubic", align_corners=False).split(1, 1)
    return grey.clamp(0, 1), torch.maximum(7 * grey - 0.6, inside).clamp(0, 1)


def _two_tone(grey, tint):
    """Grey values as a shade of a colour: darker below 0.62, towards white above."""
    tone = tint * (0.3 + 0.7 * (grey / 0.62).clamp(max=1))
    return tone + (1 - tone) * 0.55 * (grey - 0.62).clamp(0) / 0.38


def _button(button, layout):
    """Coverage (N, 1, 64, 64) of the button and of the bar in place of its words."""
    places = torch.tensor(BUTTON_PLACES)[layout]
    radius = torch.tensor([r or 0.0 for r in BUTTONS.values()])[button]
    shown = (button > 0).float()[:, None, None, None]
    pill = _rounded_box(places, (12.0, 4.5), radius)
    bar = _rounded_box(places, (6.5, 0.9), radius.clamp(max=0.9))
    return pill * shown, bar * shown


def _rounded_box(centre, half, radius):
    """Coverage (N, 1, 64, 64) of boxes with rounded corners, from their distance."""
    x, y = _pixels()
    radius = radius[:, None, None]
    dx = (x - centre[:, 0, None, None]).abs() - half[0] + radius
    dy = (y - centre[:, 1, None, None]).abs() - half[1] + radius
    outside = (dx.clamp(0) ** 2 + dy.clamp(0) ** 2).sqrt()
    distance = outside + torch.maximum(dx, dy).clamp(max=0) - radius
    return (0.5 - distance).clamp(0, 1)[:, None]


def _readable(colour):
    """Black or white, whichever stands out more from a colour (N, 3, 1, 1)."""
    bright = luminance(colour[..., 0, 0]) > 0.179
    return (~bright).float()[:, None, None, None].expand_as(colour)


def _shifted(masks, by):
    """Masks (N, 64, 64) moved by whole pixels (N, 2) in -1..1."""
    moved = torch.zeros_like(masks)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            here = ((by[:, 0] == dx) & (by[:, 1] == dy))[:, None, None]
            moved = moved + here * masks.roll((dy, dx), (1, 2))
    return moved
