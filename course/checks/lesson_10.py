"""Checks of lesson 10: what a style leaves as it is, grouped kernels, truncated layers."""

import torch
from torch.nn.functional import conv2d

from course.checks.frame import call, check_numbers, compare, exercise, tensor

CONSTANT = "the sum under the root grows by the square of the same factor"
USUAL = {
    ("A", 2): f"{CONSTANT}, so it cancels",
    ("A", 4): f"{CONSTANT}, so it cancels",
    ("B", 1): "nothing divides by the size of the style in the last layer",
    ("B", 4): "the style enters once, so the output is linear in it",
    ("C", 2): "the mapping network first gives every z the same length",
    ("D", 3): f"{CONSTANT}, so it cancels",
    ("D", -3): f"{CONSTANT}, and a standard deviation has no sign",
    ("D", -1): "the output changes its sign, but a standard deviation has none",
    ("D", 9): f"{CONSTANT}, so it cancels",
}


@exercise("10.1")
def factors(answer):
    """By which factor four things change: {"A": 1, ...}."""
    check_numbers(answer, {"A": 1, "B": 2, "C": 1, "D": 1}, USUAL)


def _grouped(x, s, kernel, over=(2, 3, 4)):
    ours = s[:, None, :, None, None] * kernel
    if over:
        ours = ours * (ours.square().sum(over, keepdim=True) + 1e-8).rsqrt()
    return torch.cat([conv2d(a[None], k, padding=1) for a, k in zip(x, ours)])


@exercise("10.2")
def grouped(function):
    """function(x, s, kernel) -> every picture through its own demodulated kernel."""
    x, s = torch.randn(3, 4, 6, 5), torch.randn(3, 4)
    kernel = torch.randn(2, 4, 3, 3)
    said = call(
        function, x.clone(), s.clone(), kernel.clone(),
        hint="conv2d takes x as (1, N*n_in, H, W), kernels (N*n_out, n_in, 3, 3), groups=N",
    )  # fmt: skip
    merged = {(1, 6, 6, 5): "take the pictures apart again: (N, n_out, H, W)"}
    found = tensor(said, (3, 2, 6, 5), "the output", merged)
    right = _grouped(x, s, kernel)
    norm = kernel.square().sum((1, 2, 3), keepdim=True).rsqrt()
    swapped = right.transpose(0, 1).reshape(3, 2, 6, 5)
    usual = [
        (_grouped(x, s, kernel, ()), "this is modulated and not demodulated: divide by the norm"),
        (_grouped(x, s, kernel * norm), "demodulate K', not K: the style changes the norm"),
        (_grouped(x, s, kernel * norm, ()), "demodulate K', not K: the style changes the norm"),
        (_grouped(x, s, kernel, (3, 4)),
         "the sum runs over input channels and places; yours leaves out the channels"),
        (_grouped(x, s, kernel, (1, 3, 4)),
         "each output channel has a norm of its own: sum over input channels and places"),
        (_grouped(x, s, kernel, (1, 2, 3, 4)),
         "each output channel has a norm of its own; do not sum over output channels"),
        (_grouped(x, torch.ones_like(s), kernel), "the style is missing"),
        (_grouped(x, s[:1].expand(3, -1), kernel),
         "all pictures get the style of the first one"),
        (swapped, "pictures and channels changed places in the last reshape"),
    ]  # fmt: skip
    otherwise = "picture n should go through s[n] * kernel, divided by its norm"
    compare(found, right, usual, otherwise, atol=1e-4)


@exercise("10.3")
def truncate_layers(function):
    """function(ws, mean, psi, layers) -> ws, truncated in some layers alone."""
    ws, mean, psi, layers = torch.randn(7, 5, 64), torch.randn(7, 64), 0.3, (1, 3)
    found = tensor(call(function, ws.clone(), mean.clone(), psi, layers), ws.shape)
    chosen = torch.zeros(5, 1, dtype=torch.bool)
    chosen[list(layers)] = True
    centre = mean[:, None]

    def only(moved, where=chosen):
        return torch.where(where, moved, ws)

    usual = [
        (only(centre + psi * (ws - centre), ~chosen), "these are the other layers"),
        (centre + psi * (ws - centre), "all layers are truncated; only some should be"),
        (only(ws + psi * (centre - ws)), "psi = 1 should change nothing: use 1 - psi, or start at the mean"),
        (only(psi * ws), "this goes towards 0; go towards the mean"),
        (only(centre + psi * ws), "the mean is added, but not taken off first"),
        (only(psi * (ws - centre)), "the mean is taken off and not added again"),
        (only(centre.expand_as(ws)), "this is psi = 0"),
        (ws, "nothing changed: does your function return the new ws?"),
    ]  # fmt: skip
    otherwise = "in the chosen layers it is mean + psi * (w - mean), elsewhere w"
    compare(found, only(centre + psi * (ws - centre)), usual, otherwise)
