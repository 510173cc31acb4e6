"""A second network behind a Fréchet distance, built and trained unlike the first.

Who chooses recipes by one judge ends up pleasing that judge. No recipe is chosen by this
one: it only says whether a gain is seen by other eyes too.
"""

import functools

import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

from gan_utils.checkpoints import load_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.metrics import frechet_distance
from gan_utils.recipes.classifier import train_classifier
from gan_utils.recipes.fashion import accuracy


class SecondJudge(nn.Module):
    """A Fashion-MNIST classifier with strided convolutions and GroupNorm.

    Maps (batch, 1, 28, 28) in [-1, 1] to logits (batch, 10); ``features`` returns the 64
    numbers before the last layer, (batch, 64).
    """

    def __init__(self, width=32):
        super().__init__()
        layers, channels = [], 1
        for out in (width, 2 * width, 2 * width):
            convolution = nn.Conv2d(channels, out, 5, stride=2, padding=2)
            layers += [convolution, nn.GroupNorm(8, out), nn.GELU()]
            channels = out
        self.features = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(channels * 4 * 4, 64), nn.Tanh()
        )
        self.head = nn.Linear(64, 10)

    def forward(self, images):
        return self.head(self.features(images))


def second_judge(train, steps=3000, batch_size=128):
    """A second classifier, on shifted pictures. It is no GAN: ``train`` is not used."""
    images, labels = fashion_mnist("train")
    network = SecondJudge()

    def loss_of(step):
        which = torch.randint(len(images), (batch_size,))
        top, left = torch.randint(5, (2,)).tolist()
        room = pad(to_float(images[which]), (2, 2, 2, 2), value=-1.0)
        batch = room[..., top : top + 28, left : left + 28]
        return cross_entropy(network(batch), labels[which])

    return train_classifier(network, loss_of, steps, 2e-3), {
        "test accuracy": accuracy(network),
        "steps": steps,
        "batch": batch_size,
    }


@functools.cache
def _judge():
    return load_checkpoint(SecondJudge(), "second_judge").requires_grad_(False)


@torch.no_grad()
def _features(images):
    return torch.cat([_judge().features(batch) for batch in images.split(250)])


@functools.cache
def _reference():
    return _features(to_float(fashion_mnist("test")[0]))


def second_fid(images):
    """The Fréchet distance to the 10,000 test pictures, in the second judge's features.

    Args:
        images: (N, 1, 28, 28) float in [-1, 1], N > 64; use 5,000 or more.
    """
    return frechet_distance(_features(images), _reference())
