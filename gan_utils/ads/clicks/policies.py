"""Policies that learn while they show advertisements, and a simulation of live traffic."""

import math
from typing import NamedTuple

import torch
from scipy.stats import norm

from gan_utils.ads.clicks.audience import COMBINATIONS, draw_users, with_one
from gan_utils.ads.clicks.code_gan import ranked_first
from gan_utils.ads.clicks.surrogate import updated


class Fixed:
    """Shows what a function of the users says, and never learns.

    Args:
        choose: users and a ``torch.Generator`` -> numbers of creatives (N,).
    """

    def __init__(self, choose):
        self.choose = choose

    def learn(self, users, chosen, clicks):
        """Nothing."""


class LinUCB:
    """A ridge regression of the click on the user vector for every creative.

    Shows the creative with the highest x'theta + alpha sqrt(x' A^-1 x).

    Args:
        log: a ``ClickLog``, from which it starts.
        alpha: how much a wide interval counts, in units of a click's deviation.
    Source:
        Li et al. 2010, arXiv:1003.0146, Algorithm 1.
    """

    def __init__(self, log, alpha=0.1):
        self.library, self.alpha = log.library, alpha
        self.A = torch.eye(7).repeat(len(log.library), 1, 1)
        self.b = torch.zeros(len(log.library), 7)
        self._add(log.users, log.shown, log.clicks)

    def choose(self, users, random):
        x = with_one(users.features)
        inverse = torch.linalg.inv(self.A)
        theta = (inverse @ self.b[..., None])[..., 0]
        width = torch.einsum("ni,lij,nj->nl", x, inverse, x).clamp(min=0).sqrt()
        return self.library[(x @ theta.T + self.alpha * width).argmax(1)]

    def learn(self, users, chosen, clicks):
        rows = (chosen[:, None] == self.library).int().argmax(1)
        self._add(users, rows, clicks)

    def _add(self, users, rows, clicks):
        x = with_one(users.features)
        for row in rows.unique():
            mine = x[rows == row]
            self.A[row] += mine.T @ mine
            self.b[row] += mine.T @ clicks[rows == row]


class Thompson:
    """Draws one surrogate a user from the belief, and shows what that one ranks first.

    Args:
        belief: a ``Surrogate``, learned from the log.
        candidates: users and a ``torch.Generator`` -> numbers (N, K) to choose among.
        memory: the share of the belief that each batch leaves; 1 forgets nothing.
        exploration: factor of the draw's distance from the belief's mean.
    Source:
        Thompson 1933; Chapelle and Li 2011, Algorithm 3, with their alpha as exploration.
    """

    def __init__(self, belief, candidates, memory=1.0, exploration=0.5):
        self.belief, self.candidates = belief, candidates
        self.memory, self.exploration = memory, exploration

    def choose(self, users, random):
        drawn = self.belief.draws(len(users.segments), random)
        weights = self.belief.mean.lerp(drawn, self.exploration)
        tastes = self.belief.tastes(users, weights)
        return ranked_first(self.candidates(users, random), tastes)

    def learn(self, users, chosen, clicks):
        faded = self.belief.faded(self.memory)
        self.belief = updated(faded, users, COMBINATIONS[chosen], clicks, iterations=2)


class Live(NamedTuple):
    """What live traffic brought, batch by batch.

    rates: policy -> (batches,) mean true click rate; best: (batches,) the oracle's.
    """

    rates: dict
    best: torch.Tensor


def run_live(policies, models, batch, random):
    """Let policies serve the same users side by side, each learning from its own clicks.

    Args:
        policies: name -> ``Fixed``, ``LinUCB`` or ``Thompson``.
        models: a ``ClickModel`` for every batch.
        batch: impressions between two updates.
        random: a ``torch.Generator``.
    """
    rates, best = {name: [] for name in policies}, []
    for model in models:
        users = draw_users(batch, random)
        weights = model.click_rates(users, COMBINATIONS)
        best.append(weights.max(1).values.mean())
        seed = int(torch.randint(2**31, (), generator=random))
        for name, policy in policies.items():
            own = torch.Generator().manual_seed(seed)
            chosen = policy.choose(users, own)
            rates[name].append(weights.gather(1, chosen[:, None]).mean())
            clicks = model.respond(users, COMBINATIONS[chosen], own)
            policy.learn(users, chosen, clicks)
    return Live({name: torch.stack(r) for name, r in rates.items()}, torch.stack(best))


