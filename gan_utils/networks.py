"""Networks that more than one lesson uses."""

import torch
from torch import nn


class StackedLinear(nn.Module):
    """One linear layer for several networks that train side by side.

    Maps (copies, batch, n_in) to (copies, batch, n_out); no copy sees another's weights.
    """

    def __init__(self, copies, n_in, n_out):
        super().__init__()
        bound = n_in**-0.5
        self.weight = nn.Parameter(
            torch.empty(copies, n_in, n_out).uniform_(-bound, bound)
        )
        self.bias = nn.Parameter(torch.empty(copies, 1, n_out).uniform_(-bound, bound))

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)


def mlp(*sizes, copies=None, activation=nn.ReLU):
    """A plain multi-layer perceptron, or ``copies`` of it trained side by side.

    Args:
        sizes: the width of every layer, input and output included.
        copies: None for one network on (batch, sizes[0]), or their number for a stack
            on (copies, batch, sizes[0]).
        activation: the module class between two layers.
    Raises:
        ValueError: fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp needs an input and an output size; got {sizes}")
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers.append(
            StackedLinear(copies, n_in, n_out) if copies else nn.Linear(n_in, n_out)
        )
        layers.append(activation())
    return nn.Sequential(*layers[:-1])


def mlp_discriminator(*sizes, copies=None, activation=nn.ReLU):
    """``mlp(*sizes, 1)`` whose logits have the shape (batch,) or (copies, batch)."""
    return mlp(*sizes, 1, copies=copies, activation=activation).append(nn.Flatten(-2))


class DCGANGenerator(nn.Module):
    """z -> picture: a dense layer to 7x7, then two transposed convolutions to 28x28.

    Maps (batch, latent_dim) to (batch, 1, 28, 28) in [-1, 1].

    Args:
        latent_dim: numbers in z.
        width: channels at 14x14; twice as many at 7x7.
        refine: one more convolution, 3x3, between the two transposed ones.
    Source:
        Radford et al. 2015, arXiv:1511.06434, at the size of Fashion-MNIST.
    """

    def __init__(self, latent_dim=64, width=64, refine=False):
        super().__init__()
        self.latent_dim = latent_dim
        more = []
        if refine:
            convolution = nn.Conv2d(width, width, 3, padding=1, bias=False)
            more = [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * 7 * 7, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *more,
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(z)


def strided_convolutions(width, depth):
    """The body of a DCGAN discriminator: every layer halves the picture.

    BatchNorm follows all convolutions but the first. Maps (batch, 1, 28, 28) to
    (batch, features) with features = width * 2^(depth - 1) * side^2; side is 7 at
    depth 2 and 3 at depth 3. Returns the list of layers and the number of features.
    """
    layers = [nn.Conv2d(1, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for _ in range(depth - 1):
        layers += [
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
        ]
        width *= 2
    return [*layers, nn.Flatten()], width * (28 // 2**depth) ** 2


class DCGANDiscriminator(nn.Module):
    """Picture -> logit: two or more strided convolutions and a dense layer.

    Maps (batch, 1, 28, 28) in [-1, 1] to logits (batch,).

    Args:
        width: channels of the first convolution; each further one doubles them.
        depth: number of convolutions, 2 to 4.
    """

    def __init__(self, width=64, depth=2):
        super().__init__()
        layers, features = strided_convolutions(width, depth)
        self.layers = nn.Sequential(*layers, nn.Linear(features, 1), nn.Flatten(0))

    def forward(self, images):
        return self.layers(images)


class FeatureNetwork(nn.Module):
    """A small Fashion-MNIST classifier whose last hidden layer feeds the FID.

    Maps (batch, 1, 28, 28) in [-1, 1] to logits (batch, 10); ``features`` returns the
    64 numbers before the last layer, (batch, 64).
    """

    feature_dim = 64

    def __init__(self, width=32):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.4),
            nn.Linear(2 * width * 7 * 7, self.feature_dim),
            nn.ReLU(),
        )
        self.head = nn.Linear(self.feature_dim, 10)

    def features(self, images):
        return self.body(images)

    def forward(self, images):
        return self.head(self.features(images))
