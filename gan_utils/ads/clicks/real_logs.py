"""Logs of a real shop, and what one policy's log says about another policy.

Two policies ran side by side, so an estimate from one log can be held against the click
rate in the other. The two directions differ. Random's probabilities are known exactly,
so Thompson sampling's log answers for it, as far as its propensities are right. Thompson
sampling learned about every five minutes from clicks that were not published, so its
probabilities are known only for what it showed. From random's log we can estimate two
fixed policies: the one that showed each article as often as Thompson sampling did over the
week (``shares_of``), and the one with which it began (``thompson_start``). The first has
the click rate of Thompson sampling only if, at each position, the moments at which it
preferred an article were not also moments at which that article was clicked more.

The data, their licence and their gaps: data/clicks/CARD.md.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import beta, binomtest

from gan_utils.ads.checked import checked
from gan_utils.ads.clicks.policies import (
    doubly_robust,
    effective_sample_size,
    ips,
    snips,
)
from gan_utils.data import ROOT

POLICIES = ("random", "thompson")
CAMPAIGNS = ("all", "men", "women")
POSITIONS = 3  # left, centre, right
_CLICKS = ROOT / "data" / "clicks"
_FOLDS = 5  # of the cross-fitted reward model
_RIDGE = 4.0  # a prior deviation of 0.5 of each coefficient, in log-odds


class RealLog(NamedTuple):
    """N impressions of one policy in one campaign, in the order of time.

    seconds: (N,) int64 since 24 November 2019, 00:00 UTC; item: (N,) int64 in [0, items);
    position: (N,) int64, 0 left, 1 centre, 2 right; clicks: (N,) float, 0 or 1;
    propensity: (N,) float in (0, 1], the probability of this item at this position;
    users: (N, 4) int64 codes; affinity: (N, items) float >= 0, the user's past clicks on
    every item.
    """

    seconds: torch.Tensor
    item: torch.Tensor
    position: torch.Tensor
    clicks: torch.Tensor
    propensity: torch.Tensor
    users: torch.Tensor
    affinity: torch.Tensor


class Items(NamedTuple):
    """What was published about a campaign's items.

    number: (items,) float, a standardised feature; codes: (items, 3) int64, three more,
    hashed; clicked, passed: (items,) float, the parameters of the Beta distribution of each
    item's click rate with which Thompson sampling began the week.
    """

    number: torch.Tensor
    codes: torch.Tensor
    clicked: torch.Tensor
    passed: torch.Tensor


class Target(NamedTuple):
    """A policy to be evaluated that looks at the position alone.

    probability: (3, items), each row sums to 1; counted: (3,) the impressions from which
    the probabilities were counted, or None where they are known.
    """

    probability: torch.Tensor
    counted: torch.Tensor | None = None


class Interval(NamedTuple):
    """A click rate and the ends of its interval."""

    rate: float
    low: float
    high: float


class Report(NamedTuple):
    """What a log says about a target.

    intervals: {estimator: ``Interval``}; model: the reward model's click rate alone, which
    is biased where the model is wrong; effective: the effective sample size, in
    impressions; largest, mean: of the weights, whose mean is 1 but for chance.
    """

    intervals: dict
    model: float
    effective: float
    largest: float
    mean: float


def real_log(policy, campaign, folder=_CLICKS):
    """Read one log, checking the file against its SHA-256 sum.

    Args:
        policy: "random" or "thompson" (Bernoulli Thompson sampling).
        campaign: "all" (80 items), "men" (34) or "women" (46).
        folder: where the files and SHA256SUMS lie.
    Returns:
        ``RealLog`` of 10,000 impressions.
    Raises:
        ValueError: there is no such policy or campaign.
        FileNotFoundError: a file is missing.
        OSError: the file is damaged or altered.
    Source:
        Saito, Aihara, Matsutani and Narita 2021, arXiv:2008.07146. Apache-2.0.
    """
    if policy not in POLICIES:
        raise ValueError(f"policies are {' and '.join(POLICIES)}; got {policy!r}")
    _check_campaign(campaign)
    arrays = _arrays(Path(folder), f"{policy}_{campaign}.npz")
    whole = {
        name: torch.from_numpy(arrays[name].astype(np.int64))
        for name in ("seconds", "item", "position", "user")
    }
    real = {
        name: torch.from_numpy(arrays[name].astype(np.float32))
        for name in ("click", "propensity", "affinity")
    }
    return RealLog(
        whole["seconds"], whole["item"], whole["position"], real["click"],
        real["propensity"], whole["user"], real["affinity"],
    )  # fmt: skip


def items_of(campaign, folder=_CLICKS):
    """Read the table of a campaign's items; arguments and errors as for ``real_log``.

    Returns:
        ``Items``.
    Source:
        obp 0.5.7, ``item_context.csv`` and ``prior_bts.yaml``. Apache-2.0.
    """
    _check_campaign(campaign)
    table = _arrays(Path(folder), f"items_{campaign}.npz")
    columns = {name: torch.from_numpy(table[name]) for name in Items._fields}
    return Items(**columns | {"codes": columns["codes"].long()})


def without_standins(log):
    """The log of Thompson sampling without propensities that were never measured.

    Measured ones are frequencies in 200,000 draws. Of the others, one says "never drawn"
    and has a weight of 21,739 in the campaign "women"; see data/clicks/CARD.md.
    """
    draws = log.propensity.double() * 200_000
    return RealLog(*(column[(draws - draws.round()).abs() < 0.05] for column in log))


def on_policy(log, level=0.95):
    """The click rate of the policy that wrote the log, with Wilson's interval.

    Source:
        Wilson 1927; impressions count as independent, although visitors may return.
    """
    clicks, shown = int(log.clicks.sum()), len(log.clicks)
    ends = binomtest(clicks, shown).proportion_ci(level, "wilson")
    return Interval(clicks / shown, float(ends.low), float(ends.high))


def uniform(items):
    """Random's probabilities, which are known: 1 / items at every position."""
    return Target(torch.full((POSITIONS, items), 1 / items))


