"""Checks of lesson 11: the length of a mean, a round trip, a direction without another."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    entries,
    exercise,
    number,
    tensor,
)


@exercise("11.1")
def mean_length(answer):
    """The share of its length that the mean of n points keeps, for n = 4, 16, 100."""
    for count, share in entries(answer, (4, 16, 100)):
        at, share = f"n = {count}", number(share, f"n = {count}")
        usual = [
            (1 / count,
             f"{at}: 1/n is the variance; the length goes with its square root"),
            (1, f"{at}: independent points partly cancel, so the mean is shorter"),
        ]  # fmt: skip
        otherwise = f"{at}: {share:g} is not the root of the variance 1/n"
        compare(share, count**-0.5, usual, otherwise, atol=5e-3)


@exercise("11.2")
def round_trip(walk):
    """walk(a, b, count) returns (count, d): a circle from a towards b and back."""
    a, b = torch.randn(2, 16)
    form = "12 points of 16 numbers"
    points = tensor(call(walk, a, b, 12), (12, 16), form=form)
    if not close(points[0], a, atol=1e-4):
        raise Mistake("the first point must be a; start the angle at 0")
    if close(points[-1], a, atol=1e-3):
        raise Mistake("the last point is a again; stop one step before it")
    if not close(points.norm(dim=1), a.norm().expand(12), rtol=1e-3):
        raise Mistake(
            "the length changes on the way; b needs its part along a removed, and a's length"
        )
    if torch.pdist(points).min() < 1e-2 * a.norm():
        raise Mistake("some points come twice; make one full turn, and no way back")
    steps = (points - points.roll(1, 0)).norm(dim=1)
    if steps.max() > 1.01 * steps.min():
        raise Mistake("the steps differ; is it the full turn, 2 pi, in equal parts?")
    if points[1] @ b < points[0] @ b:
        raise Mistake("it turns away from b; look at the sign of the sine")


@exercise("11.3")
def without(remove):
    """remove(v, others) returns v less its projection on the span of others."""
    v, others = torch.randn(24), torch.randn(3, 24)
    others[1] += others[0]  # not orthogonal
    form = "it must be that of v"
    result = tensor(call(remove, v.clone(), others.clone()), (24,), form=form)
    if close(result, v):
        raise Mistake("v came back unchanged; subtract its part along the others")
    if (others @ result).abs().max() > 1e-3:
        raise Mistake(
            "a slope of the others is left; the rows are not orthogonal, project on all at once"
        )
    rest = v - result
    if not close(others.T @ torch.linalg.pinv(others.T) @ rest, rest, atol=1e-3):
        raise Mistake("more changed than the part along the others; do not rescale v")
