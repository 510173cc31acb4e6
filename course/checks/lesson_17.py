"""Checks of lesson 17: four numbers of a warp, the roughness of a flow, an error on cloth."""

import torch

from course.checks.frame import (
    call,
    check_numbers,
    compare,
    exercise,
    number,
    tensor,
)

RIGHT = {"A": 12.0, "B": -12.0, "C": 1.0, "D": 192.0}
USUAL = {
    ("A", 0.5): "the unit is half a picture; asked are pixels",
    ("A", 24.0): "a flow of 2 is the whole width, so 0.5 is a quarter of it",
    ("A", 16.0): "the picture is 48 wide and 64 high; this flow goes along the width",
    ("B", 12.0): "each pixel *takes* its value from the right; which way do all move?",
    ("B", 0.0): "something moves: every pixel shows what lay 12 to its right",
    ("C", 0.0): "SSIM is a similarity, not a distance: what is it for equal pictures?",
    ("C", 100.0): "SSIM is not in per cent",
    ("D", 1.0): "a PatchGAN gives a score a patch, not one a picture",
    ("D", 3072.0): "two of its convolutions halve the picture",
    ("D", 768.0): "two of its convolutions halve the picture, not one",
}


@exercise("17.1")
def numbers(answer):
    """Four numbers about a flow, SSIM and a patch discriminator."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("17.2")
def roughness(function):
    """function(flow) -> mean |step to the right| + mean |step down|, for (N, 2, H, W)."""
    flow = torch.randn(3, 2, 6, 5)
    value = number(call(function, flow), "the penalty")
    right, down = flow.diff(dim=3), flow.diff(dim=2)
    usual = [
        (right.abs().mean(), "steps down, along axis 2, are missing"),
        (down.abs().mean(), "steps to the right, along axis 3, are missing"),
        (right.mean() + down.mean(), "steps of opposite sign cancel: absolute values"),
        (right.square().mean() + down.square().mean(),
         "squares punish one sharp edge, as at a sleeve, most; asked are absolute values"),
        (right.abs().sum() + down.abs().sum(),
         "a sum grows with the batch and the picture; take means"),
        (flow.diff(dim=1).abs().mean() + down.abs().mean(),
         "axis 1 holds the two parts of the flow; the picture's axes are 2 and 3"),
        (flow.abs().mean(), "this is the size of the flow; asked is how it changes"),
    ]  # fmt: skip
    otherwise = f"{value:.4f} is not the sum of the two means of absolute steps"
    compare(value, right.abs().mean() + down.abs().mean(), usual, otherwise)


@exercise("17.3")
def on_cloth(function):
    """function(pictures, truth, worn) -> mean absolute error on the cloth, (N,)."""
    pictures, truth = torch.rand(2, 4, 3, 7, 5) * 2 - 1
    worn = (torch.rand(4, 1, 7, 5) > 0.5).float()
    worn[3] = 0
    hint = "a figure without visible cloth must give 0, not a division by 0"
    result = call(function, pictures, truth, worn)
    value = tensor(result, (4,), form="one number per picture", hint=hint)
    off = (pictures - truth).abs()
    area = worn.sum((1, 2, 3)).clamp(min=1)
    right = (off.mean(1, True) * worn).sum((1, 2, 3)) / area
    usual = [
        ((off * worn).mean((1, 2, 3)),
         "divide by the area of the cloth; small garments look too good this way"),
        ((off * worn).sum((1, 2, 3)) / area,
         "the sum runs over three colours; take their mean, or divide by 3"),
        (off.mean((1, 2, 3)), "the rest of the picture counts as well; use worn"),
        (((pictures - truth).mean(1, True) * worn).sum((1, 2, 3)) / area,
         "errors of opposite sign cancel: absolute values"),
    ]  # fmt: skip
    otherwise = "the values are off; compare with the formula, picture by picture"
    compare(value, right, usual, otherwise)
