"""Pixels of any mode -> RGB: CMYK, 16 bits, palettes, transparency."""

import numpy as np
from PIL import Image

GROUND = (255, 255, 255)  # what shows through where a picture is transparent
SEE_THROUGH = ("RGBA", "LA", "PA", "La", "RGBa")


class Unusable(Exception):
    """Why a file is not used, in one sentence."""


def in_colour(image, changes):
    """RGB pixels of a picture of any mode; what was changed is appended to a list.

    Raises:
        Unusable: there is nothing to see.
    """
    if image.mode.startswith("I") or image.mode == "F":
        changes.append("16 bits or more a pixel, brought to 8")
        return Image.fromarray(_eight_bits(np.asarray(image, np.float64))).convert(
            "RGB"
        )
    if image.mode == "CMYK":
        changes.append("CMYK, converted to RGB without its profile")
    transparent = "transparency" in image.info or image.mode in (
        "RGBA",
        "LA",
        "PA",
        "La",
        "RGBa",
    )
    if not transparent:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    if layer.getextrema()[3][0] == 255:
        return layer.convert("RGB")
    if layer.getextrema()[3][1] == 0:
        raise Unusable("it is transparent all over.")
    changes.append("transparent parts, put on white")
    ground = Image.new("RGBA", layer.size, (*GROUND, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _eight_bits(values):
    """Grey values of more bits as uint8: 16 bits are cut, other ranges are stretched."""
    if not np.isfinite(values).all():
        raise Unusable("its pixels hold NaN or infinity.")
    low, high = values.min(), values.max()
    if low >= 0 and high <= 65_535 and high > 255:
        low, high = 0.0, 65_535.0
    return ((values - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8)
