"""Drawing pictures: the mode, the order, the labels and the batches."""

import pytest
import torch
from torch import nn

from gan_utils.sampling import draw, draw_evenly


class Painter(nn.Module):
    """z and a class -> one pixel: the class, and a mark in training mode."""

    latent_dim, classes = 3, 10

    def __init__(self):
        super().__init__()
        self.norm, self.batches = nn.BatchNorm1d(3), []

    def forward(self, z, labels):
        self.batches.append(len(z))
        return (0 * self.norm(z)[:, 0] + labels)[:, None, None, None]


def test_one_label_goes_to_every_batch():
    painter = Painter()
    pictures = draw(painter, torch.randn(7, 3), 4, batch=3)
    assert pictures.flatten().tolist() == [4.0] * 7
    assert painter.batches == [3, 3, 1]


def test_labels_stay_with_their_latents():
    labels = torch.arange(7)
    pictures = draw(Painter(), torch.randn(7, 3), labels, batch=3)
    assert pictures.flatten().tolist() == labels.tolist()
    shares = draw_evenly(Painter(), 20).flatten().long().bincount()
    assert shares.tolist() == [2] * 10


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_put_back_and_the_averages_are_left_alone(training):
    painter = Painter().train(training)
    z = 5 + torch.randn(6, 3)
    before = painter.norm.running_mean.clone()
    assert not draw(painter, z, 1).requires_grad
    assert painter.training is training
    assert torch.equal(painter.norm.running_mean, before)
    with pytest.raises(TypeError):
        draw(painter, z)  # it wants labels
    assert painter.training is training


def test_a_picture_does_not_depend_on_its_batch():
    network = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Unflatten(1, (1, 2, 2))
    )
    network(5 + torch.randn(20, 3))  # in training mode
    z = torch.randn(5, 3)
    alone = torch.cat([draw(network, row) for row in z.split(1)])
    assert torch.allclose(draw(network, z), alone, atol=1e-6)


def test_the_callers_random_state_is_left_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = draw_evenly(Painter(), 4, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.shape == (4, 1, 1, 1)
