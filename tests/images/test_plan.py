"""Lesson 22's plan, scores, networks, recipe, command line and shipped checkpoint."""

import json

import pytest
import torch

from gan_utils.checkpoints import load_generator, read_card
from gan_utils.data import to_float
from gan_utils.engine import cli
from gan_utils.engine.distributed import Ranks
from gan_utils.engine.session import Training
from gan_utils.images.folder import read_folder
from gan_utils.images.held_out import recorded
from gan_utils.images.plan import FeatureSpace, near_pairs, plan, scores
from gan_utils.images.vases import SAMPLE, picture, vases, write_sample
from gan_utils.networks import ColourDiscriminator, ColourGenerator
from gan_utils.recipes.catalogue import RECIPES
from gan_utils.recipes.own_images import in_words, own_images, players
from gan_utils.sampling import draw_evenly


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize(("count", "side", "gpu", "size"), [
    (16, 600, False, 32), (199, 600, True, 32), (200, 64, False, 64),
    (200, 63, False, 32), (50_000, 600, False, 64), (2_000, 128, True, 128),
    (1_999, 128, True, 64), (2_000, 127, True, 64),
])  # fmt: skip
def test_the_plan_chooses_the_size(count, side, gpu, size):
    chosen = plan(count, torch.full((count,), side), gpu)
    assert chosen.size == size
    assert f"{size} x {size}" in chosen.reasons[0]
    assert chosen.batch_size <= count // 2
    assert all(reason.endswith(".") for reason in chosen.reasons)


def test_the_plan_augments_few_pictures_more():
    kinds = [len(plan(n, torch.full((n,), 99)).augmentations) for n in (50, 500, 9_000)]
    assert kinds == [3, 2, 0]
    assert plan(100, torch.full((100,), 99)).held_out == 0.2, "enough to judge by"
    assert plan(500, torch.full((500,), 99)).held_out == 0.15
    with pytest.raises(ValueError, match="at least 16"):
        plan(15, torch.ones(15))


@pytest.mark.parametrize("processes", [2, 3, 4, 5, 7, 8, 48])
@pytest.mark.parametrize("count", [16, 17, 35, 65, 96, 500, 20_000])
def test_every_process_gets_an_equal_part_of_a_batch(count, processes):
    sides = torch.full((count,), 99)
    if count // 2 < processes:
        with pytest.raises(ValueError, match=f"start at most {count // 2}, or add"):
            plan(count, sides, processes=processes)
        return
    chosen = plan(count, sides, processes=processes)
    assert chosen.batch_size % processes == 0
    assert 0 < chosen.batch_size <= count // 2
    assert chosen.batch_size > plan(count, sides).batch_size - processes
    assert f"steps of {chosen.batch_size} pictures" in chosen.reasons[-1]


def test_the_recipe_tells_the_plan_how_many_processes_there_are(tmp_path):
    class Done(Exception):
        pass

    class TwoOf(Training):
        def __call__(self, *networks, batch_size, data, **options):
            assert batch_size % 2 == 0
            assert batch_size <= len(data[0])
            raise Done

    for number in range(35):
        picture(number, 40).save(tmp_path / f"{number}.png")
    with pytest.raises(Done):
        own_images(TwoOf(together=Ranks(1, 2), say=lambda text: None), folder=tmp_path)


@pytest.mark.parametrize("size", [32, 64, 128])
def test_networks_have_the_size_asked_for(size):
    generator, discriminator = ColourGenerator(8, 4, size), ColourDiscriminator(4, size)
    pictures = generator(torch.randn(3, 8))
    assert pictures.shape == (3, 3, size, size)
    assert pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (3,)


def test_networks_refuse_other_sizes():
    for network in (ColourGenerator, ColourDiscriminator):
        with pytest.raises(ValueError, match="size must be one of"):
            network(size=48)


