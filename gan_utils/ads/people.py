"""Who is drawn: skin tones, hair colours, ages and bodies, each as often as any other."""

from typing import NamedTuple

import numpy as np

_MONK = (
    "#f6ede4 #f3e7db #f7ead0 #eadaba #d7bd96 #a07e56 #825c43 #604134 #3a312a #292420"
)
SKIN = tuple(_MONK.split())
"""The ten tones of the Monk Skin Tone Scale (Monk 2019, skintone.google), light to dark."""

_HAIR = ("#14110f", "#3b2417", "#6b4423", "#a5713a", "#d3ab63", "#8c2f17")
"""Black, dark brown, brown, light brown, blond, red; grey comes with age."""

_GREY_HAIR = "#a9a6a3"
_AGES = ("young", "middle", "old")


class Person(NamedTuple):
    """What a drawn person is like.

    skin: index into ``SKIN``; hair: into ``_HAIR``; age: into ``_AGES``; long: long hair;
    body: -1 (narrow) to 1 (broad).
    """

    skin: int
    hair: int
    age: int
    long: bool
    body: float

    @property
    def tone_group(self):
        """0 (lightest) to 4 (darkest): two neighbouring tones make a group."""
        return self.skin // 2


def draw_people(count, random):
    """``count`` people, every attribute uniform and independent of the others.

    Args:
        count: how many.
        random: a ``numpy.random.Generator``.
    Returns:
        List of ``Person``. Tones and ages are dealt like cards, so that each appears
        equally often, up to one.
    """
    tones = dealt(count, len(SKIN), random)
    ages = dealt(count, len(_AGES), random)
    hair = random.integers(len(_HAIR), size=count)
    long = random.integers(2, size=count)
    body = random.uniform(-1, 1, count)
    return [
        Person(int(s), int(h), int(a), bool(w), float(b))
        for s, h, a, w, b in zip(tones, hair, ages, long, body)
    ]


def hair_colour(person, random):
    """The hair as (3,) floats in 0..255: old people are grey three times in four."""
    if person.age == 2 and random.random() < 0.75:
        return rgb(_GREY_HAIR)
    return rgb(_HAIR[person.hair])


def rgb(colour):
    """'#rrggbb' as a float array (3,) in 0..255."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def dealt(count, kinds, random):
    """Numbers from 0 to below ``kinds``, (count,), each equally often, up to one."""
    return random.permutation(np.arange(count) % kinds)
