"""Checks of lesson 4: the listing mended, where a sigmoid rounds to 1, copied pictures."""

import copy
from math import log, log10

import torch
from torch import nn
from torch.nn.functional import softplus

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    compare,
    exercise,
    kind,
    number,
    sequence,
    tensor,
)

RATE = 0.05  # of plain gradient descent, whose steps show every factor
STALE = 1e3  # a gradient left over from before


@exercise("4.1")
def mended(players, step):
    """players() makes both networks; step moves D, then G, as the repaired listing does."""
    generator, discriminator = sequence(call(players), 2, "what players() returns")
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, nn.Module):
            raise Mistake(f"the {name} should be a network; got {kind(network)}")
    _check_generator(generator)
    _check_discriminator(discriminator)
    _check_latents(step)
    _check_moves(step)
    _check_certain(step)


def _check_generator(network):
    z = torch.randn(49, 64)

    def pictures(z):
        return tensor(
            call(network, z, hint="64 numbers go in, and 28 * 28 = 784 come out"),
            (len(z), 1, 28, 28),
            "what G returns",
            {(64, 1, 28, 28): "49 latents became 64 pictures: G needs 784 outputs"},
            form="split 784 values into (1, 28, 28) at the end",
        )

    together = pictures(z)
    check_range(pictures(100 * z))
    if not close(pictures(z[:5]), together[:5]):
        raise Mistake(
            "a picture depends on the others in its batch; reshape each one alone"
        )


def check_range(pictures):
    """Large latents show whether the output ends with a tanh."""
    if pictures.abs().max() > 1:
        raise Mistake(
            "values leave [-1, 1] when z is large; the output layer needs a tanh"
        )
    if pictures.min() >= 0:
        raise Mistake(
            "no value is negative: this range is [0, 1], the data's is [-1, 1]; use tanh"
        )


def _check_discriminator(network):
    images = 1_000 * torch.randn(40, 1, 28, 28)
    answer = call(network, images, hint="D should take pictures of shape (1, 28, 28)")
    if torch.is_tensor(answer) and answer.numel() == 40 * 28:
        raise Mistake("D gives 28 answers per picture, one per row: flatten it first")
    shape = (40, 1) if torch.is_tensor(answer) and answer.dim() == 2 else (40,)
    logits = tensor(answer, shape, "what D returns")
    if logits.min() >= 0 and logits.max() <= 1:
        raise Mistake("D ends in a sigmoid; let it return the logit, for the losses")


class _Watched(nn.Module):
    """A small network that notes what it was given."""

    def __init__(self, *layers):
        super().__init__()
        self.layers, self.seen = nn.Sequential(*layers), []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return self.layers(x)


