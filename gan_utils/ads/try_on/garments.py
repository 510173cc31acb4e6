"""Garments of the try-on scene: their cut, their pattern, the flat product picture."""

from typing import NamedTuple

import numpy as np

from gan_utils.ads.people import dealt

SLEEVES = ("sleeveless", "short sleeves", "long sleeves")
NECKS = ("round neck", "V-neck", "boat neck")
CUTS = ("top", "dress")
PATTERNS = (
    "plain",
    "stripes",
    "upright stripes",
    "checks",
    "dots",
    "badge",
    "diagonal",
)
SEEN = PATTERNS[:-1]
"""Patterns to train with; "diagonal" is kept for the test."""

TORSO = 21.0  # length from shoulders to hips, in pixels of an average figure
_LENGTH = {"top": 1.12, "dress": 1.62}  # of the garment, in torso lengths
_SLEEVE_LENGTH = (0.0, 8.0, 18.0)
KNOTS = (0.0, 0.14, 0.55, 1.0, 1.8)  # heights, in torso lengths, that set the width
PAPER = np.array([247.0, 247, 247], np.float32)  # behind the flat garment
TOP_MARGIN = 9.0  # of the flat garment's shoulders, in pixels


class Garment(NamedTuple):
    """What a garment is like.

    sleeves: index into ``SLEEVES``; neck: into ``NECKS``; cut: into ``CUTS``; pattern: into
    ``PATTERNS``; fit: 0 (close) to 1 (wide); colour, second: (3,) in 0..255; period: of the
    pattern in pixels; hang: angle of the flat sleeves from the vertical, in radians.
    """

    sleeves: int
    neck: int
    cut: int
    pattern: int
    fit: float
    colour: tuple
    second: tuple
    period: float
    hang: float

    @property
    def length(self):
        """From the shoulders to the hem, in pixels of an average figure."""
        return _LENGTH[CUTS[self.cut]] * TORSO

    @property
    def zoom(self):
        """How much larger the flat picture shows it than a figure does."""
        return 1.25 if self.cut else (1.62, 1.55, 1.42)[self.sleeves]


def draw_garments(count, random, patterns=SEEN):
    """``count`` garments; sleeves, neck, cut and pattern are dealt evenly.

    Args:
        count: how many.
        random: a ``numpy.random.Generator``.
        patterns: names from ``PATTERNS``.
    Raises:
        ValueError: a pattern is unknown.
    """
    unknown = set(patterns) - set(PATTERNS)
    if unknown or not patterns:
        raise ValueError(
            f"patterns must be names from {PATTERNS}; got {tuple(patterns)!r}"
        )
    columns = [dealt(count, kinds, random) for kinds in (3, 3, 3, len(patterns))]
    garments = []
    for sleeves, neck, cut, pattern in zip(*columns):
        colour, second = _draw_colours(random)
        fit, period = random.uniform(), random.uniform(4.2, 7.0)
        hang = random.uniform(*((0.1, 0.32) if sleeves == 2 else (0.35, 0.95)))
        kinds = (
            int(sleeves),
            int(neck),
            int(cut == 0),
            PATTERNS.index(patterns[pattern]),
        )
        sizes = float(period), float(hang)
        garments.append(Garment(*kinds, float(fit), colour, second, *sizes))
    return garments


def _draw_colours(random):
    """Two colours in 0..255 whose luminances differ by at least 60."""
    while True:
        pair = random.uniform(15, 245, (2, 3))
        if abs(np.subtract(*pair) @ (0.299, 0.587, 0.114)) > 60:
            return tuple(map(tuple, pair))


def flat_width(garment, height):
    """Half the width of the flat garment at a height in torso lengths, unzoomed."""
    ease = 0.5 + 1.1 * garment.fit
    flare = 3.5 if garment.cut else 0.8
    widths = (7.9, 7.5 + 0.3 * ease, 6.0 + ease, 6.5 + ease, 6.5 + ease + flare)
    return ramp(height, KNOTS, widths)


def _sleeve_width(garment, along):
    """Half the width of a sleeve at a distance from the shoulder, unzoomed."""
    ease = 0.35 + 0.5 * garment.fit
    return ramp(along, (0, 10, 18), (2.6 + ease, 2.0 + ease, 1.6 + ease))


