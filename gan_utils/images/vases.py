"""Ceramic vases on coloured grounds: the sample pictures of lesson 22, drawn by us.

A vase is a solid of revolution: a radius for every height, lit from the upper left. Its
glaze is a pattern in two coordinates, height and longitude. Everything is a formula with
soft edges, so that the same seed gives the same pixels at any size.
"""

import io
import math
import struct
import sys
import zlib
from pathlib import Path

import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

from gan_utils.data import ROOT

_SHARPER = 2  # drawn so many times larger, then averaged
PATTERNS = ("dipped", "banded", "zigzag", "fluted", "spotted")
_GLAZES = (
    ("#c8553d", "#f3e3cf", "#7a2e20"), ("#2a4d9b", "#f4f6fb", "#13235b"),
    ("#7fae96", "#e9f3e4", "#2f5d50"), ("#d9a441", "#fbf1d7", "#6b4423"),
    ("#8c3a5b", "#f6d9e0", "#47182c"), ("#3b3f46", "#d8b25c", "#17191d"),
    ("#e7e0d4", "#4f7c8a", "#a65a3a"), ("#4fa3a5", "#fbe9c6", "#174a55"),
)  # fmt: skip
_GROUNDS = (
    ("#f2dccb", "#c99f84"), ("#cfe0ea", "#8fa9b8"), ("#e8e2f3", "#a99bc4"),
    ("#f5e9b8", "#c9a95e"), ("#d5e8d4", "#8bb08a"), ("#f6cfd0", "#c47f86"),
    ("#5d6f86", "#39465a"), ("#2f4a4a", "#1e3131"),
)  # fmt: skip
_LIGHT = (-0.52, -0.42, 0.74)  # towards the light: left, up, to the viewer
_TILT = 0.2  # how far circles open towards the viewer


def vases(count, size=96, seed=0, first=0):
    """Draw vases.

    Args:
        count: how many.
        size: of a side, in pixels.
        seed: of everything; picture ``first + k`` is the same whatever the count.
        first: number of the first picture.
    Returns:
        uint8 (count, 3, size, size).
    """
    parts = []
    for number in range(first, first + count):
        random = torch.Generator().manual_seed(1_000_003 * seed + number)
        parts.append(_paint(_draw_of_lots(random), size))
    return torch.stack(parts)


def _draw_of_lots(random):
    """What one vase looks like: numbers and choices in a dictionary."""

    def between(low, high):
        return low + (high - low) * torch.rand((), generator=random).item()

    def one_of(options):
        return options[torch.randint(len(options), (), generator=random)]

    belly = between(0.17, 0.3)
    return {
        "glaze": [_colour(code) for code in one_of(_GLAZES)],
        "ground": [_colour(code) for code in one_of(_GROUNDS)],
        "pattern": one_of(PATTERNS), "centre": between(0.47, 0.53),
        "height": between(0.5, 0.68), "horizon": between(0.66, 0.76),
        "belly": belly, "neck": belly * between(0.25, 0.8), "lip": between(0.08, 0.19),
        "foot": belly * between(0.4, 0.75), "neck_at": between(0.1, 0.3),
        "belly_at": between(0.45, 0.72), "gloss": between(0.25, 0.8),
        "edge": between(0.3, 0.6), "waves": one_of((5, 7, 9)), "turn": between(0, 6.28),
        "bands": one_of((2, 3, 4)),
    }  # fmt: skip


def _colour(code):
    """A colour (3, 1, 1) in [0, 1] of its code."""
    return torch.tensor(list(bytes.fromhex(code[1:]))).view(3, 1, 1) / 255


