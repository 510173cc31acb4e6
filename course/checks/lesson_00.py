"""Checks of lesson 0: shapes, pixel ranges and a straight walk."""

import torch

from course.checks.frame import Mistake, call, close, exercise, tensor, whole

LATENT_DIM = 64  # of the lesson's generator
USUAL_SHAPES = {
    (5, 784): "these are the right numbers as one row each; a picture keeps its two sides",
    (5, 28, 28): "a dimension is missing: grey pictures still have one channel",
    (5, 28, 28, 1): "PyTorch puts the channel before height and width",
    (1, 28, 28): "this is one picture; the batch comes first",
    (5, LATENT_DIM): "this is the shape of the latent vectors that go in",
}  # fmt: skip


@exercise("0.1")
def picture_shape(answer):
    """The shape of what the generator makes of five latent vectors."""
    if not isinstance(answer, (tuple, list)):
        raise Mistake("a shape is a tuple of whole numbers, for instance (2, 3)")
    shape = tuple(whole(side, "each side") for side in answer)
    if shape != (5, 1, 28, 28):
        order = "the order is (batch, channels, height, width)"
        raise Mistake(USUAL_SHAPES.get(shape, order))


@exercise("0.2")
def pixel_range(to_unit):
    """to_unit(pixels): uint8 in [0, 255] to float in [-1, 1]."""
    result = call(to_unit, torch.tensor([[0, 51, 255]], dtype=torch.uint8))
    low, middle, high = tensor(result, (1, 3)).flatten().tolist()
    if not result.is_floating_point():
        raise Mistake(
            "the result is still whole numbers; call .float() before dividing"
        )
    if (low, high) == (1.0, -1.0):
        raise Mistake("black and white are swapped: 0 must become -1")
    if low == 0 and abs(high - 1) < 1e-2:
        raise Mistake(
            "this is [0, 1]; tanh, the generator's last step, has the range [-1, 1]"
        )
    if low == -1 and 1e-6 < abs(high - 1) < 1e-2:
        raise Mistake("255 must become exactly 1: divide by 127.5")
    if not close([low, middle, high], [-1, -0.6, 1], atol=1e-6):
        raise Mistake(
            f"0, 51 and 255 must become -1, -0.6 and 1; got {low}, {middle}, {high}"
        )


@exercise("0.3")
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