def _setting(scale=1.0):
    """A generator, a discriminator, their optimisers and a batch of real pictures."""
    torch.manual_seed(4)
    generator = _Watched(nn.Linear(64, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    discriminator = _Watched(nn.Flatten(), nn.Linear(784, 1), nn.Flatten(0))
    with torch.no_grad():
        discriminator.layers[1].weight.mul_(scale)
    opt_d, opt_g = (
        torch.optim.SGD(network.parameters(), RATE)
        for network in (discriminator, generator)
    )
    return generator, discriminator, opt_g, opt_d, 2 * torch.rand(64, 1, 28, 28) - 1


def _weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def _losses(step, *given):
    """The two losses that a step returns, as numbers."""
    hint = "the names it may use are its five arguments and the settings"
    found = sequence(call(step, *given, hint=hint), 2, "what step() returns")
    nan = "the logarithm of a sigmoid? Take softplus of the logits"
    return [number(x, name, nan) for x, name in zip(found, ("d_loss", "g_loss"))]


def _check_latents(step):
    given = _setting()
    for _ in range(2):
        _losses(step, *given)
    batches = given[0].seen
    if not batches:
        raise Mistake("step() never asks G for pictures")
    if any(z.shape != (len(given[-1]), 64) for z in batches):
        raise Mistake("G should get as many latents as there are real pictures")
    if any(torch.equal(batches[0], z) for z in batches[len(batches) // 2 :]):
        raise Mistake("two steps used the same z: draw it inside, anew in each step")


def _check_moves(step):
    """Both players' moves against gradient descent on the right losses."""
    generator, discriminator, *others = given = _setting()
    for network in (generator, discriminator):
        for parameter in network.parameters():
            parameter.grad = torch.full_like(parameter, STALE)
    g_0, d_0 = copy.deepcopy(generator), copy.deepcopy(discriminator)
    found = _losses(step, *given)
    moved_g, moved_d = (
        _weights(new) - _weights(old)
        for new, old in ((generator, g_0), (discriminator, d_0))
    )
    first, last, real = generator.seen[0], generator.seen[-1], others[-1]
    fake_logits = d_0(g_0(first).detach())
    on_real, on_fake = softplus(-d_0(real)).mean(), softplus(fake_logits).mean()
    right = [_descent(loss, d_0) for loss in (on_real + on_fake, on_real, on_fake)]
    if max(moved_g.abs().max(), moved_d.abs().max()) > RATE * STALE / 2:
        raise Mistake("old gradients count: call zero_grad before each backward")
    still = [n for n, m in (("D", moved_d), ("G", moved_g)) if m.abs().max() < 1e-9]
    if still:
        raise Mistake(
            f"{' and '.join(still)} did not move: a backward or step is missing"
        )
    usual = [
        (-right[0], "the sign of d_loss: D descends, so minimise -V"),
        (right[1], "D only learns from real pictures"),
        (right[2], "D only learns from generated pictures"),
    ]
    otherwise = (
        "D moved, but not along the gradient of -V alone; does G's step move D as well?"
    )
    compare(moved_d, right[0], usual, otherwise, atol=1e-6, rtol=1e-3)
    _check_g(moved_g, g_0, (discriminator, d_0), last)
    values = (on_real + on_fake).item()
    compare(found[0], values, [(-values, "the sign of d_loss: return -V")],
            f"d_loss should be {values:.4f} here; got {found[0]:.4f}", atol=1e-3)  # fmt: skip


def _check_g(moved, generator, opponents, z):
    """G may meet D before its move or after; taking turns is the listing's way."""
    usual = []
    for d in opponents:
        logits = d(generator(z))
        non_saturating = softplus(-logits).mean()
        lost, saturating = softplus(logits).mean(), -softplus(logits).mean()
        if close(moved, _descent(non_saturating, generator), atol=1e-7, rtol=1e-3):
            return
        usual += [
            (
                _descent(-non_saturating, generator),
                "the sign of g_loss: G flees its goal",
            ),
            (_descent(lost, generator), "the sign of g_loss: G is told to lose"),
            (_descent(saturating, generator), "this g_loss saturates: -E log D(G(z))"),
        ]
    otherwise = "G moved, but not along the gradient of -E log D(G(z))"
    compare(moved, torch.zeros_like(moved), usual, otherwise, atol=1e-7, rtol=1e-3)


def _descent(loss, network):
    gradients = torch.autograd.grad(loss, [*network.parameters()], retain_graph=True)
    return -RATE * torch.cat([g.flatten() for g in gradients])


def _check_certain(step):
    """A discriminator that is sure of itself, right or wrong."""
    for scale in (1e4, -1e4):
        generator, discriminator, *others = _setting(scale)
        _losses(step, generator, discriminator, *others)
        if not all(_weights(n).isfinite().all() for n in (generator, discriminator)):
            raise Mistake("weights become NaN where D is certain: use softplus")


BITS = {"float64": 53, "bfloat16": 8, "float16": 11}


@exercise("4.2")
def certain(answer):
    """The logit from which a sigmoid is 1, in three formats of numbers.

    (t + 1) log 2 by the nearest number; t log 2 where 1 + e^-l is rounded first.
    """
    middle = {name: (bits + 0.5) * log(2) for name, bits in BITS.items()}
    usual = {}
    for name, t in BITS.items():
        for bits in (t, t + 1):
            usual |= {
                (name, bits): "this counts bits; ask at which logit e^-l is 2^-bits",
                (
                    name,
                    -bits * log(2),
                ): "the sign: where D is certain, its logit is > 0",
                (
                    name,
                    2.0**-bits,
                ): "this is a gap; ask at which logit e^-l is as small",
                (name, bits * log10(2)): "take the natural logarithm, not log10",
            }
    reason = "compare e^-l with half the gap between 1 and the number before it"
    check_numbers(answer, middle, usual, dict.fromkeys(BITS, reason), abs_tol=0.6)


@exercise("4.3")
def copied_share(share):
    """The share of 30 pictures, 24 of them copied, that lie nearer to the training set."""
    training, held_out = torch.randn(20, 1, 28, 28), torch.randn(20, 1, 28, 28)
    training = 1.5 * training
    copied = training[:5].repeat(5, 1, 1, 1)[:24]
    pictures = torch.cat([copied, held_out[10:16]]) + 0.3 * torch.randn(30, 1, 28, 28)
    hint = "torch.cdist wants rows, so flatten(1) each picture"
    value = number(call(share, pictures, training, held_out, hint=hint), "the share")
    a = torch.cdist(pictures.flatten(1), training.flatten(1))
    b = torch.cdist(pictures.flatten(1), held_out.flatten(1))
    nearer = (a.min(1).values < b.min(1).values).float()
    usual = [
        (1 - nearer.mean(), "inverted: this is the share nearer to the held-out pictures"),
        (nearer.sum(), "this counts the pictures; a share is the mean"),
        ((a.min(0).values < b.min(0).values).float().mean(),
         "the minimum runs along the wrong axis: over the real pictures, for each generated one"),
        ((a.mean(1) < b.mean(1)).float().mean(),
         "a copy has one near neighbour: use min, not the mean or the farthest"),
        (a.min(1).values.mean() / b.min(1).values.mean(),
         "this is the ratio of distances, not a share"),
    ]  # fmt: skip
    otherwise = f"24 of 30 pictures are copies, so the share is 0.8; got {value:.3f}"
    compare(value, 0.8, usual, otherwise, atol=1e-4)
