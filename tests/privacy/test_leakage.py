import pytest
import torch
from PIL import Image
from torch import nn

from gan_utils.checkpoints import save_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.images.folder import read_folder, split
from gan_utils.images.held_out import record
from gan_utils.networks import DCGANGenerator
from gan_utils.privacy.leakage import (
    CANNOT_TELL,
    COPIES,
    IN_DOUBT,
    NO_SIGN,
    in_words,
    main,
    pixels,
    write_report,
)
from gan_utils.privacy.repeats import repeats


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


@pytest.fixture(scope="module")
def many():
    """1,890 training, 210 held-out and 1,000 other Fashion-MNIST pictures."""
    return to_float(fashion_mnist("train")[0][:3_100]).split([1_890, 210, 1_000])


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("by_heart", [16, 64])
def test_a_few_pictures_known_by_heart_are_found_among_many(
    many, tmp_path, by_heart, noise
):
    training, held_out, _ = many
    chosen = torch.randperm(1_890, generator=torch.Generator().manual_seed(by_heart))
    generator = Replays(training[chosen[:by_heart]], noise)
    report = write_report(tmp_path / "a.html", generator, training, held_out)
    assert report.verdict == COPIES
    assert 0.6 * by_heart < report.figures["pixels"].repeats.count <= by_heart


def test_copies_of_a_few_among_many_new_samples_are_found(many, tmp_path):
    training, held_out, others = many
    generator = Replays(torch.cat([training[5:25], others[:600]]))
    report = write_report(tmp_path / "a.html", generator, training, held_out)
    assert report.verdict == COPIES
    assert report.figures["pixels"].copies.p > 0.001, "the old figures alone miss it"


def test_new_pictures_alone_are_not_accused_and_what_may_hide_is_said(many, tmp_path):
    report = write_report(tmp_path / "a.html", Replays(many[2]), *many[:2])
    found = report.figures["pixels"].repeats
    assert report.verdict == NO_SIGN
    assert found.count <= 2
    assert found.compared == 1_890
    words = f"fewer than {max(f.repeats.fewest for f in report.figures.values())} of"
    assert words in in_words(report)
    assert words in report.path.read_text(encoding="utf-8")


def test_few_different_samples_are_no_copies_for_that(many):
    training, held_out, others = (part.flatten(1) for part in many)
    found = repeats(others[:5].repeat(200, 1), training, held_out)
    assert found.p > 0.01


def test_in_a_plane_where_everything_is_near_nobody_is_accused():
    random = torch.Generator().manual_seed(0)
    points = torch.rand(3_100, 2, generator=random)
    training, held_out, samples = points.split([1_890, 210, 1_000])
    found = repeats(samples, training, held_out)
    assert found.count > 5
    assert found.p > 0.001
    assert repeats(training[:300], training, held_out).p <= 0.001


def test_in_doubt_there_is_never_no_sign(parts, tmp_path):
    path = tmp_path / "a.html"
    doubt = "Some of them may have been <trained> on."
    report = write_report(path, Replays(parts[2]), *parts[:2], count=300, doubt=doubt)
    assert report.verdict == IN_DOUBT
    assert "&lt;trained&gt;" in path.read_text(encoding="utf-8")
    report = write_report(path, Replays(parts[0]), *parts[:2], count=300, doubt=doubt)
    assert report.verdict == COPIES


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
    assert "does not list which pictures were held out" in capsys.readouterr().err
    found = read_folder(tmp_path / "pictures", 28)
    card |= record(found, *split(found, seed=3))
    save_checkpoint(generator, "mine", card, tmp_path)
    assert main([*given, "--count", "50"]) == 0
    assert "Cannot tell" in capsys.readouterr().out
    assert output.is_file()
    for wrong in (["nothing.safetensors", given[1]], [weights, str(tmp_path / "no")]):
        assert main(wrong) == 1
        problem = capsys.readouterr().err
        assert problem.startswith("leakage: ")
        assert problem.count("\n") == 1


def save(folder, pictures, first=0, **options):
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(pictures, first):
        path = folder / f"{number}.{options.get('format', 'png')}"
        image = Image.fromarray(picture.numpy()).resize((56, 56))
        image.save(path, **options)


@pytest.fixture
def weights(tmp_path):
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 4, "seed": 3}
    save_checkpoint(DCGANGenerator(8, 4), "mine", card, tmp_path)
    return tmp_path / "mine.safetensors"


def test_copies_of_training_pictures_in_the_other_folder_are_left_out(
    weights, tmp_path, capsys
):
    pictures = fashion_mnist("train")[0][:80, 0]
    save(tmp_path / "pictures", pictures[:50])
    save(tmp_path / "others", pictures[50:])
    save(tmp_path / "others", pictures[:5], 200, format="jpeg", quality=80)
    save(tmp_path / "others", pictures[5:9], 300)
    given = [weights, tmp_path / "pictures", "--held-out", tmp_path / "others"]
    given += ["--output", tmp_path / "page.html", "--count", "20"]
    assert main([*map(str, given)]) == 0
    assert (
        "9 pictures of the held-out folder were trained on" in capsys.readouterr().out
    )
