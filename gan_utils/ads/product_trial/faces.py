"""One face: where everything lies, its colours, and how its parts are drawn."""

import numpy as np
from PIL import Image, ImageDraw

from gan_utils.ads.people import SKIN, hair_colour, rgb

SIZE, FINE = 64, 4
ZOOM = 1.14  # picture pixels for a unit of the head
_EYES = ("#4a2f1b", "#2f1d12", "#5b7a9a", "#5f7a4a", "#6a6f78")
_CLOTHES = ("#33506e", "#7d2f3c", "#2f6b5a", "#5b4a86", "#b98a3a", "#3a3d45", "#c9c5bd")
_WALLS = ("#dfe6ee", "#eadfd2", "#dcebe2", "#ece0ea", "#e8e6d4", "#d3dde6", "#f0dcd4")


class Face:
    """Where everything lies in one face, in pixels of the 64 x 64 picture.

    eyes: the middle between the eyes; gap: half their distance; roll: head's turn in
    radians, clockwise; mouth: its middle; the rest as the names say.
    """

    def __init__(self, person, random):
        u = random.uniform
        self.person = person
        self.centre = np.array([32 + u(-3, 3), 33 + u(-2, 2)])
        self.roll = u(-0.16, 0.16)
        self.yaw = u(-1, 1)
        self.width = 14.2 + 0.9 * person.body + u(-0.6, 0.6)
        self.height = 18.2 + u(-0.9, 0.9) - 0.3 * person.body
        self.jaw = 0.2 - 0.07 * person.body + u(-0.05, 0.05)
        self.turn = 1.7 * self.yaw
        self.eye_line = -1.6 + u(-1.3, 1.3)
        self.gap = 0.44 * self.width + u(-0.35, 0.35)
        self.open = u(0.85, 1.15) * (1, 0.97, 0.85)[person.age]
        self.brow = u(0, 1)
        self.nose = self.eye_line + 7.4 + u(-0.5, 0.5)
        self.mouth_line = self.nose + 3.9 + u(-0.4, 0.5)
        self.mouth_width = 4.9 + 0.25 * person.body + u(-0.7, 0.8)
        self.lips = u(0.85, 1.25) * (1.05, 1.0, 0.82)[person.age]
        self.smile = u(-0.3, 1.2)
        self.style = int(random.integers(4))
        self.part = u(-1, 1)
        self.light = random.choice((-1, 1)) * u(0.4, 1)
        self.skin = _lit(rgb(SKIN[person.skin]))
        self.hair = hair_colour(person, random)
        self.iris = rgb(_EYES[random.integers(len(_EYES))])
        self.clothes = rgb(_CLOTHES[random.integers(len(_CLOTHES))])
        self.wall = rgb(_WALLS[random.integers(len(_WALLS))])
        self.neckline = int(random.integers(3))

    @property
    def eyes(self):
        """The middle between the eyes in the picture, (x, y)."""
        return self.at([(self.turn, self.eye_line)])[0]

    def at(self, points):
        """Points (N, 2) of the upright head, from its centre, in the picture's pixels."""
        c, s = np.cos(self.roll), np.sin(self.roll)
        turned = np.asarray(points, float) @ np.array([[c, s], [-s, c]])
        return ZOOM * turned + self.centre

    def lip_colour(self):
        """Bare lips: the skin, darker and redder."""
        red = np.array([176, 84, 84.0])
        share = 0.5 if self.skin.mean() > 120 else 0.38
        red = red * (0.5 + self.skin.mean() / 400)
        return self.skin * 0.86 * (1 - share) + red * share

    def outline(self):
        """The head: an egg with its narrow end at the chin."""
        t = np.linspace(0, 2 * np.pi, 65)[:-1]
        low = np.clip(np.sin(t), 0, 1)
        wide = 1 - self.jaw * low**2 - 0.12 * low**6
        x = self.width * np.cos(t) * wide
        return np.stack([x, self.height * np.sin(t)], 1)

    def mouth(self):
        """Outlines of the upper and the lower lip, and the line between them."""
        w, y0 = self.mouth_width, self.mouth_line
        t = np.linspace(-1, 1, 21)
        corner = -self.smile * 0.95 * t**2
        line = y0 + corner + 0.25 * self.smile
        bow = (1 - t**2) ** 0.8 * (1 - 0.3 * np.exp(-((t / 0.14) ** 2)))
        upper = line - 1.35 * self.lips * bow
        lower = line + 1.75 * self.lips * (1 - np.abs(t) ** 2.6) ** 0.8
        x = w * t + self.turn * 1.05
        top = np.stack([np.r_[x, x[::-1]], np.r_[upper, line[::-1]]], 1)
        bottom = np.stack([np.r_[x, x[::-1]], np.r_[line, lower[::-1]]], 1)
        return top, bottom, np.stack([x, line], 1)


