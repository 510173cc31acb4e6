"""What differentiable augmentation does to pictures and to gradients."""

import functools

import pytest
import torch
from torch import nn

from benchmarks import overfitting
from gan_utils import augment
from gan_utils.augment import Augmented, colour, cutout, translation
from gan_utils.data import fashion_mnist, to_float

EVERY = (translation, cutout, colour)


def pictures(count=64, channels=3, side=16):
    """Pictures without a zero anywhere, so that zeros show what came in."""
    return 0.1 + 0.9 * torch.rand(count, channels, side, side)


@pytest.mark.parametrize("change", EVERY)
def test_at_strength_0_nothing_changes(change):
    images = pictures()
    assert torch.equal(change(images, 0.0), images)


@pytest.mark.parametrize("change", EVERY)
def test_at_strength_1_pictures_change_each_in_its_own_way(change):
    torch.manual_seed(0)
    images = pictures(1).expand(64, -1, -1, -1)
    changed = change(images)
    assert changed.shape == images.shape
    kinds = {tuple(picture.flatten().tolist()) for picture in changed}
    assert len(kinds) > 20


@pytest.mark.parametrize("change", EVERY)
def test_the_same_seed_gives_the_same_change(change):
    images = pictures()
    first, second = (torch.manual_seed(s) and change(images) for s in (7, 7))
    assert torch.equal(first, second)
    assert not torch.equal(first, change(images))


@pytest.mark.parametrize("change", EVERY)
def test_gradients_reach_what_made_the_pictures(change):
    torch.manual_seed(0)
    images = pictures(256).requires_grad_()
    change(images).square().sum().backward()
    reached = (images.grad != 0).float().mean((1, 2, 3))
    assert (reached > 0.5).all()


def test_a_translation_is_a_shift_that_leaves_zeros_behind():
    torch.manual_seed(0)
    images = pictures(400)
    moved = translation(images)
    seen = set()
    for image, result in zip(images, moved):
        fits = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(result, shifted(image, down, right))
        ]
        assert len(fits) == 1  # a sixteenth and an eighth of 16 pixels: 2 at most
        seen.update(fits)
    assert len(seen) == 25


def shifted(image, down, right):
    """The slow definition: what lay at (y + down, x + right) now lies at (y, x)."""
    result = torch.zeros_like(image)
    for y in range(16):
        for x in range(16):
            if 0 <= y + down < 16 and 0 <= x + right < 16:
                result[:, y, x] = image[:, y + down, x + right]
    return result


def test_half_the_strength_shifts_half_as_far():
    torch.manual_seed(0)
    lost = (translation(pictures(400), 0.5) == 0).float().mean((1, 2, 3))
    assert lost.max() == pytest.approx(1 - (15 / 16) ** 2, abs=1e-6)


def test_a_cutout_is_a_square_of_zeros_that_can_leave_the_picture():
    torch.manual_seed(0)
    holes = cutout(pictures(1000)) == 0
    assert (holes[:, :1] == holes).all()  # the same in every channel
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), rows * columns)
    assert rows.max() == columns.max() == 8
    assert 4 <= rows.min() <= 5
    assert 4 <= columns.min() <= 5


def test_a_cutout_leaves_every_pair_of_pixels_together_about_half_the_time():
    """What is never seen whole could not be learned whole: it would leak."""
    torch.manual_seed(0)
    seen = (cutout(torch.ones(4000, 1, 16, 16)) != 0).flatten(1).float()
    together = seen.T @ seen / len(seen)
    assert 0.45 < together.min() < 0.6


def test_a_translation_leaves_some_pictures_where_they_are():
    """A shift that never stays away could not be told from the data: it would leak."""
    torch.manual_seed(0)
    images = pictures(8000)
    stayed = (translation(images) == images).flatten(1).all(1).float().mean()
    assert stayed == pytest.approx(1 / 25, rel=0.3)


