"""Checks of lesson 7: which measure speaks, an unbiased FID, realism of single pictures."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    choice,
    compare,
    entries,
    exercise,
    number,
    tensor,
)

MEASURES = ("FID", "precision", "recall", "density", "none")
SPEAKERS = {
    "A": ("recall", "each picture is flawless, but nearly all real pictures are out of "
          "reach: ask for the share of real pictures that are met"),
    "B": ("none", "training pictures are real pictures, so look at the row of copies in "
          "the table"),
    "C": ("density", "one ball more is one of many where balls are counted: see the toy "
          "with the star"),
}  # fmt: skip
USUAL = {
    ("D", 18): "this subtracts the variances; subtract the standard deviations",
    ("D", 9): "the means are right; the widths 1 and 2 differ as well",
    ("D", 4): "both differences are squared before they are added",
    ("D", 1): "the widths are right; the means 0 and 3 differ as well",
    ("D", 10**0.5): "this is the root; the FID is the squared distance",
}
SUM = "add the squared differences of the means and of the widths"


@exercise("7.1")
def which_measure(answers):
    """A measure for each of three situations, and the distance of two 1-D Gaussians."""
    for letter, answer in entries(answers, SPEAKERS):
        right, reason = SPEAKERS[letter]
        if choice(answer, MEASURES, letter) != right:
            raise Mistake(f"{letter} is not {answer}; {reason}")
    check_numbers(answers, {"D": 10}, USUAL, {"D": SUM}, abs_tol=0.01)


@exercise("7.2")
def fid_infinity(extrapolate):
    """The intercept at 1/n = 0 of a straight line through the scores."""
    sizes = torch.tensor([100.0, 250.0, 1_000.0, 4_000.0])
    scores = 12 + 900 / sizes
    value = number(call(extrapolate, sizes, scores))
    mean = scores.mean().item()
    usual = [
        (_line(1 / sizes, scores)[0], "this is the slope; return the value at 1/n = 0"),
        (_line(sizes, scores)[1],
         "this line runs in n; the scores are straight in 1/n"),
        (_line(sizes.log(), scores)[1], "this line runs in log n; take 1/n"),
        (mean, "this is the mean score; subtract slope times mean 1/n"),
        (scores[-1], "this is the last score; the line goes on to 1/n = 0"),
        (2 * mean - 12, "the sign is turned: subtract slope times mean 1/n"),
    ]  # fmt: skip
    otherwise = f"scores of 12 + 900/n lead to 12 at infinity; got {value:.2f}"
    compare(value, 12, usual, otherwise, atol=0.02)
    noisy = scores + torch.tensor([1.0, -1.0, 0.5, -0.5])
    otherwise = (
        "with scatter the answer is off; fit the line to all points by least squares"
    )
    value = number(call(extrapolate, sizes, noisy))
    compare(value, _line(1 / sizes, noisy)[1], [], otherwise, atol=0.02)


def _line(x, y):
    """Slope and intercept of the least-squares line, as floats."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return slope.item(), (y.mean() - slope * x.mean()).item()


@exercise("7.3")
def realism(grade):
    """max over real points of radius / distance, one number per generated point."""
    real, fake, k = torch.randn(40, 3), 1.5 * torch.randn(25, 3), 3
    usual = {(40,): "40 values came back, one a real point: the axis of max is wrong"}
    hint = "distances must be (25, 40), so that 40 radii fit"
    grades = tensor(
        call(grade, real, fake, k, hint=hint),
        (25,),
        usual=usual,
        form="25 generated points need 25 values",
    )
    own = torch.cdist(real, real).sort(1).values
    across = torch.cdist(fake, real)
    ratios = own[:, k] / across
    upside_down = "the ratio is upside down: radius over distance"
    usual = [
        ((own[:, k - 1] / across).max(1).values,
         "the radius stops one neighbour short: column 0 is the point itself"),
        ((1 / ratios).max(1).values, upside_down),
        ((1 / ratios).min(1).values, upside_down),
        (ratios.min(1).values, "take the largest ratio, not the smallest"),
        (ratios.mean(1), "take the largest ratio, not the mean"),
        (own[across.argmin(1), k] / across.min(1).values,
         "the nearest real point need not have the best ratio; take the max of ratios"),
    ]  # fmt: skip
    otherwise = (
        "the values differ from the largest radius / distance over all real points"
    )
    compare(grades, ratios.max(1).values, usual, otherwise, rtol=1e-3)
