"""Checks of lesson 3: friction, the best answer to a fixed D, momentum."""

import math

import torch

from course.checks.frame import Mistake, close, compare, exercise, number, tensor


@exercise("3.1")
def check_friction(friction, slower):
    """D's curvature in lesson 01's game, and the eigenvalue that is nearer to 0."""
    usual = [
        (-0.5, "that is the curvature for data around 0; E[x²] is variance plus mean²"),
        (2.5, "the curvature is negative: V is highest at the best phi"),
        (-1.25, "real and generated data both count; one of them is missing"),
        (-2.0, "the means are counted, and the variances are not"),
        (-5.0, "the second derivative of log sigmoid at 0 is -1/4, not -1/2"),
        (-10.0, "the second derivative of log sigmoid at 0 is -1/4, not -1"),
    ]
    curvature = torch.tensor(number(friction, "the friction"))
    otherwise = "the friction is -(E[x²] + E[G(z)²]) / 4 at theta = 2"
    compare(curvature, torch.tensor(-2.5), usual, otherwise, atol=0.005)
    root = math.sqrt(1.25**2 - 0.25)
    usual = [
        (-1.25 - root, "that is the faster one; the slower is nearer to 0"),
        (1.25 - root, "the sign: trace and friction are negative, so are both eigenvalues"),
        (-1.25, "that is the mean of the two; the root is missing"),
        (-1.25 + 0.75, "the product of the off-diagonal entries is -1/4, not -1"),
    ]  # fmt: skip
    found = torch.tensor(number(slower, "the slower eigenvalue"))
    otherwise = "the eigenvalues solve λ² + 2.5 λ + 1/4 = 0; take the one nearer to 0"
    compare(found, torch.tensor(-1.25 + root), usual, otherwise, atol=0.002)


@exercise("3.2")
def check_shares(shares):
    """The shares that minimise E[-log D] when D is 0.6, 0.5 and 0.5 at three points."""
    if isinstance(shares, (list, tuple)):
        shares = torch.tensor([number(share, "each share") for share in shares])
    shares = tensor(shares, (3,), "the answer", form="three numbers, one a mode")
    if (shares < 0).any() or not close(shares.sum(), 1, atol=1e-3):
        raise Mistake("shares are at least 0 and their sum is 1")
    usual = [
        (torch.full((3,), 1 / 3),
         "equal shares are what we wish for; nothing in G's loss rewards variety"),
        (torch.tensor([0.375, 0.3125, 0.3125]),
         "these are in proportion to D; the loss is linear in the shares, so take the extreme"),
    ]  # fmt: skip
    otherwise = (
        "G wants D's answer to be large, not small: look for the mode where D is fooled best"
        if shares[0] < 0.01
        else "moving more samples to mode A still lowers the loss"
    )
    compare(shares, torch.tensor([1.0, 0.0, 0.0]), usual, otherwise, atol=0.02)


@exercise("3.3")
def check_momentum(largest):
    """The largest momentum, to two digits, with which data of spread 0.5 still calm the game."""
    usual = [
        (0.54, "the new slope needs the factor 1 - beta, or momentum also raises the rate"),
        (0.66, "the players moved at the same moment; G should answer D's new phi"),
        (0.38, "the friction s²/2 is too small: s is 0.5, not 0.25"),
        (0.84, "the friction is s²/2, not s/2"),
        (0.56, "the 1/2 of the matrix is missing"),
        (0.72, "that is the first one at which the players end farther away; we want the last before it"),
    ]  # fmt: skip
    value = number(largest, "the momentum")
    if not 0 <= value < 1:
        raise Mistake("a momentum is at least 0 and below 1")
    if close(value, 0.0, atol=0.005):
        raise Mistake("some momentum is borne: the friction here is 1/8, not 0")
    otherwise = (
        "with more momentum they still end nearer; try steps of 0.01"
        if value < 0.71
        else "with that much they end farther away than they began; try steps of 0.01"
    )
    compare(torch.tensor(value), torch.tensor(0.71), usual, otherwise, atol=0.004)
