"""One file that may be a picture -> pixels, or a sentence why not: nothing is trusted.

Only raster formats that Pillow decodes by itself are opened, never those that start other
programs. The header says how many pixels there are; too many are refused undecoded. What
a file says *about* its pixels (EXIF, comments, colour profiles) never decides whether
they can be read.
"""

import hashlib
import io
import os
import re
import stat
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from gan_utils.images import deep
from gan_utils.images.kinds import ENDINGS, FORMATS, Unusable, no_picture

_GROUND = (255, 255, 255)  # what shows through where a picture is transparent
_SEE_THROUGH = ("RGBA", "LA", "PA", "La", "RGBa")
_MOST_PIXELS = 60_000_000  # in one picture: a camera of 60 megapixels
MOST_BYTES = 200_000_000  # in one file
WIDEST = 4  # the longer side over the shorter one
DEEPEST = 20  # folders inside each other
_LEFTOVERS = re.compile(  # what systems leave in folders, thumbnails above all
    r"\.ds_store|\._.*|\.localized|icon\r|\.appledouble|__macosx|\.trash.*|\.spotlight-.*"
    r"|\.fseventsd|\.temporaryitems|\.documentrevisions-.*|(eh)?thumbs(_vista)?\.db"
    r"|desktop\.ini|\$recycle\.bin|system volume information|@eadir|@recycle|@tmp"
    r"|\.?@__thumb|#recycle|#snapshot|\.thumb.*|\.xvpics|\.directory|\.nomedia"
    r"|\.?picasa\.ini|\.picasaoriginals|zbthumbnail\.info|lost\+found|\.ipynb_checkpoints"
    r"|@recently-snapshot|recycle[rd]|network trash folder|temporary items|~snapshot"
    r"|_vti_cnf|.*\.lrdata|~\$.*|.*@synoresource|.*:zone\.identifier",
    re.IGNORECASE,
)
ORIENTATION, BITS, PHOTOMETRIC, PLANES = (
    0x0112,
    258,
    262,
    284,
)  # numbers of EXIF and TIFF tags


class Picture(NamedTuple):
    """A file as it was read: the middle square, made small.

    pixels: uint8 (size, size, 3); where ``deep``, float32 with 1 to 4 channels.
    side: the shorter side in pixels as it was; changes: what was changed, in words.
    deep: None or a ``Deep``; digest: 16 hex digits of the SHA-256 of the whole file.
    """

    pixels: np.ndarray
    side: int
    changes: list
    deep: deep.Deep | None
    digest: str


# Which files there are


