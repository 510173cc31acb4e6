"""Hair of a portrait: eight cuts, behind the head and in front of it."""

import numpy as np


def draw_back_hair(canvas, face):
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


def draw_front_hair(canvas, face, colour=None):
    """What lies over the forehead and the temples; ``colour`` to draw a mask."""
    hair = face.hair if colour is None else colour
    cut = (_long if face.person.long else _short)[face.style]
    cut(canvas, face, hair)


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


def _strands(canvas, face, hair, low=0.45):
    """A lighter streak, so that hair is not flat."""
    if np.ndim(hair) == 0:
        return
    t = np.linspace(np.pi * 1.15, np.pi * 1.62, 15)
    w, h = face.width + 0.6, face.height + 0.4
    for k, share in enumerate((0.97, 0.86)):
        x, y = share * w * np.cos(t) * face.light, share * h * np.sin(t)
        canvas.line(np.stack([-x if face.light < 0 else x, y], 1),
                    hair * 1.0 + (14 - 4 * k, 12 - 4 * k, 10 - 3 * k), 1.1)  # fmt: skip


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
        canvas.oval(
            (w + 1.6) * np.cos(t), (h + 1.8) * np.sin(t), 3.2 + k % 2 * 0.5, 3.1, hair
        )
    for u in np.linspace(-0.75, 0.75, 6):
        canvas.oval(w * u, -0.62 * h + 0.1 * h * u**2, 2.6, 2.0, hair)
    if np.ndim(hair):
        for t in np.linspace(np.pi * 1.1, np.pi * 1.9, 9):
            canvas.oval(
                w * 0.9 * np.cos(t), (h - 0.6) * np.sin(t), 1.0, 0.9, hair * 1.0 + 11
            )


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


def _locks(canvas, face, hair, length, wave=0.0):
    """Two strands that hang down before the ears."""
    w, side = face.width, np.linspace(0, 1, 11)
    bow = wave * np.sin(side * 12)
    for sign in (-1, 1):
        outer = np.stack([sign * (w + 2.6) + bow, -3 + length * side], 1)
        inner = np.stack([sign * (w - 1.1 + 1.6 * side) + bow, -3 + length * side], 1)
        canvas.fill(np.vstack([outer, inner[::-1]]), hair)


_short = (_crop, _side_part, _curls, _buzz)
_long = (_straight, _wavy, _bun, _bob)
