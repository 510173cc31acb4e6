"""Checks of lesson 1: the optimal discriminator, the JSD and the two losses."""

import math

import torch

from gan_utils import losses
from gan_utils.claims import Mistake, exercise, given

EXTREME = torch.tensor([-300.0, 300.0])


@exercise("1.1")
def optimal_answer(answer):
    """D* where the real density is 0.2 and the generated one 0.6."""
    usual = {
        0.75: "this is the share of generated points there; D answers for the real ones",
        1 / 3: "this is the ratio p/q; D answers with the share p/(p + q)",
        0.5: "D would say 1/2 only where the two densities are equal",
        0.2: "this is the real density; divide it by the sum of both",
    }
    for value, reason in usual.items():
        if abs(answer - value) < 5e-3:
            raise Mistake(reason)
    if not 0 <= answer <= 1:
        raise Mistake(f"a probability lies between 0 and 1; got {answer}")
    if abs(answer - 0.25) > 5e-3:
        raise Mistake("look again at p/(p + q) with p = 0.2 and q = 0.6")


@exercise("1.2")
def divergence(jsd):
    """jsd(p, q, dx) against closed cases: equal, disjoint, and half-overlapping blocks."""
    one = torch.zeros(3000)
    one[:1000] = 1.0
    two, half = one.roll(1000), one.roll(500)
    dx = 1e-3
    apart = float(given(jsd(one + 1e-12, two + 1e-12, dx)))
    if math.isnan(apart):
        raise Mistake(
            "the result is NaN; where a density is 0, its term should count 0"
        )
    if abs(apart - 1.0) < 1e-3:
        raise Mistake(
            "this is in bits; the natural logarithm gives nats, and log 2 at most"
        )
    if abs(apart - 2 * math.log(2)) < 1e-2:
        raise Mistake("twice too large; each of the two divergences has the weight 1/2")
    if apart > 100:
        raise Mistake("hundreds too large; an integral is the sum times dx")
    if apart > 2:
        raise Mistake(
            "without bound on disjoint densities; compare p and q with their mean m, not with each other"
        )
    if apart < -0.1:
        raise Mistake("negative; the logarithm's argument is p/m, not m/p")
    if abs(apart - math.log(2) / 2) < 1e-2:
        raise Mistake("half of the sum is missing; both p and q are compared with m")
    if abs(apart - math.log(2)) > 1e-2:
        raise Mistake(
            f"disjoint densities must give log 2 = {math.log(2):.3f}; got {apart:.3f}"
        )
    overlap = float(jsd(one + 1e-12, half + 1e-12, dx))
    if abs(overlap - math.log(2) / 2) > 1e-2:
        raise Mistake(
            f"blocks that overlap by half must give {math.log(2) / 2:.3f}; got {overlap:.3f}"
        )


@exercise("1.3")
def discriminator_loss(d_loss):
    """The discriminator's loss from logits: sign, sides, mean, and numbers far out."""
    real, fake = 2 * torch.randn(64) + 1, 2 * torch.randn(64) - 1
    value, right = given(d_loss(real, fake)), losses.discriminator_loss(real, fake)
    if torch.as_tensor(value).dim() != 0:
        raise Mistake(f"a loss is one number; got the shape {tuple(value.shape)}")
    if torch.isclose(value, -right):
        raise Mistake(
            "the sign is flipped: this is V itself, and the optimiser would make D worse"
        )
    if torch.isclose(value, losses.discriminator_loss(-real, -fake)):
        raise Mistake(
            "the two sides are swapped: D is paid for calling real points generated"
        )
    if torch.isclose(value, 64 * right):
        raise Mistake("this is the sum over the batch; an expectation is a mean")
    if torch.isclose(value, right / 2):
        raise Mistake("half as large as -V: add the two means, do not average them")
    if not torch.isclose(value, right):
        raise Mistake("not -V: for logits 0 it must be 2 log 2, and grow where D errs")
    if not torch.isfinite(d_loss(EXTREME, EXTREME)):
        raise Mistake(
            "infinite at a logit of 300: use softplus, not the log of a sigmoid"
        )


@exercise("1.4")
def generator_loss(g_loss):
    """The non-saturating loss from logits: sign, the right one of the two, stability."""
    logits = (2 * torch.randn(64) - 1).requires_grad_()
    value, right = given(g_loss(logits)), losses.non_saturating_loss(logits)
    if torch.as_tensor(value).dim() != 0:
        raise Mistake(f"a loss is one number; got the shape {tuple(value.shape)}")
    if torch.isclose(value, losses.saturating_loss(logits)):
        raise Mistake(
            "this is the saturating loss log(1 - D); the exercise wants -log D"
        )
    if torch.isclose(value, -losses.saturating_loss(logits)):
        raise Mistake(
            "this is -log(1 - D): minimising it makes the pictures easier to detect"
        )
    if torch.isclose(value, -right):
        raise Mistake("the sign is flipped: minimising log D drives D(G(z)) towards 0")
    if torch.isclose(value, 64 * right):
        raise Mistake("this is the sum over the batch; an expectation is a mean")
    if not torch.isclose(value, right):
        raise Mistake("not -E[log D]: at logits 0 it must be log 2")
    if not torch.isfinite(g_loss(EXTREME)):
        raise Mistake(
            "infinite at a logit of -300: use softplus, not the log of a sigmoid"
        )
    (slope,) = torch.autograd.grad(value, logits)
    if not (slope < 0).all():
        raise Mistake(
            "the gradient does not reach the logits, so the generator cannot learn"
        )
