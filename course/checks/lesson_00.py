"""Checks of lesson 0: two shapes, a straight walk, and how varied pictures are."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    close,
    compare,
    exercise,
    number,
    tensor,
    whole,
)

LATENT_DIM = 64  # of the lesson's generator
USUAL_SHAPES = {
    (48, 784): "these are the right numbers as one row each; a picture keeps its two sides",
    (48, 28, 28): "a dimension is missing: grey pictures still have one channel",
    (48, 28, 28, 1): "PyTorch puts the channel before height and width",
    (6, 8, 1, 28, 28): "the generator knows nothing of rows and columns: one axis counts all pictures",
    (1, 28, 28): "this is one picture; the batch comes first",
}  # fmt: skip
USUAL_NOISE = {
    (6, 8): "these are the rows and columns of the sheet; where are the 64 numbers of each picture?",
    (6, 8, LATENT_DIM): "the generator knows nothing of rows and columns: one axis counts all pictures",
    (LATENT_DIM, 48): "the batch comes first, then the numbers of one picture",
    (LATENT_DIM,): "this is the noise of one picture; the batch comes first",
}  # fmt: skip


@exercise("0.1")
def sheet_shapes(noise, pictures):
    """The shapes of z and of the generator's output for a sheet of six rows of eight."""
    order = "the order is (batch, channels, height, width)"
    for found, right, usual, otherwise in (
        (
            _shape(noise),
            (48, LATENT_DIM),
            USUAL_NOISE,
            "z has one row for each picture",
        ),
        (_shape(pictures), (48, 1, 28, 28), USUAL_SHAPES, order),
    ):
        if found != right:
            raise Mistake(usual.get(found, otherwise))


def _shape(answer):
    if not isinstance(answer, (tuple, list)):
        raise Mistake("a shape is a tuple of whole numbers, for instance (2, 3)")
    return tuple(whole(side, "each side") for side in answer)


@exercise("0.2")
def straight_walk(walk):
    """walk(start, end, steps): (steps, latent_dim) on a straight line, ends included."""
    start, end = torch.randn(2, LATENT_DIM)
    path = tensor(
        call(walk, start, end, 5),
        (5, LATENT_DIM),
        form="one row for each of five steps",
    )
    if close(path[0], end) and close(path[-1], start):
        raise Mistake("the walk is reversed: the first row must be start")
    if not close(path[0], start):
        raise Mistake("the first row must be start itself")
    if not close(path[-1], end):
        raise Mistake(
            "the last row does not arrive at end; linspace includes both ends"
        )
    if not close(path, torch.lerp(start, end, torch.linspace(0, 1, 5)[:, None])):
        raise Mistake("the rows in between are not equally spaced on the line")


@exercise("0.3")
def variety(found):
    """found(pictures): the mean over pixels of the variance from picture to picture."""
    ramp = torch.linspace(-1, 1, 28).expand(28, 28)
    pictures = ramp + 0.3 * torch.randn(50, 1, 28, 28)
    right = pictures.var(0).mean()
    usual = [
        (pictures.var(), "this also counts how pixels differ within one picture; take the variance along the first axis, then the mean"),
        (pictures.flatten(1).var(1).mean(), "this is the variance within each picture; it has to be taken from picture to picture"),
        (pictures.std(0).mean(), "this is the standard deviation; the variance is its square"),
        (pictures.var(0).sum(), "this is the sum over all pixels; the exercise asks for the mean"),
        (pictures.mean(0).var(), "this is how bright and dark the mean picture is; take the variance first, then the mean"),
    ]  # fmt: skip
    otherwise = "not the mean over all pixels of the variance from picture to picture"
    value = number(call(found, pictures), "the variety")
    if not close(value, pictures.var(0, correction=0).mean()):
        compare(value, right, usual, otherwise)
