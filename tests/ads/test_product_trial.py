"""The trial's networks, losses, placement and scores, against closed forms."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from gan_utils.ads.product_trial import placement
from gan_utils.ads.product_trial import scores as trial_scores
from gan_utils.ads.product_trial.model import (
    LIPS,
    TrialDiscriminator,
    TrialGenerator,
    blend,
    put_back,
    train_trial,
    trial_d_loss,
    trial_g_loss,
    window,
    wishes,
)
from gan_utils.ads.product_trial.portraits import portraits
from gan_utils.checkpoints import load_checkpoint, read_card
from gan_utils.recipes import product_trial


@pytest.fixture(scope="module")
def test_set():
    return portraits(product_trial.TEST, product_trial.SEEDS["test"])


def batch(count=4):
    torch.manual_seed(0)
    wish = wishes(torch.rand(count, 3))
    return torch.rand(count, 3, 32, 32) * 2 - 1, wish, torch.zeros_like(wish)


def test_strength_scales_the_change():
    images, wish, _ = batch()
    generator = TrialGenerator()
    full, half = generator(images, wish), generator(images, wish, 0.5)
    torch.testing.assert_close(half - images, (full - images) / 2)
    assert torch.equal(generator(images, wish, 0.0), images)


def test_a_blend_by_hand():
    x, m, c = torch.tensor(0.4), torch.tensor(0.5), torch.tensor(-0.8)
    assert blend(x, m, c, 0.5).item() == pytest.approx(0.1)


def test_the_window_goes_back_where_it_came_from():
    images = torch.rand(2, 3, 64, 64)
    assert torch.equal(put_back(images, window(images, LIPS), LIPS), images)
    changed = put_back(images, window(images, LIPS) + 1, LIPS) - images
    assert changed.sum() == pytest.approx(2 * 3 * 32 * 32, rel=1e-4)


def test_a_blind_discriminator_pays_two_and_a_half_log_2():
    images, wish, _ = batch()
    discriminator = TrialDiscriminator()
    for parameter in discriminator.parameters():
        torch.nn.init.zeros_(parameter)
    loss = trial_d_loss(discriminator, images, wish, images, wish, wish.roll(1, 0))
    assert loss.item() == pytest.approx(2.5 * math.log(2), rel=1e-5)


class OfWish(torch.nn.Module):
    """A discriminator whose logit is the wish's first number, whatever the picture."""

    def forward(self, images, wish):
        return wish[:, 0]


def paid_for(own, wrong):
    """The third term of the discriminator's loss: real pictures with a wrong wish."""
    images, asked = torch.zeros(len(own), 3, 32, 32), torch.zeros(1, own.shape[1])
    loss = trial_d_loss(OfWish(), images, own, images[:1], asked, wrong)
    return loss - softplus(-own[:, 0]).mean() - math.log(2)


@pytest.mark.parametrize("facts", [0, 5])
def test_a_wish_that_the_picture_does_show_is_not_called_wrong(facts):
    torch.manual_seed(0)
    own = wishes(torch.rand(6, 3), torch.rand(6, facts) if facts else None)
    own[1] = own[0]  # two faces with one shade
    wrong = own.roll(1, 0)  # so that the second is offered its own
    expected = softplus(wrong[[0, 2, 3, 4, 5], 0]).mean() / 2
    torch.testing.assert_close(paid_for(own, wrong), expected)
    torch.testing.assert_close(paid_for(own, wrong[:2]), softplus(wrong[0, 0]) / 2)
    assert paid_for(own, own) == pytest.approx(0, abs=1e-6)
    if facts:  # the same colour, another brand: that is wrong
        other = own.clone()
        other[:, -1] = 1 - other[:, -1]
        torch.testing.assert_close(paid_for(own, other), softplus(own[:, 0]).mean() / 2)


def test_one_shade_in_all_pictures_leaves_a_finite_loss():
    images, wish, _ = batch(8)
    reports = []
    train_trial(TrialGenerator(4), TrialDiscriminator(width=4), images, images,
                wish[:1].expand(8, -1), 2, batch=4,
                watch=lambda *report: reports.append(report))  # fmt: skip
    assert all(math.isfinite(loss) for report in reports for loss in report)


def test_a_lazy_generator_pays_only_the_adversary():
    images, wish, own = batch()
    generator, discriminator = TrialGenerator(), TrialDiscriminator()
    torch.nn.init.zeros_(generator.last.weight)
    torch.nn.init.constant_(generator.last.bias[3:], -200.0)
    loss, fake = trial_g_loss(generator, discriminator, images, own, wish, (10, 5, 1))
    bare, _ = trial_g_loss(generator, discriminator, images, own, wish, (0, 0, 0))
    assert loss.item() == pytest.approx(bare.item(), abs=1e-5)
    torch.testing.assert_close(fake, images)


def test_training_runs_and_returns_the_average():
    images, wish, _ = batch(8)
    seen = []
    ema = train_trial(TrialGenerator(4), TrialDiscriminator(width=4), images, images,
                      wish, 3, batch=4, watch=lambda *report: seen.append(report))  # fmt: skip
    assert len(seen) == 3
    assert not ema.training
    assert all(math.isfinite(loss) for report in seen for loss in report)