def _lit(tone):
    """A skin tone as a _lit face shows it: dark tones gain most, and warmth."""
    lifted = 255 * (tone / 255) ** 0.8
    warm = 1 + (1 - tone.mean() / 255) * np.array([0.12, -0.01, -0.1])
    return np.clip(lifted * warm * (1, 0.985, 0.965), 0, 255)


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
        wide = max(1, round(width * ZOOM * FINE))
        self.pen.line(dots, fill=_ink(colour), width=wide, joint="curve")

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
    _draw_back_hair(canvas, face)
    low = face.centre[1] + 0.6 * face.height
    half = 6.9 + 0.7 * face.person.body
    neck = [(x - half, low), (x + half, low), (x + half + 1, 59)]
    neck += [(x + half + 4, 64), (x - half - 4, 64), (x - half - 1, 59)]
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
        roll = [(x - half - 1.6, 55.5), (x + half + 1.6, 55.5)]
        roll += [(x + half + 2.5, 60), (x - half - 2.5, 60)]
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
        wide = x + rx * t
        eye = np.stack([np.r_[wide, wide[::-1]], np.r_[lid, below[::-1]]], 1)
        canvas.fill(eye, (246, 244, 240))
        pupil = x + 0.25 * face.yaw
        canvas.oval(pupil, y - 0.15, 1.32, 1.42 * face.open, face.iris)
        canvas.oval(pupil, y - 0.15, 0.66, 0.7, (16, 14, 14))
        canvas.oval(pupil - 0.45, y - 0.6, 0.32, 0.32, (255, 255, 255))
        canvas.line(np.stack([wide, lid], 1), lash, 0.55)
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
    tip, chin = turn * 1.5, face.mouth_line + 3.6
    for side in (1, -1):
        wing = [(1.9, nose - 0.9), (2.0, nose), (1.2, nose + 0.6)]
        canvas.line([(tip + side * x, y) for x, y in wing], 70, 0.5)
    canvas.line([(turn * 1.2 - 1, chin), (turn * 1.2 + 1, chin)], 45, 0.6)
    for side in (-1, 1):
        x, y = turn + side * face.gap, face.eye_line
        t = np.linspace(-1, 1, 9)
        canvas.line(np.stack([x + 2.6 * t, y - 2.4 + 0.5 * t**2], 1), 50, 0.35)
        if age >= 1:
            under = np.stack([x + 2.2 * t, y + 2.4 - 0.6 * t**2], 1)
            canvas.line(under, 25 + 30 * (age - 1), 0.4)
        if age == 2:
            fold = [(turn * 1.4 + side * 3.1, nose - 0.2)]
            fold += [(turn + side * 5.0, nose + 2.6), (turn + side * 5.6, nose + 4.6)]
            canvas.line(fold, 65, 0.5)
            near, far = x + side * 3.3, x + side * 4.7
            canvas.line([(near, y - 0.6), (far, y - 1.2)], 50, 0.35)
            canvas.line([(near, y + 0.3), (far, y + 0.6)], 50, 0.35)


def draw_front_hair(canvas, face, colour=None):
    """What lies over the forehead and the temples; ``colour`` to draw a mask."""
    hair = face.hair if colour is None else colour
    cut = (_LONG if face.person.long else _SHORT)[face.style]
    cut(canvas, face, hair)


def _draw_back_hair(canvas, face):
    """What is seen behind the head and the neck."""
    if not face.person.long:
        return
    shade, w, h = face.hair * 0.8, face.width, face.height
    t = np.linspace(np.pi, 2 * np.pi, 33)
    grow = 3.0
    top = np.stack([(w + grow) * np.cos(t), (h + grow) * np.sin(t)], 1)
    if face.style == 2:  # a bun on top
        canvas.oval(face.part * 3, -h - 3.2, 5.2, 4.4, shade)
        canvas.fill(np.vstack([top, [(w + 1.5, 4), (-w - 1.5, 4)]]), shade)
        return
    length = (27, 29, 0, 15)[face.style]
    side = np.linspace(0, 1, 13)
    wave = (0, 1.1, 0, 0)[face.style] * np.sin(side * 15)
    right = np.stack([w + grow + 0.8 * side + wave, length * side], 1)
    left = np.stack([-w - grow - 0.8 * side + wave, length * side], 1)
    if face.style == 3:  # a bob turns in at its ends
        right[-3:, 0] -= (0.4, 1.6, 4)
        left[-3:, 0] += (0.4, 1.6, 4)
    canvas.fill(np.vstack([top, right, left[::-1]]), shade)


# Hair: cuts, and their parts


def _crop(canvas, face, hair):
    canvas.fill(_cap(face, 1.6, -0.05, -0.62, -0.3), hair)
    _strands(canvas, face, hair)


