"""Pixels of more than 8 bits, kept as they are until the whole folder has been read.

Pillow reads grey ones, and of colours the high byte alone. Which range they use, a file
does not say: 12 bits of a camera lie in 16 of a PNG. So the folder decides.
"""

import sys
from typing import NamedTuple

import numpy as np
from PIL import TiffImagePlugin

from gan_utils.images.kinds import Unusable

for _order, _photometric, _bits, _modes in (  # kinds that Pillow can read and does not
    (b"MM", 0, 16, ("I;16B", "I;16B")), (b"II", 0, 12, ("I;16", "I;12")),
    (b"MM", 0, 12, ("I;16", "I;12")), (b"MM", 1, 12, ("I;16", "I;12")),
):  # fmt: skip
    _key = (_order, _photometric, (1,), 1, (_bits,), ())
    TiffImagePlugin.OPEN_INFO.setdefault(_key, _modes)


_BITS, _KIND = 258, 339  # TIFF tags: bits a sample; 1 means unsigned numbers
_NO_VALUE = 1e30  # what lies beyond is no brightness


class Deep(NamedTuple):
    """Pixels of more than 8 bits.

    kind: pixels of one kind share a range: "decimal", or the declared bits.
    low, high: nearly the extreme values: one hot pixel in a thousand is no measure;
    inverted: whether 0 is white.
    """

    kind: str
    low: float
    high: float
    inverted: bool


def raw_mode(image):
    """How pixels lie in the file, in Pillow's words, before they are loaded."""
    raw = image.tile[0].args if image.tile else ""
    raw = raw[0] if isinstance(raw, tuple) and raw else raw
    return raw if isinstance(raw, str) else ""


def is_deep(image, raw):
    """Whether pixels have more than 8 bits, for a mode of Pillow and its raw mode."""
    colours = raw.startswith(("RGB;16", "RGBA;16", "RGBX;16", "LA;16"))
    return colours or image.mode.startswith("I") or image.mode == "F"


def exchange_bytes(image, raw):
    """Let an image that is not loaded yet read the low byte instead of the high one."""
    other = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
    swapped = "RGBA" if raw == "LA;16B" else raw[:-1] + other[raw[-1]]
    tiles = []
    for tile in image.tile:
        args = (swapped, *tile.args[1:]) if isinstance(tile.args, tuple) else swapped
        tiles.append(tile._replace(args=args))
    image.tile = tiles


def of_grey(image):
    """Grey values, float32 (H, W, 1), or (H, W, 2) where one of them is transparent."""
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    if (
        values.dtype == np.int32
        and tags.get(_BITS) == (32,)
        and tags.get(_KIND, (1,)) == (1,)
    ):
        values = values.view(np.uint32)  # Pillow knows no unsigned numbers of 32 bits
    values = values.astype(np.float32)[..., None]
    clear = image.info.get("transparency")
    if isinstance(clear, int) and (values == clear).any():
        values = np.concatenate([values, values != clear], -1)
    return values


def of_colour(high, low, raw):
    """Colours of 16 bits, float32 (H, W, channels), of their high and low bytes."""
    low = np.asarray(low, np.float32)
    if raw == "LA;16B":  # grey and alpha of two bytes each, read as four channels
        return low[..., ::2] * 256 + low[..., 1::2]
    return np.asarray(high, np.float32) * 256 + low


def over_black(values, changes):
    """Deep pixels with what is transparent taken away, and the range of the others."""
    if not (np.abs(values) < _NO_VALUE).all():
        raise Unusable("its pixels hold NaN, infinity or a mark for missing values.")
    if values.shape[-1] in (1, 3):
        return values, *_nearly_all(values)
    colours, alpha = values[..., :-1], values[..., -1:]
    if alpha.max() == 0:
        raise Unusable("it is transparent all over.")
    alpha = alpha / alpha.max()
    if alpha.min() < 1:
        changes.append("transparent parts, put on white")
    colours = colours * alpha
    values = np.concatenate([colours, alpha], -1).astype(np.float32)
    return values, *_nearly_all(colours)


def _nearly_all(values):
    """Between which values all but the darkest and the brightest thousandth lie."""
    low, high = np.quantile(values, [0.001, 0.999], method="nearest")
    return float(low), float(high)


def range_of(pictures):
    """The values that deep pictures of one kind use: black, white, and in words.

    Args:
        pictures: the ``Deep`` of every one of them.
    """
    low, high = min(p.low for p in pictures), max(p.high for p in pictures)
    if low < 0 or low > high / 2:  # on an offset, as what measures heat has it
        return low, high, f"values from {low:g} to {high:g}, brought to 8 bits"
    if pictures[0].kind == "decimal" and high <= 128:
        top = 2.0 ** np.ceil(np.log2(high)) if 0 < high <= 1 else max(high, 1.0)
        return 0.0, float(top), f"decimal numbers up to {high:.3g}, brought to 8 bits"
    bits = max(1, round(high).bit_length())
    if pictures[0].kind == "decimal" and high <= 256:
        bits = 8
    return 0.0, 2.0**bits - 1, f"{bits} bits a pixel, brought to 8"


def eight_bits(pixels, low, high, inverted=False):
    """Deep pixels (H, W, 1 to 4) as uint8 (H, W, 3), black at ``low``, white at ``high``."""
    alpha = pixels[..., -1:] if pixels.shape[-1] in (2, 4) else 1.0
    colours = pixels[..., :-1] if pixels.shape[-1] in (2, 4) else pixels
    share = (colours - low) / max(high - low, 1e-30)
    share = (alpha - share if inverted else share) + (1 - alpha)
    levels = (255 * share.clip(0, 1)).round().astype(np.uint8)
    return levels if levels.shape[-1] == 3 else levels.repeat(3, -1)
