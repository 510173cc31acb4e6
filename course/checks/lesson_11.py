"""Checks of lesson 11: the length of a mean, a round trip, a direction without another."""

import torch

from gan_utils.claims import Mistake, exercise, given


@exercise("11.1")
def mean_length(answer):
    """The share of its length that the mean of n points keeps, for n = 4, 16, 100."""
    for count in (4, 16, 100):
        if count not in answer:
            raise Mistake(f"the entry for n = {count} is missing")
        share, right = given(answer[count]), count**-0.5
        if abs(share - 1 / count) < 0.005:
            raise Mistake(
                f"n = {count}: 1/n is the variance; the length goes with its square root"
            )
        if abs(share - 1) < 0.005:
            raise Mistake(
                f"n = {count}: independent points partly cancel, so the mean is shorter"
            )
        if abs(share - right) > 0.01:
            raise Mistake(f"n = {count}: {share} is not the root of the variance 1/n")


@exercise("11.2")
def round_trip(walk):
    """walk(a, b, count) returns (count, d): a circle from a towards b and back."""
    a, b = torch.randn(2, 16)
    points = given(walk(a, b, 12))
    if points.shape != (12, 16):
        raise Mistake(f"the shape is {tuple(points.shape)}; 12 points of 16 numbers")
    if not torch.allclose(points[0], a, atol=1e-4):
        raise Mistake("the first point must be a; start the angle at 0")
    if torch.allclose(points[-1], a, atol=1e-3):
        raise Mistake("the last point is a again; stop one step before it")
    lengths = points.norm(dim=1)
    if not torch.allclose(lengths, a.norm().expand(12), rtol=1e-3):
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
    result = given(remove(v.clone(), others.clone()))
    if result.shape != v.shape:
        raise Mistake(
            f"the shape is {tuple(result.shape)}; it must be that of v, (24,)"
        )
    if torch.allclose(result, v):
        raise Mistake("v came back unchanged; subtract its part along the others")
    left = (others @ result).abs().max()
    if left > 1e-3:
        raise Mistake(
            "a slope of the others is left; the rows are not orthogonal, project on all at once"
        )
    rest = v - result
    if not torch.allclose(
        others.T @ torch.linalg.pinv(others.T) @ rest, rest, atol=1e-3
    ):
        raise Mistake("more changed than the part along the others; do not rescale v")
