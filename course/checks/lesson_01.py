"""Checks of lesson 1: the optimal discriminator, the JSD and the two losses."""

import math

import torch

from course.checks.frame import Mistake, call, compare, exercise, gradient, number
from gan_utils import losses

FAR = torch.tensor([-300.0, 300.0])


@exercise("1.1")
def optimal_answer(answer):
    """D* where the real density is 0.2 and the generated one 0.6."""
    value = number(answer, "the answer")
    if not 0 <= value <= 1:
        raise Mistake(f"a probability lies between 0 and 1; got {value:g}")
    usual = [
        (0.75, "this is the share of generated points there; D answers for the real ones"),
        (1 / 3, "this is the ratio p/q; D answers with the share p/(p + q)"),
        (0.5, "D would say 1/2 only where the two densities are equal"),
        (0.2, "this is the real density; divide it by the sum of both"),
    ]  # fmt: skip
    otherwise = "look again at p/(p + q) with p = 0.2 and q = 0.6"
    compare(value, 0.25, usual, otherwise, atol=5e-3)


@exercise("1.2")
def divergence(jsd):
    """jsd(p, q, dx) against closed cases: equal, disjoint, and half-overlapping blocks."""
    one = torch.zeros(3000)
    one[:1000] = 1.0
    two, half = one.roll(1000), one.roll(500)

    def found(q):
        hint = "where a density is 0, its term should count 0"
        return number(call(jsd, one + 1e-12, q + 1e-12, 1e-3), "the divergence", hint)

    apart = found(two)
    if apart > 100:
        raise Mistake("hundreds too large; an integral is the sum times dx")
    if apart > 2:
        raise Mistake(
            "without bound on disjoint densities; compare p and q with their mean m, not with each other"
        )
    if apart < -0.1:
        raise Mistake("negative; the logarithm's argument is p/m, not m/p")
    log_2 = math.log(2)
    usual = [
        (1.0, "this is in bits; the natural logarithm gives nats, and log 2 at most"),
        (2 * log_2, "twice too large; each of the two divergences has the weight 1/2"),
        (log_2 / 2, "half of the sum is missing; both p and q are compared with m"),
    ]
    otherwise = f"disjoint densities must give log 2 = {log_2:.3f}; got {apart:.3f}"
    compare(apart, log_2, usual, otherwise, atol=1e-2)
    overlap = found(half)
    otherwise = f"blocks that overlap by half must give {log_2 / 2:.3f}; got {overlap:.3f}"  # fmt: skip
    compare(overlap, log_2 / 2, [], otherwise, atol=1e-2)
    same = found(one)
    compare(same, 0.0, [], f"equal densities must give 0; got {same:.3f}", atol=1e-2)


@exercise("1.3")
def discriminator_loss(d_loss):
    """The discriminator's loss from logits: sign, sides, mean, and numbers far out."""
    real, fake = 2 * torch.randn(64) + 1, 2 * torch.randn(64) - 1
    value, right = call(d_loss, real, fake), losses.discriminator_loss(real, fake)
    usual = [
        (-right, "the sign is flipped: this is V itself, and the optimiser would make D worse"),
        (losses.discriminator_loss(-real, -fake),
         "the two sides are swapped: D is paid for calling real points generated"),
        (64 * right, "this is the sum over the batch; an expectation is a mean"),
        (right / 2, "half as large as -V: add the two means, do not average them"),
    ]  # fmt: skip
    otherwise = "not -V: for logits 0 it must be 2 log 2, and grow where D errs"
    compare(number(value, "the loss"), right, usual, otherwise)
    _survives(call(d_loss, FAR, FAR), losses.discriminator_loss(FAR, FAR))


@exercise("1.4")
def generator_loss(g_loss):
    """The non-saturating loss from logits: sign, the right one of the two, stability."""
    logits = (2 * torch.randn(64) - 1).requires_grad_()
    value, right = call(g_loss, logits), losses.non_saturating_loss(logits)
    saturating = losses.saturating_loss(logits)
    usual = [
        (saturating, "this is the saturating loss log(1 - D); the exercise wants -log D"),
        (-saturating, "this is -log(1 - D): minimising it makes the pictures easier to detect"),
        (-right, "the sign is flipped: minimising log D drives D(G(z)) towards 0"),
        (64 * right, "this is the sum over the batch; an expectation is a mean"),
    ]  # fmt: skip
    otherwise = "not -E[log D]: at logits 0 it must be log 2"
    compare(number(value, "the loss"), right, usual, otherwise)
    _survives(call(g_loss, FAR), losses.non_saturating_loss(FAR))
    missing = "the gradient does not reach the logits, so the generator cannot learn"
    if not (gradient(value, logits, missing) < 0).all():
        raise Mistake("the gradient must be negative: larger logits lower the loss")


def _survives(value, right):
    """What a loss says of logits of -300 and 300."""
    hint = "infinite at a logit of 300: use softplus, not the log of a sigmoid"
    value = number(value, "the loss", hint)
    compare(value, right, [], f"at logits of -300 and 300 it is {value:g}", atol=1e-2)
