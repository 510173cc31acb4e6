"""Checks of lesson 19: five numbers, augmentation with a probability, its adaptation."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    exercise,
    gradient,
    number,
    tensor,
)

RIGHT = {"A": 768.0, "B": 0.5, "C": 0.0, "D": 1.0, "E": 0.4}
USUAL = {
    ("A", 24.0): "this is the number of steps divided by 100; each step draws 32",
    ("A", 76_800.0): "this is all pictures together; there are 100 of them",
    ("B", 2.0): "this is the fraction turned over; the denominator is the larger way",
    ("B", -2.0): "mind the sign of the generated logit: 3 - (-5) is 8",
    ("B", 4.0): "this is the numerator alone",
    ("C", 1.0): "1 is what a sampler gets that knows neither side better",
    ("C", 0.5): "the distance of a copy to its original is not half of anything",
    ("D", 3.0): "these are the pairs in which the held-out distance is larger",
    ("D", 2.0): "2 is what chance gives, half of four pairs",
    ("D", 0.25): "this is the share of pairs; U counts them",
    ("E", 0.6): "this is 2p; the determinant is (1 - p)^2 - p^2",
    ("E", 0.58): "the product of the other diagonal is subtracted, not added",
    ("E", 0.49): "this is (1 - p)^2; subtract the product of the other diagonal",
}


@exercise("19.1")
def numbers(answer):
    """Five numbers: visits, r_v, the ratio of a copier, U, and a determinant."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("19.2")
def chance(function):
    """function(change, images, p) -> each picture changed with probability p."""
    images = (1 + torch.rand(4_000, 1, 2, 2)).requires_grad_()
    result = call(function, torch.neg, images, 0.2)
    form = "the coins must have the shape (N, 1, 1, 1)"
    values = tensor(result, tuple(images.shape), form=form)
    missing = "no gradient comes back: do not detach, G learns through this"
    slope = gradient(result, images, missing)
    if not close(values.abs(), images):
        raise Mistake("a picture is either changed or left as it is")
    changed = (values < 0).flatten(1)
    if (changed.any(1) != changed.all(1)).any():
        raise Mistake("pixels are changed one by one; toss one coin for each picture")
    share = changed[:, 0].double().mean().item()
    if share in (0.0, 1.0):
        raise Mistake("all pictures are treated alike; toss one coin for each of them")
    if 0.75 < share < 0.85:
        raise Mistake("p is the probability to change a picture, not to leave it")
    if not 0.16 < share < 0.24:
        raise Mistake(f"with p = 0.2, {share:.0%} of the pictures were changed")
    if not close(slope, values.sign()):
        raise Mistake("the gradient must pass through the change itself")


@exercise("19.3")
def controller(adapted):
    """adapted(p, real_logits, target, pace) -> the next probability."""
    sure = torch.tensor([3.0, 2.0, 0.5, 1.0, 4.0])  # r_t = 1
    torn = torch.tensor([0.1, 9.0, -0.2, -0.3])  # r_t = 0, mean logit 2.15
    mostly = torch.tensor([1.0] * 3 + [-1.0])  # r_t = 0.5, three quarters above 0
    cases = [
        (0.5, sure, 0.52), (0.5, torn, 0.48), (0.5, mostly, 0.48),
        (0.99, sure, 1.0), (0.01, torn, 0.0),
    ]  # fmt: skip
    found = [number(call(adapted, p, x, 0.6, 0.02)) for p, x, _ in cases]
    if found[0] < 0.5 < found[1]:
        raise Mistake("turned round: more augmentation is for a D that is too sure")
    if abs(found[0] - 0.5) < 1e-6:
        raise Mistake("p does not move; add or subtract pace")
    if found[1] > 0.5:
        raise Mistake(
            "one large logit decides; take the mean of the signs, not of logits"
        )
    if found[2] > 0.5:
        raise Mistake("r_t is the mean sign, from -1 to 1, not the share above 0")
    if abs(found[0] - 0.52) > 1e-6:
        raise Mistake("the step has a fixed length: pace, whatever the distance is")
    if found[3] > 1 or found[4] < 0:
        raise Mistake("p is a probability; keep it between 0 and 1")
    if not close(found, [right for *_, right in cases], atol=1e-6):
        raise Mistake("p is off; move by pace towards more or less, then clamp")
    if not close(number(call(adapted, 0.5, mostly, 0.3, 0.02)), 0.52, atol=1e-6):
        raise Mistake("use the target that is given, not 0.6")
