"""Paints the try-on scene: figure in its garment, mask, skeleton, flat garment."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.ads.people import SKIN, rgb
from gan_utils.ads.try_on.figures import (
    FINE,
    GRID,
    HEIGHT,
    WIDTH,
    joints,
    worn_front,
    worn_sleeve,
)
from gan_utils.ads.try_on.garments import TORSO, flat_picture

_SIZE = (WIDTH * FINE, HEIGHT * FINE)
_WIDE, _HIGH = 5.0, 6.1  # half the width and height of a face, in pixels
_ARM = (2.5, 2.0, 1.45)  # half the width at shoulder, elbow and wrist


def paint_worn(figure, garment):
    """The figure in the garment.

    Returns:
        picture: uint8 (64, 48, 3).
        worn: uint8 (64, 48), 255 where all that is seen is cloth of the garment.
        mask: uint8 (64, 48), 255 where any garment might lie on this figure, else 0: torso,
            upper legs and arms, whatever is worn; face, hair and most of the hands stay out.
    """
    found = joints(figure)
    head, cover = _paint_head(figure, found)
    canvas, cloth = _body(figure, found), np.zeros(GRID[0].shape, bool)
    _dress(canvas, cloth, *worn_front(figure, found, garment))
    for side, arm in zip((-1, 1), found.arms):
        limb = np.asarray(_arm(figure, arm))
        _over(canvas, limb[..., :3], limb[..., 3])
        cloth &= limb[..., 3] < 128
        if garment.sleeves:
            _dress(canvas, cloth, *worn_sleeve(arm, side, garment))
    _over(canvas, head, cover)
    cloth &= cover < 128
    return _shrink(canvas), _shrink(cloth * 255), _mask(found, cover)


def paint_flat(garment):
    """The product picture, uint8 (64, 48, 3), and its mask, uint8 (64, 48)."""
    canvas, inside = flat_picture(garment, GRID)
    return _shrink(canvas), _shrink(inside * 255)


def paint_pose(figure):
    """The skeleton, uint8 (64, 48, 3): left arm in red, torso in green, right arm in blue."""
    found = joints(figure)
    image = Image.new("RGB", _SIZE)
    draw = ImageDraw.Draw(image)
    (left, *_), (right, *_) = found.arms
    hips = [found.hip + side * found.widths[2] * found.across for side in (-1, 1)]
    for points in ((found.neck, found.hip), (left, right), hips):
        _line(draw, points, (0, 255, 0))
    for arm, colour in zip(found.arms, ((255, 0, 0), (0, 0, 255))):
        _line(draw, arm, colour)
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def _body(figure, found):
    """Background, legs, and the torso without arms or garment, on the fine grid."""
    wall = np.float32(figure.background)
    fade = 1.03 - 0.0035 * GRID[1] - 0.0016 * GRID[0]
    image = Image.fromarray((wall * fade[..., None]).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    half, waist, hip = found.widths
    for side in (-1, 1):  # legs, with the darker inner seam between them
        x, y = found.hip
        outer, knee = x + side * (hip + 0.3), x + side * (hip + 0.2)
        leg = ((x - side * 0.2, y), (outer, y - 1), (knee, 66), (x + side * 1.1, 66))
        _polygon(draw, leg, _shade(figure.trousers, 0.96 if side < 0 else 1.06))
    shorts = ((0.8, waist + 0.4), (0.93, hip + 0.1), (1.14, hip + 0.4))
    _polygon(draw, _mirrored(found, shorts), _shade(figure.trousers, 1))
    skin = rgb(SKIN[figure.person.skin])
    torso = [(-0.02, 2.5), (0.05, half - 1.4), (0.14, half - 0.7)]
    torso += [(0.5, waist), (0.85, waist + 0.3)]
    _polygon(draw, _mirrored(found, torso), _shade(skin, 0.95))
    neck = ((-0.22, 1.9), (-0.02, 2.2), (0.03, 3.2))
    _polygon(draw, _mirrored(found, neck), _shade(skin, 0.86))
    return np.asarray(image).astype(np.float32)


def _arm(figure, arm):
    """One arm with its hand, an RGBA picture; a darker rim sets it off from the body."""
    skin = rgb(SKIN[figure.person.skin])
    image = Image.new("RGBA", _SIZE, (*_shade(skin, 0.8), 0))
    draw = ImageDraw.Draw(image)
    wider = 1 + 0.1 * figure.person.body
    hand = arm[2] + 1.2 * (arm[2] - arm[1]) / np.linalg.norm(arm[2] - arm[1])
    for rim, light in ((0.35, 0.8), (0.0, 1.0)):
        colour = (*_shade(skin, light), 255)
        widths = [wider * w + rim for w in _ARM]
        _limb(draw, arm, widths, colour)
        _disc(draw, hand, 1.6 + rim, colour)
    return image


def _mask(found, cover):
    """Where a garment may lie; ``cover`` is the head's on the fine grid, 0 to 255."""
    image = Image.new("L", _SIZE, 0)
    draw = ImageDraw.Draw(image)
    half, waist, hip = found.widths
    outline = [(-0.13, half - 2), (0.1, half + 2.2), (0.5, max(half, waist + 3.2))]
    outline += [(1, hip + 3.6), (1.78, hip + 6.4)]
    _polygon(draw, _mirrored(found, outline), 255)
    for arm in found.arms:
        end = arm[1] + 0.94 * (arm[2] - arm[1])
        _limb(draw, (arm[0], arm[1], end), (5.0, 4.4, 3.4), 255, rounded_end=False)
    region = _shrink(np.asarray(image)) > 0
    kept = np.asarray(cover).reshape(HEIGHT, FINE, WIDTH, FINE).min((1, 3)) == 255
    return (255 * (region & ~kept)).astype(np.uint8)


