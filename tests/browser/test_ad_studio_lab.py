"""The ad studio of lesson 15 in the real JupyterLab, by mouse and by keyboard."""

import pytest

pytestmark = pytest.mark.browser
SOURCE = """from gan_utils.ads.creatives.scores import banner_reader
from gan_utils.checkpoints import load_checkpoint
from gan_utils.ads.creatives.networks import BannerGenerator
from gan_utils.ads.creatives.studio import AdStudio
app = AdStudio(load_checkpoint(BannerGenerator(width=32), "banner_generator"), banner_reader())
app.show()"""


@pytest.fixture
def studio(run_cells):
    """A page on which the studio stands."""
    page = run_cells(SOURCE)
    page.get_by_text("The contact sheet").wait_for(timeout=60_000)
    return page


def test_choose_keep_morph_and_save(studio):
    sheet, poster = (studio.locator(".ad-studio img").nth(i) for i in (0, 1))
    before = sheet.get_attribute("src")
    menu = studio.get_by_label("palette", exact=True)
    menu.focus()
    menu.press("ArrowDown")
    wait_for_change(studio, sheet, before)
    assert sheet.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
    studio.get_by_role("button", name="Keep as A").click()
    studio.get_by_text("A is kept").wait_for()
    before = poster.get_attribute("src")
    studio.locator(".widget-toggle-buttons button").nth(4).click()
    wait_for_change(studio, poster, before)
    studio.get_by_role("button", name="Keep as B").click()
    studio.get_by_text("B is kept").wait_for()
    before = poster.get_attribute("src")
    slider = studio.locator(".ad-studio").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    wait_for_change(studio, poster, before)
    link = studio.get_by_text("Save as PNG")
    with studio.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "advertisement.png"
    content = download.value.path().read_bytes()
    assert b"trainedAlgorithmicMedia" in content


def wait_for_change(page, image, before):
    page.wait_for_function(
        "([image, before]) => image.src !== before",
        arg=[image.element_handle(), before],
    )
