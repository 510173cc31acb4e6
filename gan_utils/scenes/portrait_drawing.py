"""A canvas four times too large, and the body, face and features drawn on it."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.scenes.portrait_faces import FINE, SIZE, ZOOM
from gan_utils.scenes.portrait_hair import draw_back_hair


class Canvas:
    """An image of four times the size, and a pen that takes head coordinates."""

    def __init__(self, face, mode="RGB", colour=0):
        self.face = face
        self.image = Image.new(mode, (SIZE * FINE, SIZE * FINE), colour)
        self.pen = ImageDraw.Draw(self.image)

    def fill(self, points, colour, free=False):
        """A filled polygon; ``free`` points are picture pixels that do not roll."""
        dots = (np.asarray(points, float) if free else self.face.at(points)) * FINE
        self.pen.polygon(dots.ravel().tolist(), fill=_ink(colour))

    def line(self, points, colour, width):
        """A line ``width`` picture pixels wide."""
        dots = (self.face.at(points) * FINE).ravel().tolist()
        self.pen.line(dots, fill=_ink(colour), width=max(1, round(width * ZOOM * FINE)),
                      joint="curve")  # fmt: skip

    def oval(self, x, y, rx, ry, colour):
        """A filled ellipse about (x, y) in head coordinates."""
        t = np.linspace(0, 2 * np.pi, 25)[:-1]
        self.fill(np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], 1), colour)

    def reduced(self):
        """The picture at its real size: float array (64, 64[, channels]) in 0..255."""
        return np.asarray(self.image.reduce(FINE), np.float32)


def _ink(colour):
    if np.ndim(colour) == 0:
        return int(colour)
    return tuple(int(np.clip(c, 0, 255)) for c in colour)


def draw_body(canvas, face):
    """Hair behind the head, neck, clothes, ears and the head itself."""
    skin, x, wide = face.skin, face.centre[0], 28 + 5 * face.person.body
    draw_back_hair(canvas, face)
    low = face.centre[1] + 0.6 * face.height
    half = 6.9 + 0.7 * face.person.body
    neck = [(x - half, low), (x + half, low), (x + half + 1, 59), (x + half + 4, 64),
            (x - half - 4, 64), (x - half - 1, 59)]  # fmt: skip
    t = np.linspace(np.pi, 2 * np.pi, 33)
    shoulders = np.stack([x + wide * np.cos(t), 66 + 10 * np.sin(t)], 1)
    canvas.fill(shoulders, face.clothes, free=True)
    canvas.fill(neck, skin * 0.87, free=True)
    if face.neckline == 0:  # a round collar
        t = np.linspace(0, np.pi, 17)
        hole = np.stack([x + 8.5 * np.cos(t), 56.5 + 4.5 * np.sin(t)], 1)
        canvas.fill(hole, skin * 0.87, free=True)
    elif face.neckline == 1:  # a V
        canvas.fill([(x - 8, 56.8), (x + 8, 56.8), (x, 64.5)], skin * 0.87, free=True)
    else:  # a roll neck
        roll = [(x - half - 1.6, 55.5), (x + half + 1.6, 55.5), (x + half + 2.5, 60),
                (x - half - 2.5, 60)]  # fmt: skip
        canvas.fill(roll, face.clothes * 0.9, free=True)
    for side in (-1, 1):
        if side * face.yaw < 0.75:
            canvas.oval(side * (face.width - 0.2), 0.4, 1.9, 3.3, skin * 0.9)
    canvas.fill(face.outline(), skin)


def draw_features(canvas, face):
    """Brows, eyes, nose and bare lips."""
    skin, turn, age = face.skin, face.turn, face.person.age
    brow = face.hair * 0.75 if age < 2 else face.hair * 0.6 + skin * 0.25
    if face.hair.mean() > skin.mean():
        brow = face.hair * 0.62
    lash = np.minimum(skin * 0.25, 45)
    for side in (-1, 1):
        squeeze = 1 - 0.1 * side * face.yaw
        x, y, rx = turn + side * face.gap * squeeze, face.eye_line, 2.75 * squeeze
        t = np.linspace(-1, 1, 13)
        lid = y - 1.55 * face.open * (1 - np.abs(t) ** 2.2)
        below = y + 1.1 * face.open * (1 - t**2)
        eye = np.stack(
            [np.r_[x + rx * t, (x + rx * t)[::-1]], np.r_[lid, below[::-1]]], 1
        )
        canvas.fill(eye, (246, 244, 240))
        canvas.oval(x + 0.25 * face.yaw, y - 0.15, 1.32, 1.42 * face.open, face.iris)
        canvas.oval(x + 0.25 * face.yaw, y - 0.15, 0.66, 0.7, (16, 14, 14))
        canvas.oval(x + 0.25 * face.yaw - 0.45, y - 0.6, 0.32, 0.32, (255, 255, 255))
        canvas.line(np.stack([x + rx * t, lid], 1), lash, 0.55)
        arch = y - 4.1 - 0.5 * face.brow + 0.75 * t**2 + 0.25 * side * t
        thick = (0.95, 1.05, 0.85)[age] * (1.15 if not face.person.long else 0.9)
        canvas.line(np.stack([x + 3.3 * squeeze * t, arch], 1), brow, thick)
    tip = turn * 1.5
    for side in (-1, 1):
        canvas.oval(tip + side * 1.15, face.nose, 0.5, 0.32, skin * 0.55)
    top, bottom, line = face.mouth()
    lips = face.lip_colour()
    canvas.fill(top, lips * 0.92)
    canvas.fill(bottom, lips)
    canvas.line(line, lips * 0.5, 0.4)


def draw_lines(canvas, face):
    """How much darker the skin is along folds, 0..255: nose, lids, and what age adds."""
    turn, nose, age = face.turn, face.nose, face.person.age
    canvas.line([(turn * 1.5 + 1.9, nose - 0.9), (turn * 1.5 + 2.0, nose),
                 (turn * 1.5 + 1.2, nose + 0.6)], 70, 0.5)  # fmt: skip
    canvas.line([(turn * 1.5 - 1.9, nose - 0.9), (turn * 1.5 - 2.0, nose),
                 (turn * 1.5 - 1.2, nose + 0.6)], 70, 0.5)  # fmt: skip
    canvas.line([(turn * 1.2 - 1, face.mouth_line + 3.6), (turn * 1.2 + 1,
                 face.mouth_line + 3.6)], 45, 0.6)  # fmt: skip
    for side in (-1, 1):
        x, y = turn + side * face.gap, face.eye_line
        t = np.linspace(-1, 1, 9)
        canvas.line(np.stack([x + 2.6 * t, y - 2.4 + 0.5 * t**2], 1), 50, 0.35)
        if age >= 1:
            canvas.line(
                np.stack([x + 2.2 * t, y + 2.4 - 0.6 * t**2], 1),
                25 + 30 * (age - 1),
                0.4,
            )
        if age == 2:
            fold = [(turn * 1.4 + side * 3.1, nose - 0.2), (turn + side * 5.0, nose + 2.6),
                    (turn + side * 5.6, nose + 4.6)]  # fmt: skip
            canvas.line(fold, 65, 0.5)
            canvas.line(
                [(x + side * 3.3, y - 0.6), (x + side * 4.7, y - 1.2)], 50, 0.35
            )
            canvas.line(
                [(x + side * 3.3, y + 0.3), (x + side * 4.7, y + 0.6)], 50, 0.35
            )
