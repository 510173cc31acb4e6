"""Policies that learn while they show advertisements, and a simulation of live traffic."""

from typing import NamedTuple

import torch

from gan_utils.audience import COMBINATIONS, draw_users, with_one
from gan_utils.click_surrogate import updated
from gan_utils.code_gan import ranked_first


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
        log: a ``Log``, from which it starts.
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