def test_features_are_uncorrelated_on_the_training_pictures():
    pictures = to_float(vases(120, 32))
    features = FeatureSpace(pictures)(pictures)
    assert features.shape == (120, 16)
    covariance = features.T.cov()
    assert (covariance - covariance.diag().diag()).abs().max() < 1e-6
    assert (covariance.diag().diff() <= 0).all(), "the strongest come first"
    assert 0.6 * 112 < covariance.trace() <= 112
    assert features.mean(0).abs().max() < 1e-6


def test_scores_know_copies_noise_and_the_truth():
    pictures = to_float(vases(260, 32))
    training, held_out, truth = pictures[:120], pictures[120:190], pictures[190:]
    of_truth = scores(truth, training, held_out)
    of_copies = scores(training, training, held_out)
    of_noise = scores(torch.rand(70, 3, 32, 32) * 2 - 1, training, held_out)
    assert of_copies["novelty ratio"] == 0
    assert 0.8 < of_truth["novelty ratio"] < 1.25
    assert of_noise["Fréchet distance"] > 3 * of_truth["Fréchet distance"]
    assert of_noise["precision"] == 0
    assert of_truth["precision"] > 0.6
    assert of_truth["recall"] > 0.6


def test_plain_grounds_do_not_decide_the_score():
    """Icons on white: a little noise in the corners is a small fault."""
    random = torch.Generator().manual_seed(0)
    drawn = torch.ones(240, 3, 32, 32)
    drawn[:, :, 8:24, 8:24] = to_float(vases(240, 16))
    noisy = drawn[160:] - 0.1 * torch.rand(80, 3, 32, 32, generator=random)
    others = drawn[160:].clone()
    others[:, :, 8:24, 8:24] = torch.rand(80, 3, 16, 16, generator=random) * 2 - 1
    found = [scores(x, drawn[:100], drawn[100:160]) for x in (noisy, others)]
    assert found[0]["Fréchet distance"] < found[1]["Fréchet distance"] / 5
    assert found[0]["precision"] > 0.3 > found[1]["precision"]


def test_both_distances_are_of_equally_many_pictures():
    pictures = to_float(vases(260, 32))
    training, held_out = pictures[:120], pictures[120:190]
    found = scores(training, training, held_out)
    assert found["Fréchet distance"] == found["of real pictures"]
    more = torch.cat([training, torch.zeros(80, 3, 32, 32)])
    assert scores(more, training, held_out)["Fréchet distance"] == pytest.approx(
        found["Fréchet distance"]
    )


def test_near_pairs_find_the_original():
    training = to_float(vases(30, 64))
    distances, rows = near_pairs(training[[7, 3]], training)
    assert rows.tolist() == [7, 3]
    assert distances.max() == 0


def test_vases_are_the_same_at_every_call_and_all_different():
    together = vases(6, 40, seed=2)
    assert torch.equal(vases(2, 40, seed=2, first=3), together[3:5])
    assert not torch.equal(vases(6, 40, seed=3), together)
    assert len(together.flatten(1).unique(dim=0)) == 6
    large = torch.nn.functional.avg_pool2d(vases(6, 80, seed=2).float(), 2)
    assert (large - together).abs().mean() < 2, "the same picture at another size"


