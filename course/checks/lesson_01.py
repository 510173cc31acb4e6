"""Checks of lesson 1: the best discriminator, smoothed labels, the JSD from samples."""

import math

import torch

from course.checks.frame import Mistake, call, compare, exercise, number, tensor
from gan_utils import losses

FAR = torch.tensor([-300.0, 300.0])
LOG_4 = math.log(4)


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
def smoothed(best):
    """best(p, q, s): the answer of the best D whose real labels are softened to s."""
    p, q = torch.tensor([0.2, 1.0, 0.5]), torch.tensor([0.6, 0.25, 0.0])
    s = 0.9
    value = tensor(call(best, p, q, s), (3,), "the best answer")
    usual = [
        (p / (p + q), "s has no effect; collect the factors of log D and of log(1 - D) anew"),
        (s * p / (s * p + q), "the real samples' share 1 - s of log(1 - D) is missing in b"),
        ((1 - s) * p / (p + q), "s and 1 - s are swapped: a real sample counts as real with weight s"),
        (((1 - s) * p + q) / (p + q), "this is b / (a + b); the maximum is at a / (a + b)"),
        (s * p / ((1 - s) * p + q), "this is the ratio a / b; the maximum is at a / (a + b)"),
    ]  # fmt: skip
    otherwise = "not a / (a + b) with a = s p and b = (1 - s) p + q"
    compare(value, s * p / (p + q), usual, otherwise)


@exercise("1.3")
def divergence(estimate):
    """estimate(real_logits, fake_logits): half of V + log 4, on logits near and far."""
    real, fake = torch.randn(500) + 1, torch.randn(500) - 1
    v = -losses.discriminator_loss(real, fake)
    found = number(call(estimate, real, fake), "the divergence")
    usual = [
        (v, "this is V; solve V = 2 JSD - log 4 for the JSD"),
        (v + LOG_4, "this is 2 JSD; half of it is asked for"),
        ((v - LOG_4) / 2, "the sign of log 4 is flipped: a D that always says 1/2 must give 0"),
        ((-v + LOG_4) / 2, "the loss of D is -V, not V"),
        (v / 2, "log 4 is missing: a D that always says 1/2 must give 0"),
        (v / 2 + LOG_4, "log 4 has to be halved, too"),
        ((v + LOG_4) / 2 / math.log(2), "this is in bits; the natural logarithm gives nats"),
    ]  # fmt: skip
    otherwise = "logits of 0 must give 0, and a D that is always right log 2"
    compare(found, (v + LOG_4) / 2, usual, otherwise, atol=1e-4)
    hint = "infinite at a logit of 300: use softplus, not the log of a sigmoid"
    far = number(call(estimate, FAR, FAR), "the divergence", hint)
    right = (LOG_4 - losses.discriminator_loss(FAR, FAR)) / 2
    compare(far, right, [], f"at logits of -300 and 300 it is {far:g}", 1e-2)
