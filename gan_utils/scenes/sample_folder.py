"""The sample folder of lesson 20: ``python -m gan_utils.scenes.sample_folder [FOLDER]``.

Five hundred vases of several sizes and formats, as a real folder would hold them, some in
unusual dress, and a few files that are no use.
"""

import io
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image

from gan_utils.scenes.vases import vases

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample_images"
COUNT = 500
UNUSUAL = 8  # of them: CMYK, turned, animated and so on
SIDES = (80, 88, 96, 104)


def write_sample(folder=SAMPLE, count=COUNT):
    """Write the sample folder anew; files of other names are left alone."""
    folder = Path(folder)
    for part in ("vases", "unusual", "broken"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(count - UNUSUAL):
        name, content = _plain(number)
        (folder / "vases" / name).write_bytes(content)
    for name, content in _unusual(count - UNUSUAL).items():
        (folder / "unusual" / name).write_bytes(content)
    first = folder / "vases" / "vase-000.jpg"
    first.with_name("vase-000_copy.jpg").write_bytes(first.read_bytes())
    for name, content in _broken(folder).items():
        (folder / "broken" / name).write_bytes(content)


def picture(number, side=96):
    """One vase as a Pillow image."""
    return Image.fromarray(vases(1, side, first=number)[0].permute(1, 2, 0).numpy())


def encoded(image, kind, **options):
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _plain(number):
    """Name and content of a vase: JPEG mostly, some WebP, some upright or level."""
    image = picture(number, SIDES[number % len(SIDES)])
    side = image.width
    if number % 10 == 7:  # upright
        image = image.crop((side // 12, 0, side - side // 12, side))
    if number % 7 == 3:
        return f"vase-{number:03d}.webp", encoded(image, "WEBP", quality=88)
    return f"vase-{number:03d}.jpg", encoded(image, "JPEG", quality=88, subsampling=0)


def _unusual(first):
    """Pictures that can be used, in unusual dress."""
    images = [picture(first + k) for k in range(UNUSUAL)]
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned a quarter to the right
    grey = images[2].convert("L").convert("I")
    deep = grey.point(lambda value: value * 257).convert("I;16")
    clear = images[3].convert("RGBA")
    clear.putalpha(clear.convert("L").point(lambda value: 255 if value < 225 else 0))
    few = images[4].quantize(32)
    moving = {"save_all": True, "append_images": images[6:7], "duration": 500}
    return {
        "turned.jpg": encoded(images[0].rotate(90), "JPEG", quality=88, exif=turned),
        "print.jpg": encoded(images[1].convert("CMYK"), "JPEG", quality=88),
        "sixteen bits.png": encoded(deep, "PNG"),
        "cut out.png": encoded(clear, "PNG"),
        "few colours.png": encoded(few, "PNG", transparency=0),
        "moving.gif": encoded(images[5], "GIF", **moving),
        "really a webp.png": encoded(images[6], "WEBP", quality=88),
        "Vase Nº 8 – naïve, 100 % ☂.tiff": encoded(
            images[7], "TIFF", compression="jpeg"
        ),
    }


def _broken(folder):
    """Files that cannot be used, each for another reason."""
    whole = (folder / "vases" / "vase-000.jpg").read_bytes()
    return {
        "cut off.jpg": whole[: len(whole) // 2],
        "empty.png": b"",
        "notes.jpg": b"The vases are on the shelf behind the door.\n",
        "list.txt": b"vase-000, vase-001, vase-002\n",
        "icon.png": encoded(picture(1, 16), "PNG"),
        "banner.png": encoded(picture(2, 96).resize((480, 40)), "PNG"),
        "giant.png": giant_png(50_000, 50_000),
    }


def giant_png(width, height):
    """A PNG of a few bytes that claims to be that large: a decompression bomb."""

    def chunk(kind, content):
        total = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", total)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    parts = (("IHDR", header), ("IDAT", pixels), ("IEND", b""))
    chunks = b"".join(chunk(kind.encode(), content) for kind, content in parts)
    return b"\x89PNG\r\n\x1a\n" + chunks


if __name__ == "__main__":
    write_sample(*sys.argv[1:2])
