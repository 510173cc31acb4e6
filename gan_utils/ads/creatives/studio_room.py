"""An empty studio room, and the solids that stand in it."""

from typing import NamedTuple

import torch

from gan_utils.ads.creatives.cast_shadows import (
    DEPTH,
    HEIGHT,
    REACH,
    SIZE,
    X,
    Y,
    away,
    cast,
    landing,
    occlusion,
)


class Wish(NamedTuple):
    """What a set is drawn from.

    shadows: (N, 9, 64, 64) in [0, 1]; lights: (N,) degrees; chance: (N, C) in [0, 1);
    side, back: (N, 1, 1, 1), where the lamp stands: side is 1 at the right and -1 at the
    left, back is 1 behind the product and -1 at the camera.
    """

    shadows: torch.Tensor
    lights: torch.Tensor
    chance: torch.Tensor
    side: torch.Tensor
    back: torch.Tensor

    def draw(self, number, low, high):
        """Chance ``number`` of each scene, (N, 1, 1, 1), uniform between low and high."""
        return low + (high - low) * self.chance[:, number].view(-1, 1, 1, 1)

    def empty(self, channels=1):
        """Zeros (N, channels, 128, 128)."""
        return self.shadows.new_zeros(len(self.shadows), channels, SIZE, SIZE)


class Room(NamedTuple):
    """Wall and ground without what chance puts there.

    ground: (1, 1, 128, 1), 0 on the wall and 1 on the ground; sky, key: (N, 1, 128, 128),
    light that arrives from everywhere and from the lamp, shadows included; lamp: the
    lamp's share of unshadowed light.
    """

    ground: torch.Tensor
    sky: torch.Tensor
    key: torch.Tensor
    lamp: float

    @property
    def light(self):
        return self.sky + self.key


class Ball(NamedTuple):
    """A ball as it is seen; all (N, 1, 128, 128).

    cover: where it is; light, shine: on it, multiplied and added; kept, near: as
    ``post_shadow``.
    """

    cover: torch.Tensor
    light: torch.Tensor
    shine: torch.Tensor
    kept: torch.Tensor
    near: torch.Tensor


class Post(NamedTuple):
    """An upright cylinder or block; all (N, 1, 1, 1), in pixels.

    x, y: the middle of its base on the screen; wide, deep: half its extent, deep along the
    ground; height; block: whether it is one, bool.
    """

    x: torch.Tensor
    y: torch.Tensor
    wide: torch.Tensor
    deep: torch.Tensor
    height: torch.Tensor
    block: torch.Tensor


def step(low, high, x):
    """0 below low, 1 above high, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def inside(distance, soft=1.0):
    """1 where distance is negative, 0 where positive, smooth over ``soft`` pixels."""
    return step(-soft / 2, soft / 2, -distance)


def over(below, above, cover):
    """``above`` where cover is 1, ``below`` where it is 0."""
    return below + cover * (above - below)


def room(wish, wall, bend, lamp=0.48, kept=None, near=None):
    """An empty room with the product's shadows in it.

    Args:
        wish: a ``Wish``.
        wall: the row on which wall and ground meet.
        bend: half the rows over which one colour becomes the other.
        lamp: the lamp's share of the light; the rest comes from everywhere.
        kept, near: shadow and occlusion, (N, 1, 128, 128), if not the product's own.
    """
    ground = step(wall - bend, wall + bend, Y)
    if kept is None:
        kept = cast(wish.shadows, wish.lights, wall, max(1.0, bend / 3))
    if near is None:
        near = occlusion(wish.shadows) * step(wall - 8, wall + 8, Y)
    fall = fall_off(wish) * (1 - (1 - ground) * (0.03 + 0.09 * wish.back))
    sky, key = (1 - lamp) * fall * (1 - 0.9 * near), lamp * fall * (1 - kept)
    return Room(ground, sky, key, lamp)


def fall_off(wish):
    """The room's light before shadows: brighter where the lamp is, darker in corners."""
    towards = (X / SIZE - 0.5) * wish.side
    corner = ((X - SIZE / 2) ** 2 + (Y - 60) ** 2) / (SIZE / 2) ** 2
    return 1.04 * (1 + 0.16 * towards - 0.075 * corner)


