"""Checks of lesson 6: pulls of losses, a one-sided penalty, the Wasserstein distance."""

import torch

from gan_utils.claims import Mistake, exercise, given

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
    for name, right in PULLS.items():
        if name not in answer:
            raise Mistake(f"the loss {name!r} has no entry")
        values = tuple(round(float(given(value))) for value in given(answer[name]))
        if values == right:
            continue
        if len(values) == 2 and values == tuple(-value for value in right):
            raise Mistake(
                f"{name}: the signs are turned round; a negative derivative raises the score"
            )
        usual = USUAL_PULLS.get((name, values))
        raise Mistake(f"{name}: " + (usual or f"{values} is not the derivative by s"))


class _Spy:
    """A linear critic of a given slope that keeps its input."""

    def __init__(self, slope):
        self.slope = torch.tensor(float(slope), requires_grad=True)

    def __call__(self, images):
        self.points = images.detach()
        return self.slope * images.flatten(1).sum(1) / images[0].numel() ** 0.5


@exercise("6.2")
def one_sided(penalty):
    """E[max(0, ||grad f|| - 1)^2] between real and generated pictures, one e a sample."""
    real, fake = torch.ones(512, 2, 4, 4), torch.zeros(512, 2, 4, 4)
    steep = _Spy(3)
    value = given(penalty(steep, real, fake))
    _check_points(steep.points)
    value = torch.as_tensor(value)
    if value.dim() != 0:
        raise Mistake(f"a penalty is one number; got the shape {tuple(value.shape)}")
    _check_value(value.item(), penalty(_Spy(0.5), real, fake).item())
    if not value.requires_grad:
        raise Mistake(
            "the critic cannot learn from it; autograd needs create_graph=True"
        )
    (push,) = torch.autograd.grad(value, steep.slope, allow_unused=True)
    if push is None or not torch.isclose(push, torch.tensor(4.0), atol=1e-3):
        raise Mistake("its gradient is wrong; let autograd create_graph=True")


def _check_points(points):
    """All real pixels are 1 and all generated ones 0, so each point shows its e."""
    e = points.flatten(1)
    if not torch.allclose(e, e[:, :1].expand_as(e)):
        raise Mistake("e differs from pixel to pixel; draw one number a sample")
    if e.min() < 0 or e.max() > 1:
        raise Mistake("e leaves [0, 1]; draw it with torch.rand, which is uniform")
    if e.std() < 0.01:
        raise Mistake("one e serves the whole batch; draw one number a sample")


def _check_value(steep, flat):
    """What the penalty says at the slopes 3 and 1/2; right are 4 and 0."""
    if abs(steep) < 1e-3 and flat > 1e-3:
        raise Mistake("it charges slopes below 1; turn the difference round")
    if abs(flat - 0.25) < 1e-3:
        raise Mistake("at slope 1/2 it charges 1/4: it is still two-sided; use relu")
    if abs(steep - 2) < 1e-3:
        raise Mistake("at slope 3 it charges 2 where 4 is right: the square is missing")
    if abs(steep - 4) > 1e-3 or abs(flat) > 1e-3:
        raise Mistake(
            f"at the slopes 3 and 1/2 it charges {steep:.2f} and {flat:.2f} where 4 and 0 "
            "are right; look at the axes of the norm: all but the batch"
        )


@exercise("6.3")
def distance(wasserstein):
    """W1 of two samples of different sizes on a line."""
    x, y = torch.tensor([4.0, 6.0, 0.0]), torch.tensor([1.0, 2.0])
    value = float(given(wasserstein(x, y)))
    for wrong, reason in (
        (-11 / 6, "differences of both signs cancel; take their absolute value"),
        (11 / 6, "differences of both signs cancel; take their absolute value"),
        (1.25, "this sums squares; take the absolute difference of the shares"),
        (1.5, "the lengths between the points are missing; weight with t.diff()"),
        (0.375, "the lengths between the points are missing; weight with t.diff()"),
        (23 / 6, "searchsorted counts only in a sorted tensor; sort both sides"),
        (3.0, "these are counts; divide by the number of points of each side"),
    ):
        if abs(value - wrong) < 1e-4:
            raise Mistake(reason)
    a, b = torch.randn(40), 2 * torch.randn(40) + 1
    sorted_pairs = (a.sort().values - b.sort().values).abs().mean().item()
    if abs(value - 2.5) > 1e-4:
        raise Mistake(
            f"of 0, 4, 6 and 1, 2 the distance is 2.5; got {value:.3f}. Draw both shares"
        )
    if abs(float(wasserstein(a, b)) - sorted_pairs) > 1e-4:
        raise Mistake(
            "of 40 and 40 points it is not the mean over sorted pairs; sort both sides"
        )
    if abs(float(wasserstein(a, a.flip(0)))) > 1e-6:
        raise Mistake("a sample is at distance 0 from itself, in any order")
