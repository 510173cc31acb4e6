"""The ad studio, driven by its controls."""

import base64
import re

import pytest
import torch

from gan_utils.ads import provenance
from gan_utils.ads.creatives.networks import BannerGenerator, BannerReader
from gan_utils.ads.creatives.scene import ATTRIBUTES
from gan_utils.ads.creatives.studio import AdStudio


@pytest.fixture
def app():
    torch.manual_seed(0)
    return AdStudio(BannerGenerator(16, 4).eval(), BannerReader(4).eval())


def test_every_menu_and_the_sheet_number_change_the_sheet(app):
    for control in [*app.menus.values(), app.seed]:
        before = app.sheet.value
        control.value = control.options[-1] if hasattr(control, "options") else 7
        assert app.sheet.value != before
    assert app.wish.tolist() == [len(values) - 1 for values in ATTRIBUTES.values()]


def test_the_number_picks_what_is_shown_large(app):
    before = app.poster.value
    app.chosen.value = 5
    assert app.poster.value != before


def test_mixing_needs_two_and_meets_both_ends(app):
    assert app.mix.disabled
    app.keepers["A"].click()
    app.menus["palette"].value, app.chosen.value = "graphite", 3
    app.keepers["B"].click()
    assert not app.mix.disabled
    start, first = app.mixed(0.0)
    end, last = app.mixed(1.0)
    assert first[1] != last[1]
    torch.testing.assert_close(end, app.painted[3], atol=1e-4, rtol=0)
    assert not torch.allclose(start, end)
    before = app.poster.value
    app.mix.value = 0.5
    assert app.poster.value != before
    assert app.strip.value


def test_the_saved_file_is_marked(app):
    app.menus["headline"].value = "NEW"
    content = base64.b64decode(re.search(r"base64,([^\"]+)", app.download.value)[1])
    assert provenance.read_tag(content) == provenance.SOURCE_TYPE
    assert provenance.read_facts(content)["wish"]["headline"] == "NEW"
    assert provenance.label_is_there(provenance.opened(content))
    assert "contrast" in app.caption.value


def test_a_wish_can_be_given_and_the_still_picture_is_shown(capsys):
    torch.manual_seed(0)
    app = AdStudio(
        BannerGenerator(16, 4).eval(), BannerReader(4).eval(), {"layout": "top"}
    )
    assert app.menus["layout"].value == "top"
    app.show()
