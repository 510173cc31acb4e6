"""Type for banners: small, as a mask over 64x64 pixels, or crisp at any size."""

import functools
from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

HEADLINES = ("none", "SALE", "NEW", "HOT", "-50%", "BEST", "2 FOR 1")
BOXES = ((61, 9, "rm"), (3, 9, "lm"), (32, 45, "mm"), (32, 9, "mm"))
"""Per layout: where the headline is anchored (x, y) in pixels, and by which point."""

_CAP_HEIGHT, _MOST_WIDTH = 14.0, 58  # font size and longest line, in pixels of 64
_FINER = 8  # letters are drawn so many times larger and averaged
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


@functools.cache
def headline_masks():
    """How far each headline in each layout covers each pixel.

    Returns:
        float (headlines, layouts, 64, 64) in [0, 1]; all 0 for "none".
    """
    masks = torch.zeros(len(HEADLINES), len(BOXES), 64, 64)
    for i, text in enumerate(HEADLINES[1:], 1):
        for j, box in enumerate(BOXES):
            page = Image.new("L", (64 * _FINER, 64 * _FINER))
            write(ImageDraw.Draw(page), text, box, _FINER, 255)
            masks[i, j] = torch.from_numpy(np.array(page.reduce(_FINER))) / 255
    return masks


def write(pen, text, box, scale, colour):
    """Set one line of type.

    Args:
        pen: a Pillow ``ImageDraw`` whose page is 64 * scale pixels a side.
        text: a line.
        box: an entry of ``BOXES``.
        scale: page pixels per banner pixel.
        colour: as Pillow takes it.
    """
    x, y, anchor = box
    font = ImageFont.truetype(FONT, _CAP_HEIGHT * scale)
    width = font.getlength(text)
    if width > _MOST_WIDTH * scale:
        font = ImageFont.truetype(FONT, _CAP_HEIGHT * _MOST_WIDTH * scale**2 / width)
    pen.text((x * scale, y * scale), text, fill=colour, font=font, anchor=anchor)


def contrast_ratio(colour_a, colour_b):
    """How far two colours differ in luminance, from 1 (equal) to 21 (black on white).

    (L1 + 0.05) / (L2 + 0.05) with the lighter on top; large type needs 3 or more.

    Args:
        colour_a, colour_b: (..., 3) sRGB in [0, 1].
    Source:
        W3C, Web Content Accessibility Guidelines 2.2, "contrast ratio".
    """
    a, b = luminance(colour_a), luminance(colour_b)
    return (torch.maximum(a, b) + 0.05) / (torch.minimum(a, b) + 0.05)


def luminance(colour):
    """Relative luminance of sRGB colours (..., 3) in [0, 1] (WCAG 2.2): 0 black, 1 white."""
    linear = torch.where(
        colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4
    )
    return linear @ linear.new_tensor([0.2126, 0.7152, 0.0722])
