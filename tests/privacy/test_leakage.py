import pytest
import torch
from PIL import Image
from torch import nn

from gan_utils.checkpoints import save_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.images.folder import read_folder, split, written_split
from gan_utils.networks import DCGANGenerator
from gan_utils.privacy.leakage import (
    CANNOT_TELL,
    COPIES,
    NO_SIGN,
    main,
    pixels,
    write_report,
)


class Replays(nn.Module):
    """A generator that hands out pictures it keeps, with a little noise from z."""

    latent_dim = 8

    def __init__(self, pictures, noise=0.0):
        super().__init__()
        self.pictures, self.noise = pictures, noise

    def forward(self, z):
        rows = (z[:, 0].double() * 1e6).long().remainder(len(self.pictures))
        spoilt = self.pictures[rows] + self.noise * torch.randn_like(
            self.pictures[rows]
        )
        return spoilt.clamp(-1, 1)


@pytest.fixture(scope="module")
def parts():
    """Three disjoint sets of 300 Fashion-MNIST pictures."""
    return to_float(fashion_mnist("train")[0][:900]).split(300)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_a_replay_of_training_pictures_is_found_out(parts, tmp_path, noise):
    torch.manual_seed(0)
    generator = Replays(parts[0], noise)
    report = write_report(tmp_path / "a.html", generator, *parts[:2], count=300)
    assert report.verdict == COPIES
    assert report.figures["pixels"].copies.share > 0.99
    assert report.figures["pixels"].attack.value > 0.75
    assert set(report.figures) == {"pixels", "features"}


def test_a_replay_of_other_pictures_is_not(parts, tmp_path):
    for kept in parts[1:]:
        report = write_report(tmp_path / "a.html", Replays(kept), *parts[:2], count=300)
        assert report.verdict == NO_SIGN
    found = report.figures["pixels"]
    assert found.attack.low < 0.5 < found.attack.high
    assert abs(found.test.z) < 3
    assert found.authentic.low < found.control.high


def test_with_few_pictures_we_cannot_tell_but_an_exact_copy_we_can(parts, tmp_path):
    few = [part[:20] for part in parts]
    report = write_report(tmp_path / "a.html", Replays(few[2]), *few[:2], count=200)
    assert report.verdict == CANNOT_TELL
    report = write_report(tmp_path / "a.html", Replays(few[0]), *few[:2], count=200)
    assert report.verdict == COPIES


def test_the_page_stands_alone_and_shows_pairs(parts, tmp_path):
    report = write_report(tmp_path / "a.html", Replays(parts[0]), *parts[:2], count=300)
    page = report.path.read_text(encoding="utf-8")
    assert page.count('src="data:image/png') == 3 == page.count('alt="12 pictures')
    assert "http" not in page
    assert "Copies" in page
    assert "is private" in page  # only as what the page does not say
    assert str(tmp_path) not in page


def test_twins_in_the_held_out_pictures_are_left_out(parts, tmp_path):
    held_out = torch.cat([parts[1], parts[0][:7]])
    path = tmp_path / "a.html"
    report = write_report(path, Replays(parts[2]), parts[0], held_out, count=100)
    assert report.counts["twins"] == 7
    assert "left out" in path.read_text(encoding="utf-8")


def test_colour_and_large_pictures_are_compared_by_pixels(tmp_path):
    torch.manual_seed(0)
    pictures = torch.rand(120, 3, 64, 48) * 2 - 1
    report = write_report(
        tmp_path / "a.html", Replays(pictures[:60]), *pictures.split(60), count=100
    )
    assert report.verdict == COPIES
    assert list(report.figures) == ["pixels"]
    assert pixels(pictures).shape == (120, 3 * 32 * 24)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"training": torch.zeros(5, 28, 28)}, "training must be a float tensor"),
        ({"training": torch.zeros(5, 1, 28, 28).byte()}, "training must be a float"),
        ({"training": [1, 2]}, "got list"),
        ({"held_out": torch.full((9, 1, 28, 28), 255.0)}, "held_out must hold finite"),
        ({"held_out": torch.full((9, 1, 28, 28), torch.nan)}, "held_out must hold"),
        ({"held_out": torch.zeros(9, 3, 28, 28)}, "must have one shape"),
        ({"training": torch.rand(9, 1, 8, 8), "held_out": torch.rand(9, 1, 8, 8)},
         "are these its own"),
        ({"held_out": torch.zeros(0, 1, 28, 28)}, "at least 2 training pictures"),
        ({"held_out": "training"}, "that are not among"),
        ({"generator": nn.Linear(2, 2)}, "needs latent_dim"),
        ({"generator": Replays(torch.full((1, 1, 28, 28), torch.nan))}, "NaN"),
        ({"count": 1}, "at least 2 samples"),
    ],
)  # fmt: skip
def test_hostile_inputs_get_one_sentence(parts, tmp_path, change, words):
    given = {"generator": Replays(parts[2]), "training": parts[0]}
    given |= {"held_out": parts[1], "count": 10} | change
    if isinstance(given["held_out"], str):
        given["held_out"] = given["training"].clone()
    with pytest.raises(ValueError, match=words) as problem:
        write_report(tmp_path / "a.html", **given)
    assert "\n" not in str(problem.value)
    assert not (tmp_path / "a.html").exists()


def test_the_command_reads_a_folder_and_explains_itself(parts, tmp_path, capsys):
    generator = DCGANGenerator(8, 4)
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 4, "seed": 3}
    save_checkpoint(generator, "mine", card, tmp_path)
    (tmp_path / "pictures").mkdir()
    for number, picture in enumerate(torch.rand(40, 40, 40, 3).mul(255).byte()):
        Image.fromarray(picture.numpy()).save(tmp_path / f"pictures/{number}.png")
    weights, output = str(tmp_path / "mine.safetensors"), tmp_path / "page.html"
    given = [weights, str(tmp_path / "pictures"), "--output", str(output)]
    assert main([*given, "--count", "50"]) == 1  # a new split would mix the sides
    assert "does not say which pictures were held out" in capsys.readouterr().err
    found = read_folder(tmp_path / "pictures", 28)
    card |= written_split(found, *split(found, seed=3))
    save_checkpoint(generator, "mine", card, tmp_path)
    assert main([*given, "--count", "50"]) == 0
    assert "Cannot tell" in capsys.readouterr().out
    assert output.is_file()
    for wrong in (["nothing.safetensors", given[1]], [weights, str(tmp_path / "no")]):
        assert main(wrong) == 1
        problem = capsys.readouterr().err
        assert problem.startswith("leakage: ")
        assert problem.count("\n") == 1
