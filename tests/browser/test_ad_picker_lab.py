"""The ad picker in the real JupyterLab: keys move the tastes, the banners follow."""

import pytest

pytestmark = pytest.mark.browser

SETUP = """import torch
from gan_utils import campaign, click_surrogate, code_gan
from gan_utils.checkpoints import load_checkpoint, read_card
from gan_utils.ads.clicks.log import best_by_segment
from gan_utils.ads.creatives.networks import BannerGenerator
from gan_utils.ads.clicks.picker import AdPicker

torch.manual_seed(0)
world = campaign.start(0, impressions=50_000)
belief = click_surrogate.fit_surrogate(world.log)
tastes = belief.mean.view(7, -1)
generator = code_gan.train(*campaign.clicked(world.log), tastes, 1.0, steps=200)
painter = BannerGenerator(width=read_card("banner_generator")["width"])
painter = load_checkpoint(painter, "banner_generator")
best = best_by_segment(world.log)
picker = AdPicker(generator, painter, belief, world.model, best)
picker.show()"""
SHEET = ".jp-OutputArea-output img[alt^='Sixteen banners']"


@pytest.fixture
def lab(run_cells):
    """A page on which the picker stands."""
    page = run_cells(SETUP)
    page.locator(SHEET).last.wait_for(timeout=120_000)
    return page


def test_keys_move_a_taste_and_the_banners_follow(lab):
    sheet = lab.locator(SHEET).last
    before = sheet.get_attribute("src")
    slider = lab.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    lab.wait_for_function(
        "([place, old]) => [...document.querySelectorAll(place)].at(-1).src != old",
        arg=[SHEET, before],
    )
    lab.get_by_text("First choice").wait_for()
    assert sheet.bounding_box()["width"] > 700


def test_a_segment_is_chosen_from_the_keyboard(lab):
    menu = lab.locator(".jp-OutputArea-output select").first
    menu.scroll_into_view_if_needed()
    menu.focus()
    before = lab.locator(SHEET).last.get_attribute("src")
    menu.press("ArrowDown")
    lab.wait_for_function(
        "([place, old]) => [...document.querySelectorAll(place)].at(-1).src != old",
        arg=[SHEET, before],
    )
    assert menu.evaluate("menu => menu.selectedOptions[0].text") == "families"
