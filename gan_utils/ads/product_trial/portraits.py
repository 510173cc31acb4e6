"""64 x 64 portraits: bare, with eyewear, with lipstick, and every mask and attribute."""

from typing import NamedTuple

import numpy as np
import torch

from gan_utils.ads.people import dealt, draw_people, rgb
from gan_utils.ads.product_trial import products
from gan_utils.ads.product_trial.faces import (
    FINE,
    SIZE,
    ZOOM,
    Canvas,
    Face,
    draw_body,
    draw_features,
    draw_front_hair,
    draw_lines,
)
from gan_utils.ads.product_trial.products import BRANDS, FRAMES, LENSES, SHADES

OPACITY = 0.86  # of lipstick over lips
_Y, _X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + 0.5


class Portraits(NamedTuple):
    """``count`` people, each without a product, with eyewear and with lipstick.

    bare, with_eyewear, with_lipstick: (N, 3, 64, 64), float, in [-1, 1], the same face.
    eyewear_mask, lip_mask: (N, 1, 64, 64) in [0, 1], the share that the product covers.
    brand, frame, lens, shade: (N,) int64, indices into BRANDS, FRAMES, LENSES, SHADES.
    placement: (N, 4), where the eyewear sits: x and y of its middle in pixels, logarithm
        of pixels in half a lens distance, turn in radians.
    people: list of ``people.Person``; tone_group: (N,) int64, 0 (light) to 4 (dark).
    """

    bare: torch.Tensor
    with_eyewear: torch.Tensor
    with_lipstick: torch.Tensor
    eyewear_mask: torch.Tensor
    lip_mask: torch.Tensor
    brand: torch.Tensor
    frame: torch.Tensor
    lens: torch.Tensor
    shade: torch.Tensor
    placement: torch.Tensor
    people: list
    tone_group: torch.Tensor


def portraits(count, seed=0, shades=None):
    """Draw people; the same seed gives the same bytes.

    Args:
        count: how many, from 1 on; about 200 a second on one core.
        seed: a whole number >= 0.
        shades: the lipstick shades to deal out, indices into SHADES; by default all.
    Raises:
        ValueError: count is below 1.
    """
    faces, *kinds, shade = faces_and_products(count, seed, shades)
    drawn = [draw_portrait(*which) for which in zip(faces, *kinds, shade)]
    arrays = [torch.from_numpy(np.stack(part)) for part in zip(*drawn)]
    labels = [torch.from_numpy(kind.astype(np.int64)) for kind in (*kinds, shade)]
    people = [face.person for face in faces]
    tone_group = torch.tensor([person.tone_group for person in people])
    return Portraits(*arrays[:5], *labels, arrays[5], people, tone_group)


