"""A simulated audience: users in segments, and how they click on and buy from banners.

Nobody real is in it. A policy that is to be judged may call ``draw_users`` and
``ClickModel.respond``; the rates themselves are for the judge.
"""

import copy
import math
from typing import NamedTuple

import torch

from gan_utils.ads.creatives.networks import CODES, SIZES, one_hot
from gan_utils.ads.creatives.scene import ATTRIBUTES

FEATURES = ("age", "thrift", "sport", "elegance", "evening", "hurry")
"""The user vector: how old, how price-conscious, ... ; 0 is the middle, 1 a deviation."""

SEGMENTS = {
    "students": (0.40, (-0.7, 0.4, 0.5, -0.3, 0.4, 0.0)),
    "families": (0.30, (0.1, 0.5, -0.1, -0.3, -0.4, 0.5)),
    "professionals": (0.20, (0.1, -0.6, 0.1, 0.7, 0.2, 0.3)),
    "retired": (0.10, (1.1, 0.1, -0.4, 0.2, -0.3, -0.6)),
}
"""Name: share of the audience, and the mean of each feature in the segment."""

LIKED_BY_ALL = {
    "product": {"sneaker": 0.10, "dress": 0.05, "trousers": -0.10},
    "palette": {"night": 0.05, "mint": -0.05},
    "headline": {"none": -0.15, "-50%": 0.15, "SALE": 0.10},
    "button": {"none": -0.20, "pill": 0.08, "box": 0.08},
    "layout": {"left": 0.05, "top": -0.05},
}

LIKED_WITH = {
    "age": {
        "product": {"T-shirt": -0.15, "sneaker": -0.10, "pullover": 0.12, "bag": 0.10},
        "palette": {"sky": 0.12, "night": -0.10},
        "headline": {"BEST": 0.12, "HOT": -0.12},
    },
    "thrift": {
        "headline": {"-50%": 0.20, "2 FOR 1": 0.18, "SALE": 0.15, "NEW": -0.12,
                     "none": -0.10},
        "palette": {"peach": 0.05, "graphite": -0.08},
    },
    "sport": {
        "product": {"sneaker": 0.25, "T-shirt": 0.12, "dress": -0.15,
                    "ankle boot": -0.10},
        "palette": {"mint": 0.08},
        "headline": {"HOT": 0.06},
    },
    "elegance": {
        "product": {"dress": 0.20, "bag": 0.15, "ankle boot": 0.12, "sneaker": -0.12},
        "headline": {"none": 0.15, "-50%": -0.15},
        "palette": {"graphite": 0.10, "rose": 0.08},
    },
    "evening": {
        "palette": {"night": 0.20, "graphite": 0.15, "sky": -0.12, "mint": -0.10},
    },
    "hurry": {
        "button": {"none": -0.12, "box": 0.10},
        "layout": {"left": 0.06, "bottom": -0.08},
    },
}  # fmt: skip

BUYS_AFTER = {
    "headline": {"HOT": -0.25, "-50%": -0.20, "NEW": -0.10, "BEST": 0.10,
                 "2 FOR 1": 0.20, "none": 0.15},
    "product": {"bag": 0.10, "trousers": 0.10, "sandal": -0.10},
    "button": {"none": 0.10},
}  # fmt: skip
"""Who clicked on such a creative buys more often (positive) or less."""


SPREAD = 1.0  # standard deviation of every feature within its segment
_STRENGTH = 0.76  # factor of all tastes
_CHANCE = {"all": 0.05, "feature": 0.04, "segment": 0.05, "pair": 0.07}  # log-odds
UNIFORM_RATE = 0.012  # clicks an impression of a creative drawn at random
_BUYER_RATE = 0.05  # purchases a click, all users and creatives equal

COMBINATIONS = torch.cartesian_prod(*(torch.arange(size) for size in SIZES))
"""Every combination of attributes, int64 (4032, 5); its row is a creative's number."""


class Users(NamedTuple):
    """features: (N, 6) float, columns as ``FEATURES``; segments: (N,) int64."""

    features: torch.Tensor
    segments: torch.Tensor


def draw_users(count, random):
    """Independent users of the audience.

    Args:
        count: how many.
        random: a ``torch.Generator``.
    """
    shares, means = zip(*SEGMENTS.values())
    segments = torch.multinomial(torch.tensor(shares), count, True, generator=random)
    around = torch.randn(count, len(FEATURES), generator=random)
    return Users(torch.tensor(means)[segments] + SPREAD * around, segments)


def with_one(features):
    """Features (N, 6) with a leading 1 for what all users share: (N, 7)."""
    return torch.cat([features.new_ones(len(features), 1), features], 1)


