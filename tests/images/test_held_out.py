"""What a training held out is written down once, and read by every judge."""

import json

import pytest
import torch
from PIL import Image

from gan_utils.checkpoints import read_card
from gan_utils.data import to_float
from gan_utils.engine import cli
from gan_utils.images.folder import read_folder, split
from gan_utils.images.held_out import is_recorded, mixed, record, recorded
from gan_utils.images.plan import plan
from gan_utils.images.vases import SAMPLE, vases
from gan_utils.privacy import leakage
from gan_utils.recipes.catalogue import RECIPES


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def write(folder, count, first=0):
    folder.mkdir(exist_ok=True)
    for number, pixels in enumerate(vases(count, 40, first=first), first):
        image = Image.fromarray(pixels.permute(1, 2, 0).numpy())
        image.save(folder / f"{number:03d}.png")


def as_card(facts):
    return json.loads(json.dumps(facts))


@pytest.fixture
def trained(tmp_path):
    """A folder of 40 pictures, its two sides by seed 3, and the card."""
    write(tmp_path / "pictures", 40)
    found = read_folder(tmp_path / "pictures", 32)
    seen, unseen = split(found, 0.25, seed=3)
    return tmp_path / "pictures", seen, unseen, as_card(record(found, seen, unseen))


def test_the_card_gives_back_both_sides(trained):
    folder, seen, unseen, card = trained
    sides = recorded(read_folder(folder, 32), card)
    assert torch.equal(sides.seen, seen)
    assert torch.equal(sides.unseen, unseen)
    assert sides.remarks == []
    assert card["held out"] == len(unseen) == 10
    at_another_size = recorded(read_folder(folder, 64), card)
    assert torch.equal(at_another_size.unseen, unseen)


def test_files_gone_changed_renamed_and_new_are_said_and_on_no_wrong_side(trained):
    folder, seen, unseen, card = trained
    names = read_folder(folder, 32).names
    held = [names[row] for row in unseen]
    used = [names[row] for row in seen]
    (folder / held[0]).unlink()
    (folder / held[1]).write_bytes((folder / held[1]).read_bytes() + b"\n")
    (folder / held[2]).rename(folder / "a new name.png")
    (folder / held[3]).write_bytes((folder / used[0]).read_bytes())  # now a trained one
    (folder / used[0]).unlink()
    (folder / used[1]).unlink()
    write(folder, 5, first=300)
    found = read_folder(folder, 32)
    sides = recorded(found, card)
    assert {found.names[row] for row in sides.unseen} == {*held[4:], "a new name.png"}
    assert {found.names[row] for row in sides.seen} == {*used[2:], held[3]}
    text = " ".join(sides.remarks)
    assert "2 of 10 pictures held out are changed" in text
    assert f"1 of 10 pictures held out is gone ({held[0]})" in text
    assert f"renamed, and used all the same ({held[2]})" in text
    assert "1 of 30 pictures trained on are gone or changed" in text
    assert "6 pictures are new or changed" in text


def test_swapped_names_do_not_swap_the_sides(trained):
    folder, seen, unseen, card = trained
    names = read_folder(folder, 32).names
    one, two = folder / names[unseen[0]], folder / names[seen[0]]
    one.rename(folder / "x"), two.rename(one), (folder / "x").rename(two)
    found = read_folder(folder, 32)
    sides = recorded(found, card)
    assert two.name in {found.names[row] for row in sides.unseen}
    assert one.name in {found.names[row] for row in sides.seen}


@pytest.mark.parametrize("card", [
    {}, {"held out": 75}, {"pictures held out": ["a.png"], "pictures trained on": ""},
    {"pictures held out": {"a.png": 3}, "pictures trained on": "ab"},
    {"pictures held out": {"a.png": "ab"}, "pictures trained on": None},
])  # fmt: skip
def test_a_card_without_a_list_is_said(trained, card):
    assert not is_recorded(card)
    with pytest.raises(ValueError, match="does not list"):
        recorded(read_folder(trained[0], 32), card)


