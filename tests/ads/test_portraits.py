"""Portraits: the same bytes again, balanced people, exact truth, fast enough."""

import time

import numpy as np
import pytest
import torch

from gan_utils.ads.product_trial.model import EYES, LIPS, window
from gan_utils.ads.product_trial.portraits import (
    draw_portrait,
    faces_and_products,
    portraits,
)
from gan_utils.ads.product_trial.products import BRANDS, FRAMES, LENSES, SHADES, eyewear

GROUPS = 5


@pytest.fixture(scope="module")
def drawn():
    return portraits(240, seed=7)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(drawn):
    again, other = portraits(240, seed=7), portraits(240, seed=8)
    for one, two in zip(drawn[:5], again[:5]):
        assert torch.equal(one, two)
    assert not torch.equal(drawn.bare, other.bare)


def test_shapes_and_ranges(drawn):
    for pictures in (drawn.bare, drawn.with_eyewear, drawn.with_lipstick):
        assert pictures.shape == (240, 3, 64, 64)
        assert pictures.dtype == torch.float32
        assert pictures.min() >= -1
        assert pictures.max() <= 1
    for mask in (drawn.eyewear_mask, drawn.lip_mask):
        assert mask.shape == (240, 1, 64, 64)
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert (mask.flatten(1).max(1).values > 0.5).all()


def test_people_and_products_are_balanced(drawn):
    assert drawn.tone_group.bincount().tolist() == [48] * GROUPS
    ages = np.bincount([person.age for person in drawn.people])
    assert ages.tolist() == [80, 80, 80]
    hair = np.bincount([person.hair for person in drawn.people], minlength=6)
    assert hair.min() > 20
    assert hair.max() < 65
    assert 80 < sum(person.long for person in drawn.people) < 160
    assert abs(np.mean([person.body for person in drawn.people])) < 0.15
    for labels, known in (
        (drawn.brand, BRANDS), (drawn.frame, FRAMES), (drawn.lens, LENSES),
        (drawn.shade, SHADES),
    ):  # fmt: skip
        assert labels.bincount().tolist() == [240 // len(known)] * len(known)


def test_a_product_changes_its_mask_and_nothing_else(drawn):
    for pictures, mask in (
        (drawn.with_eyewear, drawn.eyewear_mask),
        (drawn.with_lipstick, drawn.lip_mask),
    ):
        change = (pictures - drawn.bare).abs().amax(1, keepdim=True)
        assert change[mask == 0].max() < 1e-5
        assert (change * mask).flatten(1).amax(1).min() > 0.05


def test_the_windows_hold_the_products(drawn):
    assert window(drawn.lip_mask, LIPS).sum() / drawn.lip_mask.sum() > 0.999
    assert window(drawn.eyewear_mask, EYES).sum() / drawn.eyewear_mask.sum() > 0.999


def test_only_the_wanted_shades_are_dealt():
    assert set(portraits(12, shades=[1, 5]).shade.tolist()) == {1, 5}


def test_one_face_can_be_drawn_again_with_another_product(drawn):
    faces, *_ = faces_and_products(240, seed=7)
    bare, *_, placement = draw_portrait(faces[3], 1, 2, 0, 4)
    assert torch.equal(torch.from_numpy(bare), drawn.bare[3])
    assert np.allclose(placement, drawn.placement[3])


def test_it_draws_thousands_a_minute():
    begin = time.process_time()
    portraits(60)
    assert 60 / (time.process_time() - begin) > 50


def test_eyewear_is_symmetric_and_centred():
    picture = eyewear(0, 0, 0)
    assert picture.shape == (44, 112, 4)
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert (picture[..., :3] <= picture[..., 3:] + 1e-6).all()  # colour times alpha
    alpha = picture[..., 3]
    assert np.abs(alpha - alpha[:, ::-1]).mean() < 0.02


@pytest.mark.parametrize("which", [(4, 0, 0), (0, 6, 0), (0, 0, -1)])
def test_an_unknown_product_is_refused(which):
    with pytest.raises(ValueError, match="must be from 0 to"):
        eyewear(*which)


def test_no_people_is_an_error():
    with pytest.raises(ValueError, match="count must be 1 or more"):
        portraits(0)
