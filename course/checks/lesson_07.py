"""Checks of lesson 7: which measure speaks, an unbiased FID, realism of single pictures."""

import torch

from gan_utils.claims import Mistake, exercise, given

MEASURES = ("FID", "precision", "recall", "density", "none")
SPEAKERS = {
    "A": (
        "recall",
        "each picture is flawless, but nearly all real pictures are out of reach: "
        "ask for the share of real pictures that are met",
    ),
    "B": (
        "none",
        "training pictures are real pictures, so look at the row of copies in the table",
    ),
    "C": (
        "density",
        "one ball more is one of many where balls are counted: see the toy with the star",
    ),
}


@exercise("7.1")
def which_measure(answers):
    """A measure for each of three situations, and the distance of two 1-D Gaussians."""
    for letter, (right, reason) in SPEAKERS.items():
        answer = given(answers.get(letter))
        if answer not in MEASURES:
            raise Mistake(f"{letter}: {answer!r} is not one of {', '.join(MEASURES)}")
        if answer != right:
            raise Mistake(f"{letter} is not {answer}; {reason}")
    distance = float(given(answers.get("D")))
    for wrong, reason in (
        (18, "this subtracts the variances; subtract the standard deviations"),
        (9, "the means are right; the widths 1 and 2 differ as well"),
        (4, "both differences are squared before they are added"),
        (1, "the widths are right; the means 0 and 3 differ as well"),
        (10**0.5, "this is the root; the FID is the squared distance"),
    ):
        if abs(distance - wrong) < 0.01:
            raise Mistake(f"D: {reason}")
    if abs(distance - 10) > 0.01:
        raise Mistake("D: add the squared differences of the means and of the widths")


@exercise("7.2")
def fid_infinity(extrapolate):
    """The intercept at 1/n = 0 of a straight line through the scores."""
    sizes = torch.tensor([100.0, 250.0, 1_000.0, 4_000.0])
    scores = 12 + 900 / sizes
    value = torch.as_tensor(given(extrapolate(sizes, scores)))
    if value.numel() != 1:
        raise Mistake(f"one number is wanted; got the shape {tuple(value.shape)}")
    for wrong, reason in _usual_lines(sizes, scores):
        if abs(value.item() - wrong) < 0.02:
            raise Mistake(reason)
    if abs(value.item() - 12) > 0.02:
        raise Mistake(
            f"scores of 12 + 900/n lead to 12 at infinity; got {value.item():.2f}"
        )
    noisy = scores + torch.tensor([1.0, -1.0, 0.5, -0.5])
    expected = _line(1 / sizes, noisy)[1]
    if abs(float(extrapolate(sizes, noisy)) - expected) > 0.02:
        raise Mistake(
            "with scatter the answer is off; fit the line to all points by least squares"
        )


def _line(x, y):
    """Slope and intercept of the least-squares line, as floats."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return slope.item(), (y.mean() - slope * x.mean()).item()


def _usual_lines(sizes, scores):
    """What the usual mistakes give on the same scores."""
    return [
        (_line(1 / sizes, scores)[0], "this is the slope; return the value at 1/n = 0"),
        (
            _line(sizes, scores)[1],
            "this line runs in n; the scores are straight in 1/n",
        ),
        (_line(sizes.log(), scores)[1], "this line runs in log n; take 1/n"),
        (scores.mean().item(), "this is the mean score; subtract slope times mean 1/n"),
        (scores[-1].item(), "this is the last score; the line goes on to 1/n = 0"),
        (
            2 * scores.mean().item() - 12,
            "the sign is turned: subtract slope times mean 1/n",
        ),
    ]


@exercise("7.3")
def realism(grade):
    """max over real points of radius / distance, one number a generated point."""
    real, fake, k = torch.randn(40, 3), 1.5 * torch.randn(25, 3), 3
    try:
        values = torch.as_tensor(given(grade(real, fake, k)))
    except RuntimeError as error:
        raise Mistake(
            f"the code stops ({error}); distances must be (25, 40), so that 40 radii fit"
        ) from None
    own = torch.cdist(real, real).sort(1).values
    across = torch.cdist(fake, real)
    if values.shape == (40,):
        raise Mistake("40 values came back, one a real point: the axis of max is wrong")
    if values.shape != (25,):
        raise Mistake(
            f"25 generated points need 25 values; got shape {tuple(values.shape)}"
        )
    for wrong, reason in _usual_grades(real, fake, own, across, k):
        if torch.allclose(values, wrong, rtol=1e-3):
            raise Mistake(reason)
    if not torch.allclose(values, (own[:, k] / across).max(1).values, rtol=1e-3):
        raise Mistake(
            "the values differ from the largest radius / distance over all real points"
        )


def _usual_grades(real, fake, own, across, k):
    """What the usual mistakes give on the same points."""
    nearest = across.argmin(1)
    return [
        (
            (own[:, k - 1] / across).max(1).values,
            "the radius stops one neighbour short: column 0 is the point itself",
        ),
        (
            (across / own[:, k]).max(1).values,
            "the ratio is upside down: radius over distance",
        ),
        (
            (across / own[:, k]).min(1).values,
            "the ratio is upside down: radius over distance",
        ),
        (
            (own[:, k] / across).min(1).values,
            "take the largest ratio, not the smallest",
        ),
        ((own[:, k] / across).mean(1), "take the largest ratio, not the mean"),
        (
            own[nearest, k] / across.min(1).values,
            "the nearest real point need not have the best ratio; take the max of ratios",
        ),
    ]