def _paint(lots, size):
    """One picture, uint8 (3, size, size)."""
    line = (torch.arange(_SHARPER * size) + 0.5) / (_SHARPER * size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    x, foot_y = x - lots["centre"], 0.87
    picture = _room(lots, x, y, foot_y)
    height = (y - foot_y + lots["height"]) / lots[
        "height"
    ]  # 0 at the lip, 1 at the foot
    radius, slope = _profile(lots, height.clamp(0, 1))
    soft = 1.5 / (_SHARPER * size)

    def inside(distance):
        return (distance / soft + 0.5).clamp(0, 1)

    body = inside(radius - x.abs()) * inside(y - foot_y + lots["height"])
    body = body * inside(foot_y - y)
    base = _ellipse(x, y - foot_y, lots["foot"], inside)
    picture = picture.lerp(
        _lit(lots, x, height, radius, slope), torch.maximum(body, base)
    )
    lip_y = y - foot_y + lots["height"]
    rim = lots["glaze"][2].lerp(lots["glaze"][1], 0.45)
    picture = picture.lerp(
        rim.expand_as(picture), _ellipse(x, lip_y, lots["lip"], inside)
    )
    hole = 0.3 * lots["glaze"][2] * (0.7 + 2 * x.clamp(0, 1))
    picture = picture.lerp(hole, _ellipse(x, lip_y, 0.84 * lots["lip"], inside))
    small = avg_pool2d(picture[None], _SHARPER)[0]
    return small.clamp(0, 1).mul(255).round().byte()


def _ellipse(x, y, radius, inside):
    """Coverage of a level disc of that radius, seen a little from above."""
    return inside(radius - (x**2 + (y / _TILT) ** 2 + 1e-9).sqrt())


def _profile(lots, height):
    """Radius at a height in [0, 1], and how fast it grows downwards."""
    places = (0.0, lots["neck_at"], lots["belly_at"], 1.0)
    radii = (lots["lip"], lots["neck"], lots["belly"], lots["foot"])
    radius, slope = torch.zeros_like(height), torch.zeros_like(height)
    for low, high, start, end in zip(places, places[1:], radii, radii[1:]):
        here = (height >= low) & (height <= high)
        share = math.pi * (height - low) / (high - low)
        between = start + (end - start) * (1 - share.cos()) / 2
        rise = (end - start) * share.sin() * math.pi / 2 / (high - low)
        radius, slope = radius.where(~here, between), slope.where(~here, rise)
    return radius, slope / lots["height"]


def _lit(lots, x, height, radius, slope):
    """The glaze under the light, (3, H, W)."""
    across = (x / radius.clamp_min(1e-3)).clamp(-1, 1)
    towards = (1 - across**2).sqrt()
    normal = torch.stack([across, -slope, towards])
    normal = normal / normal.norm(dim=0, keepdim=True)
    light = torch.tensor(_LIGHT).view(3, 1, 1)
    facing = (normal * light).sum(0)
    half = (light + torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1)) / 1.87
    shine = (normal * half).sum(0).clamp(0) ** 34
    level = height - _TILT * radius * towards / lots["height"]
    glaze = _glaze(lots, level, across.asin() + lots["turn"])
    bounce = 0.1 * lots["ground"][1] * (across.clamp(0) ** 3)
    return (
        glaze * (0.42 + 0.68 * facing.clamp(0)) + bounce + lots["gloss"] * 0.6 * shine
    )


def _glaze(lots, level, longitude):
    """The unlit colour at a height and a longitude."""
    main, second, third = lots["glaze"]
    edge, waves = lots["edge"], lots["waves"]

    def step(value):
        return (value * 30 + 0.5).clamp(0, 1)

    belt = step(0.12 - (level - edge - 0.08).abs())
    if lots["pattern"] == "dipped":
        drip = (
            0.035 * (waves * longitude).sin() + 0.02 * (2.3 * waves * longitude).sin()
        )
        return second.lerp(main, step(edge + drip - level))
    if lots["pattern"] == "banded":
        stripes = step(
            0.2 * (2 * math.pi * lots["bands"] * (level - edge) / 0.24).cos()
        )
        return main.lerp(second, belt * stripes)
    if lots["pattern"] == "zigzag":
        saw = 0.06 * (2 / math.pi) * (waves * longitude).sin().asin()
        stripe = step(0.028 - (level - edge - 0.08 - saw).abs())
        return main.lerp(third, 0.6 * belt).lerp(second.expand_as(third), stripe)
    if lots["pattern"] == "fluted":
        ridge = 0.5 + 0.5 * (2 * waves * longitude).sin()
        return main.lerp(second, 0.42 * ridge * step(level - 0.12))
    row = ((level - edge) / 0.12).round()
    turn = (waves * longitude / 2 + row * math.pi / 2).sin()
    spot = (
        0.7
        - (turn.acos().sub(0).abs() / 0.9).square()
        - ((level - edge - 0.12 * row) / 0.05) ** 2
    )
    return main.lerp(second, step(0.25 * spot) * (row.abs() <= 1))


def _room(lots, x, y, foot_y):
    """Wall, table and the vase's shadow, (3, H, W)."""
    wall, table = lots["ground"]
    vignette = 1.06 - 0.35 * (x**2 + (y - 0.4) ** 2)
    far = ((y - lots["horizon"]) * 90 + 0.5).clamp(0, 1)
    picture = (wall * vignette).lerp(table * (0.86 + 0.3 * y), far)
    long = ((x - 0.17) / 0.3) ** 2 + ((y - foot_y - 0.005) / 0.05) ** 2
    close = (x / (1.25 * lots["foot"])) ** 2 + ((y - foot_y - 0.01) / 0.045) ** 2
    return picture * (1 - 0.28 * (-long).exp() - 0.4 * (-close).exp()).clamp(0.2, 1)


SAMPLE = ROOT / "data" / "sample_images"
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
