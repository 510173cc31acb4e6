"""Seven sets of a photographic studio, each drawn around the shadows of a product."""

from typing import NamedTuple

import torch
from torch.nn.functional import avg_pool2d, pad

from gan_utils.ads.creatives.cast_shadows import (
    HEIGHT,
    SIZE,
    X,
    Y,
    away,
    cast,
    footprint,
    occlusion,
)
from gan_utils.ads.creatives.studio_room import (
    Post,
    ball,
    inside,
    over,
    post_light,
    post_shadow,
    room,
    stand,
    step,
)

CHANCES = 96
"""How many random numbers a scene may use."""

_WARM = torch.tensor([1.0, 0.68, 0.36]).view(1, 3, 1, 1)  # lamps, and the low sun


class Parts(NamedTuple):
    """A set before it is put into layers.

    ground, accent: share of the colour, (N or 1, 1, 128, 128 or 1); accent covers.
    still: light without what chance decides; light: with it; glow: (N, 3, 128, 128).
    """

    ground: torch.Tensor
    accent: torch.Tensor
    still: torch.Tensor
    light: torch.Tensor
    glow: torch.Tensor


def _pool(wish, first=0):
    """A soft pool of light on the wall, whose place and size are chance."""
    x = 64 + wish.side * 14 + wish.draw(first, -22, 22)
    y = wish.draw(first + 1, 26, 62)
    wide, strength = wish.draw(first + 2, 38, 60), wish.draw(first + 3, 0.04, 0.12)
    distance = ((X - x) ** 2 + 1.4 * (Y - y) ** 2) / wide**2
    return 1 + strength * (1.5 * torch.exp(-distance) - 0.9)


def _paper(wish):
    """Seamless paper: wall and ground bend into each other."""
    r = room(wish, wall=68, bend=28)
    glow = wish.empty(3)
    return Parts(r.ground, wish.empty(), r.light, r.light * _pool(wish), glow)


def _horizon(wish):
    """A table before a wall, with a crisp edge between them."""
    wall = 68
    r = room(wish, wall, bend=1.2)
    crease = torch.exp(-(wall - Y).clamp(min=0) / 9) * (1 - r.ground)
    still = r.light * (1 - 0.07 * crease)
    sheen = 0.05 * torch.exp(-(Y - wall).clamp(min=0) / 14) * r.ground
    glow = (sheen * (1 + 0.8 * wish.back) * still).expand(-1, 3, -1, -1)
    return Parts(r.ground, wish.empty(), still, still * _pool(wish), glow)


def _window(wish):
    """The sun through a window: panes of light on wall and ground."""
    wall = 70
    r = room(wish, wall, bend=20)
    pitch_x, pitch_y = wish.draw(0, 19, 27), wish.draw(1, 22, 32)
    columns, rows = wish.draw(2, 2, 4).floor(), wish.draw(3, 3, 5).floor()
    x = wish.draw(4, 34, 94) - 8 * wish.side
    y = wish.draw(5, 44, 72) + 22 * wish.back.clamp(min=0)
    lean, tilt = wish.draw(6, 0.22, 0.62), wish.draw(7, 0.0, 0.16)
    soft, bar = wish.draw(8, 1.6, 5.0), wish.draw(9, 2.5, 4.0)
    down = Y + (Y - wall).clamp(min=0) * 0.9 - y  # the ground is seen at a flat angle
    across, along = X - x + lean * wish.side * down, down + tilt * wish.side * (X - x)
    panes = _panes(across, pitch_x, columns, bar, soft)
    panes = panes * _panes(along, pitch_y, rows, bar, soft)
    panes = panes * over(1 - step(0.35, 0.95, wish.back), 1.0, r.ground)
    light = r.sky + r.key * (0.24 + 0.92 * panes)
    return Parts(r.ground, wish.empty(), r.light, light, 0.17 * _WARM * panes * r.key)


def _panes(x, pitch, count, bar, soft):
    """Light that passes between the bars of ``count`` panes side by side around x = 0."""
    place = x / pitch + count / 2
    number = torch.minimum(place.floor().clamp(min=0), count - 1)
    edge = (place - number - 0.5).abs() * pitch - (pitch - bar) / 2
    return inside(edge, soft)


def _leaves(wish):
    """The dappled shadow of branches that hang into the light."""
    wall = 70
    r = room(wish, wall, bend=22, lamp=0.54)
    down = Y + (Y - wall).clamp(min=0) * 0.6
    passes = 1.0
    for k in range(3):
        there = 1.0 if k == 0 else (wish.draw(k, 0, 1) < 0.62).float()
        passes = passes * (1 - there * _frond(wish, 10 * (k + 1), X, down))
    light = r.sky + r.key * (0.14 + 0.90 * passes)
    return Parts(r.ground, wish.empty(), r.light, light, 0.06 * _WARM * passes * r.key)


