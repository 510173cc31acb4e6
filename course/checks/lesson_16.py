"""Checks of lesson 16: four numbers, doubly robust by hand, Thompson sampling."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    compare,
    exercise,
    number,
    whole,
)

RIGHT = {"A": 1.04, "B": 2.5, "C": 20.0, "D": 25_000.0}
USUAL = {
    ("A", 1.2): "the lift is 1 + CV squared, and CV is 0.2",
    ("A", 0.04): "this is the gain over uniform; the lift is 1 more",
    ("A", 1.0): "a GAN of clicks does lean to what is clicked, by CV squared",
    ("B", 2.0): "this is the plain mean; weigh each ad by its share of the clicks",
    ("B", 3.0): "this is the best ad; a GAN of clicks still shows the other one",
    ("C", 0.05): "this is the log's propensity; the weight divides by it",
    ("C", 1.0): "a match counts more often, since the log rarely shows that creative",
    ("D", 100_000.0): "a wider difference needs fewer impressions",
    ("D", 50_000.0): "the difference enters squared",
    ("D", 200_000.0): "a wider difference needs fewer impressions",
}


@exercise("16.1")
def numbers(answer):
    """Four numbers about lift, matching, weights and sample size."""
    check_numbers(answer, RIGHT, USUAL, rel_tol=1e-3)


@exercise("16.2")
def choose(function):
    """function(wins, losses) -> the arm of each draw: Thompson sampling with Beta beliefs.

    wins, losses: (arms,) counts; 1 is added to both for a uniform start.
    """
    wins, losses = torch.tensor([12.0, 1.0, 1.0]), torch.tensor([12.0, 9.0, 2.0])
    picks = torch.tensor(
        [whole(call(function, wins, losses), "the arm") for _ in range(3_000)]
    )
    if picks.min() < 0 or picks.max() > 2:
        raise Mistake("the answer is the number of an arm, from 0 to 2")
    share = picks.bincount(minlength=3) / len(picks)
    if share.max() == 1:
        raise Mistake(
            "it always chooses the same arm: draw a rate for every arm, then compare"
        )
    draws = torch.distributions.Beta(wins + 1, losses + 1).sample((40_000,))
    right = draws.argmax(1).bincount(minlength=3) / len(draws)
    lowest = draws.argmin(1).bincount(minlength=3) / len(draws)
    if (share - lowest).abs().max() < 0.03:
        raise Mistake(
            "it chooses the lowest rate that it drew, or wins and losses are exchanged"
        )
    if (share - 1 / 3).abs().max() < 0.03:
        raise Mistake("every arm comes equally often; the counts are not used")
    if (share - right).abs().max() > 0.04:
        raise Mistake(
            f"arm 0 comes in {share[0]:.0%} of draws, and belief says {right[0]:.0%}; "
            "is 1 added to both counts, and one rate drawn for every arm?"
        )


@exercise("16.3")
def doubly_robust(function):
    """function(clicks, weight, predicted_shown, predicted_policy) -> a click rate."""
    clicks = (torch.rand(400) < 0.3).float()
    weight = 5 * (torch.rand(400) < 0.2).float()
    shown, policy = torch.rand(2, 400) * 0.4
    value = number(call(function, clicks, weight, shown, policy), "the click rate")
    right = (policy + weight * (clicks - shown)).mean()
    usual = [
        (policy.mean(), "this is the model alone; the log's correction is missing"),
        ((weight * clicks).mean(), "this is IPS; the model's prediction is missing"),
        ((policy + weight * clicks).mean(),
         "clicks count twice: subtract the prediction for what was shown"),
        ((policy + weight * (clicks - policy)).mean(),
         "the error of the model is that on the creative that was shown"),
        ((policy - weight * (clicks - shown)).mean(),
         "the sign is turned: too few predicted clicks must raise the estimate"),
        ((policy + clicks - shown).mean(),
         "the weight is missing: the log shows other creatives than the policy"),
    ]  # fmt: skip
    otherwise = "the value is off; prediction plus weighted error, then the mean"
    compare(value, right, usual, otherwise, atol=1e-6)
