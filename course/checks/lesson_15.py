"""Checks of lesson 15: counting wishes, readable type, a mix of two wishes."""

import torch

from gan_utils.ads.creatives.lettering import contrast_ratio
from gan_utils.claims import Mistake, exercise, given
from gan_utils.latent import slerp


@exercise("15.1")
def numbers(answer):
    """A code's length, the number of wishes, a contrast, a whole wish, channels."""
    right = {"A": 33, "B": 20_160, "C": 4.2, "D": 0.59049, "E": 9}
    hints = {
        "A": {140: "codes are put one after the other: their lengths add up"},
        "B": {4037: "each new value goes with every old wish: multiply"},
        "C": {5.0: "0.05 is added to both luminances before dividing"},
        "D": {0.9: "that is one attribute; all five must be right",
              4.5: "probabilities of independent events multiply"},
        "E": {3: "D sees three banners at once, of three colours each",
              6: "that is a pack of two"},
    }  # fmt: skip
    for key, value in right.items():
        found = given(answer[key])
        for wrong, why in hints[key].items():
            if abs(found - wrong) < 0.005 * wrong:
                raise Mistake(f"{key}: {why}")
        if abs(found - value) > 0.005 * value:
            raise Mistake(f"{key}: {found} is not right")


@exercise("15.2")
def ink(safest_ink):
    """safest_ink(ground) is black or white, whichever stands out more."""
    random = torch.Generator().manual_seed(0)
    grounds = torch.rand(300, 3, generator=random)
    for ground in [torch.tensor([0.02] * 3), torch.tensor([0.98] * 3), *grounds]:
        found = given(safest_ink(ground))
        if not torch.is_tensor(found) or found.shape != (3,):
            raise Mistake("the answer must be a tensor (3,), one colour")
        if not (found.eq(0).all() or found.eq(1).all()):
            raise Mistake("the ink must be black (0, 0, 0) or white (1, 1, 1)")
        if contrast_ratio(ground, found) < contrast_ratio(ground, 1 - found):
            if ground.mean() in (0.02, 0.98) or abs(ground.mean() - 0.5) > 0.3:
                raise Mistake("black and white are exchanged")
            raise Mistake(
                f"on the ground {[round(c, 2) for c in ground.tolist()]} the other ink "
                "has more contrast: compare contrast ratios, not the mean of the colour"
            )


@exercise("15.3")
def mixing(mix):
    """mix(z_a, z_b, code_a, code_b, share) -> latent and code."""
    random = torch.Generator().manual_seed(0)
    z_a, z_b = torch.randn(2, 4, 64, generator=random)
    code_a, code_b = torch.eye(28)[:4], torch.eye(28)[9:13]
    for share in (0.0, 0.3, 1.0):
        z, code = mix(z_a, z_b, code_a, code_b, share)
        given(z), given(code)
        if z.shape != z_a.shape or code.shape != code_a.shape:
            raise Mistake("the shapes must stay (N, 64) and (N, 28), in this order")
        ends = {"z": (z, z_a, z_b), "the code": (code, code_a, code_b)}
        for name, (found, a, b) in ends.items():
            if share in (0.0, 1.0) and not torch.allclose(
                found, b if share else a, atol=1e-4
            ):
                raise Mistake(
                    f"at share {share:g} {name} must be that of {'AB'[int(share)]}"
                )
        if not torch.allclose(code.sum(1), torch.ones(4), atol=1e-4):
            raise Mistake(
                "the code leaves the line: its numbers no longer add up to those of A and B"
            )
        if not torch.allclose(z, slerp(z_a, z_b, share), atol=1e-4):
            raise Mistake(
                "z must move on the circle (slerp); a straight line shortens it"
            )
        if not torch.allclose(code, code_a.lerp(code_b, share), atol=1e-4):
            raise Mistake(
                "the code must move on the straight line, in proportion to share"
            )
