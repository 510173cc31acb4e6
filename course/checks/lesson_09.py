"""Checks of lesson 9: four numbers, label planes, wrong-label pairs."""

import math

import torch
from torch.nn.functional import one_hot, softplus

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    compare,
    exercise,
    number,
    tensor,
)

RIGHT = {"A": 0.75, "B": 0.8, "C": 25.0, "D": -math.log(4)}
USUAL = {
    ("A", 0.25): "this is the share of generated ones; D answers with the share of real ones",
    ("A", 3.0): "this is the ratio p/q; D is a probability, p over the sum",
    ("B", 1.0): "a perfect cGAN matches the file, and the file holds the errors too",
    ("B", 0.2): "this is the share of errors that it learns; asked is the agreement",
    ("C", 0.04): "this is the share that fits; count the draws for one that fits",
    ("C", 24.0): "these are the draws thrown away; the accepted one counts as well",
    ("D", math.log(4)): "look at the sign: V is a mean of logarithms of probabilities",
    ("D", 0.0): "V is 0 only if D is always right; a blind D sees two equal heaps",
    ("D", -math.log(2)): "both terms of V count, the real and the generated one",
}  # fmt: skip


@exercise("9.1")
def numbers(answer):
    """Four numbers about D*, wrong labels, rejection and a blind discriminator."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("9.2")
def planes(function):
    """function(images, labels) -> the picture and ten planes, (batch, 11, H, W)."""
    images, labels = torch.randn(6, 1, 8, 5), torch.tensor([0, 3, 9, 3, 1, 7])
    result = tensor(
        call(function, images, labels),
        (6, 11, 8, 5),
        form="ten planes beside the picture, along axis 1",
    )
    if not close(result[:, :1], images):
        where = "last" if close(result[:, -1:], images) else "changed"
        raise Mistake(f"the picture is {where}; it comes first and stays as it is")
    sums = result[:, 1:].sum(1)
    if not close(sums, torch.ones_like(sums)):
        raise Mistake(
            "at every pixel one of ten planes is 1, all over the plane; here they sum "
            f"to values from {sums.min():.3g} to {sums.max():.3g}"
        )
    expected = one_hot(labels, 10).float()[..., None, None].expand(-1, -1, 8, 5)
    if not close(result[:, 1:], expected):
        raise Mistake("the plane that is 1 must be that of the picture's own class")


@exercise("9.3")
def matching(loss):
    """loss(real, fake, mismatched) from logits: three pairs, the last two at half weight."""
    real, fake, mismatched = torch.randn(3, 50)
    value = number(call(loss, real, fake, mismatched), "the loss")
    r, f, m = (softplus(t).mean() for t in (-real, fake, mismatched))
    turned, f_as_real, m_as_real = (softplus(t).mean() for t in (real, -fake, -mismatched))  # fmt: skip
    missing = "the real pictures with a wrong label are missing"
    usual = [
        (r + f + m, "the last two means count half each, so that both answers balance"),
        (r + 0.5 * f, missing),
        (r + f, missing),
        (r + 0.5 * (f + m_as_real),
         "the wrong-label pairs are called real; D shall refuse them"),
        (turned + 0.5 * (f_as_real + m_as_real),
         "the signs are turned: D would learn to call real pictures generated"),
        (-(r + 0.5 * (f + m)), "this is V, which D maximises; D minimises its negative"),
    ]  # fmt: skip
    otherwise = "the value is off; three means of softplus, weights 1, 1/2, 1/2"
    compare(value, r + 0.5 * (f + m), usual, otherwise)
    far, hint = torch.tensor([200.0]), "at large logits use softplus, not log"
    value = number(call(loss, -far, far, far), "the loss", hint)
    compare(value, 400, [], f"at large logits the loss is {value:g}", atol=0.1)
