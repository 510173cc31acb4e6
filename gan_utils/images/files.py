"""One file that may be a picture -> pixels, or a sentence why not: nothing is trusted.

Only raster formats that Pillow decodes by itself are opened, never those that start other
programs. The header says how many pixels there are; too many are refused undecoded.
"""

import os
import re
import stat
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

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


FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ENDINGS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG",
    ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
FOREIGN = (".heic", ".heif", ".avif", ".svg", ".psd", ".eps", ".pdf", ".ico", ".jxl",
           ".dng", ".cr2", ".nef", ".arw")  # fmt: skip
MOST_PIXELS = 60_000_000  # in one picture: a camera of 60 megapixels
MOST_BYTES = 200_000_000  # in one file
WIDEST = 4  # the longer side over the shorter one
_LIMIT = f"more than {MOST_PIXELS // 10**6} million are not decoded."
DEEPEST = 20  # folders inside each other


def files_below(folder):
    """All files below a folder that may be opened, sorted, and those that may not.

    Links are never followed, so nothing outside the folder is read and no ring of links
    keeps us. Hidden files and folders are left alone.

    Args:
        folder: a ``Path`` that exists.
    Returns:
        A list of paths, and a list of (path inside the folder, reason).
    """
    found, rejected, waiting = [], [], [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            rejected.append((here.relative_to(folder), _refused("this folder", error)))
            continue
        for entry in entries:
            path = Path(entry.path)
            reason = _not_opened(entry, depth)
            if reason:
                rejected.append((path.relative_to(folder), reason))
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((path, depth + 1))
            else:
                found.append(path)
    return sorted(found), rejected


def _not_opened(entry, depth):
    """Why an entry of a folder is left alone, or None."""
    if entry.is_symlink():
        return "it is a link, and links are not followed: copy the picture itself."
    if entry.name.startswith("."):
        return "it is hidden (its name begins with a dot)."
    if entry.is_dir(follow_symlinks=False):
        return "it lies too deep in folders." if depth >= DEEPEST else None
    if not entry.is_file(follow_symlinks=False):
        return "it is no ordinary file but a pipe, a socket or a device."
    return None


def read_picture(path, size, smallest):
    """The middle square of a picture, made small.

    Args:
        path: of a file that is an ordinary one.
        size: of a side of the result, in pixels.
        smallest: the least shorter side in pixels.
    Returns:
        uint8 array (size, size, 3); the shorter side in pixels; and a list of what was
        changed, in words.
    Raises:
        Unusable: the file is no picture that can be used.
    """
    try:
        with _opened(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decoded(file, path, size, smallest)
    except Unusable:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unusable(f"it claims too many pixels; {_LIMIT}") from None
    except UnidentifiedImageError:
        raise Unusable(_no_picture(path)) from None
    except MemoryError:
        raise Unusable("it does not fit into the memory.") from None
    except OSError as error:
        if error.errno:
            raise Unusable(_refused("this file", error)) from None
        raise Unusable(_damaged(error)) from None
    except Exception as error:  # decoders raise anything on what was made to hurt them
        raise Unusable(_damaged(error)) from None


def _opened(path):
    """The file, open for reading, once it is certain that it is an ordinary one."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    facts = os.fstat(handle)
    problem = None
    if not stat.S_ISREG(facts.st_mode):
        problem = "it is no ordinary file but a pipe, a socket or a device."
    elif facts.st_size == 0:
        problem = "it is empty (0 bytes)."
    elif facts.st_size > MOST_BYTES:
        problem = f"it has {facts.st_size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:.0f} are read."
    if problem:
        os.close(handle)
        raise Unusable(problem)
    return os.fdopen(handle, "rb")


def _decoded(file, path, size, smallest):
    changes = []
    with Image.open(file, formats=FORMATS) as image:
        _check_header(image, smallest)
        expected = ENDINGS.get(path.suffix.lower())
        if expected != image.format:
            changes.append(f"{image.format} under another ending")
        if getattr(image, "is_animated", False):
            changes.append("several frames, of which the first is used")
        side = min(image.size)
        if image.format == "JPEG" and image.mode == "RGB":
            image.draft("RGB", (4 * size, 4 * size))  # a fraction of the size is enough
        image.load()
        turned = ImageOps.exif_transpose(image)
        if image.getexif().get(0x0112, 1) != 1:
            changes.append("turned as the camera says")
        colour = in_colour(turned, changes)
    width, height = colour.size
    edge = min(width, height)
    box = ((width - edge) // 2, (height - edge) // 2)
    square = colour.crop((*box, box[0] + edge, box[1] + edge))
    small = square.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.uint8), side, changes


def _check_header(image, smallest):
    """Refuse by what the header says, before a pixel is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise Unusable(f"it claims {width:,} x {height:,} pixels; {_LIMIT}")
    if min(width, height) < smallest:
        raise Unusable(f"it is too small: {width} x {height} pixels, and each side needs "
                       f"at least {smallest}.")  # fmt: skip
    if max(width, height) > WIDEST * min(width, height):
        raise Unusable(f"it is too long and narrow: {width} x {height} pixels, more than "
                       f"{WIDEST} to 1.")  # fmt: skip


def _no_picture(path):
    ending = path.suffix.lower()
    if ending in ENDINGS:
        return f"it is no {ENDINGS[ending]} inside, nor another kind that is read."
    if ending in FOREIGN:
        kind = ending[1:].upper()
        return f"it is no picture of a kind that is read: save {kind} as PNG or JPEG."
    kinds = ", ".join(FORMATS)
    return f"it is no picture of a kind that is read ({kinds})."


def _damaged(error):
    """A decoder's complaint as one sentence; its counts of bytes help nobody."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r" \(.*", "", "".join(c for c in text if c.isprintable()))[:80]
    return f"it is damaged or cut off ({text.rstrip('.')})."


def _refused(what, error):
    reason = (error.strerror or str(error)).lower()
    return f"{what} cannot be read ({reason})."
