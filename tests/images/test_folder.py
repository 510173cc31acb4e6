"""Reading folders: what comes out, near copies, and the split. Hostile files: robustness/."""

import io
import re
import time

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from gan_utils.images import folder as folders
from gan_utils.images.folder import (
    Folder,
    group_near,
    read_folder,
    split,
)
from gan_utils.images.vases import SAMPLE, UNUSUAL, vases, write_sample


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def sample():
    return read_folder(SAMPLE, 64)


def plain(place, count=3, side=40):
    for number, pixels in enumerate(vases(count, side)):
        image = Image.fromarray(pixels.permute(1, 2, 0).numpy())
        image.save(place / f"{number}.png")


def test_the_sample_folder_is_read_and_reported(sample):
    assert sample.images.shape == (500, 3, 64, 64)
    assert sample.images.dtype == torch.uint8
    assert len(sample.names) == len(sample.sides) == len(sample.groups) == 500
    assert len(sample.rejected) == 8
    assert len({reason for _, reason in sample.rejected}) == 8
    assert sum("unusual/" in name for name in sample.names) == UNUSUAL
    assert sample.report().startswith("500 pictures can be used, 8 files not.")
    assert len(sample.groups.unique()) == 500, "no two vases are nearly the same"
    assert sum(f.stat().st_size for f in SAMPLE.rglob("*") if f.is_file()) < 2e6


def test_the_sample_folder_holds_the_vases_that_its_card_names(sample):
    expected = vases(1, 96, first=2)[0].float()
    found = sample.images[sample.names.index("vases/vase-002.jpg")].float()
    small = torch.nn.functional.adaptive_avg_pool2d(expected, 64)
    assert (small - found).abs().mean() < 6


def test_the_sample_folder_can_be_written_again(tmp_path):
    write_sample(tmp_path, count=30)
    found = read_folder(tmp_path, 32)
    assert len(found.names) == 30
    assert len(found.rejected) == 8


def test_pixels_are_kept_when_nothing_is_to_be_done(tmp_path):
    plain(tmp_path, side=32)
    found = read_folder(tmp_path, 32, fewest=3)
    assert torch.equal(found.images, vases(3, 32))
    assert found.names == ["0.png", "1.png", "2.png"]
    assert found.sides.tolist() == [32] * 3
    assert found.notes == []


@pytest.mark.parametrize("shape", [(40, 80), (80, 40)])
def test_the_middle_square_is_cut(tmp_path, shape):
    pixels = np.zeros((*shape, 3), np.uint8)
    middle = tuple(slice((n - 40) // 2, (n + 40) // 2) for n in shape)
    pixels[middle] = 200
    Image.fromarray(pixels).save(tmp_path / "x.png")
    found = read_folder(tmp_path, 32, fewest=1)
    assert (found.images == 200).all()


def test_what_the_camera_turned_is_turned_back(tmp_path):
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20] = 250  # light above
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(pixels).rotate(90)
    turned.save(tmp_path / "x.png", exif=exif)
    image = read_folder(tmp_path, 32, fewest=1).images[0]
    assert image[:, :14].min() > 200
    assert image[:, 18:].max() < 50


def test_transparent_parts_become_white_and_deep_grey_keeps_its_range(tmp_path):
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    clear.paste((0, 0, 0, 0), (0, 0, 40, 20))
    clear.save(tmp_path / "a.png")
    ramp = np.linspace(0, 65_535, 40).astype(np.uint16)[:, None].repeat(40, 1)
    Image.fromarray(ramp).save(tmp_path / "b.png")
    clear, deep = read_folder(tmp_path, 32, fewest=2).images
    assert (clear[:, :14] == 255).all()
    assert clear[:, 18:].float().mean((1, 2)).tolist() == [255, 0, 0]
    assert deep.min() < 5
    assert deep.max() > 250
    assert abs(deep.float().mean() - 127.5) < 3


def test_near_copies_are_one_group_and_others_are_not():
    images = vases(20, 64)
    small = torch.nn.functional.interpolate(images[3:4].float(), 40, mode="area")
    again = torch.nn.functional.interpolate(small, 64, mode="bilinear").byte()
    groups = group_near(torch.cat([images, again]))
    assert groups[20] == groups[3] == 3
    assert len(groups.unique()) == 20


def small(pictures, size):
    rows = [
        np.asarray(p.convert("RGB").resize((size, size), LANCZOS)) for p in pictures
    ]
    return torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).contiguous()


