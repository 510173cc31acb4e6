"""How a banner is painted: every part is a colour and how far it covers each pixel."""

import torch
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, max_pool2d

from gan_utils.scenes.lettering import headline_masks, luminance

SIZE = 64

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


def colours(column):
    """One column of ``PALETTES`` as (palettes, 3) in [0, 1]."""
    codes = [palette[column][1:] for palette in PALETTES.values()]
    return torch.tensor([list(bytes.fromhex(code)) for code in codes]) / 255


def paint(attributes, pictures, random):
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
    line = torch.arange(SIZE) + 0.5
    return line.expand(SIZE, SIZE), line[:, None].expand(SIZE, SIZE)


def _ground(top, bottom, slope):
    """A gradient from the top's colour to the bottom's, tilted by a slope."""
    x, y = _pixels()
    share = (y + slope[:, None, None] * (x - SIZE / 2)) / SIZE
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
    theta[:, 0, 0] = theta[:, 1, 1] = SIZE / size
    theta[:, :, 2] = (SIZE - 2 * centre) / size[:, None]
    grid = affine_grid(theta, (len(pictures), 1, SIZE, SIZE), align_corners=False)
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