def _ellipse(dx, dy, wide, high):
    """Signed distance from an ellipse, to first order, in pixels; negative inside."""
    radius = ((dx / wide) ** 2 + (dy / high) ** 2).sqrt().clamp(min=1e-3)
    slope = ((dx / wide**2) ** 2 + (dy / high**2) ** 2).sqrt().clamp(min=1e-4)
    return radius * (radius - 1) / slope


def _outline(post, dx, dy):
    """Signed distance from a post's top or base, seen from the camera."""
    high = post.deep * DEPTH
    box = torch.maximum(dx.abs() - post.wide, dy.abs() - high)
    return torch.where(post.block, box, _ellipse(dx, dy, post.wide, high))


def _top(post):
    """Where a post's top is seen, (N, 1, 128, 128)."""
    return inside(_outline(post, X - post.x, Y - post.y + HEIGHT * post.height))


def stand(light, post_light, post):
    """Light with a post in front of it, and where the post is seen."""
    low, high = post.y - Y, Y - post.y + HEIGHT * post.height
    shaft = inside((X - post.x).abs() - post.wide) * inside(-low) * inside(-high)
    base = inside(_outline(post, X - post.x, Y - post.y))
    cover = torch.maximum(torch.maximum(shaft, base), _top(post))
    return over(light, post_light, cover), cover


def post_light(wish, post, lamp, top=1.0):
    """Light on a post, (N, 1, 128, 128): its side, and ``top`` on its top."""
    across = ((X - post.x) / post.wide).clamp(-1, 1)
    across = torch.where(post.block, 0.0, across)
    facing = across * wish.side - (1 - across**2).sqrt() * wish.back
    foot = torch.exp(-(post.y + post.deep * DEPTH - Y).clamp(min=0) / 7)
    side = (1 - lamp) * (0.92 - 0.30 * foot) + lamp * 0.9 * (0.5 + 0.5 * facing) ** 1.3
    return fall_off(wish) * over(side, 1.02 * top, _top(post))


def post_shadow(wish, post, wall, bend):
    """What a post keeps from the ground: of the lamp's light, and of the sky's."""
    x, y = landing(wish.lights, wall, bend)
    ux, uy = away(wish.lights)
    dx, dy = x - post.x, (y - post.y) / DEPTH
    along = (dx * ux + dy * uy).clamp(min=0).minimum(REACH * post.height)
    gap = _gap(post, dx - along * ux, dy - along * uy)
    kept = 1 - step(-1.0 - 0.3 * along, 1.0 + 0.3 * along, gap)
    near = _gap(post, X - post.x, (Y - post.y) / DEPTH).clamp(min=0)
    return kept, 0.55 * torch.exp(-near / 9) * step(wall - 8, wall + 8, Y)


def _gap(post, dx, dy):
    """Signed distance along the ground from a post's base."""
    box = torch.maximum(dx.abs() - post.wide, dy.abs() - post.deep)
    return torch.where(post.block, box, (dx**2 + dy**2).sqrt() - post.wide)


def ball(wish, x, y, radius, lamp, wall):
    """A ``Ball`` on the ground whose lowest point is at (x, y), all (N, 1, 1, 1)."""
    dx, dy = (X - x) / radius, (Y - y + radius) / radius
    square = dx**2 + dy**2
    cover = inside((square.sqrt() - 1) * radius)
    front = (1 - square).clamp(min=0).sqrt()  # how far the surface faces the camera
    facing = 0.62 * (dx * wish.side - front * wish.back) - 0.78 * dy
    key = 1.15 * lamp * (0.32 + 0.68 * facing).clamp(min=0)
    light = fall_off(wish) * ((1 - lamp) * (0.78 - 0.30 * dy) + key).clamp(min=0.1)
    shine = torch.exp(-((dx - 0.34 * wish.side) ** 2 + (dy + 0.46) ** 2) / 0.035)
    ux, uy = away(wish.lights)
    at_x, at_y = landing(wish.lights, wall)
    gx, gy = (at_x - x) / radius, (at_y - y) / (DEPTH * radius)
    along, aside = gx * ux + gy * uy - REACH, gy * ux - gx * uy
    longer = (1 + REACH**2) ** 0.5  # a ball's shadow is an ellipse
    kept = 1 - step(0.72, 1.28, ((along / longer) ** 2 + aside**2).sqrt())
    touch = ((X - x) ** 2 + ((Y - y) / DEPTH) ** 2) / (0.62 * radius) ** 2
    return Ball(cover, light, 0.22 * shine * cover, kept, 0.75 * torch.exp(-touch))