def _frond(wish, first, x, y):
    """How far one branch covers the lamp: leaflets in pairs along a bent stem."""
    left = torch.where(wish.draw(first, 0, 1) < 0.5, -1.0, 1.0)
    x = (x - 64 + 6 * wish.side) * left  # every branch comes in from the left
    x, y = x + wish.draw(first + 1, 58, 76), y - wish.draw(first + 2, -12, 44)
    angle = wish.draw(first + 3, -0.25, 0.95)
    along = x * angle.cos() + y * angle.sin()
    across = y * angle.cos() - x * angle.sin()
    across = across - wish.draw(first + 4, -0.004, 0.007) * along**2
    length, pitch = wish.draw(first + 5, 72, 112), wish.draw(first + 6, 7, 14)
    steep = wish.draw(first + 7, 0.9, 2.0)  # how fast a leaflet leaves the stem
    width, soft = wish.draw(first + 8, 0.36, 0.56), wish.draw(first + 9, 1.6, 4.5)
    root = along - across.abs() / steep + torch.where(across > 0, 0.0, 0.4) * pitch
    number = (root / pitch).floor()
    part = (number * pitch / length).clamp(0, 1)
    uneven = 0.88 + 0.12 * torch.sin(number * 2.4)
    reach = length * 0.40 * uneven * (part * 3.0 + 0.25).clamp(max=1) * (1.06 - part)
    out = (across.abs() / reach.clamp(min=0.5)).clamp(max=1.0)
    half = width * pitch * (2.2 * (out + 0.03).sqrt() * (1 - out)).clamp(max=1)
    slant = steep / (1 + steep**2).sqrt()
    edge = ((root / pitch - number - 0.5).abs() * pitch - half) * slant
    leaf = inside(edge + 0.25 * soft, soft) * inside(across.abs() - reach, 2 * soft)
    leaf = leaf * (number >= 0) * (root < length)
    stem = inside(across.abs() - 0.9, soft) * inside(along - length, 6.0)
    return torch.maximum(leaf, 0.8 * stem)


def _plinth(wish):
    """The product on a cylinder or a block; another cylinder stands somewhere behind."""
    wall, bend = 66, 14
    under = _under_product(wish)
    kept, near = post_shadow(wish, under, wall, bend / 3)
    own = cast(wish.shadows, wish.lights, wall, bend / 3, under.height)
    r = room(wish, wall, bend, kept=torch.maximum(kept, own), near=near)
    behind = _somewhere_behind(wish, under)
    kept, near = post_shadow(wish, behind, wall, bend / 3)
    light = r.sky * (1 - 0.8 * near) + r.key * (1 - kept)
    light, cover = stand(light, post_light(wish, behind, r.lamp), behind)
    accent = wish.draw(4, 0.0, 0.75) * cover
    sky = (1 - r.lamp) * (1 - 0.9 * occlusion(wish.shadows))
    key = r.lamp * (1 - cast(wish.shadows, wish.lights))
    carrier = post_light(wish, under, r.lamp, top=sky + key)
    still, cover = stand(r.light, carrier, under)
    light, _ = stand(light, carrier, under)
    return Parts(r.ground, over(accent, 1.0, cover), still, light, wish.empty(3))


def _under_product(wish):
    """The post that carries the product: a cylinder, or a block under a long one."""
    foot = footprint(wish.shadows)
    radius = 1.06 * (foot.wide**2 + foot.deep**2).sqrt()
    block = (radius > 46) | (foot.wide > 2 * foot.deep) | (foot.deep > 2 * foot.wide)
    wide = torch.where(block, 1.05 * foot.wide + 4, radius.clamp(min=16))
    deep = torch.where(block, 1.05 * foot.deep + 6, radius.clamp(min=16))
    height = torch.full_like(wide, 14.0)
    return Post(foot.x, foot.y + HEIGHT * height, wide, deep, height, block)


def _somewhere_behind(wish, under):
    """A cylinder left or right of the product, of any height."""
    left = torch.where(wish.draw(0, 0, 1) < 0.5, -1.0, 1.0)
    radius = wish.draw(1, 9, 16)
    x, y = 64 + left * wish.draw(2, 36, 54), wish.draw(5, 78, 92)
    height = wish.draw(3, 14, 52)
    return Post(x, y, radius, radius, height, torch.zeros_like(under.block))


