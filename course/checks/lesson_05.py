"""Checks of lesson 5: output sizes, a colour generator, both modes of BatchNorm."""

import torch
from torch import nn

from gan_utils.claims import Mistake, exercise, given

SIDES = {
    "A": (32, "a convolution of kernel 4, stride 2, padding 1 halves an even side"),
    "B": (4, "(7 + 2 - 3) / 2 = 3, and the first place counts too, so add 1"),
    "C": (32, "a transposed convolution goes up: (16 - 1) * 2 - 2 + 4"),
    "D": (4, "a single number stamps the whole kernel: its side is the kernel's"),
    "E": (
        13,
        "(7 - 1) * 2 - 2 + 3; only output_padding=1 would make it 14",
    ),
}


@exercise("5.1")
def sides(answer):
    """The output's side for five layers."""
    for letter, (right, reason) in SIDES.items():
        if letter not in answer:
            raise Mistake(f"layer {letter} has no entry")
        if given(answer[letter]) != right:
            raise Mistake(f"layer {letter} does not give {answer[letter]}: {reason}")


@exercise("5.2")
def generator(build):
    """build() maps (batch, 64) to (batch, 3, 32, 32) in [-1, 1], with even stamps."""
    network = given(build())
    z = torch.randn(6, 64)
    try:
        pictures = network(z)
    except RuntimeError as error:
        raise Mistake(
            f"the forward pass stops ({error}); a layer's inputs must be the outputs before it"
        ) from None
    if pictures.shape != (6, 3, 32, 32):
        raise Mistake(
            f"the shape is {tuple(pictures.shape)}, not (6, 3, 32, 32): three colours, "
            "and a side that two layers double from 8"
        )
    _check_layers([*network.modules()])
    _check_range(network, z)


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


def _check_range(network, z):
    pictures = network.eval()(100 * z)
    if pictures.abs().max() > 1:
        raise Mistake("values leave [-1, 1]; the output needs a tanh")
    if pictures.min() >= 0:
        raise Mistake("no value is negative: this range is [0, 1]; use tanh")


@exercise("5.3")
def normalise(function):
    """function(x, running_mean, running_var, training) is BatchNorm in both modes."""
    x = 3 * torch.randn(4, 5, 3, 2) + torch.arange(5.0)[:, None, None]
    mean, var = torch.randn(5), torch.rand(5) + 0.5
    _compare(x, mean, var, True, _call(function, x, mean, var, True))
    _compare(x, mean, var, False, _call(function, x, mean, var, False))
    tiny = 1e-3 * x
    zero, one = torch.zeros(5), torch.ones(5)
    y = _call(function, tiny, zero, one, True)[0]
    if not torch.allclose(y, _reference(tiny, zero, one, True)[0], atol=1e-3):
        raise Mistake(
            "for a tiny variance it differs: is epsilon 1e-5, inside the root?"
        )


def _call(function, *arguments):
    try:
        result = given(
            function(*(a.clone() if torch.is_tensor(a) else a for a in arguments))
        )
    except RuntimeError as error:
        raise Mistake(
            f"the code stops ({error}); a statistic beside x needs the shape (channels, 1, 1)"
        ) from None
    if not isinstance(result, tuple) or len(result) != 3:
        raise Mistake("return three things: y, the running mean, the running variance")
    return result


def _reference(x, mean, var, training):
    norm = nn.BatchNorm2d(x.shape[1], affine=False).train(training)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
    return norm(x), norm.running_mean, norm.running_var


def _compare(x, mean, var, training, got):
    """Raise the mistake that explains a difference from PyTorch's layer."""
    right = _reference(x, mean, var, training)
    same = [
        a.shape == b.shape and torch.allclose(a, b, atol=1e-4)
        for a, b in zip(right, got)
    ]
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
    if torch.allclose(got, (x - batch) / (spread + 1e-5).sqrt(), atol=1e-4):
        return "y is divided by the unbiased variance; use correction=0"
    if torch.allclose(got, (x - batch) / spread, rtol=0.1, atol=0.01):
        return "y is divided by the variance; divide by its root"
    running = (x - mean[:, None, None]) / (var[:, None, None] + 1e-5).sqrt()
    if torch.allclose(got, running, atol=1e-4):
        return "in training the statistics of the batch normalise, not the running ones"
    return "y is wrong in training: mean and variance run over the axes 0, 2 and 3"


def _wrong_variance(x, var, got):
    biased = 0.9 * var + 0.1 * x.var((0, 2, 3), correction=0)
    if got.shape == var.shape and torch.allclose(got, biased, atol=1e-4):
        return "the running variance moves towards the unbiased variance of the batch"
    return "the running variance is wrong: nine tenths of the old, one tenth of the batch's"
