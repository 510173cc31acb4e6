"""Checks of lesson 0: shapes, pixel ranges and a straight walk."""

import torch

from gan_utils.claims import Mistake, exercise, given


@exercise("0.1")
def picture_shape(answer):
    """The shape of what the generator makes of five latent vectors."""
    answer = tuple(answer)
    usual = {
        (
            5,
            784,
        ): "these are the right numbers as one row each; a picture keeps its two sides",
        (5, 28, 28): "a dimension is missing: grey pictures still have one channel",
        (5, 28, 28, 1): "PyTorch puts the channel before height and width",
        (1, 28, 28): "this is one picture; the batch comes first",
        (5, 32): "this is the shape of the latent vectors that go in",
    }
    if answer in usual:
        raise Mistake(usual[answer])
    if answer != (5, 1, 28, 28):
        raise Mistake("the order is (batch, channels, height, width)")


@exercise("0.2")
def pixel_range(to_unit):
    """to_unit(pixels): uint8 in [0, 255] to float in [-1, 1]."""
    pixels = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    result = given(to_unit(pixels))
    if not torch.is_floating_point(result):
        raise Mistake(
            "the result is still whole numbers; call .float() before dividing"
        )
    low, middle, high = result.flatten().tolist()
    if (low, high) == (1.0, -1.0):
        raise Mistake("black and white are swapped: 0 must become -1")
    if low == 0 and abs(high - 1) < 1e-2:
        raise Mistake(
            "this is [0, 1]; tanh, the generator's last step, has the range [-1, 1]"
        )
    if low == -1 and abs(high - 1) < 1e-2 and abs(high - 1) > 1e-6:
        raise Mistake("255 must become exactly 1: divide by 127.5")
    if abs(low + 1) > 1e-6 or abs(high - 1) > 1e-6 or abs(middle + 0.6) > 1e-6:
        raise Mistake(
            f"0, 51 and 255 must become -1, -0.6 and 1; got {low}, {middle}, {high}"
        )


@exercise("0.3")
def straight_walk(walk):
    """walk(start, end, steps): (steps, latent_dim) on a straight line, ends included."""
    start, end = torch.randn(32), torch.randn(32)
    path = given(walk(start, end, 5))
    if tuple(path.shape) != (5, 32):
        raise Mistake(
            f"five steps must give the shape (5, 32); got {tuple(path.shape)}"
        )
    if torch.allclose(path[0], end) and torch.allclose(path[-1], start):
        raise Mistake("the walk is reversed: the first row must be start")
    if not torch.allclose(path[0], start, atol=1e-5):
        raise Mistake("the first row must be start itself")
    if not torch.allclose(path[-1], end, atol=1e-5):
        raise Mistake(
            "the last row does not arrive at end; linspace includes both ends"
        )
    right = torch.lerp(start, end, torch.linspace(0, 1, 5)[:, None])
    if not torch.allclose(path, right, atol=1e-5):
        raise Mistake("the rows in between are not equally spaced on the line")
