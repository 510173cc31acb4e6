"""Differential privacy by hand: DP-SGD, its accountant, and what epsilon allows.

A training is (epsilon, delta)-private when adding or removing one record changes the
probability of any outcome by at most a factor e^epsilon, but for a probability delta.
"""

import math
import warnings

import torch
from torch.func import functional_call, grad, vmap

ORDERS = range(2, 257)  # of the Rényi divergences that the accountant tries


def _need(holds, name, words, value):
    """Refuse a number outside its range; NaN lies in none."""
    if not holds:
        raise ValueError(f"{name} must be {words}; got {value}")


def _need_mechanism(rate, noise):
    _need(0 < rate <= 1, "rate", "a probability in (0, 1]", rate)
    _need(0 <= noise < math.inf, "noise", "a finite number >= 0", noise)


def _need_promise(epsilon, delta):
    _need(epsilon >= 0, "epsilon", ">= 0", epsilon)
    _need(0 <= delta <= 1, "delta", "a probability in [0, 1]", delta)


def renyi_divergence(rate, noise, order):
    """The Rényi divergence of one noised step on a Poisson sample, at an integer order.

    log(sum_k C(a, k) (1 - q)^(a - k) q^k exp((k^2 - k) / (2 s^2))) / (a - 1), k = 0 .. a.

    Args:
        rate: q, the probability that a record is in the batch, in (0, 1].
        noise: s, the noise multiplier: standard deviation over the clipping bound.
        order: a, a whole number from 2 to 1,000,000.
    Returns:
        A float >= 0, in nats; infinite without noise.
    Raises:
        ValueError: an argument is outside its range.
    Source:
        Mironov, Talwar and Zhang 2019, arXiv:1908.10530, section 3.3, for integer orders.
    """
    _need_mechanism(rate, noise)
    whole = 2 <= order <= 1_000_000 and order == int(order)
    _need(whole, "order", "a whole number from 2 to 1,000,000", order)
    variance = noise * noise
    if variance == 0:  # also where the square of a tiny number is rounded to 0
        return math.inf
    if rate == 1:
        return order / (2 * variance)
    k = torch.arange(order + 1, dtype=torch.float64)
    ways = math.lgamma(order + 1) - torch.lgamma(k + 1) - torch.lgamma(order - k + 1)
    drawn = (order - k) * math.log1p(-rate) + k * math.log(rate)
    shifted = (k * k - k) / (2 * variance)
    total = torch.logsumexp(ways + drawn + shifted, 0).item()
    return max(0.0, total / (order - 1))


def epsilon_of(rate, noise, steps, delta):
    """The epsilon that so many noised steps spend, at a given delta.

    min over a of T R(a) + log((a - 1) / a) - (log delta + log a) / (a - 1).

    Args:
        rate, noise: as for ``renyi_divergence``.
        steps: T, at least 0.
        delta: in (0, 1); well below 1 / records.
    Returns:
        A float >= 0; infinite without noise.
    Raises:
        ValueError: an argument is outside its range.
    Source:
        Mironov 2017, arXiv:1702.07476, proposition 1, for the sum over steps; Balle et al.
        2020, arXiv:1905.09982, theorem 21, for the way from Rényi divergence to epsilon.
    """
    _need_mechanism(rate, noise)
    whole = 0 <= steps < 1e308 and steps == int(steps)
    _need(whole, "steps", "a whole number from 0 on, below 1e308", steps)
    _need(0 < delta < 1, "delta", "a probability in (0, 1)", delta)
    if steps == 0:
        return 0.0

    def at(order):
        given = (math.log(delta) + math.log(order)) / (order - 1)
        spent = steps * renyi_divergence(rate, noise, order)
        return spent + math.log1p(-1 / order) - given

    return max(0.0, min(map(at, ORDERS)))


def noise_for(epsilon, rate, steps, delta):
    """The smallest noise multiplier that keeps so many steps within epsilon.

    Opacus searches for it, with the orders of ``epsilon_of``.

    Args:
        epsilon: > 0 and finite; the others as for ``epsilon_of``.
    Returns:
        A noise multiplier that spends at most epsilon, and at least 99.99 % of it.
    Raises:
        ValueError: an argument is outside its range, or no noise below 1,000 is enough.
    """
    from opacus.accountants.utils import get_noise_multiplier

    _need(0 < epsilon < math.inf, "epsilon", "a finite number above 0", epsilon)
    if epsilon_of(rate, 1_000.0, steps, delta) > epsilon:
        raise ValueError(
            f"no noise multiplier below 1,000 reaches epsilon {epsilon} in {steps:,} "
            "steps: take fewer steps, more records, or a larger epsilon"
        )
    if steps == 0:
        return 0.0
    with warnings.catch_warnings():  # of an optimal order at the end of ORDERS
        warnings.simplefilter("ignore", UserWarning)
        return get_noise_multiplier(
            target_epsilon=epsilon,
            target_delta=delta,
            sample_rate=rate,
            steps=steps,
            alphas=list(ORDERS),
            epsilon_tolerance=epsilon / 10_000,
        )


