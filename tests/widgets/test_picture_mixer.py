"""Lesson 22's mixer, driven as a hand would."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.networks import ColourGenerator
from gan_utils.widgets.explorer import serve
from gan_utils.widgets.picture_mixer import _STOPS, PictureMixer


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return ColourGenerator(12, 4, 32).eval()


def pixels(image):
    return np.asarray(Image.open(io.BytesIO(image.value)).convert("RGB")).astype(int)


def test_it_shows_what_the_generator_makes(generator):
    mixer = PictureMixer(generator, seed=5)
    mixer.moves[1].value = 1.5
    mixer.typical.value = 0.5
    random = torch.Generator().manual_seed(5)
    z = 0.5 * torch.randn(12, generator=random) + 1.5 * mixer.directions[1]
    torch.testing.assert_close(mixer.z(), z)
    with torch.no_grad():
        expected = generator(z[None])[0].add(1).mul(127.5).permute(1, 2, 0).numpy()
    assert np.abs(pixels(mixer.picture) - expected).max() < 1.01
    assert pixels(mixer.strip).shape == (32, len(_STOPS) * 34 - 2, 3)


def test_every_control_changes_the_picture_and_says_so(generator):
    mixer = PictureMixer(generator)
    first = mixer.picture.value
    for control, value in (
        (mixer.seed, 7),
        (mixer.typical, 0.2),
        (mixer.moves[3], 2.0),
    ):
        before = mixer.picture.value
        control.value = value
        assert mixer.picture.value != before
    assert "Number 7" in mixer.caption.value
    assert "direction 4" in mixer.caption.value
    mixer.seed.value, mixer.typical.value = 0, 1.0
    mixer.back.click()
    assert mixer.picture.value == first


def test_the_strip_does_not_move_while_its_own_direction_does(generator):
    mixer = PictureMixer(generator)
    mixer.moves[0].value = 1.0
    before = pixels(mixer.strip)
    mixer.moves[0].value = -2.0
    assert np.abs(pixels(mixer.strip) - before).max() <= 1


def test_the_web_app_shows_colour_in_the_mixer(generator):
    page = serve.page(generator)
    assert page.children[1].children[1].children[0].alt == "A generated picture"
