"""What a person sees in a picture of a product, measured from its pixels."""

import torch
from torch.nn.functional import avg_pool2d

INK = -0.8  # a pixel brighter than this belongs to the product; the ground is -1


def product_mask(images):
    """Which pixels belong to the product.

    Args:
        images: (N, 1, 28, 28) in [-1, 1] on a ground of -1.
    Returns:
        bool (N, 28, 28).
    Raises:
        ValueError: another shape.
    """
    if images.dim() != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"images must be (N, 1, 28, 28); got {tuple(images.shape)}")
    return images[:, 0] > INK


def brightness(images):
    """Mean of the product's pixels, in [-1, 1]."""
    mask = product_mask(images)
    return (images[:, 0] * mask).sum((1, 2)) / mask.sum((1, 2)).clamp_min(1)


def width(images):
    """Columns that hold at least two pixels of the product, as a share of 28."""
    return (product_mask(images).sum(1) >= 2).float().mean(1)


def height(images):
    """Rows that hold at least two pixels of the product, as a share of 28."""
    return (product_mask(images).sum(2) >= 2).float().mean(1)


def pattern(images):
    """Mean distance of the product's inner pixels from their 3x3 neighbourhood's mean."""
    mask = product_mask(images)
    inner = avg_pool2d(mask[:, None].float(), 3, 1, 1)[:, 0] > 0.99
    detail = (images - avg_pool2d(images, 3, 1, 1))[:, 0].abs()
    return (detail * inner).sum((1, 2)) / inner.sum((1, 2)).clamp_min(1)


def sleeve_length(images):
    """Rows in which the outer columns, left and right, are covered; a share of 28."""
    mask = product_mask(images)
    left, right = mask[:, :, 1:6].any(2), mask[:, :, 22:27].any(2)
    return (left.float().mean(1) + right.float().mean(1)) / 2


def heel_height(images):
    """Mean gap between the ground and the sole's middle, columns 10 to 19, in pixels.

    The ground is the lowest row of the shoe; the toe points to the left.
    """
    mask = product_mask(images)
    rows = torch.arange(1, 29, device=images.device)[None, :, None]
    lowest = (mask * rows).amax(1)
    ground = lowest.amax(1, keepdim=True)
    sole = torch.where(lowest > 0, lowest, ground)
    return (ground - sole)[:, 10:20].float().mean(1)


def flare(images):
    """How much wider the hem (rows 22 to 26) is than the waist (rows 10 to 14), in pixels."""
    covered = product_mask(images).sum(2).float()
    return covered[:, 22:27].mean(1) - covered[:, 10:15].mean(1)


def leg_gap(images):
    """Mean width of the gap between two trouser legs, rows 10 to 27, in pixels."""
    mask = product_mask(images)[:, 10:]
    started = mask.cumsum(2) > 0
    not_ended = mask.flip(2).cumsum(2).flip(2) > 0
    return (started & not_ended & ~mask).sum(2).float().mean(1)


def handle_height(images):
    """From the top of a bag to the last narrow row above its body, in pixels.

    A row is narrow where it covers less than half of what the widest row covers.
    """
    covered = product_mask(images).sum(2)
    rows = torch.arange(1, 29, device=images.device)
    widest, where = covered.max(1, keepdim=True)
    narrow = (covered < widest / 2) & (covered > 0) & (rows <= where)
    top = torch.where(covered > 0, rows, 29).amin(1)
    return ((narrow * rows).amax(1) - top + 1).clamp_min(0).float()
