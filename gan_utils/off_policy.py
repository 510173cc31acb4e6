"""What a policy would have earned, from a log that another policy wrote."""

from typing import NamedTuple

import torch

Z95 = 1.959964  # 97.5 % quantile of the standard normal


class Estimate(NamedTuple):
    """A click rate and its standard error."""

    rate: float
    error: float

    def interval(self, width=Z95):
        """(low, high) at ``width`` standard errors; 95 % by default."""
        return self.rate - width * self.error, self.rate + width * self.error


def _estimate(values):
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


def needed_impressions(rate_a, rate_b, power=0.8, level=0.05):
    """Impressions an arm to tell two click rates apart, two-sided.

    n = (z_(1-level/2) + z_power)^2 (a (1-a) + b (1-b)) / (a - b)^2, rounded up.

    Args:
        rate_a, rate_b: in (0, 1), different.
        power: probability of seeing the difference.
        level: probability of seeing one where there is none.
    Raises:
        ValueError: the rates are equal or outside (0, 1).
    Source:
        Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions.
    """
    if not (0 < rate_a < 1 and 0 < rate_b < 1) or rate_a == rate_b:
        raise ValueError(
            f"rates must differ and lie between 0 and 1; got {rate_a} and {rate_b}"
        )
    normal = torch.distributions.Normal(
        torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    )
    alpha, beta = normal.icdf(torch.tensor([1 - level / 2, power], dtype=torch.float64))
    variances = rate_a * (1 - rate_a) + rate_b * (1 - rate_b)
    return int(torch.ceil((alpha + beta) ** 2 * variances / (rate_a - rate_b) ** 2))
