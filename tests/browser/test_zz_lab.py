"""The playground of lesson 2 in a real JupyterLab, by keyboard and by mouse."""

from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("import copy", "LATENT_DIM =", "def d_step(", "= Playground(")
SCENE = 'img[alt^="The plane with"]:visible'
PLAY, PAUSE = "button:has-text('Play')", "button:has-text('Pause')"
WINDOW = 2.0  # seconds in which frames are counted
QUIET_FPS, BUSY_FPS = 10, 4  # required of a machine to ourselves, and of a busy one
COUNT = """(image) => {
  window.frames_seen = 0;
  new MutationObserver((changes) => { window.frames_seen += changes.length; })
    .observe(image, {attributes: true, attributeFilter: ["src"]});
}"""


@pytest.fixture
def lab(run_cells):
    """A page on which lesson 2's playground has appeared."""
    lesson = nbformat.read(ROOT / "notebooks" / "02_training_loop.ipynb", 4)
    code = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
    page = run_cells(*(next(c for c in code if text in c) for text in NEEDED))
    page.locator(PLAY).wait_for(timeout=60_000)
    page.locator(SCENE).wait_for()
    return page


def wait_until_said(page, text):
    """Wait for a status line with the text."""
    line = ".jp-OutputArea-output .widget-html"
    page.locator(line).filter(has_text=text).first.wait_for(timeout=15_000)


def frames(page, seconds=WINDOW):
    """How many pictures a second arrive in the browser."""
    page.evaluate("() => { window.frames_seen = 0; }")
    page.wait_for_timeout(1000 * seconds)
    return page.evaluate("() => window.frames_seen") / seconds


def press(page, locator, *keys):
    """Focus something, press keys."""
    locator.focus()
    for key in keys:
        page.keyboard.press(key)


def test_shot(lab):
    slider = lab.get_by_label("time: the steps")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    lab.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2)
    lab.wait_for_timeout(1500)
    slider.focus()
    lab.keyboard.press("ArrowLeft")
    lab.wait_for_timeout(1500)
    lab.screenshot(path="/tmp/shot.png")
