import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from gan_utils.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    FeatureNetwork,
    ModulatedConvolution,
    SlowLinear,
    StackedLinear,
    StyleGenerator,
    mlp,
    mlp_discriminator,
)


def test_shapes():
    assert mlp(3, 8, 2)(torch.randn(5, 3)).shape == (5, 2)
    assert mlp(3, 8, 2, copies=4)(torch.randn(4, 5, 3)).shape == (4, 5, 2)
    assert mlp_discriminator(2, 8)(torch.randn(5, 2)).shape == (5,)
    assert mlp_discriminator(2, 8, copies=4)(torch.randn(4, 5, 2)).shape == (4, 5)
    assert DCGANDiscriminator(8)(torch.randn(5, 1, 28, 28)).shape == (5,)
    for refine, layers in ((False, 9), (True, 12)):
        generator = DCGANGenerator(16, 8, refine)
        assert generator(torch.randn(5, 16)).shape == (5, 1, 28, 28)
        assert len(generator.layers) == layers
    assert DCGANDiscriminator(8, depth=3)(torch.randn(5, 1, 28, 28)).shape == (5,)
    assert FeatureNetwork(8)(torch.randn(5, 1, 28, 28)).shape == (5, 10)


def test_mlp_ends_without_an_activation():
    assert isinstance(mlp(2, 8, 1)[-1], nn.Linear)
    assert sum(isinstance(layer, nn.ReLU) for layer in mlp(2, 8, 8, 1)) == 2
    with pytest.raises(ValueError, match="input and an output"):
        mlp(2)


def test_stacked_layers_equal_single_ones_and_do_not_mix():
    stack, x = StackedLinear(3, 4, 2), torch.randn(3, 6, 4)
    out = stack(x)
    for i in range(3):
        torch.testing.assert_close(out[i], x[i] @ stack.weight[i] + stack.bias[i])
    out[1].sum().backward()
    touched = stack.weight.grad.abs().sum((1, 2)) > 0
    assert touched.tolist() == [False, True, False]


def test_stacked_layers_start_as_wide_as_linear_ones():
    torch.manual_seed(0)
    stack, single = StackedLinear(50, 16, 16), nn.Linear(16, 16)
    assert stack.weight.abs().max() <= 16**-0.5
    assert stack.weight.std().item() == pytest.approx(
        single.weight.std().item(), rel=0.1
    )


def test_generated_pictures_are_in_range_and_shaped():
    generator = DCGANGenerator(latent_dim=8, width=8)
    images = generator(3 * torch.randn(6, 8))
    assert images.shape == (6, 1, 28, 28)
    assert images.abs().max() <= 1


@pytest.mark.parametrize("kernel", [1, 3, 4])
def test_a_modulated_convolution_is_one_with_a_kernel_for_each_picture(kernel):
    layer = ModulatedConvolution(6, 4, 5, 14, kernel=kernel).eval().double()
    torch.nn.init.normal_(layer.bias)
    torch.nn.init.constant_(layer.strength, 0.7)
    side = 7 if kernel == 4 else 14
    x = torch.randn(3, 4, side, side, dtype=torch.double)
    w = torch.randn(3, 6, dtype=torch.double)
    expected = []
    for picture, style in zip(x, layer.style(w)):
        own = style[:, None, None] * layer.weight
        seen = own.square().sum((1, 2, 3), keepdim=True) / (4 if layer.up else 1)
        own = own / seen.sqrt()
        if layer.up:
            made = conv_transpose2d(picture[None], own.transpose(0, 1), None, 2, 1)
        else:
            made = conv2d(picture[None], own, padding=kernel // 2)
        expected.append(made + 0.7 * layer.noise + layer.bias)
    expected = 2**0.5 * leaky_relu(torch.cat(expected), 0.2)
    torch.testing.assert_close(layer(x, w), expected)


@torch.no_grad()
def test_demodulation_keeps_the_variance_whatever_the_style():
    layer = ModulatedConvolution(6, 32, 64, 28, kernel=4).eval()
    layer.style.bias.mul_(50)
    x, w = torch.randn(40, 32, 14, 14), torch.randn(40, 6)
    before = layer(x, w) / 2**0.5
    before = torch.where(before < 0, before / 0.2, before)[..., 1:-1, 1:-1]
    assert before.var() == pytest.approx(1, abs=0.05)


def test_slow_layers_move_by_a_tenth_of_the_rate():
    layer = SlowLinear(8, 8)
    before = layer.weight.detach() / 10
    opt = torch.optim.Adam(layer.parameters(), 1e-2)
    layer(torch.randn(64, 8)).square().mean().backward()
    opt.step()
    moved = (layer.weight.detach() / 10 - before).abs()
    assert moved.max() == pytest.approx(1e-3, rel=1e-3)


@torch.no_grad()
def test_a_style_generator_mixes_and_draws_noise_in_training_alone():
    generator = StyleGenerator(16, 8)
    for layer in generator.layers[:-1]:
        layer.strength.fill_(1.0)
    z, y = torch.randn(6, 16), torch.arange(6)
    assert not torch.equal(generator(z, y), generator(z, y))
    generator.eval()
    pictures = generator(z, y)
    assert pictures.shape == (6, 1, 28, 28)
    assert torch.equal(pictures, generator(z, y))
    torch.testing.assert_close(
        generator(3 * z, y), pictures
    )  # only the direction counts
    w = generator.mapping(z, y)
    same = w[:, None].expand(-1, generator.layer_count, -1)
    torch.testing.assert_close(generator.synthesis(same), pictures)
    for k in range(generator.layer_count):  # every layer has its own w
        other = same.clone()
        other[:, k] = w.flip(0)
        assert (generator.synthesis(other) - pictures).abs().mean() > 1e-3


@torch.no_grad()
def test_about_half_of_the_pictures_are_mixed_in_training():
    generator = StyleGenerator(16, 8)  # the strengths of the noise begin at 0
    z, y = torch.randn(1, 16).expand(2000, -1), torch.zeros(2000, dtype=torch.long)
    plain = generator.eval()(z[:1], y[:1])
    mixed = (generator.train()(z, y) - plain).abs().amax((1, 2, 3)) > 1e-4
    assert mixed.float().mean() == pytest.approx(4 / 9, abs=0.05)
