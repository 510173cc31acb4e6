"""The networks of lesson 15, their scores and their shipped weights."""

import pytest
import torch

from gan_utils.ads.creatives import scores
from gan_utils.ads.creatives.networks import (
    CODES,
    BannerDiscriminator,
    BannerGenerator,
    BannerReader,
    Packed,
    one_hot,
    packed,
)
from gan_utils.ads.creatives.scene import draw_attributes, render
from gan_utils.checkpoints import load_checkpoint, read_card
from gan_utils.data import to_float
from gan_utils.engine import cli
from gan_utils.recipes import creatives


@pytest.fixture
def wishes():
    return draw_attributes(6, torch.Generator().manual_seed(0))


def test_a_code_has_a_one_in_every_block(wishes):
    codes = one_hot(wishes)
    assert codes.shape == (6, CODES)
    assert CODES == 28
    assert (codes.sum(1) == 5).all()
    starts = torch.tensor([0, 8, 14, 21, 24])
    for code, wish in zip(codes, wishes):
        assert torch.equal(code.nonzero()[:, 0], starts + wish)


def test_generator_takes_wishes_or_their_codes(wishes):
    generator = BannerGenerator(8, 4).eval()
    z = torch.randn(6, 8)
    pictures = generator(z, wishes)
    assert pictures.shape == (6, 3, 64, 64)
    assert pictures.abs().max() <= 1
    torch.testing.assert_close(pictures, generator(z, one_hot(wishes)))
    norm = generator.norms[1]
    torch.nn.init.normal_(norm.scale.weight)
    assert not torch.allclose(pictures, generator(z, wishes))


def test_an_untold_discriminator_ignores_wishes_and_a_told_one_does_not(wishes):
    images, other = torch.randn(6, 3, 64, 64), wishes.flip(0)
    for told in (True, False):
        discriminator = BannerDiscriminator(4, told=told).eval()
        torch.nn.init.normal_(discriminator.embedding.weight)
        same = torch.equal(discriminator(images, wishes), discriminator(images, other))
        assert same is not told


def test_a_pack_holds_answers_to_one_wish(wishes):
    generator = BannerGenerator(8, 4).eval()
    both = Packed(generator, 2).eval()
    assert both.latent_dim == 16
    z = torch.randn(6, 16)
    pictures = both(z, wishes)
    assert pictures.shape == (6, 6, 64, 64)
    for which in (0, 1):
        alone = generator(z[:, 8 * which : 8 * which + 8], wishes)
        torch.testing.assert_close(pictures[:, 3 * which : 3 * which + 3], alone)
    in_a_row = pictures.unflatten(1, (2, 3)).flatten(0, 1)
    assert torch.equal(packed(in_a_row, 2), pictures)
    assert BannerDiscriminator(4, pack=2)(pictures, wishes).shape == (6,)


def test_real_packs_share_their_wish(monkeypatch):
    monkeypatch.setattr(creatives, "WISHES", 50)
    banners = creatives.training_banners()
    first, second = banners.attributes.unflatten(0, (-1, 2)).unbind(1)
    assert len(first) == 50
    assert torch.equal(first, second)
    assert len(first.unique(dim=0)) > 40
    images = packed(banners.images)
    assert (images[:, :3] != images[:, 3:]).flatten(1).any(1).all()


def test_recipes_run_in_a_few_steps(monkeypatch, capsys):
    monkeypatch.setattr(creatives, "WISHES", 80)
    monkeypatch.setattr(creatives, "PICTURES", 32)
    generator, facts = creatives.banner_generator(cli.Training(), 3, width=4)
    assert facts["held out combinations"]["palette"] < 0.9
    assert not generator.training
    for recipe in (
        creatives.unpacked_banners,
        creatives.unconditional_banners,
    ):
        rival, _ = recipe(cli.Training(), 3, width=4)
        assert rival.latent_dim == 64
    reader, facts = creatives.banner_reader(None, steps=40, batch_size=32)
    assert facts["test accuracy"]["palette"] > 0.5


@pytest.mark.parametrize("combinations", ["seen", "held out"])
def test_the_shipped_generator_scores_what_its_card_says(combinations):
    card = read_card("banner_generator")
    generator = load_checkpoint(
        BannerGenerator(width=card["width"]), "banner_generator"
    )
    said = card[f"{combinations} combinations"]
    found = creatives.score(generator, combinations)
    for name, value in said.items():
        tolerance = 0.05 * value if name == "FID" else 0.01
        assert abs(found[name] - value) < tolerance, name


def test_the_shipped_reader_scores_what_its_card_says():
    said = read_card("banner_reader")["test accuracy"]
    real = scores.unseen_banners()
    found = scores.right_attributes(to_float(real.images), real.attributes)
    for name, value in said.items():
        assert abs(found[name] - value) < 0.005, name


def test_reader_features_feed_its_answers(wishes):
    reader, images = BannerReader(4).eval(), torch.randn(6, 3, 64, 64)
    features = reader.features(images)
    assert features.shape == (6, 64)
    torch.testing.assert_close(reader.heads[1](features), reader(images)[1])
    assert reader.read(images).shape == (6, 5)


def test_a_copy_is_nearest_to_itself_also_when_moved():
    random = torch.Generator().manual_seed(1)
    banners = render(draw_attributes(40, random), "train")
    images, wishes = to_float(banners.images), banners.attributes
    distance, which = scores.nearest_products(images, wishes, images, wishes)
    assert torch.equal(which, torch.arange(40))
    assert distance.max() < 0.01
    moved, which = scores.nearest_products(
        images.roll((1, -1), (2, 3)), wishes, images, wishes
    )
    assert torch.equal(which, torch.arange(40))
    assert moved.max() < 0.02
    far, _ = scores.nearest_products(images[:20], wishes[:20], images[20:], wishes[20:])
    assert far.median() > 0.3


def test_variety_is_that_of_pairs_and_0_among_equals(wishes):
    same = wishes.repeat_interleave(3, 0)
    images = to_float(render(same, "train").images)
    crops = scores._product_crops(images, same).view(6, 3, -1)
    pairs = [(a - b).norm() for x in crops for a, b in ((x[0], x[1]), (x[0], x[2]))]
    pairs += [(x[1] - x[2]).norm() for x in crops]
    by_hand = torch.stack(pairs).mean().item()
    assert scores.variety(images, same, 3) == pytest.approx(by_hand, abs=1e-4)
    equal = images[::3].repeat_interleave(3, 0)
    assert scores.variety(equal, same, 3) < 0.01


def test_quality_of_real_banners_is_good_and_of_noise_is_not():
    real = to_float(scores.unseen_banners(300, seed=5).images)
    other = to_float(scores.unseen_banners(300, seed=6).images)
    good, bad = (
        scores.quality(other, real),
        scores.quality(torch.randn_like(real), real),
    )
    assert good["FID"] < bad["FID"] / 5
    assert good["precision"] > 0.7
    assert bad["precision"] < 0.2