def test_another_folder_is_said(trained, tmp_path):
    write(tmp_path / "others", 20, first=500)
    with pytest.raises(ValueError, match="None of the 10 pictures"):
        recorded(read_folder(tmp_path / "others", 32), trained[3])


def test_the_shipped_card_lists_the_split_of_its_training():
    found, card = read_folder(SAMPLE, 64), read_card("own_images")
    chosen = plan(len(found.names), found.sides)
    seen, unseen = split(found, chosen.held_out, card["seed"])
    sides = recorded(found, card)
    assert torch.equal(sides.seen, seen)
    assert torch.equal(sides.unseen, unseen)
    assert sides.remarks == []


def call(*words):
    return cli.main(RECIPES, ["--device", "cpu", *map(str, words)])


def test_what_the_leakage_command_judges_by_was_not_trained_on(tmp_path, monkeypatch):
    """The whole way, with another seed: train, then judge the weights by the folder."""
    write(tmp_path / "pictures", 120)
    run = tmp_path / "run"
    words = ("--images", tmp_path / "pictures", "--steps", 1, "--folder", run)
    assert call(*words, "--seed", 3) == 0
    card = json.loads((run / "own_images.json").read_text())
    found = read_folder(tmp_path / "pictures", card["size"])
    seen, unseen = split(found, plan(120, found.sides).held_out, seed=3)
    assert set(card["pictures held out"]) == {found.names[row] for row in unseen}
    given = []

    def noting(path, generator, training, held_out, **more):
        given.extend((training, held_out, more["doubt"]))
        return write_report(path, generator, training, held_out, **more)

    write_report = leakage.write_report
    monkeypatch.setattr(leakage, "write_report", noting)
    weights = [str(run / "own_images.safetensors"), str(tmp_path / "pictures")]
    more = ["--output", str(tmp_path / "page.html"), "--count", "50"]
    assert leakage.main([*weights, *more]) == 0
    assert torch.equal(given[0], to_float(found.images[seen]))
    assert torch.equal(given[1], to_float(found.images[unseen]))
    assert given[2] == ""


def test_the_seed_of_the_run_decides_what_is_held_out(tmp_path):
    write(tmp_path / "pictures", 40)
    lists = []
    for seed in (0, 1):
        run = tmp_path / f"run {seed}"
        words = ("--images", tmp_path / "pictures", "--steps", 1, "--folder", run)
        assert call(*words, "--seed", seed) == 0
        card = json.loads((run / "own_images.json").read_text())
        lists.append(card["pictures held out"])
    assert lists[0] != lists[1]


def alike(folder):
    """Forty frames of one slow film."""
    folder.mkdir()
    base = vases(1, 64)[0].permute(1, 2, 0).numpy()
    for number in range(40):
        frame = base.copy()
        frame[4:12, number : number + 8] = 255
        Image.fromarray(frame).save(folder / f"{number:02d}.png")


def test_frames_of_a_film_are_refused_with_a_way_on(tmp_path, capsys):
    alike(tmp_path / "film")
    words = ("--images", tmp_path / "film", "--steps", 1, "--folder", tmp_path / "run")
    assert call(*words) == 2
    error = capsys.readouterr().err
    assert "--allow-similar" in error
    assert error.count("\n") == 1
    assert call(*words, "--allow-similar") == 0
    said = capsys.readouterr().out
    assert "have near copies among the training pictures" in said
    card = json.loads((tmp_path / "run" / "own_images.json").read_text())
    assert card["held out"] == 10
    assert "--images film --allow-similar --seed 0" in card["command"]
    found = read_folder(tmp_path / "film", card["size"])
    sides = recorded(found, card)
    assert mixed(found, sides.seen, sides.unseen)


def test_a_run_inside_the_folder_goes_on(tmp_path, capsys):
    write(tmp_path / "pictures", 20)
    words = ("--images", tmp_path / "pictures", "--steps", 2, "--log-every", 1,
             "--save-every", 1, "--folder", tmp_path / "pictures" / "run")  # fmt: skip
    assert call(*words) == 0
    (tmp_path / "pictures" / "run" / "step-000000002.safetensors").unlink()
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert "Going on after step 1 of 2" in said
    assert said.count("20 pictures can be used") == 2
