"""Reading folders: what comes out, near copies, and the split. Hostile files: robustness/."""

import re
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.images import folder as folders
from gan_utils.images.folder import (
    Folder,
    group_near,
    read_folder,
    read_split,
    split,
    written_split,
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


# The split that a card keeps


@pytest.mark.parametrize("seed", [0, 3])
def test_a_judge_reads_the_split_of_the_training_whatever_the_seed(tmp_path, seed):
    plain(tmp_path, 40)
    found = read_folder(tmp_path, 32)
    card = written_split(found, *split(found, 0.15, seed))
    later = read_folder(tmp_path, 64)
    seen, unseen, notes = read_split(later, card)
    assert set(later.names[k] for k in unseen) == set(card["held out"])
    assert len(seen) + len(unseen) == 40
    assert notes == []


def test_files_that_moved_went_or_came_since_are_known_by_their_content(tmp_path):
    plain(tmp_path, 40)
    found = read_folder(tmp_path, 32)
    card = written_split(found, *split(found, 0.2, seed=1))
    gone, changed, moved, *_ = card["held out"]
    (tmp_path / gone).unlink()
    Image.new("RGB", (40, 40), "red").save(tmp_path / changed)
    (tmp_path / moved).rename(tmp_path / "z.png")
    Image.new("RGB", (40, 40), "blue").save(tmp_path / "new.png")
    later = read_folder(tmp_path, 32)
    seen, unseen, notes = read_split(later, card)
    names = {later.names[k] for k in unseen}
    assert "z.png" in names
    assert names.isdisjoint({changed, "new.png"})
    assert {later.names[k] for k in seen}.isdisjoint({changed, "new.png"})
    for note, word in zip(notes, (gone, changed, "new.png"), strict=True):
        assert word in note


@pytest.mark.parametrize("card", [{}, {"held out": 75}, {"held out": ["a"]}])
def test_a_card_that_does_not_say_is_refused(sample, card):
    with pytest.raises(ValueError, match="does not say which pictures were held out"):
        read_split(sample, card)


def test_another_folder_is_refused(sample):
    card = {"held out": {"a.png": "0" * 12}, "trained on": "1" * 12}
    with pytest.raises(ValueError, match="None of the 1 pictures"):
        read_split(sample, card)
