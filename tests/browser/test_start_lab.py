"""Lesson 0 in the real JupyterLab: run all, no error, the slider moves the pictures."""

import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


@pytest.fixture
def lesson(lab_url, page):
    page.goto(lab_url("00_start_here.ipynb"))
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    page.wait_for_selector(
        ".jp-NotebookPanel-toolbar [data-status=idle]", timeout=60_000
    )
    choose(page, "Edit", "Clear Outputs of All Cells")
    choose(page, "Run", "Run All Cells")
    page.get_by_text("✓ Python connected to no other machine").wait_for(timeout=90_000)
    return page


def choose(page, menu, entry):
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def test_run_all_then_the_slider_moves_and_the_pictures_change(lesson):
    assert (
        lesson.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    )
    assert (
        lesson.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    )
    slider = lesson.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    picture = lesson.locator(".gan-crisp img").first
    before = picture.get_attribute("src")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    lesson.get_by_text("10 degrees along the walk").wait_for()
    expect(picture).not_to_have_attribute("src", before)
    crisp = picture.evaluate("element => getComputedStyle(element).imageRendering")
    assert crisp == "pixelated"


def test_the_game_takes_answers_from_the_keyboard(lesson):
    button = lesson.get_by_role("button", name="generated")
    button.scroll_into_view_if_needed()
    button.focus()
    button.press("Space")
    lesson.get_by_text("Picture 2 of 20").wait_for()