def front(garment, across, down):
    """The piece over the torso, at points of the cloth.

    Args:
        across, down: float arrays, from the middle of the shoulder line, in pixels of an
            average figure.
    Returns:
        inside: bool; colours: floats (..., 3).
    """
    distance = np.abs(across)
    limit = flat_width(garment, down / TORSO)
    inside = (down >= 2.2 * (distance / 8) ** 2) & (down <= garment.length)
    if garment.sleeves == 0:
        limit = limit * ramp(down, (1, 4, 6.5, 8), (0.72, 0.74, 0.9, 1))
    inside &= distance <= limit
    opening, collar = _neck(garment.neck, distance, down)
    colours = cloth(garment, across, down)
    trim = (collar | (down > garment.length - 0.8))[..., None]
    return inside & ~opening, np.where(trim, colours * np.float32(0.72), colours)


def sleeve(garment, across, along):
    """A sleeve, at points of its cloth: as ``front``, from the shoulder down the arm."""
    length = _SLEEVE_LENGTH[garment.sleeves]
    inside = (np.abs(across) <= _sleeve_width(garment, along)) & (along <= length)
    inside &= (along > -3.0) if length else False
    if PATTERNS[garment.pattern] == "badge":  # it is on the chest alone
        garment = garment._replace(pattern=PATTERNS.index("plain"))
    colours = cloth(garment, across, along)
    cuff = (along > length - 0.8)[..., None]
    return inside, np.where(cuff, colours * np.float32(0.72), colours)


def ramp(values, knots, heights):
    """``np.interp`` in single precision."""
    return np.interp(values, knots, heights).astype(np.float32)


def _neck(kind, distance, down):
    """Where the opening is, and the collar around it."""
    if kind == 0:
        radius = np.hypot(distance / 3.2, down / 3.0)
        return radius < 1, radius < 1.3
    if kind == 1:
        edge = distance / 3.1 + down / 7.0
        return edge < 1, edge < 1.24
    radius = np.hypot(distance / 4.9, down / 1.9)
    return radius < 1, radius < 1.22


def cloth(garment, across, down):
    """The pattern's colour at points of the cloth, floats (..., 3) in 0..255."""
    first, second = np.float32(garment.colour), np.float32(garment.second)
    share = _share(PATTERNS[garment.pattern], np.float32(garment.period), across, down)
    return first + share[..., None] * (second - first)


def _share(name, period, across, down):
    """How much of the second colour the pattern shows, 0 to 1."""

    def bands(t):
        return ((t / period) % 1 < 0.5).astype(np.float32)

    if name == "plain":
        return np.zeros_like(down)
    if name == "checks":
        return (bands(across + period / 4) + bands(down)) / 2
    if name == "dots":
        x = (across / period + np.floor(down / period) % 2 / 2) % 1 - 0.5
        return (np.hypot(x, down / period % 1 - 0.5) < 0.3).astype(np.float32)
    if name == "badge":
        return (np.hypot(across, down - 9.5) < 3.6).astype(np.float32)
    if name == "diagonal":
        return bands(0.71 * (across + down))
    return bands(down if name == "stripes" else across + period / 4)


def flat_picture(garment, grid):
    """The product picture on pale paper.

    Args:
        grid: (x, y) float arrays of the pixel centres.
    Returns:
        colours (..., 3) in 0..255 and inside (...), bool.
    """
    x, y = (grid[0] - 24) / garment.zoom, (grid[1] - TOP_MARGIN) / garment.zoom
    canvas, inside = np.broadcast_to(PAPER, (*x.shape, 3)), np.zeros(x.shape, bool)
    if garment.sleeves:
        side = np.where(x < 0, -1, 1)
        dx, dy = np.abs(x) - 6.3, y - 3.2
        sin, cos = np.float32((np.sin(garment.hang), np.cos(garment.hang)))
        inside, colours = sleeve(
            garment, side * (dx * cos - dy * sin), dx * sin + dy * cos
        )
        canvas = np.where(inside[..., None], colours * np.float32(0.93), canvas)
    chest, colours = front(garment, x, y)
    canvas = np.where(chest[..., None], colours, canvas)
    return canvas, inside | chest
