"""Checks of lesson 8: the pull of a pair, a lazy penalty, a block that halves a picture."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from gan_utils.claims import Mistake, exercise, given

PAIRS = {"A": (0.0, 0.0), "B": (6.0, 6.0), "C": (-3.0, 5.0), "D": (9.0, 2.0)}
EVERY, CALLS, VALUE = 4, 40, 0.5  # of the check of the lazy penalty


@exercise("8.1")
def pulls(answer):
    """The pull on the generated picture for four pairs (logit of real, of generated)."""
    for letter, (real, fake) in PAIRS.items():
        if letter not in answer:
            raise Mistake(f"the pair {letter} has no entry")
        value = float(given(answer[letter]))
        if not 0 <= value <= 1:
            raise Mistake(f"{letter}: a pull is a sigmoid, so it lies between 0 and 1")
        right = torch.tensor(real - fake).sigmoid().item()
        if abs(value - right) <= 0.06:
            continue
        if abs(value - (1 - right)) <= 0.06:
            raise Mistake(
                f"{letter}: the sign of the gap is turned round; a generated picture that "
                "leads is pulled less"
            )
        if abs(value - torch.tensor(-fake).sigmoid().item()) <= 0.06:
            raise Mistake(
                f"{letter}: this is the non-saturating pull; in a pair only the difference counts"
            )
        raise Mistake(
            f"{letter}: compute sigmoid({real:g} - ({fake:g})), not {value:g}"
        )


@exercise("8.2")
def lazy(make):
    """make(penalty, every) computes the penalty at each ``every``-th call, on average in full."""
    seen = []

    def penalty(discriminator, real, fake):
        seen.append((discriminator, real, fake))
        return torch.tensor(VALUE)

    wrapped = given(make(penalty, EVERY))
    if not callable(wrapped):
        raise Mistake("lazy must return a function of (discriminator, real, fake)")
    values = [float(given(wrapped("D", "real", "fake"))) for _ in range(CALLS)]
    _check_calls(len(seen))
    if seen[0] != ("D", "real", "fake"):
        raise Mistake(
            "hand discriminator, real and fake on to the penalty, in this order"
        )
    gaps = {i % EVERY for i, value in enumerate(values) if value}
    if len(gaps) != 1:
        raise Mistake("the computed calls must be evenly spaced, one in every `every`")
    mean = sum(values) / CALLS
    if abs(mean - VALUE / EVERY) < 1e-6:
        raise Mistake(
            "on average D now pays a share of the penalty only; multiply by every"
        )
    if abs(mean - VALUE) > 1e-6:
        raise Mistake(
            f"the mean over all calls must stay the penalty, {VALUE}; it is {mean:g}"
        )
    again = given(make(penalty, EVERY))
    if [float(again("D", "real", "fake")) for _ in range(CALLS)] != values:
        raise Mistake("a second lazy penalty must count its own calls, from 0")


def _check_calls(count):
    if count == CALLS:
        raise Mistake("the penalty is computed at every call, so no time is saved")
    if count != CALLS // EVERY:
        raise Mistake(
            f"of {CALLS} calls {CALLS // EVERY} should compute the penalty, not {count}"
        )


@exercise("8.3")
def halving_block(build):
    """build(channels) halves the picture and starts as the mean of 2 x 2 pixels."""
    block, x = given(build(6)), torch.randn(5, 6, 8, 8)
    for module in block.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            raise Mistake("there is BatchNorm inside; D must see each picture alone")
    try:
        y = given(block(x))
    except RuntimeError as error:
        raise Mistake(
            f"the forward pass stops ({error}); both paths must halve before the sum"
        ) from None
    if y.shape != (5, 6, 4, 4):
        raise Mistake(f"(5, 6, 8, 8) came out as {tuple(y.shape)}; wanted (5, 6, 4, 4)")
    _check_start(y, avg_pool2d(x, 2))
    _check_learning(block, x)


def _check_start(y, wanted):
    if torch.allclose(y, wanted, atol=1e-5):
        return
    if y.abs().max() == 0:
        raise Mistake("the output is 0; the path around the branch is missing")
    if torch.allclose(y, 2 * wanted, atol=1e-5):
        raise Mistake("the output is twice the mean; the sum adds the same path twice")
    if y.min() >= 0 or torch.allclose(y.clamp(min=0), wanted.clamp(min=0), atol=1e-5):
        raise Mistake(
            "an activation comes after the sum, so negative values are lost; keep y = x + F(x)"
        )
    raise Mistake("at the start y is not the mean of 2 x 2 pixels; begin with F(x) = 0")


def _check_learning(block, x):
    target = torch.randn(5, 6, 4, 4)
    optimiser = torch.optim.SGD(block.parameters(), 0.1)
    for _ in range(3):
        optimiser.zero_grad()
        (block(x) - target).square().mean().backward()
        optimiser.step()
    silent = [p for p in block.parameters() if p.grad is None or not p.grad.any()]
    if silent:
        raise Mistake(
            "after three steps some weights still get no gradient; set only the last "
            "convolution to 0"
        )
    with torch.no_grad():
        if torch.allclose(block(x) + block(-x), 2 * block(0 * x), atol=1e-5):
            raise Mistake(
                "the branch is linear; put an activation between convolutions"
            )