def _side_part(canvas, face, hair):
    side = 1 if face.part > 0 else -1
    shape = _cap(face, 2.1, 0.0, -0.6, -0.28)
    u = shape[41:, 0] / face.width * side
    shape[41:, 1] += face.height * (
        0.12 * u - 0.16 * np.exp(-(((u + 0.45) / 0.22) ** 2))
    )
    canvas.fill(shape, hair)
    _strands(canvas, face, hair)


def _curls(canvas, face, hair):
    w, h = face.width, face.height
    canvas.fill(_cap(face, 2.5, -0.05, -0.6, -0.25), hair)
    for k, t in enumerate(np.linspace(np.pi * 0.98, np.pi * 2.02, 13)):
        size = 3.2 + k % 2 * 0.5
        canvas.oval((w + 1.6) * np.cos(t), (h + 1.8) * np.sin(t), size, 3.1, hair)
    for u in np.linspace(-0.75, 0.75, 6):
        canvas.oval(w * u, -0.62 * h + 0.1 * h * u**2, 2.6, 2.0, hair)
    if np.ndim(hair):
        for t in np.linspace(np.pi * 1.1, np.pi * 1.9, 9):
            canvas.oval(w * 0.9 * np.cos(t), (h - 0.6) * np.sin(t), 1.0, 0.9, hair + 11)


def _buzz(canvas, face, hair):
    shade = hair if np.ndim(hair) == 0 else 0.72 * hair + 0.28 * face.skin
    canvas.fill(_cap(face, 0.4, -0.12, -0.7, -0.36), shade)


def _straight(canvas, face, hair):
    side = 1 if face.part > 0 else -1
    shape = _cap(face, 2.6, 0.3, -0.72, 0.1)
    u = shape[41:, 0] / face.width * side
    shape[41:, 1] += face.height * np.clip(0.16 * u, -0.2, 0.2)
    canvas.fill(shape, hair)
    _locks(canvas, face, hair, 20)
    _strands(canvas, face, hair)


def _wavy(canvas, face, hair):
    canvas.fill(_cap(face, 3.0, 0.25, -0.74, 0.05), hair)
    _locks(canvas, face, hair, 22, wave=0.9)
    _strands(canvas, face, hair)


def _bun(canvas, face, hair):
    canvas.fill(_cap(face, 1.4, 0.0, -0.7, -0.2), hair)
    _strands(canvas, face, hair)


def _bob(canvas, face, hair):
    canvas.fill(_cap(face, 2.8, 0.3, -0.42, -0.3), hair)  # with a fringe
    _locks(canvas, face, hair, 11)
    _strands(canvas, face, hair)


_SHORT = (_crop, _side_part, _curls, _buzz)
_LONG = (_straight, _wavy, _bun, _bob)


def _cap(face, grow, temple, hairline, bend):
    """Between an outer arc around the skull and a hairline across the forehead.

    Args:
        grow: pixels outside of the skull; temple: height at which the arc ends, as a
            share of the head's height from its middle (negative: above).
        hairline: height of the hairline's middle; bend: of its sides, the same share.
    """
    w, h = face.width, face.height
    start = np.arcsin(np.clip(temple * h / (h + grow), -1, 1))
    t = np.linspace(np.pi - start, 2 * np.pi + start, 41)
    outer = np.stack([(w + grow) * np.cos(t), (h + grow) * np.sin(t)], 1)
    u = np.linspace(1, -1, 31)
    inner = hairline + (bend - hairline) * np.abs(u) ** 2.4
    x = (w - 0.7) * u
    return np.vstack([outer, np.stack([x, h * inner], 1)])


def _strands(canvas, face, hair):
    """A lighter streak, so that hair is not flat."""
    if np.ndim(hair) == 0:
        return
    t = np.linspace(np.pi * 1.15, np.pi * 1.62, 15)
    w, h = face.width + 0.6, face.height + 0.4
    for k, share in enumerate((0.97, 0.86)):
        x, y = share * w * np.cos(t) * face.light, share * h * np.sin(t)
        streak = np.stack([-x if face.light < 0 else x, y], 1)
        canvas.line(streak, hair + (14 - 4 * k, 12 - 4 * k, 10 - 3 * k), 1.1)


def _locks(canvas, face, hair, length, wave=0.0):
    """Two strands that hang down before the ears."""
    w, side = face.width, np.linspace(0, 1, 11)
    bow = wave * np.sin(side * 12)
    for sign in (-1, 1):
        outer = np.stack([sign * (w + 2.6) + bow, -3 + length * side], 1)
        inner = np.stack([sign * (w - 1.1 + 1.6 * side) + bow, -3 + length * side], 1)
        canvas.fill(np.vstack([outer, inner[::-1]]), hair)
