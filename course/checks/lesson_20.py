"""Checks of lesson 20: four numbers, clipping each example, a calibrated attack."""

import torch

from course.checks.frame import (
    call,
    check_numbers,
    compare,
    exercise,
    tensor,
)
from gan_utils.privacy.membership import nearest_score

RIGHT = {"A": 0.75, "B": 0.3, "C": 0.25, "D": 2.5}
USUAL = {
    ("A", 1.0): "one member scores below one other picture; count all four pairs",
    ("A", 0.5): "count all four pairs of a member and another picture, one by one",
    ("A", 0.25): "this is the share of pairs that the attack gets wrong",
    ("B", 0.1): "this is the coin's; epsilon lets the rate grow by e^epsilon",
    ("B", 0.1099): "epsilon is in the exponent: the factor is e^epsilon",
    ("C", 0.3): "the factor is on the odds, 1 to 9, not on the probability",
    ("C", 1 / 3): "these are the odds, 3 to 9; the probability is 3 in 12",
    ("C", 0.1): "this is the attacker's belief before; evidence can triple the odds",
    ("D", 0.5): "this is one step; five steps add up",
    ("D", 5.0): "the noise enters as 2 s^2, that is 8",
    ("D", 12.5): "the divergence adds up over steps, the order stays 4",
}


@exercise("20.1")
def numbers(answer):
    """Four numbers about the AUC, the bound on an attack, odds and the accountant."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("20.2")
def clipping(function):
    """function(gradients, clip) -> the noiseless sum of clipped rows, (weights,)."""
    gradients = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, -10.0], [0.0, 0.0]])
    form = "sum the clipped gradients over the examples, axis 0"
    hint = "a gradient of length 0 gives NaN; bound the length from below"

    def found(clip):
        result = call(function, gradients.clone(), clip)
        return tensor(result, (2,), "the sum", form=form, hint=hint)

    lengths = gradients.norm(dim=1, keepdim=True).clamp_min(1e-12)
    right = gradients * (1 / lengths).clamp_max(1)
    total = gradients.sum(0)
    usual = [
        (total, "nothing is clipped: one example can move the sum as far as it likes"),
        (total / total.norm(), "the sum is clipped; clip each example before the sum"),
        (gradients.clamp(-1, 1).sum(0), "each number is clipped; scale whole gradients"),
        ((gradients / lengths).sum(0), "short gradients are scaled up; leave them be"),
        (right.mean(0), "this is the mean; the noise is laid on the sum"),
    ]  # fmt: skip
    otherwise = "the sum is off; scale each row by min(1, clip / its length)"
    compare(found(1.0), right.sum(0), usual, otherwise, atol=1e-4)
    otherwise = "with a wide bound nothing may change; use clip, not 1"
    compare(found(100.0), total, [], otherwise, atol=1e-4)


@exercise("20.3")
def calibrated(attack):
    """attack(pictures, samples, reference) -> higher for members, (pictures,)."""
    pictures = torch.tensor([[0.0], [10.0], [20.0]])
    samples = torch.tensor([[0.5], [13.0], [21.0]])
    reference = torch.tensor([[2.0], [11.0], [40.0]])
    result = call(attack, pictures, samples, reference)
    scores = tensor(result, (3,), "the scores", form="one score per picture")
    of_samples, of_reference = (
        nearest_score(pictures, x) for x in (samples, reference)
    )
    right = of_samples - of_reference
    usual = [
        (of_samples,
         "the reference is not used: easy pictures still look like members"),
        (of_reference, "the samples are not used"),
        (-right, "the signs are turned: a member is near to samples, so it scores high"),
        (-of_samples - of_reference, "the signs are turned, and do not add the two"),
        (of_samples + of_reference, "subtract what the reference says; do not add it"),
    ]  # fmt: skip
    otherwise = "the scores are off; distance to reference minus to samples"
    compare(scores, right, usual, otherwise)