def stars(count, random):
    for _ in range(count):
        sky = random.normal(8, 2, (256, 256)).clip(0)
        for y, x in random.integers(2, 254, (40, 2)):
            sky[y - 1 : y + 2, x - 1 : x + 2] += random.exponential(80)
        yield Image.fromarray(sky.clip(0, 255).astype(np.uint8))


def page(random):
    image = Image.new("L", (500, 500), 250)
    draw = ImageDraw.Draw(image)
    for y in range(50, 450, 17):
        x = 50
        while x < 420:
            width = int(random.integers(8, 50))
            draw.rectangle((x, y, min(x + width, 450), y + 8), fill=60)
            x += width + 8
    return image


def pages(count, random):
    return (page(random) for _ in range(count))


def forms(count, random):
    form = page(random)
    for _ in range(count):
        image = form.copy()
        draw = ImageDraw.Draw(image)
        for x, y in random.integers(50, 380, (10, 2)):
            line = [
                (int(x) + 6 * k, int(y + random.integers(-8, 9))) for k in range(20)
            ]
            draw.line(line, fill=20, width=4)
        yield image


def snow(count, random):
    for _ in range(count):
        yield Image.fromarray(random.integers(0, 256, (400, 400), np.uint8))


def film(count, random):
    """A textured ground that moves by a hundredth of its side, and a square that runs."""
    texture = Image.fromarray(random.integers(80, 170, (80, 80), np.uint8))
    texture = np.asarray(texture.resize((200, 200), Image.Resampling.BICUBIC), float)
    for number in range(count):
        frame = np.roll(texture, 2 * number, 1)
        at = 30 + 3 * number % 120
        frame[at : at + 24, at : at + 24] = 160
        yield Image.fromarray((frame + random.normal(0, 2, frame.shape)).clip(0, 255)
                              .astype(np.uint8))  # fmt: skip


LANCZOS = Image.Resampling.LANCZOS


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("draw", [stars, pages, forms, snow])
def test_pictures_that_differ_in_detail_alone_are_different(draw, size):
    images = small(draw(60, np.random.default_rng(0)), size)
    assert len(group_near(images).unique()) >= 50


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("draw", [stars, pages, forms])
def test_copies_among_pictures_that_differ_in_detail_are_found(draw, size):
    originals = list(draw(30, np.random.default_rng(0)))
    for quality, side in ((90, 300), (60, 250), (75, 200)):
        buffer = io.BytesIO()
        originals[3].resize((side, side)).save(buffer, "JPEG", quality=quality)
        originals.append(Image.open(buffer))
    groups = group_near(small(originals, size))
    assert groups[30:].tolist() == [3] * 3
    assert len(groups.unique()) >= 27


@pytest.mark.parametrize("size", [32, 64])
def test_every_film_is_one_group_of_its_own(size):
    random = np.random.default_rng(0)
    frames = [frame for _ in range(3) for frame in film(30, random)]
    groups = group_near(small(frames, size))
    assert groups.tolist() == [0] * 30 + [30] * 30 + [60] * 30


def test_shots_of_a_scene_that_stands_still_are_one_group():
    random = np.random.default_rng(0)
    scene = np.asarray(next(film(1, random)), float)
    shots = [Image.fromarray((scene + random.normal(0, 6, scene.shape)).clip(0, 255)
                             .astype(np.uint8)) for _ in range(40)]  # fmt: skip
    assert group_near(small(shots, 64)).tolist() == [0] * 40


def made_of(groups):
    count = len(groups)
    images = torch.zeros(count, 3, 4, 4, dtype=torch.uint8)
    return Folder(images, ["x"] * count, [], torch.ones(count), groups, [])


