"""The product mirror, driven by its values."""

import io
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.ads.product_trial.mirror import _GAP, _ZOOM, ProductMirror
from gan_utils.ads.product_trial.model import TrialGenerator
from gan_utils.ads.product_trial.placement import PlacementNetwork
from gan_utils.ads.product_trial.scores import Mirror


@pytest.fixture
def mirror():
    torch.manual_seed(0)
    return ProductMirror(
        Mirror(TrialGenerator().eval(), PlacementNetwork().eval(), count=9)
    )


def panels(mirror):
    picture = np.asarray(Image.open(io.BytesIO(mirror.picture.value)))
    step = 64 * _ZOOM + _GAP
    return [picture[:, k * step : k * step + 64 * _ZOOM] for k in range(3)]


def test_it_shows_three_pictures_and_a_score(mirror):
    before, shown, truth = panels(mirror)
    assert before.shape == shown.shape == truth.shape == (256, 256, 3)
    assert not np.array_equal(before, truth)
    assert "Poppy" in mirror.picture.alt
    assert "Poppy" in mirror.caption.value
    assert "ΔE" in mirror.caption.value


def test_every_control_changes_the_picture(mirror):
    for product, controls in (
        ("lipstick", (mirror.face, mirror.shade, mirror.strength)),
        ("eyewear", (mirror.face, mirror.brand, mirror.frame, mirror.lens,
                     mirror.strength)),
    ):  # fmt: skip
        mirror.product.value = product
        for control in controls:
            before = mirror.picture.value
            control.value = (
                3 if control.value != 3 and control is not mirror.lens else 1
            )
            assert mirror.picture.value != before, control.description


def test_at_strength_0_the_three_pictures_are_the_same(mirror):
    for product in ("lipstick", "eyewear"):
        mirror.product.value, mirror.strength.value = product, 0.0
        before, shown, truth = panels(mirror)
        assert np.array_equal(before, shown)
        assert np.array_equal(before, truth)
        assert "not put on" in mirror.caption.value


def test_only_the_controls_of_the_product_are_seen(mirror):
    assert mirror.brand.layout.display == "none"
    mirror.product.value = "eyewear"
    assert mirror.shade.layout.display == "none"
    assert mirror.brand.layout.display is None


def test_it_answers_within_a_tenth_of_a_second(mirror):
    begin = time.process_time()
    for percent in range(0, 100, 10):
        mirror.strength.value = float(percent)
    assert (time.process_time() - begin) / 10 < 0.1


def test_the_score_is_that_of_the_pictures(mirror):
    found = mirror.mirror.try_eyewear(1, 1, 0, 1)
    assert found.idle > 0.1
    again = mirror.mirror.try_eyewear(1, 1, 0, 1, strength=0.0)
    assert again.inside == again.idle == again.outside == again.colour == 0
