"""Checks of lesson 2: what fills gradients, the G step, and two learning rates."""

import functools

import torch

from course.checks.frame import Mistake, call, close, compare, exercise, number
from gan_utils import losses, metrics, toy, training
from gan_utils.networks import mlp, mlp_discriminator

LR = 0.05  # of plain gradient descent, whose steps show every factor
FEW_STEPS, GAMES = 300, 5  # of exercise 2.3
LARGEST = 0.1  # learning rate that is tried


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
def fast_rates(rate_of_d, rate_of_g):
    """The median of five games of 300 steps covers all eight modes of the ring."""
    rates = number(rate_of_d, "rate_of_d"), number(rate_of_g, "rate_of_g")
    if not all(0 < rate <= LARGEST for rate in rates):
        raise Mistake(f"a learning rate is above 0 and, here, at most {LARGEST:g}")
    median = _median_of_modes(*rates)
    if median == 8:
        return
    found = f"the median game covers {median} of 8 modes after {FEW_STEPS} steps: "
    if rates[1] > rates[0]:
        raise Mistake(
            found + "G is faster than D, and runs after a D that is out of date"
        )
    if rates[0] > 10 * rates[1]:
        raise Mistake(found + "G is so slow beside D that it has hardly moved")
    if max(rates) < 0.02:
        raise Mistake(found + "both are too slow; 300 steps must do the work of 1,200")
    raise Mistake(found + "steps as large as these overshoot")


def _median_of_modes(rate_of_d, rate_of_g):
    """Five games as lesson 2 plays them, but for the two learning rates."""
    data, width = toy.ring(), 48
    leaky = functools.partial(torch.nn.LeakyReLU, 0.2)
    g = mlp(2, width, width, 2, copies=GAMES)
    d = mlp_discriminator(2, width, width, copies=GAMES, activation=leaky)
    opt_d, opt_g = (torch.optim.Adam(x.parameters(), betas=(0.5, 0.99)) for x in (d, g))
    for step in range(FEW_STEPS):
        left = 1 - step / FEW_STEPS
        opt_d.param_groups[0]["lr"] = rate_of_d * left
        opt_g.param_groups[0]["lr"] = rate_of_g * left
        real, z = data.sample(GAMES, 128), torch.randn(2, GAMES, 128, 2)
        training.d_step(g, d, opt_d, real, z[0], losses.non_saturating)
        training.g_step(g, d, opt_g, z[1], losses.non_saturating)
    samples = g(torch.randn(GAMES, 2000, 2)).detach()
    return metrics.modes_covered(samples, data)[0].median().item()


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


def _is_plain_number(value, right):
    if not torch.is_tensor(value) or value.dim() != 0:
        raise Mistake("return the loss itself, a tensor with a single number")
    if value.requires_grad:
        raise Mistake("the returned loss still holds its graph; return loss.detach()")
    found = number(value, "the returned loss")
    compare(found, right, [], f"the returned loss is {found:g}, not that of this step")
