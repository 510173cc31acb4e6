"""Probabilities of grey levels: a logistic bell cut into as many pieces as there are levels.

Levels are whole numbers k = 0 ... levels - 1; on the model's side level k sits at
2 k / (levels - 1) - 1 in [-1, 1]. Log-probabilities are in nats.
"""

import math

import torch
from torch.nn.functional import logsigmoid

LEVELS = 256
NARROWEST = -7.0  # smallest log of a bell's scale


def to_unit(k, levels=LEVELS):
    """Grey levels as float32 in [-1, 1]."""
    return k.float() * (2 / (levels - 1)) - 1


def from_unit(x, levels=LEVELS):
    """The nearest grey levels, int64; values outside [-1, 1] go to the first or last."""
    return ((x + 1) * ((levels - 1) / 2)).round().clamp(0, levels - 1).long()


def log_prob(k, mean, log_scale, levels=LEVELS):
    """log P(k) under a logistic distribution that is rounded to grey levels.

    P(k) = S(b) - S(a), S the sigmoid, b and a the upper and lower edge of level k, minus
    the mean, over the scale; the first level has a = -infinity, the last b = +infinity, so
    the levels' probabilities sum to 1. S(b) - S(a) = S(b) S(-a) (1 - e^(a - b)) is stable.

    Args:
        k: grey levels; mean, log_scale: float tensors that broadcast against it.
    Returns:
        Tensor of the broadcast shape, nats, <= 0.
    Source:
        Salimans et al. 2017, arXiv:1701.05517, equation 2.
    """
    log_scale = log_scale.clamp_min(NARROWEST)
    slope, half = (-log_scale).exp(), 1 / (levels - 1)
    centred = to_unit(k, levels) - mean
    below_upper = logsigmoid(slope * (centred + half))
    above_lower = logsigmoid(-slope * (centred - half))
    width = (-torch.expm1(-2 * half * slope)).log()
    below_upper = below_upper.where(k < levels - 1, 0)
    above_lower = above_lower.where(k > 0, 0)
    return below_upper + above_lower + width.where((k > 0) & (k < levels - 1), 0)


def draw(mean, log_scale, levels=LEVELS):
    """Grey levels drawn from the rounded logistic distribution, int64."""
    uniform = torch.rand_like(mean).clamp(1e-6, 1 - 1e-6)
    noise = uniform.log() - (-uniform).log1p()
    return from_unit(mean + log_scale.clamp_min(NARROWEST).exp() * noise, levels)


def mixture_log_prob(k, parameters, levels=LEVELS):
    """log of a weighted sum of bells: sum_i w_i P_i(k).

    Args:
        k: (...); parameters: (..., 3 * bells): logits of weights, means, log-scales.
    Returns:
        (...), nats.
    """
    logits, means, log_scales = parameters.chunk(3, -1)
    each = log_prob(k[..., None], means, log_scales, levels)
    return (logits.log_softmax(-1) + each).logsumexp(-1)


def mixture_draw(parameters, levels=LEVELS):
    """Grey levels (...) from parameters (..., 3 * bells): choose a bell, then draw."""
    logits, means, log_scales = parameters.chunk(3, -1)
    noise = -torch.empty_like(logits).exponential_().log()  # Gumbel: argmax is a draw
    chosen = (logits + noise).argmax(-1, keepdim=True)
    return draw(
        means.gather(-1, chosen)[..., 0], log_scales.gather(-1, chosen)[..., 0], levels
    )


def bits_per_dimension(nats, dimensions):
    """From minus a log-probability in nats per picture to bits per pixel."""
    return nats / (dimensions * math.log(2))