def numbers(attributes):
    """Rows of ``COMBINATIONS`` that hold attributes (..., 5): int64 (...)."""
    place = torch.tensor([math.prod(SIZES[i + 1 :]) for i in range(len(SIZES))])
    return (attributes * place).sum(-1)


def code_table(liked):
    """A table {attribute: {value: log-odds}} as 28 numbers in the order of the codes."""
    rows = [
        [liked.get(name, {}).get(value, 0.0) for value in values]
        for name, values in ATTRIBUTES.items()
    ]
    return torch.tensor(sum(rows, []))


class ClickModel:
    """P(click | user, creative) and P(purchase | click), both logistic.

    The log-odds add what all users like, what goes with each feature and what a segment
    likes beyond its features. Two terms couple attributes: product with headline and
    palette with layout. Published tables make up the larger part; a small one is drawn.

    Args:
        seed: of the drawn part.
    """

    def __init__(self, seed=0):
        random = torch.Generator().manual_seed(1_000 + seed)

        def by_chance(kind, *shape):
            return _CHANCE[kind] * torch.randn(*shape, generator=random)

        tables = [LIKED_BY_ALL, *(LIKED_WITH[name] for name in FEATURES)]
        published = torch.stack([code_table(table) for table in tables])
        drawn = [by_chance("all", 1, CODES), by_chance("feature", 6, CODES)]
        self.tastes = _STRENGTH * (published + torch.cat(drawn))
        self.segment_tastes = _STRENGTH * by_chance("segment", len(SEGMENTS), CODES)
        products, palettes, headlines, _, layouts = SIZES
        self.product_headline = _STRENGTH * by_chance("pair", products, headlines)
        self.palette_layout = _STRENGTH * by_chance("pair", palettes, layouts)
        self.base = 0.0
        self._calibrate()

    def _calibrate(self):
        """Choose the constant so that creatives drawn at random get ``UNIFORM_RATE``."""
        users = draw_users(2_000, torch.Generator().manual_seed(0))
        self.base = math.log(UNIFORM_RATE)
        for _ in range(6):
            mean = self.click_rates(users, COMBINATIONS).mean().item()
            self.base += math.log(UNIFORM_RATE / mean)

    def weights(self, users):
        """What each user likes in each code: (N, 28)."""
        own = with_one(users.features) @ self.tastes
        return own + self.segment_tastes[users.segments]

    def couplings(self, attributes):
        """The two terms that couple attributes (..., 5), and the constant: (...)."""
        product, palette, headline, _, layout = attributes.unbind(-1)
        coupled = self.product_headline[product, headline]
        return self.base + coupled + self.palette_layout[palette, layout]

    def click_rates(self, users, attributes):
        """The truth, for judges only.

        Args:
            users: N of them.
            attributes: (M, 5), as read from the pixels, shown to every user; or
                (N, K, 5), K creatives for each.
        Returns:
            Probabilities (N, M) or (N, K).
        """
        weights, constant = self.weights(users), self.couplings(attributes)
        if attributes.ndim == 2:
            return torch.sigmoid(weights @ one_hot(attributes).T + constant)
        codes = one_hot(attributes.flatten(0, 1)).unflatten(0, attributes.shape[:2])
        return torch.sigmoid((codes @ weights[..., None])[..., 0] + constant)

    def buyer_rates(self, attributes):
        """P(purchase | click) of creatives (..., 5): (...)."""
        codes = one_hot(attributes.reshape(-1, len(SIZES)))
        after = codes @ code_table(BUYS_AFTER) + math.log(
            _BUYER_RATE / (1 - _BUYER_RATE)
        )
        return torch.sigmoid(after).view(attributes.shape[:-1])

    def respond(self, users, attributes, random):
        """One impression for each user: all that a policy may see.

        Args:
            users: N of them.
            attributes: (N, 5), the creative that each is shown.
            random: a ``torch.Generator``.
        Returns:
            clicks: (N,) float, 0 or 1.
        """
        chance = torch.rand(len(attributes), generator=random)
        return (chance < self.click_rates(users, attributes[:, None])[:, 0]).float()

    def drifted(self):
        """A copy whose tastes in palette and headline have moved on by one value."""
        later = copy.copy(self)
        later.tastes, later.segment_tastes = (
            torch.cat([
                block.roll(1, 1) if name in ("palette", "headline") else block
                for name, block in zip(ATTRIBUTES, table.split(SIZES, 1))
            ], 1)
            for table in (self.tastes, self.segment_tastes)
        )  # fmt: skip
        later._calibrate()
        return later
