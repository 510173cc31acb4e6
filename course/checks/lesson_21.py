"""Checks of lesson 21: four numbers, Heun's step, a tighter bound."""

import math

import torch

from course.checks.frame import (
    call,
    check_numbers,
    compare,
    exercise,
    tensor,
)

RIGHT = {"A": 2.0, "B": 2.0, "C": 4.0, "D": -2.0}
USUAL = {
    ("A", 4.0): "this is m^2; the closed form halves the sum",
    ("A", 2.5): "v - log v - 1 is 0 at v = 1; nothing is left but m^2 / 2",
    ("A", 1.0): "square the mean: m^2 / 2",
    ("A", -2.0): "a divergence is never negative: the signs are turned",
    ("B", 1568.0): "this is for the whole picture; divide by its 784 pixels",
    ("B", 1.3863): "these are nats; log 2 of them make a bit",
    ("B", -2.0): "bits are minus the log-probability",
    ("C", 0.0): "this is the place at t = 0.25; the velocity is the way, x_1 - x_0",
    ("C", 1.0): "this is the way covered so far; the velocity is for the whole time",
    ("C", -4.0): "time runs from noise to data: x_1 - x_0, not the reverse",
    ("C", 3.0): "this is where the line ends; subtract where it begins",
    ("D", 2.0): "where a flow spreads points, their density falls: the sign is turned",
    ("D", -1.0): "the divergence of 2x is 2, for a time of 1",
    ("D", 0.0): "the divergence of 2x is its slope, 2, not 0",
}


@exercise("21.1")
def numbers(answer):
    """Four numbers about the KL, bits per dimension, a velocity and a log-density."""
    check_numbers(answer, RIGHT, USUAL)


@exercise("21.2")
def better_step(heun):
    """heun(velocity, x, t, step) -> the place after one step of Heun's method."""

    def velocity(x, t):
        return x * x + 3 * t

    x, t, step = torch.tensor([0.5, -1.0, 2.0]), 0.2, 0.1
    place = tensor(call(heun, velocity, x.clone(), t, step), (3,), "the place")
    here = velocity(x, t)
    there = velocity(x + step * here, t + step)
    usual = [
        (x + step * here, "this is Euler's step: the second look is not used"),
        (x + step * there, "only the second look is used; take the mean of the two"),
        (x + step * (here + there), "the two velocities are added; take their mean"),
        (step * (here + there) / 2, "this is the way; add it to the place x"),
        (x + (here + there) / 2, "the way is velocity times step"),
        (x + step * (here + velocity(x + step * here, t)) / 2,
         "the second look is at the old time; it is at t + step"),
        (x + step * (here + velocity(x, t + step)) / 2,
         "the second look is at the old place; it is where Euler would arrive"),
        (x + step * (here + velocity(x + here, t + step)) / 2,
         "Euler arrives at x + step * velocity: the step is missing"),
        (x + step * velocity(x + step * here / 2, t + step / 2),
         "this is the midpoint method, also good; Heun looks at the step's end"),
        (x - step * (here + there) / 2, "the sign is turned: it walks backwards"),
    ]  # fmt: skip
    otherwise = "the place is off; x + step * (first + second velocity) / 2"
    compare(place, x + step * (here + there) / 2, usual, otherwise)


@exercise("21.3")
def tighter_bound(function):
    """function(log_weights) -> log of the mean weight of every picture."""
    log_weights = torch.tensor([[-2000.0, 1.0], [-2001.0, 3.0], [-2005.0, -4.0]])
    bound = tensor(
        call(function, log_weights.clone()),
        (2,),
        "the bound",
        usual={(3,): "three values came back, one a draw: the axis is wrong"},
        form="two pictures need two bounds",
        hint="e^-2000 is 0 to a computer; stay in logs with logsumexp",
    )
    total, log_k = log_weights.logsumexp(0), math.log(3)
    usual = [
        (log_weights.mean(0), "this is the mean of logs, the ELBO; take the log of the mean"),
        (total, "this is the log of the sum; a mean divides by K"),
        (total - 3, "in logs, dividing by K subtracts log K, not K"),
        (total / 3, "divide the sum, not its log: subtract log K"),
        (total + log_k, "dividing by K subtracts log K; here it is added"),
        (total - math.log(2), "K is the number of draws, not of pictures"),
        (log_weights.amax(0), "this is the best draw; take the mean of all"),
    ]  # fmt: skip
    otherwise = "the bounds are off; logsumexp over the draws, minus log K"
    compare(bound, total - log_k, usual, otherwise, atol=1e-3)
