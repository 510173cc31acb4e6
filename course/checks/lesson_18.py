"""Checks of lesson 18: four numbers, the gap between groups, the cycle."""

import torch

from course.checks.frame import call, check_numbers, compare, exercise, number

RIGHT = {"A": 0.1, "B": 0.01, "C": 0.0, "D": 0.4}
USUAL = {
    ("A", -0.2): "the strength is missing: it multiplies the mask in both places",
    ("A", 0.0): "what is kept is 1 - s m, not 1 - m",
    ("A", 0.35): "the share of the colour is s m, not a part of it; add s m c",
    ("B", 0.25): "this is the error inside the lips; asked is the mean over the window",
    ("B", 6.25): "multiply by the share of the pixels, not by its inverse",
    ("B", 0.24): "this is what is left outside; the error there is 0",
    ("C", 1.0): "a picture that is not changed comes back as it was",
    ("C", 0.25): "neither term compares with the true picture; both compare with x",
    ("D", 0.1): "this is the shown value; solve the blend for the value behind it",
    ("D", 0.2): "divide by what the lens lets through, 1 - alpha",
    ("D", 0.0): "look at the sign: subtract alpha c, and c is negative",
}


@exercise("18.1")
def numbers(answer):
    """Four numbers: a blend, a small region, a lazy generator, a lens looked through."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("18.2")
def gap(function):
    """function(errors, groups) -> worst minus best of the groups' means."""
    groups = torch.tensor([0, 0, 0, 1, 1, 3, 3, 3, 3, 4])
    errors = torch.tensor([1.0, 2.0, 7.0, 4.0, 8.0, 1.0, 1.0, 2.0, 9.0, 5.0])
    hint = "a group without people (2 here) has no mean; leave it out"
    value = number(call(function, errors, groups), "the gap", hint)
    means = torch.stack([errors[groups == g].mean() for g in (0, 1, 3, 4)])
    right = means.max() - means.min()
    usual = [
        (errors.max() - errors.min(),
         "these are single people; average each group first"),
        (means.max() - errors.mean(),
         "this is worst minus all; asked is worst minus best"),
        (means.max(), "this counts the empty group as 0, or forgets the best one"),
        (means.std(), "asked is worst minus best, not the spread"),
        (-right, "the sign is turned: worst minus best"),
    ]  # fmt: skip
    compare(value, right, usual, f"expected {right:.3g}, got {value:.3g}")


def _generator(images, wish):
    """Something that is not its own inverse."""
    return 0.5 * images + wish[:, :1, None, None]


@exercise("18.3")
def cycle(loss):
    """loss(generator, images, own, asked) -> E|G(G(x, asked), own) - x|."""
    images, own, asked = torch.randn(6, 3, 8, 8), torch.rand(6, 4), torch.rand(6, 4)
    value = number(call(loss, _generator, images, own, asked), "the loss")
    there, stay = _generator(images, asked), _generator(images, own)
    back = _generator(there, own)
    usual = [
        ((there - images).abs().mean(), "the way back is missing: apply G a second time"),
        ((stay - images).abs().mean(), "this is the identity term; the picture must first change"),
        ((_generator(there, asked) - images).abs().mean(),
         "the way back asks for what the picture showed at first, own"),
        ((_generator(stay, asked) - images).abs().mean(),
         "the order is turned: first asked, then own"),
        ((back - there).abs().mean(), "compare with the first picture, not with the changed one"),
        ((back - images).square().mean(), "the difference is absolute, not squared"),
        ((back - images).abs().sum(), "take the mean, not the sum"),
        ((back - images).mean(), "without | | the differences cancel"),
    ]  # fmt: skip
    otherwise = "the value is off; two passes of G, one mean of | |"
    compare(value, (back - images).abs().mean(), usual, otherwise)
