import pytest
import torch
from torch import nn

from gan_utils.attributes import attribute_directions, effects, measure_all


class Linear(nn.Module):
    """A generator whose two measures are correlated linear functions of z."""

    latent_dim = 6

    def forward(self, z):
        first, second = z[:, 0], 0.8 * z[:, 0] + 0.6 * z[:, 1]
        return torch.stack([first, second], 1)[:, None, :, None]


def first(images):
    return images[:, 0, 0, 0]


def second(images):
    return images[:, 0, 1, 0]


def constant(images):
    return torch.ones(len(images))


def test_directions_of_correlated_attributes_move_one_each():
    vectors, explained = attribute_directions(Linear(), [first, second], count=500)
    torch.testing.assert_close(explained, torch.ones(2), rtol=1e-3, atol=1e-3)
    moved = measure_all([first, second], Linear()(vectors))
    torch.testing.assert_close(moved, torch.eye(2), rtol=0.1, atol=0.02)


def test_effects_are_in_standard_deviations_of_each_measure():
    vectors, _ = attribute_directions(Linear(), [first, second], count=500)
    change, rising = effects(Linear(), vectors, [first, second], count=400, reach=2.0)
    torch.testing.assert_close(change, 4 * torch.eye(2), rtol=0.15, atol=0.15)
    assert (rising == 1).all()
    change, rising = effects(Linear(), -vectors, [first, second])
    assert (change.diagonal() < -3).all()
    assert (rising == 0).all()


def test_what_never_changes_has_no_direction():
    with pytest.raises(ValueError, match="constant"):
        attribute_directions(Linear(), [first, constant], count=100)