def test_placing_moves_scales_and_turns():
    picture = placement.catalogue()[:1]
    x, y = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="xy")

    def middle(where):
        alpha = placement.place(picture, torch.tensor([where]))[0, 3]
        total = alpha.sum()
        return (
            (alpha * (x + 0.5)).sum() / total,
            (alpha * (y + 0.5)).sum() / total,
            total,
        )

    a = middle([32.0, 30.0, 1.8, 0.0])
    b = middle([35.0, 33.0, 1.8, 0.0])
    assert b[0] - a[0] == pytest.approx(3, abs=0.05)
    assert b[1] - a[1] == pytest.approx(3, abs=0.05)
    larger = middle([32.0, 30.0, 1.8 + math.log(1.2), 0.0])
    assert larger[2] / a[2] == pytest.approx(1.44, rel=0.02)
    turned = placement.place(picture, torch.tensor([[32.0, 30.0, 1.8, 0.3]]))[0, 3]
    slope = ((turned * (x - 31.5) * (y - 29.5)).sum()
             / (turned * (x - 31.5) ** 2).sum())  # fmt: skip
    assert 0.15 < slope < 0.4  # clockwise: the right side hangs lower


def test_the_scene_and_the_placement_agree(test_set):
    pictures = placement.catalogue()[
        placement.catalogue_index(test_set.brand, test_set.frame, test_set.lens)
    ]
    worn = placement.wear(test_set.bare, pictures, test_set.placement)
    error = trial_scores.error_inside(
        worn, test_set.with_eyewear, test_set.eyewear_mask
    )
    assert error < 0.05
    off = test_set.placement + torch.tensor([1.0, 0, 0, 0])
    worse = placement.wear(test_set.bare, pictures, off)
    assert 2 * error < trial_scores.error_inside(
        worse, test_set.with_eyewear, test_set.eyewear_mask
    )


def test_taking_off_brings_back_what_lies_behind_a_lens():
    bare = torch.full((1, 3, 64, 64), 0.3)
    picture, where = placement.catalogue()[1:2], torch.tensor([[32.0, 31.0, 2.0, 0.1]])
    worn = placement.wear(bare, picture, where)
    assert (worn - bare).abs().max() > 0.3
    off = placement.take_off(worn, picture, where)
    assert (off - bare).abs().mean() < 0.003


def test_catalogue_entries():
    pictures = placement.catalogue()
    assert pictures.shape == (48, 4, 44, 112)
    assert placement.catalogue_index(3, 5, 1) == 47


def test_lab_of_known_colours():
    white, black, red = torch.ones(3), -torch.ones(3), torch.tensor([1.0, -1, -1])
    torch.testing.assert_close(trial_scores.lab(white)[0], torch.tensor(100.0))
    assert trial_scores.lab(black).norm() < 0.01
    expected = torch.tensor([53.24, 80.09, 67.20])
    torch.testing.assert_close(trial_scores.lab(red), expected, atol=0.05, rtol=0)


def test_error_inside_and_outside_and_overlap():
    images, truth, mask = (
        torch.zeros(1, 3, 2, 2),
        torch.zeros(1, 3, 2, 2),
        torch.zeros(1, 1, 2, 2),
    )
    images[..., 0, 0], mask[..., 0, 0] = 0.6, 1
    assert trial_scores.error_inside(images, truth, mask) == pytest.approx(0.6)
    assert trial_scores.error_outside(images, truth, mask) == 0
    other = mask.clone()
    other[..., 0, 1] = 1
    assert trial_scores.overlap(mask, other) == 0.5


def same(scores, name):
    card = read_card(name)
    for key, value in scores.items():
        assert value == pytest.approx(card[key], rel=0.03, abs=0.003), key


def test_the_shipped_lipstick_scores_what_its_card_says(test_set):
    generator = load_checkpoint(TrialGenerator(), "lipstick_trial")
    scores = product_trial.lipstick_scores(generator, test_set)
    same(scores, "lipstick_trial")
    assert scores["error in the lips"] < 0.13


def test_the_shipped_fitting_scores_what_its_card_says(test_set):
    fitting = load_checkpoint(placement.EyewearFitting(), "eyewear_trial")
    scores = product_trial.eyewear_scores(fitting, test_set)
    same(scores, "eyewear_trial")
    assert scores["pixels off, placed"] < 1


def test_the_shipped_drawer_and_judge_score_what_their_cards_say(test_set):
    facts = product_trial.FACTS
    drawer = load_checkpoint(TrialGenerator(facts=facts), "eyewear_drawn")
    same(product_trial.drawn_scores(drawer, test_set), "eyewear_drawn")
    judge = load_checkpoint(trial_scores.ProductEvaluator(), "product_evaluator")
    same(product_trial.evaluator_scores(judge, test_set), "product_evaluator")


@pytest.mark.parametrize(
    "recipe", ["lipstick_trial", "eyewear_trial", "eyewear_drawn", "product_evaluator"]
)
def test_every_recipe_runs_in_a_few_steps(recipe, capsys):
    torch.manual_seed(0)
    _, facts = getattr(product_trial, recipe)(None, steps=2, people=60)
    assert facts["steps"] == 2
    assert facts["parameters"] > 10_000


def test_nearest_asks_for_the_label_first_and_the_likeness_second():
    faces = torch.tensor([[0.0], [1.0], [2.0]])[..., None, None]
    asked = torch.tensor([[0.1], [0.1], [1.8]])[..., None, None]
    shelf, labels = torch.tensor([10, 11, 12]), torch.tensor([0, 1, 1])
    wanted = torch.tensor([0, 1, 1])
    found = trial_scores.nearest_on_shelf(asked, faces, shelf, labels, wanted)
    assert found.tolist() == [10, 11, 12]
