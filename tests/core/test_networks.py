import pytest
import torch
from torch import nn

from gan_utils.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    FeatureNetwork,
    StackedLinear,
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