def test_colour_moves_brightness_and_scales_the_rest():
    torch.manual_seed(0)
    images = pictures(2000)
    changed = colour(images)
    moved = changed.mean((1, 2, 3)) - images.mean((1, 2, 3))
    assert moved.abs().max() <= 0.5 + 1e-5
    assert moved.std() == pytest.approx(1 / 12**0.5, rel=0.06)  # even from -1/2 to 1/2
    grey, before = changed.mean(1), images.mean(1)
    contrast = grey.std((1, 2)) / before.std((1, 2))
    assert 0.5 <= contrast.min() < 0.52
    assert 1.48 < contrast.max() <= 1.5 + 1e-4


def test_saturation_leaves_grey_pictures_grey():
    grey = pictures(channels=1).expand(-1, 3, -1, -1)
    changed = colour(grey)
    torch.testing.assert_close(changed[:, :1].expand_as(changed), changed)


def test_an_augmented_discriminator_passes_labels_on():
    class Told(nn.Module):
        def forward(self, images, labels):
            return images.sum((1, 2, 3)) + labels

    halve = functools.partial(torch.mul, other=0.5)
    images, labels = pictures(), torch.arange(64)
    logits = Augmented(Told(), halve, halve)(images, labels)
    torch.testing.assert_close(logits, images.sum((1, 2, 3)) / 4 + labels)


def test_an_augmented_discriminator_keeps_its_parameters():
    inner = nn.Linear(3, 1)
    assert list(Augmented(inner, translation).parameters()) == list(inner.parameters())


@pytest.mark.parametrize("change", EVERY)
@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_its_range_gets_a_sentence(change, strength):
    with pytest.raises(ValueError, match=r"strength must be in \[0, 1\]"):
        change(pictures(), strength)


@pytest.mark.parametrize("change", EVERY)
def test_flat_pictures_get_a_sentence(change):
    with pytest.raises(ValueError, match=r"images must be \(N, C, H, W\)"):
        change(torch.zeros(4, 784))


@pytest.fixture(scope="module")
def real():
    return to_float(fashion_mnist("test")[0][:1000])


def test_each_trace_is_found_where_it_is_and_nowhere_else(real):
    torch.manual_seed(0)
    assert overfitting.grey_squares(real) < 0.1
    assert overfitting.grey_squares(cutout(real)) > 0.9
    assert overfitting.grey_squares(translation(real)) < 0.1
    assert overfitting.grey_edges(real) == 0
    assert overfitting.grey_edges(translation(real)) > 0.9
    assert overfitting.grey_edges(cutout(real)) < 0.01
    assert overfitting.turned_shoes(real) < 0.02
    assert overfitting.turned_shoes(real.flip(3)) > 0.98


def test_a_square_must_be_grey_and_large_enough():
    pictures = -torch.ones(4, 1, 28, 28)
    pictures[0, :, 5:13, 7:15] = 0.0  # the only one that counts
    pictures[1, :, 5:13, 7:14] = 0.0  # a column short
    pictures[2, :, 5:13, 7:15] = 0.5  # too light
    assert overfitting.grey_squares(pictures) == 0.25


def test_an_edge_must_be_grey_from_end_to_end():
    pictures = -torch.ones(6, 1, 28, 28)
    pictures[0, :, 0], pictures[1, :, -1] = 0.0, 0.1
    pictures[2, ..., 0], pictures[3, ..., -1] = 0.0, -0.1
    pictures[4, :, 0, :14] = 0.0  # half a line
    pictures[5, :, 1] = 0.0  # not the outermost
    assert overfitting.grey_edges(pictures) == pytest.approx(4 / 6)


def test_memorised_is_the_share_of_the_way_from_training_to_generated():
    logits = torch.tensor([[3.0, -1.0, -5.0], [2.0, 2.0, -2.0], [2.0, -2.0, -2.0]])
    assert augment.memorised(logits).tolist() == [0.5, 0.0, 1.0]
