"""The ad picker, driven without a browser; and what painted banners turn out to be."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.ads.clicks import campaign, code_gan, surrogate
from gan_utils.ads.clicks import picker as ad_picker
from gan_utils.ads.clicks.audience import COMBINATIONS, SEGMENTS, ClickModel
from gan_utils.ads.creatives import typesetting
from gan_utils.ads.creatives.networks import BannerGenerator
from gan_utils.ads.creatives.scores import read_back
from gan_utils.checkpoints import load_checkpoint, read_card
from gan_utils.widgets.frame import WIDGET_VIEW


@pytest.fixture(scope="module")
def painter():
    width = read_card("banner_generator")["width"]
    return load_checkpoint(BannerGenerator(width=width), "banner_generator")


@pytest.fixture
def picker(painter):
    torch.manual_seed(0)
    belief = surrogate.Surrogate(0.1 * torch.randn(7 * 28), surrogate.at_first(), -4.4)
    by_segment = torch.tensor([5, 600, 1200, 4000])
    network = code_gan.CodeGenerator()
    return ad_picker.AdPicker(network, painter, belief, ClickModel(0), by_segment)


def test_it_starts_with_a_picture_and_words(picker):
    shown = np.asarray(Image.open(io.BytesIO(picker.picture.value)))
    assert shown.shape[1] == ad_picker.WIDTH
    assert shown.std() > 20
    assert "First choice" in picker.caption.value
    assert picker.picture.alt.startswith("Sixteen banners")


def test_offers_are_ranked_and_their_rates_are_those_of_the_pixels(picker):
    images, read, predicted, true = picker.offers()
    assert images.shape == (16, 3, 64, 64)
    assert (predicted.diff() <= 0).all()
    assert torch.equal(read, read_back(images))
    expected = picker.model.click_rates(picker.user(), read)[0]
    torch.testing.assert_close(true, expected)


def test_sliders_and_seed_change_the_picture_and_back(picker):
    first = picker.picture.value
    picker.tastes["sport"].value = 2.5
    second = picker.picture.value
    assert second != first
    picker.tastes["sport"].value = SEGMENTS["students"][1][2]
    assert picker.picture.value == first
    picker.seed.value = 1
    assert picker.picture.value != first


def test_a_segment_sets_the_sliders_and_draws_once(picker, monkeypatch):
    calls = []
    monkeypatch.setattr(
        ad_picker, "_sheet", lambda *_: calls.append(1) or Image.new("RGB", (8, 8))
    )
    picker.segment.value = "retired"
    values = [slider.value for slider in picker.tastes.values()]
    assert values == pytest.approx(SEGMENTS["retired"][1])
    assert len(calls) == 1
    assert picker.user().segments.item() == 3


def test_the_caption_states_the_truth(picker):
    _, read, _, true = picker.offers()
    assert f"<b>{100 * true[0]:.1f} %</b>" in picker.caption.value
    assert ad_picker.describe(read[0]) in picker.caption.value


def test_it_leaves_a_still_picture(picker, monkeypatch):
    from gan_utils.widgets import frame

    shown = []
    monkeypatch.setattr(frame, "display", lambda data, raw: shown.append(data))
    picker.show()
    assert set(shown[0]) == {WIDGET_VIEW, "text/html", "text/plain"}


def test_the_studios_banners_read_as_what_they_are():
    orders = COMBINATIONS[::40]
    read = read_back(typesetting.photographed(orders))
    right = (read == orders).float().mean(0)
    assert right[1:].min() > 0.97
    assert right[0] > 0.8


def test_painted_banners_carry_the_type_that_was_ordered(painter):
    orders = COMBINATIONS[7::40]
    read = read_back(typesetting.painted(painter, orders))
    right = (read == orders).float().mean(0)
    assert right[1:].min() > 0.9
    assert right[0] > 0.6


def test_the_same_seed_starts_the_same_campaign():
    a, b = (campaign.start(3, impressions=500) for _ in range(2))
    assert torch.equal(a.library, b.library)
    assert torch.equal(a.log.clicks, b.log.clicks)
    assert not torch.equal(a.log.shown, a.held_back.shown)
    assert 40 <= len(a.library) <= campaign.LIBRARY


def test_the_benchmarks_file_holds_ten_audiences():
    ten = campaign.measured()
    assert [run["seed"] for run in ten["runs"]] == list(range(10))
    for run in ten["runs"]:
        rates = {name: row["clicks"] for name, row in run["policies"].items()}
        assert max(rates, key=rates.get) == "oracle, all 4,032"
        assert rates["oracle, all 4,032"] / rates["uniform"] < 3.3
