"""Checks of lesson 22: four numbers, the middle square, an honest split."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    exercise,
    sequence,
    whole,
)

RIGHT = {"A": 425.0, "B": 9_600 / 425, "C": 7.5, "D": 0.0}
USUAL = {
    ("A", 75.0): "these are held out; asked are those that train",
    ("A", 500.0): "15 % of them are held out and never train",
    ("B", 300.0): "these are the steps; each shows 32 pictures",
    ("B", 9_600 / 500): "held-out pictures are never dealt: divide by those that train",
    ("B", 300 / 425): "every step shows 32 pictures, not one",
    ("C", 2.5): "every pixel has three bytes: red, green and blue",
    ("C", 7.5e9): "these are bytes; asked are gigabytes",
    ("C", 20.0): "these are bits (in units of 10^9, one colour); a byte has eight",
    ("D", 1.0): "1 is what a perfect generator of new pictures gets",
}


@exercise("22.1")
def numbers(answer):
    """Four numbers about splits, epochs, bombs and copies."""
    check_numbers(answer, RIGHT, USUAL, rel_tol=5e-3)


@exercise("22.2")
def square(function):
    """function(width, height) -> (left, top, right, bottom) of the middle square."""
    for width, height in ((100, 60), (60, 100), (50, 50), (101, 40)):
        box = sequence(call(function, width, height), 4, "the box")
        box = left, top, right, bottom = [whole(x, "each pixel") for x in box]
        size = f"{width} x {height}"
        if right <= left or bottom <= top:
            raise Mistake(f"for {size} the box {box} is empty")
        if right - left != bottom - top:
            raise Mistake(f"for {size} the box {box} is no square")
        if left < 0 or top < 0 or right > width or bottom > height:
            raise Mistake(f"for {size} the box {box} leaves the picture")
        if right - left != min(width, height):
            raise Mistake(f"for {size} a larger square fits than {box}")
        if abs(left - (width - right)) > 1 or abs(top - (height - bottom)) > 1:
            raise Mistake(f"for {size} the box {box} is not in the middle")


@exercise("22.3")
def honest_split(function):
    """function(groups, share) -> a mask of held-out pictures that keeps groups whole."""
    groups = torch.arange(400) // 4  # a hundred groups of four
    parts = _mask(function, groups, 0.2).view(100, 4).float().mean(1)
    if ((parts > 0) & (parts < 1)).any():
        raise Mistake("a group is torn: a near copy of a held-out picture trains")
    held = parts.mean().item()
    if close(held, 0.8, atol=0.02):
        raise Mistake("True marks the held-out pictures; here it marks the others")
    if not close(held, 0.2, atol=0.02):
        raise Mistake(f"about 20 % should be held out; it is {held:.0%}")
    order = parts.nonzero()[:, 0]
    if order[-1] - order[0] < 30:
        raise Mistake(
            "the groups lie side by side; files sorted by name or day do, too: "
            "choose at random"
        )
    if _mask(function, torch.arange(50), 0.5).sum() not in (24, 25, 26):
        raise Mistake("without near copies every picture is a group of its own")


def _mask(function, groups, share):
    mask = call(function, groups, share)
    if (
        not torch.is_tensor(mask)
        or mask.dtype != torch.bool
        or mask.shape != groups.shape
    ):
        raise Mistake("the answer is one bool for every picture, a tensor (N,)")
    return mask
