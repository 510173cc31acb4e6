"""Checks of lesson 7: an unbiased FID, a forgery that FID accepts, realism of pictures."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    exercise,
    number,
    tensor,
)
from gan_utils import metrics, toy


@exercise("7.1")
def fid_infinity(extrapolate):
    """The intercept at 1/n = 0 of a straight line through the scores."""
    sizes = torch.tensor([100.0, 250.0, 1_000.0, 4_000.0])
    scores = 12 + 900 / sizes
    value = number(call(extrapolate, sizes, scores))
    mean = scores.mean().item()
    usual = [
        (_line(1 / sizes, scores)[0], "this is the slope; return the value at 1/n = 0"),
        (_line(sizes, scores)[1],
         "this line runs in n; the scores are straight in 1/n"),
        (_line(sizes.log(), scores)[1], "this line runs in log n; take 1/n"),
        (mean, "this is the mean score; subtract slope times mean 1/n"),
        (scores[-1], "this is the last score; the line goes on to 1/n = 0"),
        (2 * mean - 12, "the sign is turned: subtract slope times mean 1/n"),
    ]  # fmt: skip
    otherwise = f"scores of 12 + 900/n lead to 12 at infinity; got {value:.2f}"
    compare(value, 12, usual, otherwise, atol=0.02)
    noisy = scores + torch.tensor([1.0, -1.0, 0.5, -0.5])
    otherwise = (
        "with scatter the answer is off; fit the line to all points by least squares"
    )
    value = number(call(extrapolate, sizes, noisy))
    compare(value, _line(1 / sizes, noisy)[1], [], otherwise, atol=0.02)


def _line(x, y):
    """Slope and intercept of the least-squares line, as floats."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return slope.item(), (y.mean() - slope * x.mean()).item()


SMALL_FID, LOW_PRECISION = 0.2, 0.3
POINTS = 400


@exercise("7.2")
def forgery(forge):
    """Points with the real ones' mean and covariance, of which few lie near real ones."""
    corners = [[3.0, 3.0, 2.0], [1.0, 1.0, 1.0], [2.0, 3.0, 3.0], [3.0, 2.0, 1.0]]
    clouds = {"ring": toy.ring(), "clusters": toy.Mixture(corners, std=0.05)}
    for name, cloud in clouds.items():
        real = cloud.sample(POINTS)
        made = tensor(
            call(forge, real),
            tuple(real.shape),
            form="return as many points as you are given",
        )
        distance = metrics.frechet_distance(real, made)
        if distance >= SMALL_FID:
            raise Mistake(f"{_what_differs(real, made)} ({name}: FD {distance:.3g})")
        precision = metrics.precision_recall(real, made)[0]
        if precision >= LOW_PRECISION:
            raise Mistake(
                f"the forgery lies on the real points (precision {precision:.2f} on the "
                f"{name}); fill the space between them"
            )


def _what_differs(real, made):
    """The first of mean, widths and covariances that is off, as a sentence."""
    cov, got = real.T.cov(), made.T.cov()
    scale = cov.trace().sqrt()
    if not close(made.mean(0) / scale, real.mean(0) / scale, atol=0.25):
        return "the mean is not that of the real points"
    if not close(got.diagonal() / scale**2, cov.diagonal() / scale**2, atol=0.05):
        return "along the axes, the points are not as wide as the real ones"
    return "mean and widths are right, but the axes do not vary together as they should"


@exercise("7.3")
def realism(grade):
    """max over the smaller half of the balls of radius / distance, one per point."""
    real, fake, k = torch.randn(40, 3), 1.5 * torch.randn(25, 3), 3
    usual = {
        (40,): "40 values came back, one per real point: the axis of max is wrong",
        (20,): "20 values came back, one per ball: the axis of max is wrong",
    }
    hint = "with 20 of 40 balls, distances must be (25, 20)"
    grades = tensor(
        call(grade, real, fake, k, hint=hint),
        (25,),
        usual=usual,
        form="25 generated points need 25 values",
    )

    own, across = torch.cdist(real, real).sort(1).values, torch.cdist(fake, real)

    def ratios(keep, column=k):
        kept = keep(own[:, column], own[:, column].median())
        return own[kept, column] / across[:, kept]

    right = ratios(torch.le)
    everything = own[:, k] / across
    upside_down = "the ratio is upside down: radius over distance"
    usual = [
        (everything.max(1).values, "the larger half of the balls is still there"),
        (ratios(torch.le, k - 1).max(1).values,
         "the radius stops one neighbour short: column 0 is the point itself"),
        ((1 / right).max(1).values, upside_down),
        ((1 / right).min(1).values, upside_down),
        (right.min(1).values, "take the largest ratio, not the smallest"),
        (right.mean(1), "take the largest ratio, not the mean"),
    ]  # fmt: skip
    otherwise = (
        "the values differ from the largest radius / distance over the small balls"
    )
    compare(grades, right.max(1).values, usual, otherwise, rtol=1e-3)
