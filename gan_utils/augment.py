"""Differentiable augmentation: what the discriminator sees is moved, cut and tinted.

Each function changes every picture of a batch at random, in the same way for real and
generated ones, and lets gradients through to the generator. At strength 0 it is the
identity; 1 is what the paper recommends.

Source:
    Zhao et al. 2020, arXiv:2006.10738, section 3 (DiffAugment).
"""

import torch
from torch import nn


def translation(images, strength=1.0):
    """Shift each picture by up to an eighth of its sides; what comes in is 0.

    Args:
        images: (N, C, H, W) in [-1, 1].
        strength: in [0, 1]; the shift is at most strength / 8 of a side, whole pixels.
    Returns:
        Pictures of the same shape.
    Raises:
        ValueError: images or strength are outside their range.
    """
    _check(images, strength)
    shifts = [_shift(images, side, strength) for side in (2, 3)]
    rows, columns = (
        torch.arange(images.shape[side], device=images.device) + shift
        for side, shift in zip((2, 3), shifts)
    )
    inside = (
        _within(rows, images.shape[2])[:, :, None]
        & _within(columns, images.shape[3])[:, None, :]
    )
    rows, columns = (
        places.clamp(0, images.shape[side] - 1)
        for side, places in zip((2, 3), (rows, columns))
    )
    pictures = torch.arange(len(images), device=images.device)[:, None, None]
    moved = images.permute(0, 2, 3, 1)[pictures, rows[:, :, None], columns[:, None, :]]
    return (moved * inside[..., None]).permute(0, 3, 1, 2)


def cutout(images, strength=1.0):
    """Set a square at a random place of each picture to 0.

    Args:
        images: (N, C, H, W) in [-1, 1].
        strength: in [0, 1]; the square's side is strength / 2 of the picture's.
    Returns:
        Pictures of the same shape.
    Raises:
        ValueError: images or strength are outside their range.
    """
    _check(images, strength)
    hit = []
    for side in (2, 3):
        length = images.shape[side]
        half = round(length * strength / 2) / 2
        centre = length * torch.rand(len(images), 1, device=images.device)
        middles = torch.arange(length, device=images.device) + 0.5
        hit.append((middles - centre).abs() < half)
    hole = hit[0][:, :, None] & hit[1][:, None, :]
    return images * ~hole[:, None]


def colour(images, strength=1.0):
    """Change brightness, saturation and contrast of each picture.

    Args:
        images: (N, C, H, W) in [-1, 1]; saturation does nothing to grey pictures.
        strength: in [0, 1]; brightness moves by up to 0.5 of it, contrast is scaled by
            1 +- 0.5 of it, saturation by 1 +- it.
    Returns:
        Pictures of the same shape; they can leave [-1, 1].
    Raises:
        ValueError: images or strength are outside their range.
    """
    _check(images, strength)
    brightness, saturation, contrast = strength * (
        2 * torch.rand(3, len(images), 1, 1, 1, device=images.device) - 1
    )
    images = images + brightness / 2
    images = images + saturation * (images - images.mean(1, keepdim=True))
    middle = images.mean((1, 2, 3), keepdim=True)
    return images + contrast / 2 * (images - middle)


class Augmented(nn.Module):
    """A discriminator that never sees a picture as it is.

    Args:
        discriminator: maps images (and labels) to logits.
        augmentations: functions of a batch of images, applied in turn.
    """

    def __init__(self, discriminator, *augmentations):
        super().__init__()
        self.discriminator, self.augmentations = discriminator, augmentations

    def forward(self, images, *given):
        for augmentation in self.augmentations:
            images = augmentation(images)
        return self.discriminator(images, *given)


def _shift(images, side, strength):
    """Whole pixels (N, 1), drawn evenly from -most to most."""
    most = round(images.shape[side] * strength / 8)
    size = (len(images), 1)
    return torch.randint(-most, most + 1, size, device=images.device)


def _within(places, length):
    return (places >= 0) & (places < length)


def _check(images, strength):
    if images.ndim != 4:
        raise ValueError(
            f"images must be (N, C, H, W) in [-1, 1]; got shape {tuple(images.shape)}"
        )
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be in [0, 1]; got {strength}")


def memorised(logits):
    """r_v: how far D's logits of held-out pictures are on the way to generated ones.

    (E D(training) - E D(held out)) / (E D(training) - E D(generated)): 0 without
    over-fitting, 1 where D takes new real pictures for generated ones.

    Args:
        logits: (..., 3), means over training, held-out and generated pictures.
    Source:
        Karras et al. 2020, arXiv:2006.06676, equation 1.
    """
    training, held_out, generated = logits.unbind(-1)
    return (training - held_out) / (training - generated)
