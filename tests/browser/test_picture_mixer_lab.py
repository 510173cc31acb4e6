"""The mixer of lesson 22 in a real JupyterLab, by keyboard and by mouse."""

import os
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

CELLS = ("from gan_utils.widgets.picture_mixer import PictureMixer",
         "from gan_utils.checkpoints import load_generator",
         'PictureMixer(load_generator("own_images"), 3, "vase").show()')  # fmt: skip


@pytest.fixture
def lab(run_cells):
    """A page on which the mixer has appeared."""
    page = run_cells("\n".join(CELLS))
    page.locator(".gan-crisp img").first.wait_for(timeout=60_000)
    return page


def test_a_direction_moves_the_picture_and_the_button_brings_it_back(lab):
    picture = lab.locator(".gan-crisp img").first
    before = picture.get_attribute("src")
    slider = lab.locator(".widget-slider").filter(has_text="direction 2")
    slider.locator(".noUi-handle").focus()
    for _ in range(5):
        lab.keyboard.press("ArrowRight")
    lab.wait_for_function(
        "([image, old]) => image.src !== old", arg=[picture.element_handle(), before]
    )
    expect(slider.locator(".widget-readout")).to_have_text("0.50")
    lab.get_by_text("below: direction 2 from -3 to 3").wait_for()
    if os.environ.get("GAN_SCREENSHOTS"):
        lab.screenshot(path=Path(os.environ["GAN_SCREENSHOTS"]) / "mixer.png")
    lab.get_by_role("button", name="Directions to 0").click()
    lab.get_by_text("Number 3;").wait_for()
    assert picture.evaluate("image => image.naturalWidth") == 64
