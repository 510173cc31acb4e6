"""Hostile files and folders: each gets one sentence, and its good neighbours are loaded."""

import io
import os
import socket
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_utils.images import files
from gan_utils.images.folder import read_folder
from gan_utils.images.vases import encoded, giant_png

GOOD = 4
SIDE = 48


def noise(seed, width=SIDE, height=SIDE, mode="RGB"):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


PNG, JPEG = encoded(noise(90), "PNG"), encoded(noise(91), "JPEG")
GIF, BMP = encoded(noise(92), "GIF"), encoded(noise(93), "BMP")
TIFF, WEBP = encoded(noise(94), "TIFF"), encoded(noise(95), "WEBP")


def bmp_of(width, height):
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height,
                               1, 24, 0, 0, 0, 0, 0, 0)  # fmt: skip


def gif_of(width, height):
    return GIF[:6] + struct.pack("<HH", width, height) + GIF[10:]


def jpeg_of(width, height):
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


def tiff_of(width, height):
    image = Image.new("1", (1, 1))
    content = encoded(image, "TIFF")
    for tag, value in ((256, width), (257, height)):
        at = content.index(struct.pack("<HH", tag, 4)) + 8
        content = content[:at] + struct.pack("<I", value) + content[at + 4 :]
    return content


def chunk(kind, content):
    total = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", total)


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def nan_tiff():
    values = np.full((SIDE, SIDE), np.nan, np.float32)
    return encoded(Image.fromarray(values), "TIFF")


