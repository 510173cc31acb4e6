"""The product mirror in the real JupyterLab: menus, keyboard, picture and score."""

import pytest

pytestmark = pytest.mark.browser
SOURCE = """
from gan_utils.ads.product_trial import placement
from gan_utils.checkpoints import load_checkpoint
from gan_utils.ads.product_trial.scores import Mirror
from gan_utils.ads.product_trial.model import TrialGenerator
from gan_utils.ads.product_trial.mirror import ProductMirror

lipstick = load_checkpoint(TrialGenerator(), "lipstick_trial")
fitting = load_checkpoint(placement.EyewearFitting(), "eyewear_trial")
mirror = ProductMirror(Mirror(lipstick, fitting.placer))
mirror.show()
"""


@pytest.fixture
def mirror(run_cells):
    """A page on which the mirror stands."""
    page = run_cells(SOURCE)
    page.get_by_text("Poppy, 100 % strong").wait_for(timeout=120_000)
    return page


def picture(page):
    return page.locator(".gan-mirror img").last.get_attribute("src")


def test_a_marketer_tries_lipstick_and_eyewear(mirror):
    before = picture(mirror)
    mirror.get_by_label("shade").select_option("Plum")
    mirror.get_by_text("Plum, 100 % strong").wait_for()
    assert picture(mirror) != before
    slider = mirror.get_by_role("slider")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    mirror.get_by_text("Plum, 80 % strong").wait_for()
    mirror.get_by_role("button", name="eyewear").click()
    mirror.get_by_label("brand").select_option("Feline")
    mirror.get_by_label("frame").select_option("red")
    mirror.get_by_text("Feline, red, clear lenses, 80 % strong").wait_for()
    assert not mirror.get_by_label("shade").is_visible()
    alt = mirror.locator(".gan-mirror img").last.get_attribute("alt")
    assert "Feline" in alt


def test_the_face_is_chosen_with_the_keyboard_alone(mirror):
    box = mirror.get_by_label("face (1 to 40)")
    box.focus()
    before = picture(mirror)
    box.fill("3")
    box.press("Enter")
    mirror.wait_for_function(
        "before => [...document.querySelectorAll('.gan-mirror img')].pop().src !== before",
        arg=before,
    )
    alt = mirror.locator(".gan-mirror img").last.get_attribute("alt")
    assert alt.startswith("Face 3")