class Estimate(NamedTuple):
    """A click rate and its standard error."""

    rate: float
    error: float


def _estimate(values):
    if len(values) < 2:
        raise ValueError(
            f"a standard error needs at least 2 impressions; got {len(values)}"
        )
    if not values.isfinite().all():
        raise ValueError(
            "clicks, weights and predictions must be finite; a creative that the log's "
            "policy never shows has no weight"
        )
    return Estimate(values.mean().item(), (values.std() / len(values) ** 0.5).item())


def ips(clicks, weight):
    """Inverse propensity scoring: the mean of w * click.

    Args:
        clicks: (N,) 0 or 1.
        weight: (N,) w = P(shown | user) under the new policy over that under the log's.
    Returns:
        ``Estimate``; unbiased if the log gave every creative of the policy a chance.
    Source:
        Horvitz and Thompson 1952.
    """
    return _estimate(weight * clicks)


def snips(clicks, weight):
    """The self-normalised form: sum of w * click over sum of w.

    Raises:
        ValueError: all weights are 0; the log says nothing of such a policy.
    Source:
        Swaminathan and Joachims 2015, equation 9; the error by the delta method.
    """
    if weight.sum() == 0:
        raise ValueError(
            "all weights are 0: the log never shows what this policy shows; "
            "run an experiment instead"
        )
    rate = (weight * clicks).sum() / weight.sum()
    spread = _estimate(weight * (clicks - rate) / weight.mean())
    return Estimate(rate.item(), spread.error)


def doubly_robust(clicks, weight, predicted_shown, predicted_policy):
    """A model's prediction, corrected by the log where both agree on the creative.

    mean of r(user, policy's creative) + w * (click - r(user, shown creative)).

    Args:
        clicks, weight: as for ``ips``.
        predicted_shown: (N,) a model's click rate of what was shown.
        predicted_policy: (N,) and of what the policy would show.
    Source:
        Dudik, Langford and Li 2011, arXiv:1103.4601, equation 3.
    """
    return _estimate(predicted_policy + weight * (clicks - predicted_shown))


def effective_sample_size(weight):
    """How many equally weighted impressions are worth as much: (sum w)^2 / sum w^2.

    Args:
        weight: (N,) >= 0, not all 0.
    Returns:
        In (0, N]; N if all weights are equal, 1 if one impression has it all.
    Raises:
        ValueError: all weights are 0, or one is negative or not finite.
    Source:
        Kish 1965, Survey Sampling.
    """
    weight = weight.double()  # squares of large weights
    if not (weight.isfinite().all() and (weight >= 0).all() and weight.sum() > 0):
        raise ValueError("weights must be finite, at least 0, and not all 0")
    return (weight.sum().square() / weight.square().sum()).item()


def needed_impressions(rate_a, rate_b, power=0.8, level=0.05):
    """Impressions an arm to tell two click rates apart, two-sided.

    n = (z_(1-level/2) + z_power)^2 (a (1-a) + b (1-b)) / (a - b)^2, rounded up.

    Args:
        rate_a, rate_b: in (0, 1), different.
        power: probability of seeing the difference, in (0, 1).
        level: probability of seeing one where there is none, in (0, 1).
    Raises:
        ValueError: the rates are equal, or a number is outside (0, 1).
    Source:
        Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions.
    """
    if not (0 < rate_a < 1 and 0 < rate_b < 1) or rate_a == rate_b:
        raise ValueError(
            f"rates must differ and lie between 0 and 1; got {rate_a} and {rate_b}"
        )
    if not (0 < power < 1 and 0 < level < 1):
        raise ValueError(
            f"power and level must lie between 0 and 1; got {power} and {level}"
        )
    quantiles = norm.isf(level / 2) + norm.ppf(power)
    variances = rate_a * (1 - rate_a) + rate_b * (1 - rate_b)
    return math.ceil(quantiles**2 * variances / (rate_a - rate_b) ** 2)
