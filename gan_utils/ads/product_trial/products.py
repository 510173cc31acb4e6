"""Two products for portraits: eyewear of four brands, lipstick of twelve shades."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.ads.people import rgb

BRANDS = ("Orbit", "Block", "Feline", "Pilot")
"""Made-up brands; each has one shape: round, square, cat-eye, teardrop."""

FRAMES = {
    "black": "#17171b",
    "tortoise": "#7a4320",
    "red": "#c0203a",
    "blue": "#2450a4",
    "gold": "#c39a3c",
    "white": "#eeeeec",
}
LENSES = {"clear": ("#dfe9f2", 0.16), "tinted": ("#3a3f55", 0.62)}
"""name: (colour, share of the light that the lens replaces)."""

SHADES = {
    "Nude Rose": "#b8685f",
    "Coral": "#ef6a4f",
    "Poppy": "#e5332a",
    "Ruby": "#a3132c",
    "Fuchsia": "#d81b78",
    "Plum": "#6d1f4f",
    "Berry": "#94244f",
    "Brick": "#9c3b22",
    "Mauve": "#a5607c",
    "Cherry": "#c4122f",
    "Magenta": "#b3169a",
    "Cocoa": "#6b3426",
}
HELD_OUT_SHADES = (8, 9, 10, 11)
"""The last four shades never appear in training portraits."""

SIZE = (112, 44)
"""Width and height of a product picture in pixels."""
UNIT = 20.0
"""Pixels of a product picture for one unit: half the distance of the lens centres."""
_FINE = 4  # drawn so many times larger, then averaged


def eyewear(brand, frame, lens):
    """A pair of glasses from the front, as a shop's picture has it.

    Args:
        brand: index into ``BRANDS``; frame: into ``FRAMES``; lens: into ``LENSES``.
    Returns:
        Float array (44, 112, 4) in 0..1: colour times alpha, then alpha. The lens
        centres lie 40 pixels apart, the middle between them in the picture's middle.
    Raises:
        ValueError: there is no such brand, frame or lens.
    """
    asked = {"brand": (brand, BRANDS), "frame": (frame, FRAMES), "lens": (lens, LENSES)}
    for name, (index, known) in asked.items():
        if not 0 <= index < len(known):
            raise ValueError(
                f"{name} must be from 0 to {len(known) - 1} ({', '.join(known)}); "
                f"got {index}"
            )
    size, scale = (SIZE[0] * _FINE, SIZE[1] * _FINE), UNIT * _FINE

    def to_pixels(points):
        return points * scale + np.array(size) / 2

    layer = draw_eyewear(brand, frame, lens, size, to_pixels, scale)
    return premultiplied(layer, _FINE)


def premultiplied(layer, factor):
    """An RGBA picture averaged over ``factor`` x ``factor`` pixels, colour times alpha."""
    return np.asarray(layer.convert("RGBa").reduce(factor), np.float32) / 255


def draw_eyewear(brand, frame, lens, size, to_pixels, scale):
    """Draw glasses into a new RGBA picture.

    Args:
        brand, frame, lens: as for ``eyewear``.
        size: (width, height) of the picture.
        to_pixels: maps points (N, 2) in units to pixels; lens centres are at (-1, 0)
            and (1, 0).
        scale: pixels in a unit.
    """
    layer = Image.new("RGBA", size)
    pen = ImageDraw.Draw(layer)
    colour = tuple(int(c) for c in rgb(list(FRAMES.values())[frame])) + (255,)
    tint, opacity = list(LENSES.values())[lens]
    glass = tuple(int(c) for c in rgb(tint)) + (int(255 * opacity),)
    width = int(max(2, (0.17, 0.26, 0.2, 0.13)[brand] * scale))

    def line(points, wide):
        dots = [tuple(p) for p in to_pixels(np.asarray(points, float))]
        pen.line(dots, fill=colour, width=int(wide), joint="curve")

    for side in (-1, 1):
        rim = _rim(brand) * (side, 1) + (side, 0)
        dots = [tuple(p) for p in to_pixels(rim)]
        pen.polygon(dots, fill=glass)
        glint = np.array([(-0.42, -0.1), (-0.1, -0.42), (0.02, -0.38), (-0.38, 0.06)])
        pen.polygon(
            [tuple(p) for p in to_pixels(glint + (side, -0.04))],
            fill=(255, 255, 255, 70 + int(90 * opacity)),
        )
        line(np.vstack([rim, rim[:2]]), width)
        outer = 1 + _rim(brand)[:, 0].max()
        top = (-0.1, -0.28, -0.5, -0.35)[brand]
        line([(side * outer, top), (side * 2.42, top + 0.04)], width * 0.9)
    bridge = (-0.12, -0.3, -0.22, -0.4)[brand]
    inner = 1 - (0.74, 0.72, 0.7, 0.72)[brand]
    arch = np.linspace(-1, 1, 9)
    line(np.stack([arch * inner, bridge - 0.1 * (1 - arch**2)], 1), width)
    if brand == 3:
        line([(-0.55, -0.62), (0.55, -0.62)], width * 0.9)
    return layer


def _rim(brand):
    """The outline of the right-hand lens about its centre; x grows outwards."""
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    c, s = np.cos(t), np.sin(t)
    if brand == 0:
        return np.stack([0.74 * c, 0.74 * s], 1)
    if brand == 1:
        return np.stack([0.8 * _root(c, 0.32), 0.56 * _root(s, 0.32)], 1)
    if brand == 2:  # pulled up and out at the outer corner
        lift = np.clip(c, 0, 1) ** 2 * np.clip(-s + 0.4, 0, 1)
        x, y = 0.76 * _root(c, 0.75), 0.5 * _root(s, 0.7)
        return np.stack([x + 0.22 * lift, y - 0.32 * lift], 1)
    low = np.clip(s, 0, 1)  # a teardrop: narrower below, and there further out
    x = 0.78 * _root(c, 0.7) * (1 - 0.3 * low) + 0.1 * low
    return np.stack([x, 0.68 * _root(s, 0.75) + 0.06], 1)


def _root(values, power):
    return np.sign(values) * np.abs(values) ** power
