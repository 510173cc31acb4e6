"""Checks of lesson 5: zero insertion, a generator within a budget, a folded BatchNorm."""

import copy

import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

from course.checks.frame import Mistake, call, close, compare, exercise, kind, tensor
from course.checks.lesson_04 import check_range


@exercise("5.1")
def slide(function):
    """function(picture, kernel, stride, padding) is the layer, by one ordinary convolution."""
    cases = ((6, 4, 2, 1), (5, 3, 1, 0), (3, 3, 2, 0), (3, 5, 3, 2), (3, 4, 2, 0))
    for side, k, stride, padding in cases:
        _check_slide(function, side, k, stride, padding)


def _check_slide(function, side, k, stride, padding):
    picture, kernel = torch.randn(side, side + 1), torch.randn(k, k)
    shapes = {
        tuple(x.shape): reason
        for x, reason in _wrong_slides(picture, kernel, stride, padding)
    }
    right = conv_transpose2d(
        picture[None, None], kernel[None, None], stride=stride, padding=padding
    )[0, 0]
    shapes.pop(tuple(right.shape), None)
    hint = "conv2d wants pictures and kernels of shape (1, 1, height, width)"
    got = call(function, picture, kernel, stride, padding, hint=hint)
    got = tensor(got, tuple(right.shape), "the output", shapes, "count zeros and rim")
    usual = [
        (x, reason)
        for x, reason in _wrong_slides(picture, kernel, stride, padding)
        if x.shape == right.shape
    ]
    compare(got, right, usual, "the shape is right, the numbers are not", atol=1e-4)


def _slid(picture, kernel, stride, rim):
    high, wide = ((n - 1) * stride + 1 for n in picture.shape)
    spread = torch.zeros(high, wide)
    spread[::stride, ::stride] = picture
    return conv2d(pad(spread, [rim] * 4)[None, None], kernel[None, None])[0, 0]


def _wrong_slides(picture, kernel, stride, padding):
    """(what comes out, what leads to it), for the usual mistakes."""
    rim, flipped = len(kernel) - 1 - padding, kernel.flip(0, 1)
    yield _slid(picture, kernel, stride, rim), "the kernel is not flipped"
    turned = "the kernel is transposed; flip it along both axes instead"
    yield _slid(picture, kernel.T, stride, rim), turned
    for axis in (0, 1):
        yield _slid(picture, kernel.flip(axis), stride, rim), "flip along both axes"
    if padding != len(kernel) - 1 - padding and padding:
        yield (
            _slid(picture, flipped, stride, padding),
            "the rim has `padding` zeros; a first stamp reaches k - 1 - padding",
        )
    if padding:
        yield (
            _slid(picture, flipped, stride, len(kernel) - 1),
            "padding is forgotten: it cuts the rim, which keeps k - 1 - padding zeros",
        )
    if stride > 1:
        yield (
            _slid(picture, flipped, 1, rim),
            "no zeros were put in: stride - 1 belong between two numbers",
        )
        yield (
            _slid(picture, flipped, stride + 1, rim),
            "too many zeros were put in: stride - 1 belong between two numbers",
        )


MOST_WORK = 2_000_000  # multiply-adds for one picture


@exercise("5.2")
def generator(build):
    """build() maps (batch, 64) to (batch, 3, 64, 64) in [-1, 1], even stamps, in budget."""
    network, z = call(build), torch.randn(6, 64)

    def pictures(z):
        return tensor(
            call(network, z, hint="a layer's inputs must be the outputs before it"),
            (6, 3, 64, 64),
            "the network's output",
            form="three colours, and a side that each layer with stride 2 doubles",
        )

    pictures(z)
    if not isinstance(network, nn.Module):
        raise Mistake(f"build_generator() should return a network, not {kind(network)}")
    layers = [*network.modules()]
    _check_layers(layers)
    _check_norms(layers)
    work = multiply_adds(network, z)
    if work > MOST_WORK:
        raise Mistake(
            f"one picture takes {work:,} multiply-adds, of {MOST_WORK:,} allowed: "
            "start from fewer channels, or from a smaller picture"
        )
    network.eval()
    check_range(pictures(100 * z))


def _check_layers(layers):
    upward = [layer for layer in layers if isinstance(layer, nn.ConvTranspose2d)]
    if len(upward) < 2:
        raise Mistake(
            f"there are {len(upward)} transposed convolutions; take at least two"
        )
    for layer in upward:
        if any(k % s for k, s in zip(layer.kernel_size, layer.stride)):
            raise Mistake(
                f"kernel {layer.kernel_size[0]} is no multiple of stride {layer.stride[0]}: "
                "its stamps fall in a checkerboard"
            )