# The command line


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Twenty-five pictures, too few for scores, and the broken files."""
    place = tmp_path_factory.mktemp("mine") / "my pictures"
    write_sample(place, count=25)
    return place


def call(*words):
    try:
        return cli.main(RECIPES, ["--device", "cpu", *map(str, words)])
    except SystemExit as stopped:
        return stopped.code


def test_one_command_trains_on_a_folder(few, tmp_path, capsys):
    run = tmp_path / "run"
    assert call("--images", few, "--steps", 2, "--folder", run) == 0
    said = capsys.readouterr().out
    assert "25 pictures can be used, 8 files not." in said
    assert "32 x 32 pixels: 25 pictures are too few" in said
    assert "too few to compute a score" in said
    card = json.loads((run / "own_images.json").read_text())
    assert card["command"] == (
        "python3 run.py train --images 'my pictures' --seed 0 --steps 2"
    )
    assert "that of the pictures" in card["licence"]
    assert str(tmp_path) not in json.dumps(card)
    generator = load_generator(run / "own_images.safetensors")
    assert generator(torch.zeros(1, 64)).shape == (1, 3, 32, 32)


def test_it_goes_on_and_refuses_other_pictures(few, tmp_path, capsys):
    run = tmp_path / "run"
    words = ("--steps", 4, "--folder", run, "--log-every", 2, "--save-every", 2)
    assert call("--images", few, *words) == 0
    (run / "step-000000004.safetensors").unlink()
    assert call("--images", few, *words) == 0
    assert "Going on after step 2 of 4" in capsys.readouterr().out
    picture(400).save(few / "new.png")
    try:
        assert call("--images", few, *words) == 1
    finally:
        (few / "new.png").unlink()
    error = capsys.readouterr().err
    assert "choose another folder for the run (in the shell with --folder)" in error
    assert error.count("\n") == 1


def test_a_folder_is_found_from_where_the_command_was_called(
    few, tmp_path, monkeypatch
):
    monkeypatch.chdir(few.parent)
    words = ("--steps", 1, "--folder", tmp_path / "run")
    assert call("--images", few.name, *words) == 0
    monkeypatch.chdir(few)
    assert call("--images", ".", *words) == 0
    card = json.loads((tmp_path / "run" / "own_images.json").read_text())
    assert "--images 'my pictures'" in card["command"]


def test_scores_are_told_beside_what_they_are_compared_with():
    names = ("Fréchet distance", "of real pictures", "precision", "recall")
    found = dict(zip((*names, "novelty ratio"), (11.86, 3.53, 0.83, 0.5, 1.15)))
    lines = in_words(found).splitlines()
    assert lines[0] == (
        "Fréchet distance to held-out pictures 11.9, and 3.5 of training pictures."
    )
    assert "83% of the generated" in lines[1]
    assert "50% of the held-out" in lines[1]
    assert lines[2].startswith("Novelty ratio 1.15:")


@pytest.mark.parametrize(("words", "part"), [
    ((), "name a recipe, or your pictures with --images FOLDER"),
    (("--images", "/no/such/folder"), "There is no folder"),
    (("quick", "--images", "x"), "goes with the recipe own_images alone"),
])  # fmt: skip
def test_bad_options_get_one_sentence(words, part, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(*words) == 2
    error = capsys.readouterr().err
    assert error.startswith("train: ")
    assert part in error
    assert error.count("\n") == 1


def test_help_speaks_of_images(capsys):
    assert call("--help") == 0
    said = capsys.readouterr().out
    assert "--images FOLDER" in said
    assert "own_images" in said


def test_players_augment_as_planned():
    chosen = plan(500, torch.full((500,), 99))
    _, discriminator = players(chosen, 4)
    assert [f.__name__ for f in discriminator.augmentations] == [
        "translation",
        "cutout",
    ]
    chosen = plan(6_000, torch.full((6_000,), 99))
    assert isinstance(players(chosen, 4)[1], ColourDiscriminator)


# What is shipped


def test_the_shipped_generator_scores_what_its_card_says():
    card = read_card("own_images")
    found = read_folder(SAMPLE, 64)
    *rows, notes = recorded(found, card)
    seen, unseen = (to_float(found.images[k]) for k in rows)
    assert (len(seen), len(unseen), notes) == (425, 75, [])
    made = draw_evenly(load_generator("own_images"), 500)
    measured = scores(made, seen, unseen)
    for name, value in measured.items():
        assert value == pytest.approx(card["scores"][name], abs=0.05, rel=0.05)
    assert measured["Fréchet distance"] < 150
    assert measured["novelty ratio"] > 0.7
