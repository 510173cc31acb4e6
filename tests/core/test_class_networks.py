import pytest
import torch
from torch import nn

from gan_utils.networks import (
    ConditionalBatchNorm,
    ConditionalGenerator,
    ProjectionDiscriminator,
)


def test_shapes():
    labels = torch.tensor([0, 3, 9, 9, 1])
    for refine in (False, True):
        generator = ConditionalGenerator(latent_dim=16, width=8, refine=refine)
        pictures = generator(torch.randn(5, 16), labels)
        assert pictures.shape == (5, 1, 28, 28)
        assert pictures.abs().max() <= 1
    assert ProjectionDiscriminator(8)(pictures, labels).shape == (5,)


def test_conditional_batchnorm_starts_plain_and_is_scaled_by_class():
    norm, x = ConditionalBatchNorm(3, classes=2), torch.randn(8, 3, 4, 4)
    labels = torch.arange(8) % 2
    torch.testing.assert_close(norm(x, labels), nn.BatchNorm2d(3)(x))
    norm.scale.weight.data[1] = 2.0
    norm.shift.weight.data[1] = 5.0
    expected = nn.BatchNorm2d(3, affine=False)(x)
    expected[1::2] = 2 * expected[1::2] + 5
    torch.testing.assert_close(norm(x, labels), expected)


def test_the_class_changes_the_picture():
    generator = ConditionalGenerator(latent_dim=16, width=8).eval()
    z = torch.randn(1, 16)
    one, other = (generator(z, torch.tensor([k])) for k in (2, 7))
    assert not torch.allclose(one, other)


def test_the_projection_is_an_inner_product_with_the_class_vector():
    discriminator = ProjectionDiscriminator(8, classes=4).eval()
    images, labels = torch.randn(6, 1, 28, 28), torch.tensor([0, 1, 2, 3, 0, 1])
    plain = discriminator.score(discriminator.body(images))[:, 0]
    torch.testing.assert_close(discriminator(images, labels), plain)
    nn.init.normal_(discriminator.embedding.weight)
    vectors = discriminator.embedding.weight[labels]
    inner = torch.einsum("bf,bf->b", vectors, discriminator.body(images))
    torch.testing.assert_close(discriminator(images, labels), plain + inner)


def test_a_class_out_of_range_is_refused():
    generator = ConditionalGenerator(latent_dim=16, width=8)
    with pytest.raises((RuntimeError, IndexError)):
        generator(torch.randn(1, 16), torch.tensor([10]))
