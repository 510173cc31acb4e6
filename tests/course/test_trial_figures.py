"""Lesson 18's figures: what is shown is what was given."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils import plotting, trial_figures
from gan_utils.ads.product_trial import scores


@pytest.fixture
def shown(monkeypatch):
    """The HTML that a call displays."""
    found = []
    for module in (trial_figures, plotting):
        monkeypatch.setattr(module, "display", lambda page: found.append(page.data))
    return found


def test_faces_keep_their_true_colours(shown):
    torch.manual_seed(0)
    pictures = torch.rand(6, 3, 32, 32) * 2 - 1  # more colours than a palette has
    grey = torch.rand(6, 1, 32, 32) * 2 - 1
    who, where = [4, 1], (8, 24, 0, 32)
    trial_figures.faces({"a & b": pictures, "mask": grey}, "Title", who, where, scale=3)
    assert "Row 1 of 2: a &amp; b. Title" in shown[0]
    assert re.findall(r'alt="([^"]+)"', shown[0])[1] == "Row 2 of 2: mask"
    assert shown[0].count("width:198px") == 2  # (32 + 2 + 32) * 3
    for data, given in zip(re.findall(r"base64,([^\"]+)", shown[0]), (pictures, grey)):
        image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        expected = plotting.to_pixels(given[4, :, 8:24])
        image = image[:, :32].reshape(16, 32, -1)
        assert np.array_equal(np.moveaxis(image, -1, 0), expected)


def test_a_table_rounds_and_leaves_out_what_does_not_exist(shown):
    rows = {"a < b": (torch.tensor(0.12345), float("nan")), "c": (2, 0.5)}
    trial_figures.table(rows, ["one", "two"], "Both", (3, 1))
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", shown[0])
    assert cells == ["", "one", "two", "a &lt; b", "0.123", "–", "c", "2.000", "0.5"]
    with pytest.raises(ValueError, match="shorter"):
        trial_figures.table({"c": (2, 0.5)}, ["one"], "Too few", (3,))


def test_losses_and_bars_are_pictures_with_alternative_text(monkeypatch):
    alts = []
    monkeypatch.setattr(plotting, "show", lambda figure, alt: alts.append(alt))
    trial_figures.losses([(1.0, 2.0)] * 40)
    trial_figures.tones(torch.ones(5), torch.ones(5) / 2, torch.ones(5))
    assert len(alts) == 2
    assert all(len(alt) > 20 for alt in alts)


def test_nearest_asks_for_the_label_first_and_the_likeness_second():
    faces = torch.tensor([[0.0], [1.0], [2.0]])[..., None, None]
    asked = torch.tensor([[0.1], [0.1], [1.8]])[..., None, None]
    shelf, labels = torch.tensor([10, 11, 12]), torch.tensor([0, 1, 1])
    wanted = torch.tensor([0, 1, 1])
    found = scores.nearest(asked, faces, shelf, labels, wanted)
    assert found.tolist() == [10, 11, 12]