def _evening(wish):
    """A dark table at night, before lights that are out of focus."""
    wall = 71
    r = room(wish, wall, bend=2.0, lamp=0.5)
    here = torch.exp(-(((X - 64) / 50) ** 2) - ((Y - 102) / 24) ** 2)
    behind = torch.exp(-(((X - 64 + 12 * wish.side) / 58) ** 2) - ((Y - 50) / 44) ** 2)
    level = over(0.26 + 0.22 * behind, 0.26 + 0.44 * here, r.ground)
    still = r.light * level
    discs = _bokeh(wish, wall) * (1 - r.ground * 0.999)
    accent, bright = (discs + _mirror(discs, wall)).split(1, 1)
    glow = 0.42 * _WARM * bright
    return Parts(r.ground, accent.clamp(max=0.9), still, still + 0.8 * bright, glow)


def _bokeh(wish, wall, count=13):
    """Discs of light on the wall, (N, 2, 128, 128): how far they cover, how bright."""
    y = Y[:, :, : wall + 3]
    cover = wish.empty()[:, :, : wall + 3]
    bright = torch.zeros_like(cover)
    for k in range(0, 6 * count, 6):
        radius = wish.draw(k, 3.5, 5.5) + wish.draw(k + 1, 0, 1) ** 2 * 6
        dx, dy = X - wish.draw(k + 2, -4, 132), y - wish.draw(k + 3, 2, wall - 7)
        distance = (dx**2 + dy**2).sqrt() - radius
        rim = 1 + 0.012 * (distance + 1.5).clamp(-12, 0)  # brighter than the middle
        disc = inside(distance, 2.0) * rim
        cover = torch.maximum(cover, disc * wish.draw(k + 4, 0.2, 0.8))
        bright = over(bright, 1.0, disc * wish.draw(k + 5, 0.3, 0.95))
    return pad(torch.cat([cover, bright], 1), (0, 0, 0, SIZE - wall - 3))


def _mirror(image, wall):
    """What a polished table shows of the wall: upside down, blurred, fading."""
    rows = SIZE - wall
    seen = image[:, :, wall - rows : wall].flip(2)
    seen = avg_pool2d(seen, (9, 5), 1, (4, 2), count_include_pad=False)
    fade = 0.34 * torch.exp(-(torch.arange(rows) / 26.0)).view(1, 1, -1, 1)
    return pad(seen * fade, (0, 0, wall, 0))


def _arch(wish):
    """An arch, a niche or a disc in the accent colour, and a ball or two."""
    wall = 69
    r = room(wish, wall, bend=1.2)
    kind = wish.draw(0, 0, 3).floor()
    wide, x = wish.draw(1, 23, 34), 64 + wish.draw(2, -16, 16)
    y = torch.where(kind == 2, wish.draw(3, 32, 48), wish.draw(3, 32, 46))

    def outside(shift_x, shift_y):
        dy = Y - y - shift_y
        dy = torch.where(kind == 2, dy, dy.clamp(max=0))
        return ((X - x - shift_x) ** 2 + dy**2).sqrt() - wide

    ux, uy = away(wish.lights)
    shape, up = inside(outside(0, 0)), 1 - r.ground
    shade = 1 - step(-2.5, 2.5, outside(4 * ux, 2.5 - uy))
    hollow = (kind == 1).float()  # a niche shades itself, a panel the wall around it
    key = 1 - up * over((1 - hollow) * shade * 0.7, hollow * (1 - shade) * 0.8, shape)
    sky = r.sky * (1 - 0.06 * hollow * shape * up)
    dressed = r._replace(sky=sky, key=r.key * key)
    accent, light, glow = _balls(wish, wall, dressed, shape * up)
    return Parts(r.ground, accent, r.light, light, glow)


def _balls(wish, wall, r, accent):
    """Accent, light and glow of a room with a ball in it, or with one on either side."""
    light, glow = r.light, wish.empty(3)
    left = torch.where(wish.draw(5, 0, 1) < 0.5, -1.0, 1.0)
    second = (wish.draw(4, 0, 1) < 0.5).float()
    for there, side, k in ((1.0, left, 6), (second, -left, 10)):
        x, y = 64 + side * wish.draw(k, 43, 55), wish.draw(k + 1, 96, 114)
        b = ball(wish, x, y, wish.draw(k + 2, 5, 10), r.lamp, wall)
        light = light - there * (r.key * b.kept + 0.8 * r.sky * b.near)
        light = over(light.clamp(min=0.08), b.light, there * b.cover)
        colour = (wish.draw(k + 3, 0, 1) < 0.6).float()
        accent = over(accent, colour, there * b.cover)
        glow = glow + there * b.shine
    return accent, light, glow


SETS = {
    "paper": _paper,
    "horizon": _horizon,
    "window": _window,
    "leaves": _leaves,
    "plinth": _plinth,
    "evening": _evening,
    "arch": _arch,
}
"""Name of a set: how its parts are drawn from a ``Wish``."""
