"""Checks of lesson 11: the length of a mean, a round trip, a price on side effects."""

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
def compromise(solve):
    """solve(C, b, others, strength) returns the likely v with b @ v = 1 and small others @ v."""
    root, b, others = torch.randn(12, 12), torch.randn(12), torch.randn(3, 12)
    C = root @ root.T / 12 + 0.1 * torch.eye(12)
    others[1] += b  # correlated with what is wanted
    for strength in (0.5, 0.0):
        given = C.clone(), b.clone(), others.clone(), strength
        v = tensor(call(solve, *given), (12,), form="it must be that of b")
        rise = (b @ v).item()
        if abs(rise - 1) > 1e-2:
            raise Mistake(f"b @ v is {rise:.3g} instead of 1; divide by it")
        price = strength * others.T @ others
        inverse, one = torch.linalg.inv(C), torch.eye(12)
        free = _cheapest(inverse, b)
        compare(v, _cheapest(inverse + price, b), [
            (free, "the others do not count; where is strength?"),
            (_cheapest(inverse + 1e3 * others.T @ others, b),
             "the others are held at exactly 0; strength says what they cost"),
            (_cheapest(C + price, b), "C stands where its inverse belongs"),
            (_cheapest(one + price, b), "how likely v is, v C^-1 v, does not count"),
            (_cheapest(inverse - price, b),
             "side effects are rewarded; look at the sign of strength"),
        ], "v is not where the gradient of the Lagrangian is 0", 1e-2, 1e-2)  # fmt: skip


def _cheapest(cost, b):
    """The v with b @ v = 1 of least v^T cost v."""
    v = torch.linalg.solve(cost, b)
    return v / (b @ v)
