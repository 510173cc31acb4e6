"""Checks of lesson 8: D's best slope, a lazy penalty, a block that halves a picture."""

import math

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    exercise,
    kind,
    number,
    tensor,
)

GAMMAS = (0.03, 0.3, 3.0)  # of the check of the best slope
EVERY, CALLS, VALUE = 4, 40, 0.5  # of the check of the lazy penalty


@exercise("8.1")
def best_slope(answer):
    """The w that minimises log(1 + e^-w) + gamma / 2 (w^2 + w^2)."""
    for gamma in GAMMAS:
        found = number(call(answer, gamma), f"best_slope({gamma:g})", "is w bounded?")
        usual = [
            (-_root(2 * gamma),
             "the sign is turned round; D lowers its loss when the real sample scores higher"),
            (_root(gamma),
             "only one of the two penalties counts here; R1 and R2 are w^2 each"),
            (_root(4 * gamma),
             "this takes gamma for each penalty; the weight of R1 and of R2 is gamma / 2"),
        ]  # fmt: skip
        otherwise = (
            f"best_slope({gamma:g}) = {found:.4g} does not minimise the objective; at "
            "its minimum sigma(-w), the push of the pair, equals the penalties' slope"
        )
        compare(found, _root(2 * gamma), usual, otherwise, atol=1e-3, rtol=1e-3)


def _root(factor):
    """The w > 0 with sigma(-w) = factor * w."""
    low, high = 0.0, 1 / (2 * factor)
    for _ in range(60):
        w = (low + high) / 2
        low, high = (w, high) if 1 / (1 + math.exp(w)) > factor * w else (low, w)
    return low


@exercise("8.2")
def lazy(make):
    """make(penalty, every) computes the penalty at each ``every``-th call, on average in full."""
    seen = []

    def penalty(discriminator, real, fake):
        seen.append((discriminator, real, fake))
        return torch.tensor(VALUE)

    def values():
        wrapped = call(make, penalty, EVERY)
        if not callable(wrapped):
            raise Mistake("lazy must return a function of (discriminator, real, fake)")
        penalties = (call(wrapped, "D", "real", "fake") for _ in range(CALLS))
        return [number(value, "the penalty") for value in penalties]

    first = values()
    if len(seen) == CALLS:
        raise Mistake("the penalty is computed at every call, so no time is saved")
    if len(seen) != CALLS // EVERY:
        raise Mistake(
            f"of {CALLS} calls {CALLS // EVERY} should compute the penalty, not {len(seen)}"
        )
    if seen[0] != ("D", "real", "fake"):
        raise Mistake(
            "hand discriminator, real and fake on to the penalty, in this order"
        )
    if len({i % EVERY for i, value in enumerate(first) if value}) != 1:
        raise Mistake("the computed calls must be evenly spaced, one in every `every`")
    mean = sum(first) / CALLS
    usual = [
        (VALUE / EVERY,
         "on average D now pays a share of the penalty only; multiply by every")
    ]  # fmt: skip
    otherwise = (
        f"the mean over all calls must stay the penalty, {VALUE}; it is {mean:g}"
    )
    compare(mean, VALUE, usual, otherwise, atol=1e-6)
    if values() != first:
        raise Mistake("a second lazy penalty must count its own calls, from 0")


@exercise("8.3")
def halving_block(build):
    """build(channels) halves the picture and starts as the mean of 2 x 2 pixels."""
    block, x = call(build, 6), torch.randn(5, 6, 8, 8)
    if not isinstance(block, nn.Module):
        raise Mistake(f"HalvingBlock(6) should be an nn.Module; got {kind(block)}")
    for module in block.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise Mistake("there is BatchNorm inside; D must see each picture alone")
    _check_start(_halved(block, x), avg_pool2d(x, 2))
    _check_learning(block, x)


def _halved(block, x):
    hint = "both paths must halve before the sum"
    form = f"wanted (5, 6, 4, 4) for {tuple(x.shape)}"
    return tensor(call(block, x, hint=hint), (5, 6, 4, 4), "the output", form=form)


def _check_start(y, wanted):
    if not close(y, wanted):
        if y.abs().max() == 0:
            raise Mistake("the output is 0; the path around the branch is missing")
        if close(y, 2 * wanted):
            raise Mistake(
                "the output is twice the mean; the sum adds the same path twice"
            )
        if y.min() >= 0 or close(y.clamp(min=0), wanted.clamp(min=0)):
            raise Mistake(
                "an activation comes after the sum, so negative values are lost; keep y = x + F(x)"
            )
        raise Mistake(
            "at the start y is not the mean of 2 x 2 pixels; begin with F(x) = 0"
        )


def _check_learning(block, x):
    silent = Mistake(
        "after three steps some weights still get no gradient; set only the last "
        "convolution to 0"
    )
    target, weights = torch.randn(5, 6, 4, 4), [*block.parameters()]
    if not weights:
        raise Mistake("the block has no weights; F(x) needs convolutions")
    optimiser = torch.optim.SGD(weights, 0.1)
    for _ in range(3):
        optimiser.zero_grad()
        loss = (call(block, x) - target).square().mean()
        if not loss.requires_grad:
            raise silent
        loss.backward()
        optimiser.step()
    if any(p.grad is None or not p.grad.any() for p in weights):
        raise silent
    if close(_halved(block, x) + _halved(block, -x), 2 * _halved(block, 0 * x)):
        raise Mistake("the branch is linear; put an activation between convolutions")