def _check_norms(layers):
    norms = [
        layer for layer in layers if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    upward = [layer for layer in layers if isinstance(layer, nn.ConvTranspose2d)]
    if norms and norms[-1].num_features == 3:
        raise Mistake(
            "no BatchNorm belongs after the last layer, whose channels are colours"
        )
    if len(norms) < len(upward):
        raise Mistake("a BatchNorm is missing: every layer but the last has one")


def multiply_adds(network, z):
    """Of all layers with weights, for one picture; measured by hooks while it draws."""
    work, hooks = [], []

    def note(layer, given, result):
        if isinstance(layer, nn.ConvTranspose2d):
            places = given[0].shape[-2] * given[0].shape[-1]
        elif isinstance(layer, nn.Conv2d):
            places = result.shape[-2] * result.shape[-1]
        else:
            places = 1
        work.append(layer.weight.numel() * places)

    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            hooks.append(layer.register_forward_hook(note))
    call(network, z)
    for hook in hooks:
        hook.remove()
    return sum(work)


@exercise("5.3")
def folded(fold):
    """fold(layer, norm) is one transposed convolution that does both in evaluation."""
    for bias in (True, False):
        layer = nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1, bias=bias)
        norm = nn.BatchNorm2d(3).eval()
        with torch.no_grad():
            for values in (norm.weight, norm.bias, norm.running_mean):
                values.copy_(torch.randn(3))
            norm.running_var.copy_(torch.tensor([0.3, 2.0, 1e-5]))
        _check_fold(fold, layer, norm)


def _check_fold(fold, layer, norm):
    before = copy.deepcopy((layer, norm))
    result = call(fold, layer, norm, hint="the weight has the shape (in, out, k, k)")
    if not isinstance(result, nn.Module):
        raise Mistake(f"fold(layer, norm) should return one layer, not {kind(result)}")
    for old, new in zip(before, (layer, norm)):
        for name, value in old.state_dict().items():
            if not torch.equal(value, new.state_dict()[name]):
                raise Mistake(f"{name} of what was given has changed; make a new layer")
    if any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in result.modules()):
        raise Mistake("the BatchNorm is still there; its work belongs into the weights")
    x = torch.randn(4, 5, 6, 6)
    with torch.no_grad():
        right = norm(layer(x))
        got = call(result, x, hint="copy stride and padding, and give it a bias")
        got = tensor(got, tuple(right.shape), "what the new layer returns",
                     form="copy kernel, stride and padding")  # fmt: skip
        if close(got, right, atol=1e-3, rtol=1e-3):
            return
        raise Mistake(_wrong_fold(got, layer, norm, x))


def _wrong_fold(got, layer, norm, x):
    """What explains a folded layer that computes something else."""
    mean, var = norm.running_mean, norm.running_var
    bias = torch.zeros(3) if layer.bias is None else layer.bias
    plain = layer(x) - bias[:, None, None]
    spread = (var + norm.eps).sqrt()

    def affine(scale, shift):
        return scale[:, None, None] * plain + shift[:, None, None]

    scale = norm.weight / spread
    shift = norm.bias + (bias - mean) * scale
    usual = [
        (affine(scale, norm.bias), "the running mean (and the layer's bias) shift y too"),
        (affine(scale, norm.bias + bias - mean), "the shift b - mean is scaled as well"),
        (affine(scale, norm.bias - mean * scale), "the layer's own bias is lost"),
        (affine(scale, norm.bias + bias - mean * scale), "the layer's bias is scaled too"),
        (affine(scale, norm.bias + (bias + mean) * scale), "the mean is subtracted"),
        (affine(scale, (bias - mean) * scale), "beta is missing"),
        (affine(1 / spread, norm.bias + (bias - mean) / spread), "gamma is missing"),
        (affine(torch.ones(3), shift), "the weights are not scaled, only the bias"),
    ]  # fmt: skip
    for root, reason in (
        (var + norm.eps, "divide by the root of the variance"),
        (var.sqrt(), "epsilon is missing: it counts where a channel hardly varies"),
    ):
        other = norm.weight / root
        usual.append((affine(other, norm.bias + (bias - mean) * other), reason))
    for wrong, reason in usual:
        if close(got, wrong, atol=1e-3, rtol=1e-3):
            return reason
    return "it computes something else: y = gamma (x - mean) / sqrt(var + eps) + beta"
