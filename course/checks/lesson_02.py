"""Checks of lesson 2: what fills gradients, the two steps, and the loop."""

from collections import Counter

import torch

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    exercise,
    number,
    sequence,
)
from gan_utils import losses, training
from gan_utils.networks import mlp, mlp_discriminator

LR = 0.05  # of plain gradient descent, whose steps show every factor


@exercise("2.1")
def filled_gradients(after_d_loss, after_g_loss):
    """Tensors with a gradient after D's loss (6 of 12) and after G's (all 12)."""
    filled = "backward fills gradients; only step moves weights"
    usual = [
        (12, "after d_loss: detach cuts the road to G, so G's six stay empty"),
        (0, f"after d_loss: {filled}"),
    ]
    otherwise = "after d_loss: count D's tensors; a linear layer has two"
    compare(number(after_d_loss, "after_d_loss"), 6, usual, otherwise)
    usual = [
        (6, "after g_loss: the gradient reaches G through D, and fills both"),
        (0, f"after g_loss: {filled}"),
    ]
    otherwise = "after g_loss: count the tensors on the road from the loss to G"
    compare(number(after_g_loss, "after_g_loss"), 12, usual, otherwise)


@exercise("2.2")
def generator_step(g_step):
    """One G step against the package's: movement, sign, stale gradients, the return."""
    loss = losses.non_saturating
    generator, discriminator, _, z = _setting()
    _spoil(generator)
    before, d_before = _weights(generator), _weights(discriminator)
    value = call(g_step, generator, discriminator, _sgd(generator), z, loss)
    moved = _weights(generator) - before
    generator, other, _, z = _setting()
    right_value = training.g_step(generator, other, _sgd(generator), z, loss)
    right = _weights(generator) - before
    if not close(_weights(discriminator), d_before, atol=0, rtol=0):
        raise Mistake("D moved too; the G step must change G alone")
    if moved.norm() < 1e-12:
        raise Mistake(
            "G did not move: either a detach cuts the gradient off, or zero_grad wipes "
            "it out between backward and step"
        )
    if moved.norm() > 100 * right.norm():
        raise Mistake("old gradients count: zero_grad is missing before backward")
    usual = [(-right, "the sign is flipped: G moves away from what lowers its loss")]
    otherwise = "G moved, but not along the gradient of loss.g_loss(D(G(z)))"
    compare(moved, right, usual, otherwise, atol=1e-7)
    _is_plain_number(value, right_value)


@exercise("2.3")
def discriminator_step(d_step):
    """One D step against the package's: sides, detach, stale gradients, the return."""
    loss = losses.minimax
    generator, discriminator, real, z = _setting()
    _spoil(discriminator)
    g_before, before = _weights(generator), _weights(discriminator)
    value = call(d_step, generator, discriminator, _sgd(discriminator), real, z, loss)
    moved = _weights(discriminator) - before
    right, right_value = _d_step(loss)
    swapped, _ = _d_step(loss._replace(d_loss=lambda a, b: loss.d_loss(b, a)))
    if not close(_weights(generator), g_before, atol=0, rtol=0):
        raise Mistake("G moved too; the D step must change D alone")
    if any(p.grad is not None for p in generator.parameters()):
        raise Mistake("G carries gradients of D's loss: detach the generated samples")
    if moved.norm() < 1e-12:
        raise Mistake("D did not move: is the gradient there when opt_d.step() looks?")
    if moved.norm() > 100 * right.norm():
        raise Mistake("old gradients count: zero_grad is missing before backward")
    usual = [
        (swapped, "real and fake are swapped: D learns to call data generated"),
        (-right, "the sign is flipped: D gets worse at its own loss"),
    ]
    otherwise = "D moved, but not along the gradient of loss.d_loss(D(x), D(G(z)))"
    compare(moved, right, usual, otherwise, atol=1e-7)
    _is_plain_number(value, right_value)


@exercise("2.4")
def loop(my_loop):
    """Order and number of the calls, fresh noise and data at every one of them."""
    calls, draws = [], Counter()

    def sampler(kind):
        def draw():
            draws[kind] += 1
            return kind, draws[kind]

        return draw

    def d_step(real, z):
        if (_kind(real), _kind(z)) != ("real", "z"):
            raise Mistake("d_step wants the real batch first and the noise second")
        calls.append(("d", real, z))
        return -1.0

    def g_step(z):
        if _kind(z) != "z":
            raise Mistake("g_step wants the noise that sample_z() gives")
        calls.append(("g", z))
        return float(sum(step[0] == "g" for step in calls))

    result = call(my_loop, d_step, g_step, sampler("real"), sampler("z"), 4, 3)
    _order_is_right("".join(step[0] for step in calls))
    _batches_are_fresh(calls)
    found = [number(value, "each loss") for value in sequence(result, 4, "the losses")]
    if found != [1.0, 2.0, 3.0, 4.0]:
        raise Mistake("return the losses of G, one a round, in their order")


def _kind(batch):
    return batch[0] if isinstance(batch, tuple) else None


def _order_is_right(order):
    """Four rounds of three D steps and a G step."""
    if order == "dg" * 4:
        raise Mistake("one D step a round; d_per_g says how many there must be")
    if order == "dddggg" * 4:
        raise Mistake("as many G steps as D steps; a round has one G step, at its end")
    if order == "gddd" * 4:
        raise Mistake("G moves first; the G step belongs at the end of each round")
    if order != "dddg" * 4:
        raise Mistake(f"with steps=4 and d_per_g=3 the order is {order}, not dddg x 4")


def _batches_are_fresh(calls):
    """No two steps share their noise, no two D steps their real samples."""
    noise = [step[-1] for step in calls]
    if len(set(noise)) == 1:
        raise Mistake("the noise is drawn once for all steps; draw it inside the loop")
    if len(set(noise)) < len(noise):
        raise Mistake(
            "some steps share their noise; every step needs a fresh batch of z"
        )
    reals = [step[1] for step in calls if step[0] == "d"]
    if len(set(reals)) < len(reals):
        raise Mistake("some D steps share a real batch; every one needs a fresh one")


def _setting():
    """Small networks, real samples and noise, the same at every call within a check."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        generator, discriminator = mlp(2, 8, 2), mlp_discriminator(2, 8)
        return generator, discriminator, torch.randn(16, 2) + 1, torch.randn(16, 2)


def _sgd(network):
    return torch.optim.SGD(network.parameters(), lr=LR)


def _weights(network):
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def _spoil(network):
    """Leave large stale gradients, as a missing zero_grad would."""
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 1e4)


def _d_step(loss):
    """How the package's step moves D, and the loss that it returns."""
    generator, discriminator, real, z = _setting()
    before = _weights(discriminator)
    value = training.d_step(
        generator, discriminator, _sgd(discriminator), real, z, loss
    )
    return _weights(discriminator) - before, value


def _is_plain_number(value, right):
    if not torch.is_tensor(value) or value.dim() != 0:
        raise Mistake("return the loss itself, a tensor with a single number")
    if value.requires_grad:
        raise Mistake("the returned loss still holds its graph; return loss.detach()")
    found = number(value, "the returned loss")
    compare(found, right, [], f"the returned loss is {found:g}, not that of this step")
