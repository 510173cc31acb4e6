"""The head of a figure in the try-on scene: face and hair."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.scenes.people import SKIN, rgb

WIDE, HIGH = 5.0, 6.1  # half the width and height of a face, in pixels


def paint_head(figure, found, size, fine):
    """Face and hair.

    Args:
        figure, found: a ``Figure`` and its ``Joints``.
        size: (width, height) of the fine picture; fine: its dots per pixel.
    Returns:
        colours uint8 (height, width, 3) and cover uint8 (height, width), 255 where the
        head hides what is behind it.
    """
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = _Pen(ImageDraw.Draw(image), found.head, fine)
    person, skin = figure.person, rgb(SKIN[figure.person.skin])
    hair, dark = np.array(figure.hair), skin * (0.62 if person.skin > 6 else 0.72)
    if person.long:
        pen.oval(0, 0.2, WIDE + 1.5, HIGH + 1.0, hair * 0.82)
        for side in (-1, 1):
            pen.oval(side * (WIDE - 0.2), 5.2, 1.9, 5.6, hair * 0.88)
    else:
        pen.oval(0, -1.4, WIDE + 0.8, HIGH - 0.4, hair * 0.88)
    for side in (-1, 1):
        pen.oval(side * WIDE, 0.8, 0.9, 1.2, skin * 0.9)
    pen.oval(0, 0.5, WIDE, HIGH - 0.3, skin)
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
    top = -HIGH + 0.7
    if person.long:
        for side in (-1, 1):
            pen.slice(side * 2.0, top + 1.6, 3.4, 2.9, hair, side)
    else:
        pen.slice(0, top + 1.5, WIDE + 0.7, 2.6, hair, 0)


class _Pen:
    """Draws around a head's centre; sizes are half widths and half heights in pixels."""

    def __init__(self, draw, centre, fine):
        self.draw, self.centre, self.fine = draw, centre, fine

    def box(self, x, y, wide, high):
        """The corners of a box in the fine picture."""
        x, y = self.centre[0] + x, self.centre[1] + y
        return [self.fine * v for v in (x - wide, y - high, x + wide, y + high)]

    def oval(self, x, y, wide, high, colour):
        self.draw.ellipse(self.box(x, y, wide, high), fill=_ink(colour))

    def bar(self, x, y, wide, high, colour):
        self.draw.rectangle(self.box(x, y, wide, high), fill=_ink(colour))

    def slice(self, x, y, wide, high, colour, side):
        """An oval cut off below, straight for side 0, else slanting down to that side."""
        start, end = {0: (170, 370), -1: (95, 340), 1: (200, 445)}[side]
        self.draw.chord(self.box(x, y, wide, high), start, end, fill=_ink(colour))


def _ink(colour):
    return (*(int(min(255, max(0, c))) for c in colour), 255)
