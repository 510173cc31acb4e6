"""Sheets and labelled rows of small pictures."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils import plotting
from gan_utils.plotting import to_pixels


@pytest.fixture
def shown(monkeypatch):
    """The HTML that a call displays."""
    found = []
    monkeypatch.setattr(plotting, "display", lambda page: found.append(page.data))
    return found


def image(page):
    (data,) = re.findall('base64,([^"]+)', page)
    content = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    return np.asarray(content).astype(int)


def test_a_sheet_is_large_titled_and_told_in_words(shown):
    plotting.show_sheet(torch.zeros(5, 3, 4, 4), "five greys", "a < b", 2, scale=3)
    assert "<b>a &lt; b</b>" in shown[0]
    assert 'alt="five greys"' in shown[0]
    assert "width:30px" in shown[0]  # (4 + 2 + 4) * 3
    assert image(shown[0]).shape == (16, 10, 3)


def test_few_colours_keep_a_rare_one(shown):
    torch.manual_seed(0)
    shades = torch.rand(1, 3, 64, 64) * 0.4 - 1  # thousands of dark colours
    shades[:, :, :2, :2] = torch.tensor([1.0, -1, 1])[:, None, None]
    plotting.show_sheet(shades, "dark, with a badge", "badge", 1)
    expected = to_pixels(shades[0]).transpose(1, 2, 0).astype(int)
    error = np.abs(image(shown[0]) - expected)
    assert error[:2, :2].max() <= 8
    assert error.max() <= 24
    assert len(np.unique(image(shown[0]).reshape(-1, 3), axis=0)) <= 128


def test_rows_carry_labels_and_alternative_text(shown):
    rows = {"a < b": torch.zeros(3, 3, 4, 4), "mask": torch.ones(3, 1, 4, 4)}
    plotting.show_rows(rows, "Two rows", "Title & all", columns=2, scale=1.9)
    alts = re.findall('alt="([^"]*)"', shown[0])
    assert alts == ["Row 1 of 2: a &lt; b. Two rows", "Row 2 of 2: mask"]
    assert "Title &amp; all" in shown[0]
    assert ">a &lt; b</div>" in shown[0]
    assert shown[0].count("width:19px") == 2


@pytest.mark.parametrize("show", [plotting.show_sheet, plotting.show_rows])
def test_pictures_without_alternative_text_are_refused(show):
    pictures = torch.zeros(2, 3, 4, 4)
    with pytest.raises(ValueError, match="it is empty"):
        show({"a": pictures} if show is plotting.show_rows else pictures, " ", "title")