def shares_of(log):
    """The fixed policy that shows each item as often as the log does, by position.

    Only what was shown is counted, never a click, so that the log's own click rate stays
    a fair check of the estimate.
    """
    items = log.affinity.shape[1]
    counts = torch.zeros(POSITIONS, items)
    counts.index_put_((log.position, log.item), torch.ones(()), accumulate=True)
    shown = counts.sum(1)
    return Target(counts / shown[:, None], shown.long())


def thompson_start(campaign, folder=_CLICKS, points=4_000):
    """The policy with which Thompson sampling began the week, from its published priors.

    Each item draws a click rate from its own Beta distribution, and the three highest
    stand at the three positions. P(item i is k-th) = integral of f_i(x) P(k - 1 of the
    others lie above x) dx, summed over a grid. No log tells this policy's click rate, as
    Thompson sampling had moved away from it within hours.

    Args:
        campaign, folder: as for ``real_log``.
        points: of the grid over click rates from 0 to 2 %.
    Returns:
        ``Target``.
    Source:
        Thompson 1933; the priors are those of obp 0.5.7, ``prior_bts.yaml``.
    """
    published = items_of(campaign, folder)
    x = (np.arange(points) + 0.5) * 0.02 / points
    prior = beta(published.clicked.numpy()[:, None], published.passed.numpy()[:, None])
    density, below = prior.pdf(x), prior.cdf(x)  # (items, points)
    items = len(below)
    above = np.zeros((POSITIONS, items, points))  # P(k of the others lie above x)
    above[0] = 1
    for other in range(items):
        without = np.arange(items) != other
        p = below[other]
        for k in reversed(range(POSITIONS)):
            one_more = above[k - 1, without] * (1 - p) if k else 0
            above[k, without] = above[k, without] * p + one_more
    probability = torch.from_numpy((density * above).sum(2)).float()
    return Target(probability / probability.sum(1, keepdim=True))


def weights(log, target):
    """w = P(item at its position) under the target over that under the log's policy: (N,)."""
    if target.probability.shape != (POSITIONS, log.affinity.shape[1]):
        raise ValueError(
            f"the target's probabilities must be ({POSITIONS}, {log.affinity.shape[1]}), "
            f"positions by items; got {tuple(target.probability.shape)}"
        )
    return target.probability[log.position, log.item] / log.propensity


def predicted_rates(log, folds=_FOLDS):
    """A reward model's click rate of every item at each impression's position: (N, items).

    Logistic regression with a ridge on: the item, the position, log(1 + past clicks) of
    the user on the item, and the same in total. It is cross-fitted: the log is cut into
    blocks of consecutive impressions, and each block is predicted by a model fitted on
    the others, so that no click takes part in its own prediction.

    Source:
        Chernozhukov et al. 2018, arXiv:1608.00060, for the cross-fitting.
    """
    rates = torch.empty_like(log.affinity)
    for block in torch.arange(len(log.clicks)).chunk(folds):
        others = torch.ones(len(log.clicks), dtype=torch.bool)
        others[block] = False
        rates[block] = _model(log, others, block)
    return rates


