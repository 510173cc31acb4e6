"""Lesson 16's campaign: a studio's library, its log, and how policies are judged."""

import json
from typing import NamedTuple

import torch
from scipy.stats import t

from gan_utils.ads.clicks.audience import (
    COMBINATIONS,
    SEGMENTS,
    ClickModel,
    draw_users,
    numbers,
)
from gan_utils.ads.clicks.log import ClickLog, draw_library, draw_log
from gan_utils.ads.creatives.networks import one_hot
from gan_utils.ads.creatives.scores import read_back
from gan_utils.ads.creatives.typesetting import painted, photographed
from gan_utils.data import ROOT

LIBRARY = 48  # banners that the studio has made so far
_IMPRESSIONS = 200_000  # in each of the two halves of the log
_HELD_OUT = 4_000  # users on whom policies are judged


_RESULTS = ROOT / "benchmarks" / "results" / "personalised.json"


class Campaign(NamedTuple):
    """What there is before anything is learned.

    model: the truth, for judges; library: (L,) numbers, as read from the pixels; log:
    to learn from; held_back: a second ``ClickLog``, to judge with.
    """

    model: ClickModel
    library: torch.Tensor
    log: ClickLog
    held_back: ClickLog


def start(seed, impressions=_IMPRESSIONS):
    """An audience, a studio's library and a log, all from one seed."""
    model = ClickModel(seed)
    random = torch.Generator().manual_seed(seed)
    orders = COMBINATIONS[draw_library(LIBRARY, random)]
    library = numbers(read_back(photographed(orders, seed))).unique()
    log, held_back = (draw_log(model, library, impressions, random) for _ in range(2))
    return Campaign(model, library, log, held_back)


def outcomes(painter, seed=3):
    """What the painted banner of every order turns out to be: numbers (4032,).

    Args:
        painter: a ``BannerGenerator``.
        seed: of z, one for each order.
    """
    parts = [
        numbers(read_back(painted(painter, orders, seed + i)))
        for i, orders in enumerate(COMBINATIONS.split(504))
    ]
    return torch.cat(parts)


def held_out_users(seed):
    """Users who are in no log."""
    return draw_users(_HELD_OUT, torch.Generator().manual_seed(10_000 + seed))


def clicked(log):
    """Who clicked, and on what: features (N, 6) and codes (N, 28)."""
    hits = log.rows(log.clicks > 0)
    return hits.users.features, one_hot(COMBINATIONS[hits.library[hits.shown]])


def judged(model, users, chosen):
    """The truth about a policy that shows each user one of K creatives, equally often.

    Args:
        model: a ``ClickModel``.
        users: N of them.
        chosen: numbers (N, K).
    Returns:
        {"clicks": per impression, "purchases": per impression, "segments": clicks in
        each segment}.
    """
    attributes = COMBINATIONS[chosen]
    clicks = model.click_rates(users, attributes)
    purchases = clicks * model.buyer_rates(attributes)
    mine = [clicks[users.segments == k].mean().item() for k in range(len(SEGMENTS))]
    return {
        "clicks": clicks.mean().item(),
        "purchases": purchases.mean().item(),
        "segments": mine,
    }


def ideal_gan(model, users, library):
    """The click rate of exact samples from p(creative | user, click): E[r^2] / E[r]."""
    rates = model.click_rates(users, COMBINATIONS[library])
    return (rates.square().mean(1) / rates.mean(1)).mean().item()


def measured():
    """What ``python benchmarks/personalised.py`` wrote: ten audiences, all policies."""
    return json.loads(_RESULTS.read_text())


def lifts(runs, name, kind="clicks"):
    """A policy's rates over those of showing the library at random, in every audience.

    Args:
        runs: of ``measured``; name: of the policy.
        kind: "clicks" or "purchases", (10,), or "segments", clicks in each: (10, 4).
    """
    own, uniform = (
        torch.tensor([run["policies"][policy][kind] for run in runs])
        for policy in (name, "uniform")
    )
    return own / uniform


def traces(runs):
    """Every live policy's true click rates: {policy: (10, batches)}."""
    return {
        name: torch.tensor([run["live"][name] for run in runs])
        for name in runs[0]["live"]
    }


def interval(values):
    """Mean and half of its 95 % interval by Student's t, over independent audiences.

    Args:
        values: N numbers, or a tensor (N, ...), N at least 2.
    Returns:
        Two tensors (...).
    Raises:
        ValueError: fewer than 2 audiences.
    """
    values = torch.as_tensor(values)
    if len(values) < 2:
        raise ValueError(f"an interval needs at least 2 audiences; got {len(values)}")
    quantile = float(t.ppf(0.975, len(values) - 1))
    return values.mean(0), quantile * values.std(0) / len(values) ** 0.5
