"""Checks of lesson 5: output sizes, a colour generator, both modes of BatchNorm."""

import torch
from torch import nn

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    exercise,
    kind,
    sequence,
    tensor,
)
from course.checks.lesson_04 import check_range

SIDES = {"A": 32, "B": 4, "C": 32, "D": 4, "E": 13}
REASONS = {
    "A": "a convolution of kernel 4, stride 2, padding 1 halves an even side",
    "B": "(7 + 2 - 3) / 2 = 3, and the first place counts too, so add 1",
    "C": "a transposed convolution goes up: (16 - 1) * 2 - 2 + 4",
    "D": "a single number stamps the whole kernel: its side is the kernel's",
    "E": "(7 - 1) * 2 - 2 + 3; only output_padding=1 would make it 14",
}


@exercise("5.1")
def sides(answer):
    """The output's side for five layers."""
    check_numbers(answer, SIDES, otherwise=REASONS)


@exercise("5.2")
def generator(build):
    """build() maps (batch, 64) to (batch, 3, 32, 32) in [-1, 1], with even stamps."""
    network, z = call(build), torch.randn(6, 64)

    def pictures(z):
        return tensor(
            call(network, z, hint="a layer's inputs must be the outputs before it"),
            (6, 3, 32, 32),
            "the network's output",
            form="three colours, and a side that two layers double from 8",
        )

    pictures(z)
    if not isinstance(network, nn.Module):
        raise Mistake(f"build_generator() should return a network, not {kind(network)}")
    _check_layers([*network.modules()])
    network.eval()
    check_range(pictures(100 * z))


def _check_layers(layers):
    upward = [layer for layer in layers if isinstance(layer, nn.ConvTranspose2d)]
    if len(upward) != 2:
        raise Mistake(f"there are {len(upward)} transposed convolutions, not two")
    for layer in upward:
        if layer.kernel_size[0] % layer.stride[0]:
            raise Mistake(
                f"kernel {layer.kernel_size[0]} is no multiple of stride {layer.stride[0]}: "
                "its stamps fall in a checkerboard"
            )
    norms = [
        layer for layer in layers if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    if len(norms) < 2:
        raise Mistake("a BatchNorm is missing: every layer but the last has one")
    if norms[-1].num_features == 3:
        raise Mistake(
            "no BatchNorm belongs after the last layer, whose channels are colours"
        )


@exercise("5.3")
def normalise(function):
    """function(x, running_mean, running_var, training) is BatchNorm in both modes."""
    x = 3 * torch.randn(4, 5, 3, 2) + torch.arange(5.0)[:, None, None]
    mean, var = torch.randn(5), torch.rand(5) + 0.5
    for training in (True, False):
        _compare(x, mean, var, training, _call(function, x, mean, var, training))
    tiny = 1e-3 * x
    zero, one = torch.zeros(5), torch.ones(5)
    y = _call(function, tiny, zero, one, True)[0]
    if not close(y, _reference(tiny, zero, one, True)[0], atol=1e-3):
        raise Mistake(
            "for a tiny variance it differs: is epsilon 1e-5, inside the root?"
        )


def _call(function, x, mean, var, training):
    hint = "a statistic beside x needs the shape (channels, 1, 1)"
    copies = (x.clone(), mean.clone(), var.clone())
    parts = "the three things: y, the running mean, the running variance"
    result = sequence(call(function, *copies, training, hint=hint), 3, parts)
    return [tensor(part, name=parts) for part in result]


def _reference(x, mean, var, training):
    norm = nn.BatchNorm2d(x.shape[1], affine=False).train(training)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
    return norm(x), norm.running_mean, norm.running_var


def _compare(x, mean, var, training, got):
    """Raise the mistake that explains a difference from PyTorch's layer."""
    right = _reference(x, mean, var, training)
    same = [close(a, b, atol=1e-4) for a, b in zip(got, right)]
    if not training and not (same[1] and same[2]):
        raise Mistake("evaluation moved the running statistics; they stay as they are")
    if not same[0]:
        raise Mistake(_wrong_output(x, mean, var, training, got[0]))
    if not same[1]:
        raise Mistake(
            "the running mean is wrong: nine tenths of the old one and one tenth of the batch's"
        )
    if not same[2]:
        raise Mistake(_wrong_variance(x, var, got[2]))


def _wrong_output(x, mean, var, training, got):
    batch, spread = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True)
    if not training:
        return "in evaluation the running statistics normalise, not those of the batch"
    if got.shape != x.shape:
        return f"y has the shape {tuple(got.shape)}, x has {tuple(x.shape)}"
    if close(got, (x - batch) / (spread + 1e-5).sqrt(), atol=1e-4):
        return "y is divided by the unbiased variance; use correction=0"
    if close(got, (x - batch) / spread, atol=0.01, rtol=0.1):
        return "y is divided by the variance; divide by its root"
    running = (x - mean[:, None, None]) / (var[:, None, None] + 1e-5).sqrt()
    if close(got, running, atol=1e-4):
        return "in training the statistics of the batch normalise, not the running ones"
    return "y is wrong in training: mean and variance run over the axes 0, 2 and 3"


def _wrong_variance(x, var, got):
    if close(got, 0.9 * var + 0.1 * x.var((0, 2, 3), correction=0), atol=1e-4):
        return "the running variance moves towards the unbiased variance of the batch"
    return "the running variance is wrong: nine tenths of the old, one tenth of the batch's"
