"""Deep pictures, metadata, leftovers, phones' files and training runs in the folder."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.images import kinds
from gan_utils.images.folder import read_folder
from gan_utils.images.vases import encoded

SIDE = 48


def noise(seed, side=SIDE):
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(pixels)


def read(folder, count):
    found = read_folder(folder, 32, fewest=count)
    assert len(found.names) == count, (found.names, found.rejected)
    return found


# Pixels of more than 8 bits


def chunk(kind, content):
    total = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", total)


def deep_png(values, *more):
    """A PNG of 16 bits of an array (H, W) or (H, W, 2 to 4), with chunks before IDAT."""
    height, width, channels = values.reshape(*values.shape[:2], -1).shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = (chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff(values, bits, photometric=1, order="<", kind=1, pack=None, more=()):
    """An uncompressed TIFF of one grey channel."""
    content = pack(values) if pack else values.tobytes()
    height, width = values.shape
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, photometric),
            (273, 8), (277, 1), (278, height), (279, len(content)), (339, kind), *more]  # fmt: skip
    ifd = struct.pack(order + "H", len(tags)) + b"".join(
        struct.pack(order + "HHI", tag, 4, 1) + struct.pack(order + "I", value)
        for tag, value in tags
    )
    begin = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 42)
    return (
        begin
        + struct.pack(order + "I", 8 + len(content))
        + content
        + ifd
        + struct.pack(order + "I", 0)
    )


def twelve(values):
    """Two values of 12 bits in three bytes."""
    a, b = values.reshape(-1, 2).T.astype(int)
    return np.stack([a >> 4, (a & 15) << 4 | b >> 8, b & 255], 1).astype("u1").tobytes()


def ramp(top, channels=None):
    """Grey from 0 above to ``top`` below."""
    values = (
        np.linspace(0, top, SIDE).round().astype(np.uint16)[:, None].repeat(SIDE, 1)
    )
    return values if channels is None else values[..., None].repeat(channels, -1)


def alpha(values, level):
    values[..., -1] = level
    return values


RAMPS = {
    "10 of 16.png": (deep_png(ramp(1023)), "10 bits"),
    "12 of 16.png": (deep_png(ramp(4095)), "12 bits"),
    "16.png": (deep_png(ramp(65_535)), "16 bits"),
    "8 of 16.png": (deep_png(ramp(255)), "8 bits"),
    "colour.png": (deep_png(ramp(4095, 3)), "12 bits"),
    "alpha.png": (deep_png(alpha(ramp(4095, 4), 4095)), "12 bits"),
    "grey alpha.png": (deep_png(alpha(ramp(4095, 2), 65_535)), "12 bits"),
    "12.tiff": (tiff(ramp(4095), 12, pack=twelve), "12 bits"),
    "12 big.tiff": (tiff(ramp(4095), 12, order=">", pack=twelve), "12 bits"),
    "16 big.tiff": (tiff(ramp(4095).astype(">u2"), 16, order=">"), "12 bits"),
    "signed.tiff": (tiff(ramp(4095).astype("<i2"), 16, kind=2), "12 bits"),
    "unit.tiff": (tiff((ramp(4095) / 4095).astype("<f4"), 32, kind=3), "decimal"),
    "byte.tiff": (tiff(ramp(255).astype("<f4"), 32, kind=3), "8 bits"),
    "wide.tiff": (tiff(ramp(60_000).astype("<u4") * 17, 32), "20 bits"),
    "white.tiff": (tiff(4095 - ramp(4095), 16, 0), "12 bits"),
    "white big.tiff": (
        tiff((4095 - ramp(4095)).astype(">u2"), 16, 0, ">"),
        "12 bits",
    ),
    "white 12.tiff": (tiff(4095 - ramp(4095), 12, 0, pack=twelve), "12 bits"),
    "white unit.tiff": (
        tiff((1 - ramp(4095) / 4095).astype("<f4"), 32, 0, kind=3),
        "decimal",
    ),
    "packed.tiff": (
        encoded(Image.fromarray(ramp(4095)), "TIFF", compression="tiff_lzw"),
        "12 bits",
    ),
    "negative.tiff": (
        tiff((ramp(4095).astype(int) - 900).astype("<i2"), 16, kind=2),
        "-900",
    ),
}


@pytest.mark.parametrize("name", RAMPS)
def test_a_deep_picture_keeps_its_greys(tmp_path, name):
    content, word = RAMPS[name]
    (tmp_path / name).write_bytes(content)
    found = read(tmp_path, 1)
    column = found.images[0, :, :, 5].float().mean(0)
    assert column[0] < 12
    assert column[-1] > 215
    assert (column.diff() > 0).all()
    assert [word in note for note in found.notes] == [True], found.notes


def test_the_folder_says_which_depth_it_uses_and_a_dark_picture_stays_dark(tmp_path):
    for name, top in (("dark", 900), ("bright", 4000), ("middle", 2000)):
        (tmp_path / f"{name}.png").write_bytes(deep_png(ramp(top)))
        (tmp_path / f"{name} of colour.png").write_bytes(deep_png(ramp(top - 50, 3)))
    found = read(tmp_path, 6)
    tops = dict(zip(found.names, found.images.flatten(1).max(1).values.tolist()))
    assert abs(tops["bright.png"] - 255 * 4000 / 4095) < 3
    assert abs(tops["dark.png"] - 255 * 900 / 4095) < 3
    assert abs(tops["middle of colour.png"] - 255 * 1950 / 4095) < 3
    (note,) = found.notes
    assert note.startswith("6 of those used: 12 bits a pixel, brought to 8 (")


def test_deep_transparent_parts_become_white(tmp_path):
    for name, channels in (("colour", 4), ("grey", 2)):
        values = np.full((SIDE, SIDE, channels), 1000, np.uint16)
        values[: SIDE // 2, :, -1] = 0
        values[SIDE // 2 :, :, -1] = 65_535
        (tmp_path / f"{name}.png").write_bytes(deep_png(values))
    values = ramp(4000)
    values[:20] = 4095
    key = chunk(b"tRNS", struct.pack(">H", 4095))
    (tmp_path / "key.png").write_bytes(deep_png(values, key))
    found = read_folder(tmp_path, 32, fewest=2)
    assert (found.images[:, :, :10] >= 254).all()
    assert found.images[0, :, 20:].max() < 255
    assert any("transparent parts" in note for note in found.notes)


def test_an_unknown_kind_of_tiff_is_not_called_damaged_alone(tmp_path):
    noise(0).save(tmp_path / "a.png")
    half = tiff((ramp(4095) / 4095).astype("<f2"), 16, kind=3)
    (tmp_path / "half.tiff").write_bytes(half)
    ((_, reason),) = read(tmp_path, 1).rejected
    assert "TIFF of a kind that is not read" in reason


# Metadata


def exif_with(tag, kind, content, orientation=6):
    """EXIF of an orientation and one more entry, as written by a camera."""
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack("<HHII", tag, kind, 1, 38)
    return (
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4) + content
    )


def png_with(kind, content, late=False):
    whole = encoded(noise(1), "PNG")
    at = len(whole) - 12 if late else 33
    return whole[:at] + chunk(kind, content) + whole[at:]


def jpeg_with(*segments, image=None):
    whole = encoded(image or noise(1), "JPEG")
    extra = b"".join(
        b"\xff" + bytes([mark]) + struct.pack(">H", len(content) + 2) + content
        for mark, content in segments
    )
    return whole[:2] + extra + whole[2:]


def bad_sum(kind, content):
    whole = png_with(kind, content)
    return whole[: 41 + len(content)] + b"abcd" + whole[45 + len(content) :]


RANDOM = np.random.default_rng(5).bytes(2_000_000)
NEGATIVE = exif_with(282, 10, struct.pack("<ii", -72, 1))  # dots per inch
ODD = {
    "rational.jpg": jpeg_with((0xE1, NEGATIVE)),
    "rational.png": png_with(b"eXIf", NEGATIVE[6:]),
    "signed.jpg": jpeg_with(
        (0xE1, exif_with(0x829A, 10, struct.pack("<iI", -5, 2**31)))
    ),
    "nowhere.jpg": jpeg_with((0xE1, exif_with(0x8769, 4, b"\xff" * 8))),
    "nonsense.jpg": jpeg_with((0xE1, b"Exif\0\0" + RANDOM[:500])),
    "short.jpg": jpeg_with((0xE1, NEGATIVE[:20])),
    "profile.jpg": jpeg_with((0xE2, b"ICC_PROFILE\0\x09\x02" + RANDOM[:99])),
    "phones.jpg": jpeg_with((0xE2, b"MPF\0II*\0\x08\0\0\0" + RANDOM[:99])),
    "photoshop.jpg": jpeg_with((0xED, b"Photoshop 3.0\08BIM" + RANDOM[:99])),
    "comment.jpg": jpeg_with((0xFE, RANDOM[:60_000])),
    "tEXt.png": png_with(b"tEXt", b"workflow\0" + b"x" * 70_000_000),
    "zTXt.png": png_with(b"zTXt", b"workflow\0\0" + zlib.compress(RANDOM)),
    "iTXt.png": png_with(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(RANDOM)),
    "late.png": png_with(b"zTXt", b"workflow\0\0" + zlib.compress(RANDOM), late=True),
    "profile.png": png_with(b"iCCP", b"large\0\0" + zlib.compress(RANDOM)),
    "profile of nonsense.png": png_with(b"iCCP", b"large\0\0" + RANDOM[:99]),
    "physical.png": png_with(b"pHYs", b"\0"),
    "sum.png": bad_sum(b"tEXt", b"a\0b"),
    "own.png": png_with(b"prVt", RANDOM),
    "profile.webp": encoded(noise(1), "WEBP", icc_profile=RANDOM, exif=b"Exif\0\0abc"),
    "nowhere.tiff": tiff(
        ramp(255).astype("u1"), 8, more=[(34_665, 4_000_000_000), (40_965, 7)]
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_metadata_never_decides_whether_pixels_can_be_read(tmp_path, name):
    (tmp_path / name).write_bytes(ODD[name])
    begin = time.process_time()
    read(tmp_path, 1)
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("name", ["rational.jpg", "rational.png"])
def test_what_cannot_be_written_anew_can_be_turned(tmp_path, name):
    light_above = Image.new("L", (SIDE, SIDE))
    light_above.paste(250, (0, 0, SIDE, SIDE // 2))
    turned = light_above.rotate(90)
    content = jpeg_with((0xE1, NEGATIVE), image=turned)
    if name.endswith("png"):
        content = io.BytesIO()
        turned.save(content, "PNG", exif=NEGATIVE)
        content = content.getvalue()
    (tmp_path / name).write_bytes(content)
    found = read(tmp_path, 1)
    assert found.images[0, :, :14].min() > 200
    assert found.images[0, :, 18:].max() < 50
    assert any("turned" in note for note in found.notes)


def test_a_turned_tiff_is_turned_once_and_said(tmp_path):
    light_above = Image.new("L", (60, SIDE))
    light_above.paste(250, (0, 0, 60, SIDE // 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    light_above.rotate(90, expand=True).save(tmp_path / "x.tiff", exif=exif)
    found = read(tmp_path, 1)
    assert found.images[0, :, :14].min() > 200
    assert found.images[0, :, 18:].max() < 50
    assert any("turned" in note for note in found.notes)


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.jpg", b"\0\0\0\x18ftypheic" + bytes(99), ("no JPEG", "HEIC", "save it as PNG")),
    ("a.png", b"\0\0\0\x18ftypavif" + bytes(99), ("no PNG", "AVIF")),
    ("a.jpg", b"%PDF-1.7\n", ("no JPEG", "PDF")),
    ("a.gif", b"<svg xmlns='x'/>", ("no GIF", "SVG")),
    ("a.png", b"<!DOCTYPE html><p>404", ("no PNG", "web page")),
    ("a.tiff", b"PK\3\4" + bytes(40), ("no TIFF", "archive")),
    ("a.webp", b"\0\0\0\x18ftypmp42" + bytes(99), ("no WEBP", "film")),
    ("a.heic", b"\0\0\0\x18ftypavif" + bytes(99), ("AVIF inside",)),
    ("a.dat", b"8BPS\0\1" + bytes(40), ("PSD", "save it as PNG")),
    ("a.jpg", b"just text\n", ("no JPEG", "nor another kind")),
])  # fmt: skip
def test_a_file_of_another_kind_is_said_to_be_what_it_is(
    tmp_path, name, content, words
):
    noise(0).save(tmp_path / "good.png")
    (tmp_path / name).write_bytes(content)
    ((_, reason),) = read(tmp_path, 1).rejected
    assert all(word in reason for word in words), reason
    assert ". " not in reason


# Phones, other systems' leftovers, and the course's own runs


def test_of_a_phones_file_the_first_frame_is_read_and_fast(tmp_path, monkeypatch):
    first = noise(3, 64).resize((2000, 1500))
    content = encoded(first, "MPO", save_all=True, append_images=[noise(4, 400)])
    drafts = []
    real = Image.Image.draft
    for kind in {type(Image.open(io.BytesIO(content))), Image.Image}:
        real = kind.draft
        monkeypatch.setattr(
            kind, "draft", lambda *a, real=real: drafts.append(a[2]) or real(*a)
        )
    (tmp_path / "IMG_1.jpg").write_bytes(content)
    (tmp_path / "IMG_2.mpo").write_bytes(content[:-3_000])
    found = read_folder(tmp_path, 32, fewest=1)
    assert "IMG_1.jpg" in found.names
    assert drafts, "a JPEG of many pixels is read at a fraction of its size"
    assert not any("another ending" in note for note in found.notes)
    expected = np.asarray(first.crop((250, 0, 1750, 1500)).resize((32, 32)), float)
    off = found.images[0].permute(1, 2, 0).numpy() - expected
    assert np.abs(off).mean() < 12


LEFT = (".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini", "Desktop.ini", "._0.png",
        "@eaDir/0.png/SYNOPHOTO_THUMB_M.png", "__MACOSX/._0.png", ".thumbnails/1.png",
        "sub/.@__thumb/default0.png", "$RECYCLE.BIN/1.png", "#recycle/2.png",
        ".Trash-1000/files/1.png", "sub/Thumbs.db", "System Volume Information/x",
        ".picasa.ini", "Icon\r")  # fmt: skip


def test_what_other_systems_leave_behind_is_left_out_and_said_once(tmp_path):
    for number in range(3):
        noise(number).save(tmp_path / f"{number}.png")
    for number, name in enumerate(LEFT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(100 + number), "PNG"))
    found = read(tmp_path, 3)
    assert found.rejected == []
    (note,) = found.notes
    assert note.startswith("Left out: ")
    assert ".DS_Store" in note or "$RECYCLE.BIN" in note


@pytest.mark.parametrize("name", [".DS_Store", ".hidden.png", "link.png"])
def test_few_pictures_beside_what_a_mac_leaves_are_counted(tmp_path, name):
    noise(0).save(tmp_path / "0.png")
    (tmp_path / "broken.png").write_bytes(b"x")
    if name == "link.png":
        (tmp_path / name).symlink_to("0.png")
    else:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="1 usable picture and"):
        read_folder(tmp_path, 32)


def a_run(folder):
    (folder / "samples").mkdir(parents=True)
    for name in ("log.jsonl", "own_images.json", "step-000000100.safetensors"):
        (folder / name).write_bytes(b"{}")
    for step in (50, 100):
        noise(step).save(folder / "samples" / f"step-{step:09d}.png")


def test_a_run_inside_the_folder_is_left_out_and_said_once(tmp_path):
    for number in range(3):
        noise(number).save(tmp_path / f"{number}.png")
    a_run(tmp_path / "runs" / "mine")
    ((path, reason),) = read(tmp_path, 3).rejected
    assert path == "runs/mine"
    assert "training run" in reason


def test_a_run_in_the_folder_itself_does_not_add_pictures(tmp_path):
    for number in range(3):
        noise(number).save(tmp_path / f"{number}.png")
    a_run(tmp_path)
    found = read(tmp_path, 3)
    assert sum("training run" in reason for _, reason in found.rejected) == 1


def test_a_folder_of_samples_without_a_run_is_read(tmp_path):
    (tmp_path / "samples").mkdir()
    noise(0).save(tmp_path / "samples" / "0.png")
    assert read(tmp_path, 1).names == ["samples/0.png"]


def test_the_table_of_beginnings_knows_what_pillow_writes():
    for kind in kinds.FORMATS:
        begin = encoded(noise(0), kind)[:700]
        text = kinds.no_picture(".txt", begin)
        assert kind in text


# What one file must not do to the others


def smooth(seed, low, high, kind):
    """A random picture of few waves that uses all values from low to high."""
    grid = np.linspace(0, 3, SIDE)
    a, b, c, d = np.random.default_rng(seed).uniform(0.5, 2, 4)
    wave = np.sin(a * grid[:, None] + b * grid + c) + np.cos(d * grid[:, None] * grid)
    share = (wave - wave.min()) / (wave.max() - wave.min())
    return (low + (high - low) * share).astype(kind)


def levels(tmp_path, pictures, bits, kind=1, count=20):
    for number, values in enumerate(pictures):
        (tmp_path / f"{number:02}.tif").write_bytes(tiff(values, bits, kind=kind))
    found = read_folder(tmp_path, 32, fewest=count)
    return found, [int(image.amax()) - int(image.amin()) for image in found.images]


@pytest.mark.parametrize("odd", ["hot pixel", "offset", "missing", "a little above 1"])
def test_one_odd_picture_leaves_the_others_their_greys(tmp_path, odd):
    kind, bits, top, form = np.uint16, 16, 4095, 1
    low = 0
    if odd == "offset":
        low, top = 30_000, 33_000
    if odd in ("missing", "a little above 1"):
        kind, bits, top, form = np.float32, 32, 1.0, 3
    pictures = [smooth(seed, low, top, kind) for seed in range(20)]
    if odd == "hot pixel":
        pictures[3][5, 5] = 65_535
    if odd == "missing":
        pictures[3][:10] = -3.4028234e38
    if odd == "a little above 1":
        pictures[3] *= 1.3
    count = 20 - (odd == "missing")
    found, spread = levels(tmp_path, pictures, bits, form, count)
    assert len(found.names) == count
    assert min(spread) > 150
    assert len(found.groups.unique()) > 10


def test_unsigned_numbers_of_32_bits_do_not_turn_round(tmp_path):
    pictures = [smooth(seed, 0, 4_000_000_000, np.uint32) for seed in range(16)]
    found, spread = levels(tmp_path, pictures, 32, count=16)
    assert min(spread) > 150
    whole = torch.from_numpy(pictures[0].astype(np.float32))[None, None]
    small = torch.nn.functional.interpolate(whole, 32, mode="area").flatten()
    both = torch.stack([found.images[0, 0].float().flatten(), small])
    assert torch.corrcoef(both)[0, 1] > 0.99


def test_names_that_cannot_be_printed_stay_apart(tmp_path):
    for number in range(20):
        name = bytes(str(tmp_path), "utf-8") + b"/a" + bytes([0x80 + number]) + b".png"
        with open(name, "wb") as file:
            noise(number).save(file, "PNG")
    assert len(set(read(tmp_path, 20).names)) == 20


def test_a_run_without_its_log_is_still_a_run(tmp_path):
    for number in range(16):
        noise(number).save(tmp_path / f"{number}.png")
    a_run(tmp_path / "run")
    (tmp_path / "run" / "log.jsonl").unlink()
    read(tmp_path, 16)