def test_the_split_keeps_groups_whole_and_depends_on_the_seed():
    found = made_of(torch.arange(300) // 3)
    seen, unseen = split(found, 0.2, seed=1)
    assert sorted([*seen.tolist(), *unseen.tolist()]) == list(range(300))
    assert 55 < len(unseen) < 66
    assert not set((seen // 3).tolist()) & set((unseen // 3).tolist())
    assert torch.equal(split(found, 0.2, seed=1)[1], unseen)
    assert not torch.equal(split(found, 0.2, seed=2)[1], unseen)


def test_a_large_group_trains_whole_and_the_others_judge():
    found = made_of(torch.cat([torch.zeros(60), torch.arange(40) + 1]).long())
    for seed in range(5):
        seen, unseen = split(found, 0.2, seed)
        assert set(range(60)) <= set(seen.tolist())
        assert len(unseen) == 20


@pytest.mark.parametrize("groups", [torch.zeros(40), torch.arange(40) // 20])
def test_frames_of_one_film_cannot_be_split(groups):
    with pytest.raises(ValueError, match="nearly the same as each other"):
        split(made_of(groups.long()), 0.15)
    seen, unseen = split(made_of(groups.long()), 0.15, allow_similar=True)
    assert len(unseen) == 6
    assert sorted([*seen.tolist(), *unseen.tolist()]) == list(range(40))


def test_a_chain_of_near_copies_is_one_group_and_takes_no_time():
    steps = torch.linspace(0, 200, 1_200).round().byte()[:, None, None, None]
    begin = time.process_time()
    groups = group_near(steps.expand(-1, 3, 16, 16).contiguous())
    assert groups.tolist() == [0] * 1_200
    assert time.process_time() - begin < 5


def test_a_long_report_is_cut(tmp_path):
    plain(tmp_path)
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("x")
    found = read_folder(tmp_path, 32, fewest=3)
    lines = found.report(most=5).splitlines()
    assert lines[0] == "3 pictures can be used, 30 files not."
    assert lines[1].strip().startswith("0.txt and 29 more: it is no picture")
    assert len(lines) == 2
    assert len(found.report(most=30).splitlines()) == 31, "few: a line each"


def test_a_report_of_many_reasons_is_cut_after_the_commonest(tmp_path):
    plain(tmp_path)
    for number in range(9):
        Image.new("RGB", (9, number + 1)).save(tmp_path / f"small {number}.png")
        (tmp_path / f"{number}.txt").write_text("x")
    lines = read_folder(tmp_path, 32, fewest=3).report(most=4).splitlines()
    assert "0.txt and 8 more" in lines[1]
    assert lines[-1].strip() == "... and 6 other reasons."
    assert len(lines) == 6


def test_what_was_changed_is_said_with_a_name(tmp_path):
    plain(tmp_path, count=2)
    for name in ("c.jpg", "d.jpg"):
        picture = Image.effect_noise((40, 40), 99 + ord(name[0])).convert("CMYK")
        picture.save(tmp_path / name)
    (note,) = read_folder(tmp_path, 32, fewest=4).notes
    assert note == (
        "2 of those used: CMYK, converted to RGB without its profile (c.jpg, ...)."
    )


@pytest.mark.parametrize(("name", "word"), [
    ("IMG_1.HEIC", "save HEIC as PNG or JPEG"), ("a.svg", "save SVG as PNG or JPEG"),
    ("a.txt", "(PNG, JPEG, WEBP, GIF, BMP, TIFF)"),
])  # fmt: skip
def test_the_sentence_says_what_to_do(tmp_path, name, word):
    plain(tmp_path)
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    (rejected,) = read_folder(tmp_path, 32, fewest=3).rejected
    assert word in rejected.reason


def test_damage_is_told_without_counts_of_bytes(tmp_path):
    plain(tmp_path)
    whole = tmp_path / "x.jpg"
    Image.effect_noise((99, 99), 90).save(whole)
    whole.write_bytes(whole.read_bytes()[:1500])
    (rejected,) = read_folder(tmp_path, 32, fewest=3).rejected
    assert rejected.reason == "it is damaged or cut off (image file is truncated)."


def test_a_missing_folder_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"no folder {tmp_path / 'mine'}:")):
        read_folder("mine")


def test_many_files_show_a_bar_in_a_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(folders, "PROGRESS_FROM", 2)
    monkeypatch.setattr(folders.sys.stderr, "isatty", lambda: True, raising=False)
    plain(tmp_path)
    read_folder(tmp_path, 32, fewest=3)
    assert "reading" in capsys.readouterr().err


def test_a_link_beside_an_unusable_file_still_gets_the_sentence(tmp_path):
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="0 usable pictures"):
        read_folder(tmp_path)
