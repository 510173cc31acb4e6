"""Checks of lesson 2: what fills gradients, the two steps, and the loop."""

import copy

import torch

from gan_utils import losses, training
from gan_utils.claims import Mistake, exercise, given
from gan_utils.networks import mlp, mlp_discriminator

LR = 0.05  # of plain gradient descent, whose steps show every factor


@exercise("2.1")
def filled_gradients(after_d_loss, after_g_loss):
    """Tensors with a gradient after D's loss (6 of 12) and after G's (all 12)."""
    if after_d_loss == 12:
        raise Mistake("after d_loss: detach cuts the road to G, so G's six stay empty")
    if after_d_loss == 0:
        raise Mistake("after d_loss: backward fills gradients; only step moves weights")
    if after_d_loss != 6:
        raise Mistake("after d_loss: count D's tensors; a linear layer has two")
    if after_g_loss == 6:
        raise Mistake("after g_loss: the gradient reaches G through D, and fills both")
    if after_g_loss == 0:
        raise Mistake("after g_loss: backward fills gradients; only step moves weights")
    if after_g_loss != 12:
        raise Mistake("after g_loss: count the tensors on the road from the loss to G")


@exercise("2.2")
def generator_step(g_step):
    """One G step against the package's: movement, sign, stale gradients, the return."""
    generator, discriminator, _, z = _setting()
    opt_g = _sgd(generator)
    _spoil(generator)
    d_before = _weights(discriminator)
    expected = _after_g(training.g_step)
    before = _weights(generator)
    value = given(g_step(generator, discriminator, opt_g, z, losses.non_saturating))
    moved, right = _weights(generator) - before, expected - before
    if not torch.equal(_weights(discriminator), d_before):
        raise Mistake("D moved too; the G step must change G alone")
    if moved.norm() < 1e-12:
        raise Mistake(
            "G did not move: either a detach cuts the gradient off, or zero_grad wipes "
            "it out between backward and step"
        )
    if moved.norm() > 100 * right.norm():
        raise Mistake("old gradients count: zero_grad is missing before backward")
    if torch.allclose(moved, -right, atol=1e-7):
        raise Mistake("the sign is flipped: G moves away from what lowers its loss")
    if not torch.allclose(moved, right, atol=1e-7):
        raise Mistake("G moved, but not along the gradient of loss.g_loss(D(G(z)))")
    _is_plain_number(value)


@exercise("2.3")
def discriminator_step(d_step):
    """One D step against the package's: sides, detach, stale gradients, the return."""
    generator, discriminator, real, z = _setting()
    opt_d = _sgd(discriminator)
    _spoil(discriminator)
    g_before, before = _weights(generator), _weights(discriminator)
    value = given(d_step(generator, discriminator, opt_d, real, z, losses.minimax))
    moved = _weights(discriminator) - before
    right = _after_d(training.d_step) - before
    swapped = _after_d(_swapped) - before
    if not torch.equal(_weights(generator), g_before):
        raise Mistake("G moved too; the D step must change D alone")
    if any(p.grad is not None for p in generator.parameters()):
        raise Mistake("G carries gradients of D's loss: detach the generated samples")
    if moved.norm() < 1e-12:
        raise Mistake("D did not move: is the gradient there when opt_d.step() looks?")
    if moved.norm() > 100 * right.norm():
        raise Mistake("old gradients count: zero_grad is missing before backward")
    if torch.allclose(moved, swapped, atol=1e-7):
        raise Mistake("real and fake are swapped: D learns to call data generated")
    if torch.allclose(moved, -right, atol=1e-7):
        raise Mistake("the sign is flipped: D gets worse at its own loss")
    if not torch.allclose(moved, right, atol=1e-7):
        raise Mistake(
            "D moved, but not along the gradient of loss.d_loss(D(x), D(G(z)))"
        )
    _is_plain_number(value)


@exercise("2.4")
def loop(my_loop):
    """Order and number of the calls, fresh noise and data at every one of them."""
    calls, draws = [], {"real": 0, "z": 0}

    def sampler(kind):
        def draw():
            draws[kind] += 1
            return kind, draws[kind]

        return draw

    def d_step(real, z):
        calls.append(("d", real, z))
        return -1.0

    def g_step(z):
        calls.append(("g", z))
        return float(sum(call[0] == "g" for call in calls))

    result = given(my_loop(d_step, g_step, sampler("real"), sampler("z"), 4, 3))
    _order_is_right(calls)
    _batches_are_fresh(calls)
    if list(result) != [1.0, 2.0, 3.0, 4.0]:
        raise Mistake("return the losses of G, one a round, in their order")


def _order_is_right(calls):
    """Four rounds of three D steps and a G step, with the arguments in their places."""
    order = "".join(call[0] for call in calls)
    kinds = {(call[1][0], call[2][0]) for call in calls if call[0] == "d"}
    if kinds - {("real", "z")}:
        raise Mistake("d_step takes the real batch first and the noise second")
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
    noise = [call[-1] for call in calls]
    if len(set(noise)) == 1:
        raise Mistake("the noise is drawn once for all steps; draw it inside the loop")
    if len(set(noise)) < len(noise):
        raise Mistake(
            "some steps share their noise; every step needs a fresh batch of z"
        )
    reals = [call[1] for call in calls if call[0] == "d"]
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


def _after_g(step):
    generator, discriminator, _, z = _setting()
    step(generator, discriminator, _sgd(generator), z, losses.non_saturating)
    return _weights(generator)


def _after_d(step):
    generator, discriminator, real, z = _setting()
    step(generator, discriminator, _sgd(discriminator), real, z, losses.minimax)
    return _weights(discriminator)


def _swapped(generator, discriminator, opt_d, real, z, loss):
    """A D step with its two sides exchanged."""
    turned = copy.copy(loss)._replace(d_loss=lambda a, b: loss.d_loss(b, a))
    return training.d_step(generator, discriminator, opt_d, real, z, turned)


def _is_plain_number(value):
    if not isinstance(value, torch.Tensor) or value.dim() != 0:
        raise Mistake("return the loss itself, a tensor with a single number")
    if value.requires_grad:
        raise Mistake("the returned loss still holds its graph; return loss.detach()")