def files_below(folder):
    """All files below a folder that may be opened, sorted, and what is left alone.

    Links are never followed, so nothing outside the folder is read and no ring of links
    keeps us. Hidden files and folders are left alone, and so are training runs.

    Args:
        folder: a ``Path`` that exists.
    Returns:
        A list of paths; a list of (path inside the folder, reason); and the paths inside
        the folder of what systems leave behind, such as thumbnails.
    """
    found, rejected, leftovers, waiting = [], [], [], [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            rejected.append((here.relative_to(folder), _refused("this folder", error)))
            continue
        run = _is_run({entry.name for entry in entries})
        if run and here != folder:
            reason = "it is the folder of a training run, whose pictures are left out."
            rejected.append((here.relative_to(folder), reason))
            continue
        for entry in entries:
            path = Path(entry.path)
            reason = _not_opened(entry, depth)
            if _LEFTOVERS.fullmatch(entry.name) and not entry.is_symlink():
                leftovers.append(path.relative_to(folder))
            elif run and entry.name == "samples":
                reason = "it holds what a training run drew, which is left out."
                rejected.append((path.relative_to(folder), reason))
            elif reason:
                rejected.append((path.relative_to(folder), reason))
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((path, depth + 1))
            else:
                found.append(path)
    return sorted(found), rejected, leftovers


def _is_run(names):
    """Whether a folder of these entries is one that ``engine.fit`` wrote."""
    snapshots = any(re.fullmatch(r"step-\d+\.safetensors", name) for name in names)
    return ("log.jsonl" in names) + snapshots + ("samples" in names) >= 2


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


# One file


def read_picture(path, size, smallest):
    """The middle square of a picture, made small.

    Args:
        path: of a file that is an ordinary one.
        size: of a side of the result, in pixels.
        smallest: the least shorter side in pixels.
    Returns:
        ``Picture``.
    Raises:
        Unusable: the file is no picture that can be used.
    """
    try:
        file = _opened(path)
    except OSError as error:
        raise Unusable(_refused("this file", error)) from None
    with file:
        found = decoded(file, path.suffix.lower(), smallest, WIDEST, draft=4 * size)
        image, side, changes, depth = found
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    if depth is None:
        return Picture(np.asarray(_square(image, size)), side, changes, None, digest)
    channels = [
        np.asarray(_square(Image.fromarray(channel), size))
        for channel in np.moveaxis(image, -1, 0)
    ]
    return Picture(np.stack(channels, -1), side, changes, depth, digest)


def _square(image, size):
    """The middle of a Pillow image, ``size`` by ``size``."""
    edge = min(image.size)
    left, top = ((length - edge) // 2 for length in image.size)
    square = image.crop((left, top, left + edge, top + edge))
    return square.resize((size, size), Image.Resampling.LANCZOS)


def decoded(file, ending=None, smallest=1, widest=None, most=_MOST_PIXELS, draft=None):
    """Pixels of an open file, upright; whatever is wrong becomes one sentence.

    Args:
        file: binary, open at its beginning.
        ending: of its name, such as ".png"; None if it has no name.
        smallest: the least shorter side; widest: the longer side over the shorter one,
            at most; most: pixels.
        draft: a side that is large enough, so that a JPEG may be read at a fraction.
    Returns:
        A Pillow image in RGB, or float32 (H, W, channels) where pixels have more than 8
        bits; the shorter side as it was; changes in words; and None or a ``Deep``.
    Raises:
        Unusable: it is no picture that can be used.
    """
    limits = (ending, smallest, widest, most, draft)
    too_many = f"more than {most // 10**6} million are not decoded."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _with_or_without_metadata(file, limits)
        except Unusable:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise Unusable(f"it claims too many pixels; {too_many}") from None
        except UnidentifiedImageError:
            file.seek(0)
            raise Unusable(no_picture(ending, file.read(700))) from None
        except MemoryError:
            raise Unusable("it does not fit into the memory.") from None
        except OSError as error:
            if error.errno:
                raise Unusable(_refused("this file", error)) from None
            raise Unusable(_damaged(error)) from None
        except Exception as error:  # decoders raise anything on what was made to hurt
            raise Unusable(_damaged(error)) from None


def _with_or_without_metadata(file, limits):
    """Decode a file; if that fails, once more without what is not needed for pixels."""
    try:
        return _decode(file, *limits)
    except (Unusable, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise
    except Exception:
        file.seek(0)
        bare = _without_metadata(file)
        if bare is None:
            raise
        return _decode(bare, *limits)


def _without_metadata(file):
    """A PNG or JPEG without comments, profiles and the like; None for other kinds."""
    begin, kept = file.read(2), []
    if begin == b"\x89P":
        kept.append(begin + file.read(6))
        while len(head := file.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind[:1].isupper() or kind in (b"tRNS", b"eXIf"):
                kept.append(head + file.read(length + 4))
            else:
                file.seek(length + 4, os.SEEK_CUR)
        return io.BytesIO(b"".join(kept))
    if begin != b"\xff\xd8":
        return None
    kept.append(begin)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
        content = file.read(max(int.from_bytes(head[2:], "big") - 2, 0))
        if head[1] in (0xE0, 0xEE) or not (0xE0 < head[1] <= 0xEF or head[1] == 0xFE):
            kept.append(head + content)
    return io.BytesIO(b"".join([*kept, head, file.read()]))


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


def _decode(file, ending, smallest, widest, most, draft):
    """What ``decoded`` returns; raises whatever the decoder does."""
    changes = []
    file.seek(0)
    with Image.open(file, formats=FORMATS) as image:
        _check_header(image, smallest, widest, most)
        kind = "JPEG" if image.format == "MPO" else image.format  # a phone's JPEG
        if ending is not None and ENDINGS.get(ending) != kind:
            changes.append(f"{kind} under another ending")
        if getattr(image, "is_animated", False):
            changes.append("several frames, of which the first is used")
        side = min(image.size)
        if draft and kind == "JPEG" and image.mode == "RGB":
            image.draft("RGB", (draft, draft))  # a fraction of the size is enough
        raw = deep.raw_mode(image)
        tags = getattr(image, "tag_v2", {})
        if tags.get(PLANES) == 2 and max(tags.get(BITS, (8,))) > 8:
            raise Unusable(
                "its colours lie in separate planes of more than 8 bits: save it as PNG."
            )
        if _load_upright(image):
            changes.append("turned as the camera says")
        if not deep.is_deep(image, raw):
            return _in_colour(image, changes), side, changes, None
        if raw.startswith(("RGB", "LA")):
            file.seek(0)
            with Image.open(file, formats=FORMATS) as low:
                deep.exchange_bytes(low, raw)
                _load_upright(low)
                values = deep.of_colour(image, low, raw)
        else:
            values = deep.of_grey(image)
        inverted = tags.get(PHOTOMETRIC) == 0
        depth = "decimal" if image.mode == "F" else str(tags.get(BITS, (16,))[0])
        values, low, high = deep.over_black(values, changes)
        return values, side, changes, deep.Deep(depth, low, high, inverted)


def _load_upright(image):
    """Load the pixels and turn them as the camera says; returns whether they were.

    Of all metadata only the orientation is looked at, and only if it can be read:
    Pillow would write the others anew, and fail where one is out of its range.
    """
    if image.format != "TIFF":  # which turns itself while it loads
        image.load()
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged metadata
        turn = 1
    known = Image.Exif()
    if turn in range(2, 9):
        known[ORIENTATION] = turn
    turned = ORIENTATION in known
    image.getexif = lambda: known
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    return turned


def _in_colour(image, changes):
    """RGB pixels of a picture of 8 bits; what was changed is appended to a list.

    Raises:
        Unusable: there is nothing to see.
    """
    if image.mode == "CMYK":
        changes.append("CMYK, converted to RGB without its profile")
    if "transparency" not in image.info and image.mode not in _SEE_THROUGH:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    if layer.getextrema()[3][0] == 255:
        return layer.convert("RGB")
    if layer.getextrema()[3][1] == 0:
        raise Unusable("it is transparent all over.")
    changes.append("transparent parts, put on white")
    ground = Image.new("RGBA", layer.size, (*_GROUND, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _check_header(image, smallest, widest, most):
    """Refuse by what the header says, before a pixel is decoded."""
    width, height = image.size
    if width * height > most:
        raise Unusable(f"it claims {width:,} x {height:,} pixels; more than "
                       f"{most // 10**6} million are not decoded.")  # fmt: skip
    if min(width, height) < smallest:
        raise Unusable(f"it is too small: {width} x {height} pixels, and each side needs "
                       f"at least {smallest}.")  # fmt: skip
    if widest and max(width, height) > widest * min(width, height):
        raise Unusable(f"it is too long and narrow: {width} x {height} pixels, more than "
                       f"{widest} to 1.")  # fmt: skip


def _damaged(error):
    """A decoder's complaint as one sentence; its counts of bytes help nobody."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r" \(.*", "", "".join(c for c in text if c.isprintable()))[:80]
    return f"it is damaged or cut off ({text.rstrip('.')})."


def _refused(what, error):
    reason = (error.strerror or str(error)).lower()
    return f"{what} cannot be read ({reason})."
