"""Ways through a generator's latent space: between points, and along directions."""

from typing import NamedTuple

import torch
from torch import nn

from gan_utils.inversion import make


class Direction(NamedTuple):
    """A named way to change a picture.

    Attributes:
        name: what changes, for instance "heel height".
        low, high: a word for each end.
        vector: (latent_dim,); one unit is one visible step.
        classes: numbers of the classes that have the attribute; None for all.
    """

    name: str
    low: str
    high: str
    vector: torch.Tensor
    classes: tuple | None = None


# Between two points


def lerp(start, end, t):
    """(1 - t) * start + t * end: the straight line.

    Args:
        start, end: (..., latent_dim).
        t: a number, or a tensor that broadcasts against them; 0 gives ``start``.
    """
    return start + t * (end - start)


def slerp(start, end, t):
    """sin((1 - t) w) / sin(w) * start + sin(t w) / sin(w) * end: the great circle.

    w is the angle between start and end. Ends of equal length give points of that length.
    Where the ends (nearly) lie on one line through 0, the straight line is taken.

    Args:
        start, end: (..., latent_dim), not zero.
        t: a number, or a tensor that broadcasts against them; 0 gives ``start``.
    Source:
        Shoemake 1985, "Animating rotation with quaternion curves"; White 2016,
        arXiv:1609.04468, section 2.1.
    """
    norms = start.norm(dim=-1, keepdim=True) * end.norm(dim=-1, keepdim=True)
    cosine = (start * end).sum(-1, keepdim=True) / norms.clamp_min(1e-12)
    angle = cosine.clamp(-1, 1).acos()
    sine = angle.sin()
    safe = sine.clamp_min(1e-4)
    arc = ((1 - t) * angle).sin() / safe * start + (t * angle).sin() / safe * end
    return torch.where(sine < 1e-4, lerp(start, end, t), arc)


# Truncation


def truncate(z, psi, mean=0.0):
    """mean + psi * (z - mean): every z moves towards the mean by the same share.

    Args:
        z: (..., latent_dim).
        psi: 1 changes nothing, 0 gives the mean.
    Source:
        Karras et al. 2018, arXiv:1812.04948, section 2.2 (there in the space w).
    """
    return mean + psi * (z - mean)


# Directions that nobody had to name


def closed_form_directions(generator, count=6):
    """Directions along which the first dense layer reacts most.

    The eigenvectors of A^T A with the largest eigenvalues; A is that layer's weight,
    its columns for the class left out.

    Args:
        generator: a network whose first weight layer is ``nn.Linear``, with ``latent_dim``.
        count: how many, at most latent_dim.
    Returns:
        (count, latent_dim), rows of length 1, the strongest first.
    Source:
        Shen and Zhou 2021, arXiv:2007.06600, equation 6 (SeFa).
    """
    weight = _weight_layers(generator)[0].weight.detach()[:, : generator.latent_dim]
    vectors = torch.linalg.eigh(weight.double().T @ weight.double())[1]
    return _one_sign(vectors.T.flip(0)[:count].float())


def principal_directions(generator, count=6, samples=2000, seed=0):
    """Directions along which the first layer's activations vary most.

    Principal components x of what enters the second weight layer, for z ~ N(0, I),
    are brought back by the regression z = U x. For a conditional generator the classes
    are drawn evenly and each class's mean activation is taken off.

    Args:
        generator: a network with ``latent_dim``, and ``classes`` if it takes labels.
        count: how many, at most latent_dim.
        samples: latent vectors from which the components are estimated.
        seed: of these vectors.
    Returns:
        (count, latent_dim), rows of length 1, the strongest first.
    Source:
        Härkönen et al. 2020, arXiv:2004.02546, sections 2.1 and 2.2 (GANSpace).
    """
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(samples, generator.latent_dim, generator=random)
    labels = torch.arange(samples) % getattr(generator, "classes", 1)
    activations = _first_activations(generator, z, labels)
    for label in labels.unique():
        activations[labels == label] -= activations[labels == label].mean(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # pca_lowrank draws from the global generator
        components = torch.pca_lowrank(activations, q=min(2 * count, samples))[2]
    x = activations @ components[:, :count]
    regression = torch.linalg.lstsq(x, z).solution  # (count, latent_dim)
    return _one_sign(nn.functional.normalize(regression, dim=1))


def _weight_layers(generator):
    """The layers that hold a weight matrix or kernel, the first one dense."""
    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    layers = [layer for layer in generator.modules() if isinstance(layer, kinds)]
    if not layers or not isinstance(layers[0], nn.Linear):
        name = type(generator).__name__
        raise ValueError(f"the first layer with weights in {name} must be nn.Linear")
    return layers


@torch.no_grad()
def _first_activations(generator, z, labels):
    """What enters the second weight layer, (samples, features)."""
    caught = []
    hook = _weight_layers(generator)[1].register_forward_pre_hook(
        lambda layer, inputs: caught.append(inputs[0].flatten(1))
    )
    try:
        for rows, classes in zip(z.split(250), labels.split(250)):
            make(generator, rows, classes)
    finally:
        hook.remove()
    return torch.cat(caught)


def _one_sign(rows):
    """Each row with its largest entry positive: an eigenvector has no sign of its own."""
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return rows * largest.sign()
