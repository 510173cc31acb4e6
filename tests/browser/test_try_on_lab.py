"""The try-on room of lesson 17 in a real JupyterLab, by keyboard and by mouse."""

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

CELLS = ("from gan_utils.ads.try_on.room import TryOnRoom",
         "from gan_utils.checkpoints import load_checkpoint",
         "from gan_utils.ads.try_on.model import TryOnGenerator",
         'TryOnRoom(load_checkpoint(TryOnGenerator(), "try_on")).show()')  # fmt: skip


@pytest.fixture
def lab(run_cells):
    """A page on which the room has appeared."""
    page = run_cells("\n".join(CELLS))
    page.locator(".gan-crisp img").wait_for(timeout=60_000)
    return page


def test_dress_somebody_from_the_keyboard(lab):
    picture = lab.locator(".gan-crisp img")
    cells = lab.locator(".jp-Notebook .jp-Cell").count()
    lab.get_by_text("against the true picture").wait_for()
    before = picture.get_attribute("src")
    arm = lab.locator(".widget-slider").filter(has_text="left arm")
    readout = arm.locator(".widget-readout")
    arm.locator(".noUi-handle").focus()
    for _ in range(3):
        lab.keyboard.press("ArrowRight")
    lab.wait_for_function(
        "([image, old]) => image.src !== old", arg=[picture.element_handle(), before]
    )
    expect(readout).to_have_text("0.45")

    source = lab.get_by_label("from", exact=True)
    source.focus()
    lab.keyboard.press("ArrowDown")
    lab.get_by_text("true picture: none exists").wait_for()
    lab.keyboard.press("ArrowDown")
    lab.get_by_label("sleeves").wait_for()
    lab.get_by_label("pattern").select_option("checks")
    lab.get_by_text("against the true picture").wait_for()
    assert lab.get_by_text("garment", exact=True).is_hidden()
    lab.get_by_role("application").focus()
    lab.keyboard.press("Space")
    lab.get_by_text("No score").wait_for()
    source.focus()
    lab.keyboard.press("a")  # JupyterLab's key for "insert a cell"
    assert lab.locator(".jp-Notebook .jp-Cell").count() == cells
    size = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [204, 64]