def clipped_sum(network, loss, batch, clip):
    """The sum of the examples' gradients, each scaled down to a norm of at most ``clip``.

    Args:
        network: without BatchNorm, which would mix the examples.
        loss: (apply, *example) -> scalar, where apply(x) is the network on one x.
        batch: tensors whose first axis counts the examples, any number.
        clip: bound on the norm of one example's gradient, all weights together.
    Returns:
        {name of a parameter: the sum}, and the norms before clipping (examples,).
    Raises:
        ValueError: the bound is not above 0, or a gradient is NaN or infinite, which no
            factor makes small.
    Source:
        Abadi et al. 2016, arXiv:1607.00133, algorithm 1.
    """
    _need(0 < clip < math.inf, "clip", "a finite number above 0", clip)
    weights = {name: w.detach() for name, w in network.named_parameters()}

    def of_one(weights, *example):
        def apply(x):
            return functional_call(network, weights, (x[None],))[0]

        return loss(apply, *example)

    gradients = vmap(grad(of_one), (None, *[0] * len(batch)))(weights, *batch)
    squares = [g.flatten(1).square().sum(1) for g in gradients.values()]
    norms = torch.stack(squares).sum(0).sqrt()
    if not norms.isfinite().all():
        raise ValueError(
            "the gradient of an example is not finite, so it cannot be clipped: look "
            "for NaN in the batch, or lower the learning rate"
        )
    factors = (clip / norms.clamp_min(1e-12)).clamp_max(1)
    sums = {name: torch.tensordot(factors, g, dims=1) for name, g in gradients.items()}
    return sums, norms


def private_step(network, optimiser, loss, batch, *, clip, noise, expected):
    """One step of DP-SGD: clip every example's gradient, add noise, divide, step.

    Args:
        network, loss, batch, clip: as for ``clipped_sum``; the batch is a Poisson sample,
            and may be empty.
        optimiser: over the network's parameters alone.
        noise: the noise multiplier; the noise's standard deviation is noise * clip.
        expected: the expected batch size, rate * records. Not the size of this batch,
            which would give away whether a record is in it.
    Returns:
        The norms before clipping (examples,).
    Raises:
        ValueError: a number is outside its range, or a gradient is not finite.
    Source:
        Abadi et al. 2016, arXiv:1607.00133, algorithm 1.
    """
    _need(0 < clip < math.inf, "clip", "a finite number above 0", clip)
    _need(0 <= noise < math.inf, "noise", "a finite number >= 0", noise)
    _need(0 < expected < math.inf, "expected", "a batch size above 0", expected)
    weights = dict(network.named_parameters())
    if len(batch[0]):
        sums, norms = clipped_sum(network, loss, batch, clip)
    else:
        sums = {name: torch.zeros_like(w) for name, w in weights.items()}
        norms = torch.zeros(0)
    for name, weight in weights.items():
        noisy = sums[name] + noise * clip * torch.randn_like(weight)
        weight.grad = noisy / expected
    optimiser.step()
    return norms


def poisson_batch(rows, rate):
    """Every row with probability ``rate``, independently: what the accountant assumes."""
    _need(0 <= rate <= 1, "rate", "a probability in [0, 1]", rate)
    return rows[torch.rand(len(rows)) < rate]


def best_attack(fpr, epsilon, delta=0.0):
    """The highest true-positive rate of any attack on an (epsilon, delta)-private result.

    min(delta + e^epsilon FPR, 1 - e^-epsilon (1 - delta - FPR)), at most 1.

    Args:
        fpr: false-positive rate in [0, 1]; a float or a tensor.
        epsilon: >= 0; infinite where nothing is promised.
        delta: in [0, 1].
    Returns:
        A float64 tensor like ``fpr``.
    Raises:
        ValueError: an argument is outside its range.
    Source:
        Kairouz, Oh and Viswanath 2015, arXiv:1311.0776, theorem 2.1.
    """
    fpr = torch.as_tensor(fpr, dtype=torch.float64)
    _need(((fpr >= 0) & (fpr <= 1)).all(), "fpr", "in [0, 1]", fpr)
    _need_promise(epsilon, delta)
    if epsilon == math.inf:
        return torch.ones_like(fpr)
    odds = math.exp(min(epsilon, 700))  # the largest float is e^709
    rises = delta + odds * fpr
    bends = 1 - (1 - delta - fpr) / odds
    return torch.minimum(rises, bends).clamp(max=1)


def auc_bound(epsilon, delta=0.0):
    """The highest AUC of any attack: the area under ``best_attack``; a float."""
    _need_promise(epsilon, delta)
    corner = (1 - delta) / (1 + math.exp(min(epsilon, 700)))  # here TPR = 1 - FPR
    rising = corner * (delta + 1 - corner) / 2
    bent = (1 - delta - corner) * (2 - corner) / 2
    return rising + bent + delta
