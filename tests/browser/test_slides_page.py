"""The slides in a real browser: nothing overflows, keys work, paper gets every page."""

import pytest

from course.slides import slides

pytestmark = pytest.mark.browser
LESSONS = ("02", "12", "15", "20")  # formulas; wide printed lines; pictures; tables
OVERFLOWING = """() => slides.flatMap((slide, i) => {
  const box = slide.querySelector(".body"), edge = box.getBoundingClientRect();
  const out = [...box.querySelectorAll("*")].filter((e) => {
    const r = e.getBoundingClientRect();
    if (e.matches("pre") && e.scrollWidth > e.clientWidth + 1) return true;
    return r.width && (r.right > edge.right + 2 || r.bottom > edge.bottom + 2
      || r.left < edge.left - 2 || r.top < edge.top - 2);
  });
  return out.length ? [`${i + 1}: ${out[0].textContent.slice(0, 60)}`] : [];
})"""
SMALL = """() => slides.flatMap((slide, i) => [...slide.querySelectorAll("p, li, pre")]
  .filter((e) => !e.closest(".figure, .table"))
  .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 18).map(() => i + 1))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    slides.write_slides(folder, LESSONS)
    return folder


@pytest.fixture
def deck(page, folder):
    """A function that opens a lesson's slides on a projector of 1280 x 720, offline."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.context.set_offline(True)
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    def opened(lesson):
        (file,) = folder.glob(f"{lesson}_*.html")
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-ready]")
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        return page

    return opened


def footer(page):
    return page.locator(".slide.current footer").inner_text()


def first_answer(page):
    return page.evaluate(
        "slides.findIndex((s) => s.querySelector('.body > :not(.out) ~ .answer'))"
    )


@pytest.mark.parametrize("lesson", LESSONS)
def test_nothing_overflows_and_nothing_is_lost(deck, lesson):
    page = deck(lesson)
    for key in ("", "c"):  # as it opens, and with the code of every figure
        if key:
            page.keyboard.press(key)
        assert page.evaluate(OVERFLOWING) == []
        assert page.evaluate(SMALL) == []
    lines = (
        "(where) => [...document.querySelectorAll(`${where} pre.code > code`)].length"
    )
    blank = "[...document.querySelectorAll('#source pre.code > code')].filter(c => !c.textContent.trim()).length"
    there, shown = page.evaluate(lines, "#source"), page.evaluate(lines, ".deck")
    assert there - page.evaluate(blank) <= shown <= there
    pictures = "(where) => new Set([...document.querySelectorAll(`${where} img`)].map((i) => i.src)).size"
    assert page.evaluate(pictures, ".deck") == page.evaluate(pictures, "#source")


def test_keys_turn_pages_and_a_result_waits_for_the_guess(deck):
    page = deck("02")
    total = page.evaluate("slides.length")
    assert footer(page) == f"1 / {total}"
    for key, number in (
        ("ArrowRight", 2),
        (" ", 3),
        ("PageUp", 2),
        ("End", total),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        assert footer(page) == f"{number} / {total}"
    answer = first_answer(page)
    page.keyboard.type(str(answer + 1))
    page.keyboard.press("Enter")
    out = page.locator(".slide.current .out").first
    assert not out.is_visible()
    page.keyboard.press("ArrowRight")
    assert out.is_visible()
    assert footer(page) == f"{answer + 1} / {total}"
    page.keyboard.press("ArrowRight")
    assert footer(page) == f"{answer + 2} / {total}"


def test_no_slide_is_blank_while_it_waits(deck):
    page = deck("15")
    blank = """() => slides.filter((s, i) => { show(i);
      return s.matches(".hiding") && !s.querySelector(".body > :not(.out)"); }).length"""
    assert page.evaluate(blank) == 0
    assert (
        page.evaluate("slides.filter((s, i) => (show(i), s.matches('.hiding'))).length")
        > 3
    )


def test_outputs_can_all_wait_or_all_be_shown(deck):
    page = deck("02")
    plain = page.evaluate(
        "slides.findIndex((s) => s.querySelector('.body > :not(.out) ~ .out:not(.answer)'))"
    )
    for presses, (plainly, guessed) in enumerate(
        [(True, False), (False, False), (True, True)]
    ):
        if presses:
            page.keyboard.press("o")
        for index, visible in ((plain, plainly), (first_answer(page), guessed)):
            page.evaluate("(i) => show(i)", index)
            assert page.locator(".slide.current .out").first.is_visible() is visible


def test_contents_lead_to_a_section_and_the_page_survives_a_reload(deck):
    page = deck("15")
    page.keyboard.press("t")
    page.get_by_role("button", name="Baselines").click()
    assert page.locator(".slide.current h2").inner_text() == "Baselines"
    before = footer(page)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert footer(page) == before


def test_it_fills_another_projector_and_prints_every_page(deck, tmp_path):
    page = deck("20")
    page.set_viewport_size({"width": 1920, "height": 1080})
    box = page.locator(".slide.current").bounding_box()
    assert (box["width"], box["height"]) == (1920, 1080)
    content = page.pdf(prefer_css_page_size=True)
    assert content.count(b"/Type /Page\n") == page.evaluate("slides.length")