def faces_and_products(count, seed=0, shades=None):
    """The faces of ``portraits`` and the products dealt to them, before drawing.

    Returns:
        List of ``Face`` and arrays (count,) of brand, frame, lens and shade.
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more; got {count}")
    random = np.random.default_rng([16, seed])
    people = draw_people(count, random)
    kinds = [dealt(count, len(names), random) for names in (BRANDS, FRAMES, LENSES)]
    shade = random.permutation(np.resize(list(shades or range(len(SHADES))), count))
    return [Face(person, random) for person in people], *kinds, shade


def shade_colours():
    """The lipstick shades as colours, (12, 3) in [-1, 1]."""
    return _colours(SHADES)


def frame_colours():
    """The colours of the frames, (6, 3) in [-1, 1]."""
    return _colours(FRAMES)


def _colours(codes):
    colours = np.stack([rgb(code) for code in codes.values()])
    return torch.from_numpy(colours / 127.5 - 1).float()


def draw_portrait(face, brand, frame, lens, shade):
    """Bare, with eyewear, with lipstick, both masks and the placement: float32 arrays."""
    bare = _bare(face)
    lip_alpha, lipstick = _lipstick(face, list(SHADES.values())[shade])
    scale = face.gap * 1.02
    seat, size = (face.turn, face.eye_line + 0.25), (SIZE * FINE, SIZE * FINE)
    layer = products.draw_eyewear(
        brand,
        frame,
        lens,
        size,
        lambda points: face.at(points * scale + seat) * FINE,
        scale * ZOOM * FINE,
    )
    glasses = products.premultiplied(layer, FINE)
    alpha = glasses[..., 3:]
    with_eyewear = bare * (1 - alpha) + 255 * glasses[..., :3]
    with_lipstick = bare * (1 - OPACITY * lip_alpha) + OPACITY * lip_alpha * lipstick
    middle = face.at([seat])[0]
    placement = np.array([*middle, np.log(scale * ZOOM), face.roll], np.float32)
    pictures = [p / 127.5 - 1 for p in (bare, with_eyewear, with_lipstick)]
    planes = [*pictures, alpha, lip_alpha]
    return *(p.transpose(2, 0, 1).astype(np.float32) for p in planes), placement


def _bare(face):
    """The face without a product, (64, 64, 3) in 0..255."""
    canvas = Canvas(face, "RGB", tuple(int(c) for c in face.wall))
    draw_body(canvas, face)
    draw_features(canvas, face)
    draw_front_hair(canvas, face)
    inside, lines = Canvas(face, "L"), Canvas(face, "L")
    inside.fill(face.outline(), 255)
    draw_front_hair(inside, face, 0)
    draw_lines(lines, face)
    skin = inside.reduced() / 255
    folds = lines.reduced() / 255
    light = 1 + skin * (_shading(face) - 1) - 0.75 * folds * skin
    picture = canvas.reduced() * light[..., None]
    blush = 0.1 * skin * _cheeks(face)
    picture += blush[..., None] * (np.array([205, 92, 84]) - picture)
    wall = 1.04 - 0.1 * _Y / SIZE - 0.03 * (_X / SIZE - 0.5) * face.light
    return (picture * wall[..., None]).clip(0, 255)


def _shading(face):
    """Light from one side, darker to the rim, on the bridge and tip of the nose lighter."""
    x, y = _head_coordinates(face)
    u, v = x / face.width, y / face.height
    side = 1 + 0.1 * face.light * u - 0.12 * np.clip(u * u + v * v - 0.45, 0, 1)
    nose_x = x - face.turn * 1.3
    ridge = np.exp(-((nose_x / 1.3) ** 2)) * (y > face.eye_line) * (y < face.nose)
    flank = np.exp(-(((nose_x + 2.4 * face.light) / 1.2) ** 2))
    flank = flank * (y > face.eye_line) * (y < face.nose + 0.5)
    sockets = np.exp(-(((y - face.eye_line + 2.6) / 1.6) ** 2)) * (np.abs(u) < 0.8)
    return side + 0.07 * ridge - 0.09 * flank - 0.05 * sockets


def _cheeks(face):
    x, y = _head_coordinates(face)
    spot = 0.0
    for side in (-1, 1):
        distance = ((x - face.turn - side * face.gap * 1.15) / 3.6) ** 2
        spot = spot + np.exp(-distance - ((y - face.nose + 1.2) / 2.6) ** 2)
    return spot


def _head_coordinates(face):
    c, s = np.cos(face.roll), np.sin(face.roll)
    x, y = (_X - face.centre[0]) / ZOOM, (_Y - face.centre[1]) / ZOOM
    return c * x + s * y, c * y - s * x


def _lipstick(face, code):
    """Where lipstick lies, (64, 64, 1) in 0..1, and its colour with light and gloss."""
    top, bottom, line = face.mouth()
    mask, form, gloss = (Canvas(face, "L") for _ in range(3))
    mask.fill(top, 255)
    mask.fill(bottom, 255)
    form.fill(top, 34)
    form.line(line, 150, 0.45)
    x, y = line[10]
    gloss.oval(x + 0.9 * face.light, y + 0.9 * face.lips, 1.2, 0.34, 255)
    colour = rgb(code) * (1 - form.reduced()[..., None] / 255)
    shine = 0.4 * gloss.reduced()[..., None] / 255
    return mask.reduced()[..., None] / 255, colour + shine * (255 - colour)
