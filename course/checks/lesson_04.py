"""Checks of lesson 4: diagnosis, a repaired generator, copied pictures."""

import torch

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

FAULTS = {"A": 9, "B": 3, "C": 7, "D": 4}
REASONS = {
    "A": "D wins, and G's loss is near 0 as well, so G is content to lose: look at G's sign",
    "B": "D cannot tell, yet the pictures are rubbish: ask what D gets to see of a picture",
    "C": "the loss of D can fall below 0 only where it is not a cross-entropy: look at its sign",
    "D": "G serves the latents that it met in training: ask how many there were",
}


@exercise("4.1")
def diagnosis(answer):
    """The fault's number for each of four symptoms."""
    check_numbers(answer, FAULTS, otherwise=REASONS)


@exercise("4.2")
def generator(build):
    """build() maps (batch, 64) to separate pictures (batch, 1, 28, 28) in [-1, 1]."""
    network, z = call(build), torch.randn(49, 64)

    def pictures(z):
        return tensor(
            call(network, z, hint="64 numbers go in, and 28 * 28 = 784 come out"),
            (len(z), 1, 28, 28),
            "the network's output",
            form="split 784 values into (1, 28, 28) at the end",
        )

    together = pictures(z)
    check_range(pictures(100 * z))
    if not close(pictures(z[:5]), together[:5]):
        raise Mistake(
            "a picture depends on the others in its batch; reshape each one alone"
        )


def check_range(pictures):
    """Large latents show whether the output ends with a tanh."""
    if pictures.abs().max() > 1:
        raise Mistake(
            "values leave [-1, 1] when z is large; the output layer needs a tanh"
        )
    if pictures.min() >= 0:
        raise Mistake(
            "no value is negative: this range is [0, 1], the data's is [-1, 1]; use tanh"
        )


@exercise("4.3")
def copied_share(share):
    """The share of 30 pictures, 24 of them copied, that lie nearer to the training set."""
    training, held_out = torch.randn(20, 1, 28, 28), torch.randn(20, 1, 28, 28)
    training = 1.5 * training
    copied = training[:5].repeat(5, 1, 1, 1)[:24]
    pictures = torch.cat([copied, held_out[10:16]]) + 0.3 * torch.randn(30, 1, 28, 28)
    hint = "torch.cdist wants rows, so flatten(1) each picture"
    value = number(call(share, pictures, training, held_out, hint=hint), "the share")
    a = torch.cdist(pictures.flatten(1), training.flatten(1))
    b = torch.cdist(pictures.flatten(1), held_out.flatten(1))
    nearer = (a.min(1).values < b.min(1).values).float()
    usual = [
        (1 - nearer.mean(), "inverted: this is the share nearer to the held-out pictures"),
        (nearer.sum(), "this counts the pictures; a share is the mean"),
        ((a.min(0).values < b.min(0).values).float().mean(),
         "the minimum runs along the wrong axis: over the real pictures, for each generated one"),
        ((a.mean(1) < b.mean(1)).float().mean(),
         "a copy has one near neighbour: use min, not the mean or the farthest"),
        (a.min(1).values.mean() / b.min(1).values.mean(),
         "this is the ratio of distances, not a share"),
    ]  # fmt: skip
    otherwise = f"24 of 30 pictures are copies, so the share is 0.8; got {value:.3f}"
    compare(value, 0.8, usual, otherwise, atol=1e-4)
