"""Checks of lesson 6: pulls of losses, a one-sided penalty, the Wasserstein distance."""

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

PULLS = {
    "non-saturating": (-1, 0),
    "least squares": (-6, 4),
    "hinge": (-1, -1),
}
USUAL_PULLS = {
    ("non-saturating", (0, -1)): "these are the saturating pulls; D is sure at -5",
    ("least squares", (-5, 5)): "G's target is the score 1, not 0",
    ("hinge", (-1, 0)): "the margin is in D's loss; G's loss is a straight line",
}


@exercise("6.1")
def pulls(answer):
    """The derivative of three generator losses at the scores -5 and +5."""
    for name, pair in entries(answer, PULLS):
        pair = sequence(pair, 2, f"{name}: the derivatives at -5 and +5")
        values = tuple(round(number(value, name)) for value in pair)
        if values == PULLS[name]:
            continue
        if values == tuple(-value for value in PULLS[name]):
            raise Mistake(
                f"{name}: the signs are turned round; a negative derivative raises the score"
            )
        otherwise = f"{values} is not the derivative by s"
        raise Mistake(f"{name}: " + USUAL_PULLS.get((name, values), otherwise))


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