def without_pixels():
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return PNG[:8] + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def text_bomb():
    """A PNG whose compressed comment unpacks to 100 MB."""
    comment = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    return PNG[:33] + chunk(b"zTXt", comment) + PNG[33:]


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(x) run\nshowpage\n"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
)
HOSTILE = {
    # file name: (content, a word of the sentence)
    "empty.png": (b"", "empty"),
    "one byte.jpg": (b"\xff", "no JPEG"),
    "nulls.png": (bytes(5_000), "no PNG"),
    "text.jpg": (b"not a picture\n", "no JPEG"),
    "readme.txt": (b"not a picture\n", "no picture"),
    "page.png": (b"<!doctype html><title>404</title>", "no PNG"),
    "program.jpg": (b"\x7fELF" + bytes(400), "no JPEG"),
    "packed.png": (b"PK\x03\x04" + bytes(400), "no PNG"),
    "pickled.png": (b"\x80\x04cposix\nsystem\n(S'exit'\ntR.", "no PNG"),
    "drawing.svg": (SVG, "no picture"),
    "script.eps": (POSTSCRIPT, "no picture"),
    "script.jpg": (POSTSCRIPT, "no JPEG"),
    "paper.pdf": (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", "no picture"),
    "windows.wmf": (b"\xd7\xcd\xc6\x9a" + bytes(100), "no picture"),
    "photoshop.psd": (b"8BPS\0\1" + bytes(100), "no picture"),
    "icon.ico": (encoded(noise(1), "ICO"), "no picture"),
    "pixels.ppm": (encoded(noise(2), "PPM"), "no picture"),
    "half.png": (PNG[: len(PNG) // 2], "damaged or cut off"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "damaged or cut off"),
    "half.bmp": (BMP[: len(BMP) // 2], "damaged or cut off"),
    "half.tiff": (TIFF[: len(TIFF) // 2], ""),
    "half.webp": (WEBP[: len(WEBP) // 2], ""),
    "half.gif": (GIF[: len(GIF) // 2], "damaged or cut off"),
    "header.png": (PNG[:20], ""),
    "header.jpg": (JPEG[:100], ""),
    "bad sum.png": (flipped(PNG, 30), ""),
    "bad pixels.png": (flipped(PNG, len(PNG) // 2), "damaged or cut off"),
    "no pixels.png": (without_pixels(), "damaged or cut off"),
    "giant.png": (giant_png(50_000, 50_000), "pixels"),
    "large.png": (giant_png(9_000, 9_000), "pixels"),
    "wide.png": (giant_png(2_000_000_000, 2), "pixels"),
    "giant.bmp": (bmp_of(40_000, 40_000), "pixels"),
    "giant.gif": (gif_of(65_535, 65_535), "pixels"),
    "giant.jpg": (jpeg_of(65_000, 65_000), "pixels"),
    "giant.tiff": (tiff_of(4_000_000_000, 4_000_000_000), ""),
    "zero.bmp": (bmp_of(0, 0), ""),
    "negative.bmp": (bmp_of(-48, 48), ""),
    "dot.png": (encoded(noise(3, 1, 1), "PNG"), "too small: 1 x 1"),
    "icon.png": (encoded(noise(4, 31, 31), "PNG"), "too small: 31 x 31"),
    "banner.png": (encoded(noise(5, 500, 40), "PNG"), "too long and narrow"),
    "ladder.png": (encoded(noise(6, 40, 500), "PNG"), "too long and narrow"),
    "clear.png": (encoded(Image.new("RGBA", (SIDE, SIDE)), "PNG"), "transparent"),
    "nan.tiff": (nan_tiff(), "NaN"),
    ".hidden.png": (PNG, "hidden"),
    "line\nbreak.png": (b"x", "no PNG"),
    "\x1b[31mred.png": (b"x", "no PNG"),
    "‮gnp.exe": (b"MZ" + bytes(200), "no picture"),
    "a" * 240 + ".png": (b"x", "no PNG"),
}


@pytest.fixture
def folder(tmp_path):
    """Good neighbours whose names come before, between and after the hostile ones."""
    inside = tmp_path / "pictures"
    inside.mkdir()
    for number, name in enumerate(("0.png", "m.jpg", "n.webp", "~.bmp")):
        noise(number).save(inside / name)
    return inside


def one_sentence(found, word):
    """The neighbours are there, and one sentence speaks of the one hostile thing."""
    assert len(found.names) == GOOD, (found.names, found.rejected)
    assert len(found.rejected) == 1, found.rejected
    path, reason = found.rejected[0]
    assert word in reason, reason
    assert reason.endswith(".")
    assert ". " not in reason
    assert len(reason) < 160
    assert (path + reason).isprintable()
    return path


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_a_hostile_file_is_answered_with_one_sentence(folder, name):
    content, word = HOSTILE[name]
    try:
        (folder / name).write_bytes(content)
    except OSError:
        pytest.skip("this file system refuses the name")
    begin = time.process_time()
    one_sentence(read_folder(folder, 32, fewest=GOOD), word)
    assert time.process_time() - begin < 5


def test_bytes_that_are_no_text_in_a_name(folder):
    raw = os.fsencode(folder) + b"/\xff\xfe.png"
    try:
        with open(raw, "wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("this file system refuses the name")
    one_sentence(read_folder(folder, 32, fewest=GOOD), "no PNG")


def test_random_damage_never_ends_the_reading(folder):
    random = np.random.default_rng(0)
    for number in range(60):
        whole = bytearray((PNG, JPEG, GIF, BMP, TIFF, WEBP)[number % 6])
        for at in random.integers(0, min(len(whole), 600), 8):
            whole[at] = random.integers(256)
        (folder / f"damaged-{number}").write_bytes(bytes(whole))
    found = read_folder(folder, 32, fewest=GOOD)
    assert {"0.png", "m.jpg", "n.webp", "~.bmp"} <= set(found.names)
    assert len(found.names) + len(found.rejected) == 60 + GOOD
    assert all(reason.endswith(".") for _, reason in found.rejected)


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    (folder / "secret.png").write_bytes(PNG)
    real = os.open

    def refusing(path, *options):
        if str(path).endswith("secret.png"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *options)

    monkeypatch.setattr(files.os, "open", refusing)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "permission denied")


def test_a_folder_inside_that_may_not_be_read(folder, monkeypatch):
    (folder / "locked").mkdir()
    real = os.scandir

    def refusing(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(files.os, "scandir", refusing)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "permission denied")


def test_a_file_of_many_bytes_is_not_read(folder):
    with open(folder / "huge.png", "wb") as file:
        file.write(PNG)
        file.truncate(files.MOST_BYTES + 1)  # sparse: takes no room
    one_sentence(read_folder(folder, 32, fewest=GOOD), "MB")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_opened(folder):
    os.mkfifo(folder / "pipe.png")
    one_sentence(read_folder(folder, 32, fewest=GOOD), "pipe")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_a_socket_is_not_opened(folder, monkeypatch):
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("plug.png")
        one_sentence(read_folder(folder, 32, fewest=GOOD), "socket")


def link(folder, name, target):
    try:
        (folder / name).symlink_to(target)
    except OSError:
        pytest.skip("no links here")


@pytest.mark.parametrize(
    "target", ["../outside.png", "/dev/zero", "missing", "0.png", "."]
)
def test_a_link_is_not_followed(folder, target):
    (folder.parent / "outside.png").write_bytes(PNG)
    link(folder, "link.png", target)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "link")


def test_links_in_a_ring_are_not_followed(folder):
    (folder / "deep").mkdir()
    link(folder / "deep", "ring", "..")
    assert one_sentence(read_folder(folder, 32, fewest=GOOD), "link") == "deep/ring"


def test_a_file_swapped_for_a_link_after_it_was_looked_at(folder, monkeypatch):
    """Between looking and opening somebody puts a link in its place."""
    outside = folder.parent / "outside.png"
    outside.write_bytes(PNG)
    (folder / "swapped.png").write_bytes(PNG)
    real = os.open

    def swapping(path, *options):
        if str(path).endswith("swapped.png") and not os.path.islink(path):
            os.unlink(path)
            os.symlink(outside, path)
        return real(path, *options)

    monkeypatch.setattr(files.os, "open", swapping)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "cannot be read")


def test_folders_too_deep_are_left_alone(folder):
    deep = folder
    for _ in range(files.DEEPEST + 1):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "x.png").write_bytes(PNG)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "too deep")


def test_a_folder_named_like_a_picture_is_a_folder(folder):
    (folder / "album.png").mkdir()
    (folder / "album.png" / "inside.png").write_bytes(PNG)
    found = read_folder(folder, 32, fewest=GOOD)
    assert "album.png/inside.png" in found.names


def test_the_same_picture_twice_counts_once(folder):
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    one_sentence(read_folder(folder, 32, fewest=GOOD), "same picture as 0.png")


def test_a_decoder_that_raises_anything(folder, monkeypatch):
    (folder / "odd.png").write_bytes(PNG + b"!")
    real = Image.open

    def odd(file, **options):
        if os.fstat(file.fileno()).st_size == len(PNG) + 1:
            raise KeyError("a decoder's own\nmistake")
        return real(file, **options)

    monkeypatch.setattr(files.Image, "open", odd)
    one_sentence(read_folder(folder, 32, fewest=GOOD), "damaged")


# Folders that cannot be used: one sentence, as a ValueError


def refusal(path, *options, **more):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        read_folder(path, *options, **more)
    text = str(caught.value)
    assert text.isprintable()
    return text


def test_folders_that_cannot_be_used(tmp_path, folder):
    assert "There is no folder" in refusal(tmp_path / "absent")
    assert "is a file" in refusal(folder / "0.png")
    (tmp_path / "empty").mkdir()
    assert "is empty" in refusal(tmp_path / "empty")
    assert "holds 4 usable pictures and 0 other files" in refusal(folder)
    (folder / "a.txt").write_text("x")
    assert "for instance a.txt: it is no picture" in refusal(folder)
    assert "cannot be read" in refusal(tmp_path / ("n" * 300))
    assert "There is no folder" in refusal("a\0b")


def test_a_link_to_the_whole_folder_is_what_the_user_named(tmp_path, folder):
    link(tmp_path, "shortcut", folder)
    assert len(read_folder(tmp_path / "shortcut", 32, fewest=GOOD).names) == GOOD


# Pictures that look hostile and can be used


def buffer_of(image, kind, **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def moving(kind):
    more = [noise(8), noise(9)]
    return buffer_of(noise(7), kind, save_all=True, append_images=more)


def palette_with_holes():
    return buffer_of(noise(10).quantize(16), "PNG", transparency=3)


def deep():
    values = np.linspace(0, 65_535, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    return buffer_of(Image.fromarray(values), "PNG")


USABLE = {
    "moving.gif": (moving("GIF"), "first"), "moving.webp": (moving("WEBP"), "first"),
    "moving.png": (moving("PNG"), "first"), "pages.tiff": (moving("TIFF"), "first"),
    "print.jpg": (buffer_of(noise(11, mode="CMYK"), "JPEG"), "CMYK"),
    "deep.png": (deep(), "16 bits"), "holes.png": (palette_with_holes(), "transparent"),
    "grey.png": (buffer_of(noise(12, mode="L"), "PNG"), None),
    "bits.png": (buffer_of(noise(13, mode="1"), "PNG"), None),
    "lab.tiff": (buffer_of(noise(14, mode="LAB"), "TIFF"), None),
    "wrong.gif": (JPEG, "another ending"), "no ending": (PNG, "another ending"),
    "☂ 100% 'ünï' $HOME;.png": (PNG, None), "text bomb.png": (text_bomb(), None),
}  # fmt: skip


@pytest.mark.parametrize("name", USABLE, ids=ascii)
def test_an_unusual_picture_is_used_and_said(folder, name):
    content, word = USABLE[name]
    (folder / name).write_bytes(content)
    found = read_folder(folder, 32, fewest=GOOD)
    assert len(found.names) == GOOD + 1, found.rejected
    assert name in found.names
    assert word is None or any(word in note for note in found.notes)