def evaluate(log, target, random, replicates=1_000, level=0.95, predicted=None):
    """Estimate the target's click rate from the log of another policy.

    Args:
        log: ``RealLog``; target: ``Target``.
        random: a ``torch.Generator``.
        replicates: of the bootstrap; level: of the intervals, in (0, 1).
        predicted: (N, items) click rates; by default those of ``predicted_rates``.
    Returns:
        ``Report`` of the estimators "IPS", "SNIPS" and "doubly robust".

    The intervals are percentiles of the bootstrap. Impressions are resampled, each with
    its weight and its predictions; the reward model is not fitted anew, as the doubly
    robust estimate is unbiased whatever it predicts. If the target was counted, its
    shares are drawn anew, too. What the log never shows is in no replicate, so intervals
    are too short where a few large weights decide: in simulated logs like these, 95 %
    intervals held the truth in 72 to 90 % (benchmarks/results/real_clicks.json).

    Source:
        Efron and Tibshirani 1993, chapter 13; the estimators are in ``policies``.
    """
    predicted = predicted_rates(log) if predicted is None else predicted
    columns = _columns(log, target, predicted)
    drawn = {name: [] for name in _estimates(*columns)}
    for _ in range(replicates):
        again = columns
        if target.counted is not None:
            again = _columns(log, _redrawn(target, random), predicted)
        rows = torch.randint(len(log.clicks), log.clicks.shape, generator=random)
        for name, rate in _estimates(*(column[rows] for column in again)).items():
            drawn[name].append(rate)
    tail = torch.tensor([(1 - level) / 2, (1 + level) / 2])
    intervals = {
        name: Interval(rate, *torch.tensor(drawn[name]).quantile(tail).tolist())
        for name, rate in _estimates(*columns).items()
    }
    _, weight, _, of_policy = columns
    return Report(
        intervals, of_policy.mean().item(), effective_sample_size(weight),
        weight.max().item(), weight.mean().item(),
    )  # fmt: skip


def _columns(log, target, predicted):
    """Clicks, weights, the model's click rates of what was shown and of the target: (N,)."""
    shown = predicted.gather(1, log.item[:, None])[:, 0]
    of_policy = (predicted * target.probability[log.position]).sum(1)
    return log.clicks, weights(log, target), shown, of_policy


def _estimates(clicks, weight, shown, of_policy):
    """{estimator: click rate}."""
    return {
        "IPS": ips(clicks, weight).rate,
        "SNIPS": snips(clicks, weight).rate,
        "doubly robust": doubly_robust(clicks, weight, shown, of_policy).rate,
    }


def _redrawn(target, random):
    """The target itself, or, if it was counted, shares of as many new draws."""
    if target.counted is None:
        return target
    items = target.probability.shape[1]
    shares = [
        torch.multinomial(row, int(count), True, generator=random).bincount(
            minlength=items
        )
        / count
        for row, count in zip(target.probability, target.counted, strict=True)
    ]
    return Target(torch.stack(shares), target.counted)


def _model(log, train, test, steps=15):
    """Fit by Newton's method on the rows ``train``; the click rates of ``test``."""
    items, total = log.affinity.shape[1], log.affinity.sum(1).log1p()
    own = log.affinity.gather(1, log.item[:, None]).log1p()
    place = torch.nn.functional.one_hot(log.position, POSITIONS)
    item = torch.nn.functional.one_hot(log.item, items)
    x = torch.cat([torch.ones_like(own), place, total[:, None], own, item], 1).double()
    ridge = torch.full((x.shape[1],), _RIDGE, dtype=torch.float64)
    ridge[0] = 1e-6  # the intercept is free
    weight = torch.zeros_like(ridge)
    y, seen = log.clicks[train].double(), x[train]
    weight[0] = ((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)).log()
    for _ in range(steps):
        rate = torch.sigmoid(seen @ weight)
        slope = seen.T @ (rate - y) + ridge * weight
        curvature = seen.T @ (seen * (rate * (1 - rate))[:, None]) + ridge.diag()
        weight = weight - torch.linalg.solve(curvature, slope)
    first = POSITIONS + 3  # where the items begin
    same = x[test, : first - 1] @ weight[: first - 1]
    logits = same[:, None] + weight[first - 1] * log.affinity[test].log1p()
    return torch.sigmoid(logits + weight[first:]).float()


def _check_campaign(campaign):
    if campaign not in CAMPAIGNS:
        raise ValueError(f"campaigns are {', '.join(CAMPAIGNS)}; got {campaign!r}")


def _arrays(folder, name):
    """The arrays of one file whose SHA-256 sum is right."""
    with np.load(io.BytesIO(checked(folder, name))) as arrays:
        return dict(arrays)