def _dress(canvas, cloth, part, inside, colours):
    """Lay a piece of the garment over the canvas, and note where (in place)."""
    canvas[part][inside] = colours[inside]
    cloth[part] |= inside


def _over(canvas, colours, cover):
    """Lay colours over the canvas where cover is not 0 (in place)."""
    where = cover > 0
    canvas[where] = colours[where]


def _shrink(fine):
    """The mean of every FINE x FINE block, as uint8."""
    pixels = Image.fromarray(np.asarray(fine).clip(0, 255).astype(np.uint8))
    return np.asarray(pixels.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


# The head


def _paint_head(figure, found):
    """Face and hair, on the fine grid.

    Args:
        figure, found: a ``Figure`` and its ``Joints``.
    Returns:
        colours uint8 (height, width, 3) and cover uint8 (height, width), 255 where the
        head hides what is behind it.
    """
    image = Image.new("RGBA", _SIZE, (0, 0, 0, 0))
    pen = _Pen(ImageDraw.Draw(image), found.head)
    person, skin = figure.person, rgb(SKIN[figure.person.skin])
    hair, dark = np.array(figure.hair), skin * (0.62 if person.skin > 6 else 0.72)
    if person.long:
        pen.oval(0, 0.2, _WIDE + 1.5, _HIGH + 1.0, hair * 0.82)
        for side in (-1, 1):
            pen.oval(side * (_WIDE - 0.2), 5.2, 1.9, 5.6, hair * 0.88)
    else:
        pen.oval(0, -1.4, _WIDE + 0.8, _HIGH - 0.4, hair * 0.88)
    for side in (-1, 1):
        pen.oval(side * _WIDE, 0.8, 0.9, 1.2, skin * 0.9)
    pen.oval(0, 0.5, _WIDE, _HIGH - 0.3, skin)
    _face(pen, person, skin, dark)
    _fringe(pen, person, hair)
    pixels = np.asarray(image)
    return pixels[..., :3], pixels[..., 3]


def _face(pen, person, skin, dark):
    for side in (-1, 1):
        pen.oval(side * 2.0, 0.6, 1.35, 0.9, skin * 0.35 + 160)
        pen.oval(side * 2.0, 0.7, 0.75, 0.9, (34, 24, 20))
        pen.bar(side * 2.0, -1.1, 1.2, 0.3, dark * 0.65)
        if person.age == 0:
            pen.oval(side * 3.1, 2.4, 1.0, 0.7, skin * (1.02, 0.9, 0.88))
        if person.age == 2:
            pen.bar(side * 2.0, 1.9, 0.9, 0.17, dark)
            pen.bar(side * 2.3, 3.9, 0.2, 0.7, dark)
    pen.oval(0, 2.1, 0.7, 0.6, skin * 1.35 if person.skin > 6 else dark * 1.1)
    lips = np.array([165, 60, 62]) * 0.6 + skin * 0.4 * 0.7
    pen.oval(0, 3.9, 1.7, 0.55, lips)


def _fringe(pen, person, hair):
    """The hair over the forehead: a parting if it is long, a cap if it is short."""
    top = -_HIGH + 0.7
    if person.long:
        for side in (-1, 1):
            pen.slice(side * 2.0, top + 1.6, 3.4, 2.9, hair, side)
    else:
        pen.slice(0, top + 1.5, _WIDE + 0.7, 2.6, hair, 0)


class _Pen:
    """Draws around a head's centre; sizes are half widths and half heights in pixels."""

    def __init__(self, draw, centre):
        self.draw, self.centre = draw, centre

    def box(self, x, y, wide, high):
        """The corners of a box in the fine picture."""
        x, y = self.centre[0] + x, self.centre[1] + y
        return [FINE * v for v in (x - wide, y - high, x + wide, y + high)]

    def oval(self, x, y, wide, high, colour):
        self.draw.ellipse(self.box(x, y, wide, high), fill=_shade(colour, 1))

    def bar(self, x, y, wide, high, colour):
        self.draw.rectangle(self.box(x, y, wide, high), fill=_shade(colour, 1))

    def slice(self, x, y, wide, high, colour, side):
        """An oval cut off below, straight for side 0, else slanting down to that side."""
        start, end = {0: (170, 370), -1: (95, 340), 1: (200, 445)}[side]
        self.draw.chord(self.box(x, y, wide, high), start, end, fill=_shade(colour, 1))


# Shapes; places are pixels of the small picture


def _limb(draw, points, widths, colour, rounded_end=True):
    """A chain of tapered pieces with round joints; sizes in pixels of the small picture."""
    for start, end, a, b in zip(points, points[1:], widths, widths[1:]):
        way = (end - start) / np.linalg.norm(end - start)
        normal = np.array([-way[1], way[0]])
        left, right = (
            (start + a * normal, end + b * normal),
            (end - b * normal, start - a * normal),
        )
        _polygon(draw, (*left, *right), colour)
    for k, (point, width) in enumerate(zip(points, widths)):
        if rounded_end or k < len(points) - 1:
            _disc(draw, point, width, colour)


def _mirrored(found, outline):
    """Corners of a shape symmetric about the spine, from (height, half width) rows."""
    sides = []
    for side in (-1, 1):
        for height, width in outline[::-side]:
            sides.append(
                found.neck - height * TORSO * found.up + side * width * found.across
            )
    return sides


def _polygon(draw, corners, colour):
    draw.polygon([tuple(FINE * np.asarray(c)) for c in corners], fill=colour)


def _line(draw, points, colour):
    path = [tuple(FINE * np.asarray(p)) for p in points]
    draw.line(path, fill=colour, width=5, joint="curve")


def _disc(draw, centre, radius, colour):
    x, y, r = FINE * centre[0], FINE * centre[1], FINE * radius
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _shade(colour, light):
    """A colour times ``light``, as Pillow wants it."""
    return tuple(int(min(255, max(0, light * c))) for c in colour)
