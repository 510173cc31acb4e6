"""Figures of the try-on scene: people, poses, joints, and where cloth lies on them."""

from typing import NamedTuple

import numpy as np

from gan_utils.ads.people import Person, draw_people, hair_colour
from gan_utils.ads.try_on.garments import KNOTS, TORSO, flat_width, front, ramp, sleeve

HEIGHT, WIDTH, FINE = 64, 48, 3  # pixels; every pixel is drawn as FINE x FINE
_UPPER, _LOWER = 10.0, 9.0  # lengths of the two parts of an arm
_EASE = 1.12  # sleeves are as much wider than the arm


def grid(scale):
    """(x, y) of the pixel centres of a ``scale`` times finer picture."""
    x, y = (np.arange(n * scale, dtype=np.float32) + 0.5 for n in (WIDTH, HEIGHT))
    return np.meshgrid(x / scale, y / scale)


GRID = grid(FINE)


class Pose(NamedTuple):
    """How a figure stands; angles in radians, pairs are (left, right) as we see them.

    lean: of the torso to the right; shoulders: from hanging (0) outward; elbows: bent
    further outward, or inward if negative; shift: of the hips to the right, in pixels.
    """

    lean: float
    shoulders: tuple
    elbows: tuple
    shift: float


class Figure(NamedTuple):
    """A person in a pose. hair, trousers, background: colours (3,) in 0..255."""

    person: Person
    pose: Pose
    hair: tuple
    trousers: tuple
    background: tuple


class Joints(NamedTuple):
    """Points (x, y) in pixels. up, across: of the torso, unit vectors.

    arms: (shoulder, elbow, wrist) on the left and on the right as we see them; widths:
    half of shoulders, waist and hips.
    """

    up: np.ndarray
    across: np.ndarray
    hip: np.ndarray
    neck: np.ndarray
    head: np.ndarray
    arms: tuple
    widths: tuple


def draw_figures(count, random):
    """``count`` people as ``draw_people`` deals them, each in a pose of its own."""
    return [
        Figure(
            person,
            _draw_pose(random),
            tuple(hair_colour(person, random)),
            tuple(random.uniform(25, 120, 3)),
            tuple(random.uniform(200, 242) + random.uniform(-12, 12, 3)),
        )
        for person in draw_people(count, random)
    ]


def _draw_pose(random):
    """Arms from hanging to spread, elbows straight to bent, a little lean."""
    shoulders = random.uniform(0.1, 1.0, 2)
    elbows = random.uniform(-1, 0.6, 2) * np.clip(shoulders / 0.6, 0.35, 1)
    lean, shift = random.uniform((-0.11, -1.5), (0.11, 1.5))
    return Pose(float(lean), tuple(shoulders), tuple(elbows), float(shift))


def joints(figure):
    """The joints of a figure."""
    pose, body = figure.pose, figure.person.body
    up = np.array([np.sin(pose.lean), -np.cos(pose.lean)])
    across = np.array([-up[1], up[0]])
    hip = np.array([WIDTH / 2 + pose.shift, 45.0])
    neck = hip + TORSO * up
    half = 7.5 + 1.1 * body
    arms = []
    for side, shoulder, elbow in zip((-1, 1), pose.shoulders, pose.elbows):
        start = neck + side * (half - 1.7) * across - 2.6 * up
        turn = shoulder - side * pose.lean
        bones = [np.array([side * np.sin(a), np.cos(a)]) for a in (turn, turn + elbow)]
        middle = start + _UPPER * bones[0]
        arms.append((start, middle, middle + _LOWER * bones[1]))
    widths = (half, 5.2 + 1.5 * body, 6.2 + 1.3 * body)
    head = neck + np.array([4 * up[0], -9.2])
    return Joints(up, across, hip, neck, head, tuple(arms), widths)


def _worn_width(found, garment, height):
    """Half the width of the worn garment, at heights in torso lengths from the shoulders."""
    half, waist, hip = found.widths
    ease = 0.4 + 1.1 * garment.fit
    flare = 3.0 if garment.cut else 0.5
    widths = (half + 0.3, half - 0.5 + 0.3 * ease, waist + ease, hip + ease)
    return ramp(height, KNOTS, (*widths, widths[-1] + flare))


def worn_front(figure, found, garment):
    """The garment over the torso: _window, inside (bool) and lit colours there."""
    half = max(found.widths) + 8
    hem = found.neck - garment.length * found.up
    part = _window((found.neck, hem), (half, 3))
    dx, dy = GRID[0][part] - found.neck[0], GRID[1][part] - found.neck[1]
    down = -(dx * found.up[0] + dy * found.up[1])
    height = down / TORSO
    share = dx * found.across[0] + dy * found.across[1]
    share = share / _worn_width(found, garment, height)
    inside, colours = front(garment, share * flat_width(garment, height), down)
    fold = np.sin(10 * height + 3 * share + 12 * figure.pose.lean)
    light = 1.0 - 0.24 * share**2 - 0.07 * share - 0.06 * fold * height.clip(0, 1)
    return part, inside, colours * light[..., None]


def worn_sleeve(arm, side, garment):
    """One sleeve: _window, inside (bool) and lit colours there."""
    part = _window(arm[: 1 + garment.sleeves], (5, 5))
    along, across = _arm_coordinates(arm, side, GRID[0][part], GRID[1][part])
    inside, colours = sleeve(garment, across * _EASE, along)
    light = 0.98 - 0.22 * (across / 3).clip(-1, 1) ** 2 - 0.004 * along.clip(0)
    return part, inside, colours * light[..., None]


def _window(points, margin):
    """The part of the fine grid around points (x, y) with a margin (x, y), in pixels."""
    low = np.floor((np.min(points, 0) - margin) * FINE).astype(int).clip(0)
    high = np.ceil((np.max(points, 0) + margin) * FINE).astype(int)
    return np.s_[low[1] : high[1], low[0] : high[0]]


def _arm_coordinates(arm, side, x, y):
    """Points as (along, across): pixels from the shoulder, and outward from the bone."""
    (t, s, gap), (t_low, s_low, gap_low) = (
        _bone(arm[i], arm[i + 1], side, x, y, end)
        for i, end in ((0, _UPPER), (1, np.inf))
    )
    lower = gap_low < gap
    along = np.where(lower, _UPPER + t_low.clip(0), t.clip(None, _UPPER))
    across = np.where(lower, np.copysign(gap_low, s_low), np.copysign(gap, s))
    return along, across


def _bone(start, end, side, x, y, length):
    """Along and across one bone, and the distance from it."""
    way = ((end - start) / np.linalg.norm(end - start)).astype(np.float32)
    dx, dy = x - np.float32(start[0]), y - np.float32(start[1])
    t, s = dx * way[0] + dy * way[1], side * (dx * way[1] - dy * way[0])
    return t, s, np.hypot(s, t - t.clip(0, length))
