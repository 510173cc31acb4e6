"""Checks of lesson 15: counting wishes, readable type, a mix of two wishes."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    exercise,
    sequence,
    tensor,
)
from gan_utils.ads.creatives.lettering import contrast_ratio
from gan_utils.latent import slerp

RIGHT = {"A": 33, "B": 20_160, "C": 4.2, "D": 0.59049, "E": 9}
USUAL = {
    ("A", 140): "codes are put one after the other: their lengths add up",
    ("B", 4037): "each new value goes with every old wish: multiply",
    ("C", 5.0): "0.05 is added to both luminances before dividing",
    ("D", 0.9): "that is one attribute; all five must be right",
    ("D", 4.5): "probabilities of independent events multiply",
    ("E", 3): "D sees three banners at once, of three colours each",
    ("E", 6): "that is a pack of two",
}


@exercise("15.1")
def numbers(answer):
    """A code's length, the number of wishes, a contrast, a whole wish, channels."""
    check_numbers(answer, RIGHT, USUAL, rel_tol=5e-3, abs_tol=0.0)


@exercise("15.2")
def ink(safest_ink):
    """safest_ink(ground) is black or white, whichever stands out more."""
    grounds = torch.cat([torch.tensor([[0.02] * 3, [0.98] * 3]), torch.rand(300, 3)])
    for ground in grounds:
        form = "one colour"
        found = tensor(call(safest_ink, ground.clone()), (3,), "the ink", form=form)
        if not (found.eq(0).all() or found.eq(1).all()):
            raise Mistake("the ink must be black (0, 0, 0) or white (1, 1, 1)")
        if contrast_ratio(ground, found) < contrast_ratio(ground, 1 - found):
            if abs(ground.mean() - 0.5) > 0.3:
                raise Mistake("black and white are exchanged")
            raise Mistake(
                f"on the ground {[round(c, 2) for c in ground.tolist()]} the other ink "
                "has more contrast: compare contrast ratios, not the mean of the colour"
            )


@exercise("15.3")
def mixing(mix):
    """mix(z_a, z_b, code_a, code_b, share) -> latent and code."""
    z_a, z_b = torch.randn(2, 4, 64)
    code_a, code_b = torch.eye(28)[:4], torch.eye(28)[9:13]
    for share in (0.0, 0.3, 1.0):
        pair = call(mix, z_a, z_b, code_a, code_b, share)
        z, code = sequence(pair, 2, "the result, the latent and the code,")
        form = "first the latent (N, 64), then the code (N, 28), in this order"
        z = tensor(z, (4, 64), "the latent", form=form)
        code = tensor(code, (4, 28), "the code", form=form)
        ends = {"z": (z, z_a, z_b), "the code": (code, code_a, code_b)}
        for name, (found, a, b) in ends.items():
            if share in (0.0, 1.0) and not close(found, b if share else a, atol=1e-4):
                raise Mistake(
                    f"at share {share:g} {name} must be that of {'AB'[int(share)]}"
                )
        if not close(code.sum(1), torch.ones(4), atol=1e-4):
            raise Mistake(
                "the code leaves the line: its numbers no longer add up to those of A and B"
            )
        if not close(z, slerp(z_a, z_b, share), atol=1e-4):
            raise Mistake(
                "z must move on the circle (slerp); a straight line shortens it"
            )
        if not close(code, code_a.lerp(code_b, share), atol=1e-4):
            raise Mistake(
                "the code must move on the straight line, in proportion to share"
            )
