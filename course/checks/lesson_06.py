"""Checks of lesson 6: best scores, a penalty mended, the Wasserstein distance."""

import math

import torch

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    entries,
    exercise,
    gradient,
    number,
    sequence,
    tensor,
)

BEST = {  # at p = 0.6 and q = 0.2: the score, and the derivative of G's loss there
    "cross-entropy": (math.log(3), -0.25),
    "least squares": (0.75, -0.25),
    "hinge": (1.0, -1.0),
}
_SWAPPED = "p weighs the loss for real data, q that for generated data"
USUAL_SCORES = {
    ("cross-entropy", 0.75): "0.75 is D; its score is the logit, log(D/(1 - D))",
    ("cross-entropy", 3.0): "p/q = 3 is D/(1 - D); the score is its logarithm",
    ("cross-entropy", -math.log(3)): _SWAPPED,
    ("least squares", 0.25): _SWAPPED,
    ("least squares", 3.0): "set p(s - 1) + q s to 0; it is no ratio p/q",
    ("least squares", 0.5): "p and q are not equal; weigh both terms with them",
    ("hinge", -1.0): _SWAPPED,
    ("hinge", 0.0): "between the kinks the slope is q - p < 0, so D goes on",
    ("hinge", 0.75): "a sum of straight pieces has its minimum at a kink, -1 or 1",
    ("hinge", 0.5): "a sum of straight pieces has its minimum at a kink, -1 or 1",
}
USUAL_DERIVATIVES = {
    ("cross-entropy", -0.75): "this is the saturating loss's; take -log D",
    ("least squares", 0.75): "G's target is the score 1, not 0",
    ("hinge", 0.0): "the margin is in D's loss; G's loss is a straight line",
}


@exercise("6.1")
def best_scores(answer):
    """D's best score where p = 0.6 and q = 0.2, and the derivative of G's loss there."""
    for name, pair in entries(answer, BEST):
        score, slope = (
            number(value, name)
            for value in sequence(pair, 2, f"{name}: the score and the derivative")
        )
        right, falls = BEST[name]
        usual = [
            (wrong, why) for (of, wrong), why in USUAL_SCORES.items() if of == name
        ]
        compare(
            score, right, [(w, f"{name}: {why}") for w, why in usual],
            f"{name}: {score:.3g} is not where the derivative of D's loss changes sign",
            atol=0.006,
        )  # fmt: skip
        usual = [
            *((w, why) for (of, w), why in USUAL_DERIVATIVES.items() if of == name),
            (
                -falls,
                "the sign is turned round; a negative derivative raises the score",
            ),
        ]
        compare(
            slope, falls, [(w, f"{name}: {why}") for w, why in usual],
            f"{name}: {slope:.3g} is not the derivative of G's loss by s at {right:.3g}",
            atol=0.006,
        )  # fmt: skip


class _Spy:
    """A linear critic of a given slope that keeps its input."""

    points = None

    def __init__(self, slope):
        self.slope = torch.tensor(float(slope), requires_grad=True)

    def __call__(self, images):
        self.points = tensor(images, (512, 2, 4, 4), "what the critic gets")
        return self.slope * images.flatten(1).sum(1) / images[0].numel() ** 0.5


@exercise("6.2")
def one_sided(penalty):
    """E[max(0, ||grad f|| - 1)^2] between real and generated; one e per sample."""
    real, fake = torch.ones(512, 2, 4, 4), torch.zeros(512, 2, 4, 4)
    steep, flat = _Spy(3), _Spy(0.5)
    value = call(penalty, steep, real, fake)
    if steep.points is None:
        raise Mistake("the critic is never asked; it must judge the points in between")
    _check_points(steep.points.flatten(1))
    _check_value(
        number(value, "the penalty"),
        number(call(penalty, flat, real, fake), "the penalty"),
    )
    missing = "the critic cannot learn from it; autograd needs create_graph=True"
    if not close(gradient(value, steep.slope, missing), 4, atol=1e-3):
        raise Mistake("its gradient is wrong; let autograd create_graph=True")


def _check_points(e):
    """All real pixels are 1 and all generated ones 0, so each point shows its e."""
    if not close(e, e[:, :1].expand_as(e)):
        raise Mistake("e differs from pixel to pixel; draw one number per sample")
    if e.min() < 0 or e.max() > 1:
        raise Mistake("e leaves [0, 1]; draw it with torch.rand, which is uniform")
    if e.std() < 0.01:
        raise Mistake("one e serves the whole batch; draw one number per sample")


def _check_value(steep, flat):
    """What the penalty says at the slopes 3 and 1/2; right are 4 and 0."""
    if abs(steep) < 1e-3 and flat > 1e-3:
        raise Mistake("it charges slopes below 1; turn the difference round")
    if close(flat, 0.25, atol=1e-3):
        raise Mistake("at slope 1/2 it charges 1/4: it is still two-sided; use relu")
    if close(steep, 2, atol=1e-3):
        raise Mistake("at slope 3 it charges 2 where 4 is right: the square is missing")
    if not close(steep, 4, atol=1e-3) or not close(flat, 0, atol=1e-3):
        raise Mistake(
            f"at the slopes 3 and 1/2 it charges {steep:.2f} and {flat:.2f} where 4 and 0 "
            "are right; look at the axes of the norm: all but the batch"
        )


@exercise("6.3")
def distance(wasserstein):
    """W1 of two samples of different sizes on a line."""

    def found(x, y):
        return number(call(wasserstein, x, y), "the distance")

    value = found(torch.tensor([4.0, 6.0, 0.0]), torch.tensor([1.0, 2.0]))
    cancel = "differences of both signs cancel; take their absolute value"
    lengths = "the lengths between the points are missing; weight with t.diff()"
    usual = [
        (-11 / 6, cancel),
        (11 / 6, cancel),
        (1.25, "this sums squares; take the absolute difference of the shares"),
        (1.5, lengths),
        (0.375, lengths),
        (23 / 6, "searchsorted counts only in a sorted tensor; sort both sides"),
        (3.0, "these are counts; divide by the number of points of each side"),
    ]
    otherwise = (
        f"of 0, 4, 6 and 1, 2 the distance is 2.5; got {value:.3f}. Draw both shares"
    )
    compare(value, 2.5, usual, otherwise, atol=1e-4)
    a, b = torch.randn(40), 2 * torch.randn(40) + 1
    pairs = (a.sort().values - b.sort().values).abs().mean()
    otherwise = (
        "of 40 and 40 points it is not the mean over sorted pairs; sort both sides"
    )
    compare(found(a, b), pairs, [], otherwise, atol=1e-4)
    otherwise = "a sample is at distance 0 from itself, in any order"
    compare(found(a, a.flip(0)), 0, [], otherwise, atol=1e-6)
