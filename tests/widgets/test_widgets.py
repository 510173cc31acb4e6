"""The widgets of lessons 0 and 1, driven without a browser."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.widgets.frame import WIDGET_VIEW, show_widget
from gan_utils.widgets.inspector import Inspector
from gan_utils.widgets.latent_walk import LatentWalk, on_circle
from gan_utils.widgets.live_figure import LiveFigure


class Generator:
    """Pictures whose brightness is the first latent number."""

    latent_dim = 3

    def __call__(self, z):
        return z[:, :1, None, None].clamp(-1, 1).expand(-1, 1, 4, 4)


def pixels(widget):
    return np.asarray(Image.open(io.BytesIO(widget.value)))


def test_the_circle_keeps_gaussian_noise_gaussian():
    torch.manual_seed(0)
    start, end = torch.randn(2, 100_000)
    for degrees in (0, 45, 200):
        assert on_circle(start, end, degrees).std().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(on_circle(start, end, 0), start)
    torch.testing.assert_close(on_circle(start, end, 90), end)
    torch.testing.assert_close(on_circle(start, end, 360), start)


def test_the_walk_shows_what_the_generator_makes():
    walk = LatentWalk(Generator(), count=6, columns=3, seed=4)
    for degrees in (0.0, 30.0, 222.0):
        walk.angle.value = degrees
        z = on_circle(walk.start, walk.end, degrees)
        expected = ((z[:, 0].clamp(-1, 1) + 1) * 127.5).round()
        shown = pixels(walk.picture)[::6, ::6].flatten()
        assert np.abs(shown - expected.numpy()).max() <= 1
        assert f"{degrees:.0f} degrees" in walk.caption.value


def test_another_set_of_pictures_and_back():
    walk = LatentWalk(Generator(), seed=1)
    first = walk.picture.value
    walk.seed.value = 2
    assert walk.picture.value != first
    walk.seed.value = 1
    assert walk.picture.value == first


def test_the_inspector_counts_and_ends():
    real, fake = torch.ones(3, 1, 2, 2), -torch.ones(3, 1, 2, 2)
    game = Inspector(real, fake, seed=3)
    for truth in list(game.is_real):
        assert (pixels(game.picture)[0, 0] == 255) == truth
        game.answer(truth)
    assert game.score() == 1.0
    assert all(button.disabled for button in game.buttons)
    game.answer(True)  # after the end: nothing happens
    assert len(game.answers) == 6
    assert sum(game.is_real) == 3


def test_a_live_figure_follows_its_slider():
    figure, axes = plt.subplots(figsize=(2, 2), dpi=50)
    (line,) = axes.plot([0, 1], [0, 1])

    def update(height):
        line.set_ydata([height, height])
        return f"height {height:.1f}"

    live = LiveFigure(figure, update, "a line", height=("height", 0.5, 0.0, 1.0, 0.1))
    before = live.picture.value
    live.sliders["height"].value = 0.9
    assert live.picture.value != before
    assert "height 0.9" in live.caption.value
    assert plt.get_fignums() == []


def test_widgets_leave_a_still_picture(monkeypatch):
    from gan_utils.widgets import frame

    shown = []
    monkeypatch.setattr(frame, "display", lambda data, raw: shown.append(data))
    walk = LatentWalk(Generator())
    show_widget(walk.box, walk.picture.value, "some pictures", 100)
    assert set(shown[0]) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert 'alt="some pictures"' in shown[0]["text/html"]
