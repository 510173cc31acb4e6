"""The mixer of lesson 20 in a real JupyterLab, by keyboard and by mouse."""

import os
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser

CELLS = ("from gan_utils.widgets.picture_mixer import PictureMixer",
         "from gan_utils.checkpoints import load_generator",
         'PictureMixer(load_generator("own_images"), 3, "vase").show()')  # fmt: skip


@pytest.fixture
def lab(page, lab_url, lab_folder):
    """A page on which the mixer has appeared; checks for errors at the end."""
    path = lab_folder / "notebooks" / "mixer_only.ipynb"
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("\n".join(CELLS))]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lab_url(path.name))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".gan-crisp img").first.wait_for(timeout=60_000)
    yield page
    assert errors == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0


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
    assert slider.locator(".widget-readout").inner_text() == "0.50"
    lab.get_by_text("below: direction 2 from -3 to 3").wait_for()
    if os.environ.get("GAN_SCREENSHOTS"):
        lab.screenshot(path=Path(os.environ["GAN_SCREENSHOTS"]) / "mixer.png")
    lab.get_by_role("button", name="Directions to 0").click()
    lab.get_by_text("Number 3;").wait_for()
    assert picture.evaluate("image => image.naturalWidth") == 64
