"""The explorer in a real JupyterLab: move, drag, morph, save, invert, a thousand changes."""

import pytest
from explorer_page import ExplorerPage

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

CELL = """from gan_utils.checkpoints import load_generator
from gan_utils.widgets.explorer.explorer import Explorer

explorer = Explorer(load_generator("explorer_unconditional"))
explorer.show()"""
HEAP_GROWTH = 2_000_000  # bytes that a thousand changes may leave in the page
VALUES = """() => [...document.querySelectorAll(".gx-slider")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e.querySelector("label").innerText.toLowerCase(), +e.querySelector("input[type=range]").value])"""
RANDOM_MOVES = """async (count) => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const ranges = [...document.querySelectorAll(".gx-range")].filter((e) => e.checkVisibility());
  for (let i = 0; i < count; i++) {
    const one = ranges[Math.floor(Math.random() * ranges.length)];
    one.value = +one.min + Math.random() * (one.max - one.min);
    one.dispatchEvent(new Event("input"));
    if (i % 3 === 0) await pause(4);
  }
  await pause(1500);
}"""


@pytest.fixture
def explorer(run_cells):
    """The explorer on a page of its own."""
    return ExplorerPage(run_cells(CELL))


def test_keyboard_drag_and_journey(explorer):
    explorer.move_by_keyboard()
    explorer.drag_fast()
    explorer.journey()
    explorer.has_names()


def test_save_and_invert(explorer, tmp_path):
    explorer.save()
    explorer.invert(tmp_path)


def test_bars_can_be_dragged(explorer):
    explorer.tab("Coordinates")
    bars = explorer.page.locator(".gx-bars")
    box = bars.bounding_box()
    explorer.page.mouse.move(box["x"] + box["width"] * 4.5 / 64, box["y"] + 20)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + box["width"] * 4.5 / 64, box["y"] + 90, steps=9)
    explorer.page.mouse.up()
    explorer.says("1 coordinate moved")
    value = explorer.slider("its value")
    explorer.eventually(
        lambda: float(value.input_value()) == pytest.approx(-2.0, abs=0.15)
    )
    expect(explorer.slider("coordinate (1 to 64)")).to_have_value("5")
    explorer.shot("coordinates")


def test_a_thousand_random_changes_end_on_the_right_picture(explorer):
    page = explorer.page
    tools = page.context.new_cdp_session(page)

    def heap():
        tools.send("HeapProfiler.collectGarbage")
        return tools.send("Runtime.getHeapUsage")["usedSize"]

    explorer.tab("Directions")
    page.evaluate(RANDOM_MOVES, 100)
    before = heap()
    page.evaluate(RANDOM_MOVES, 1000)
    assert heap() - before < HEAP_GROWTH
    assert page.locator(".gx-alarm:visible").count() == 0
    values = dict(page.evaluate(VALUES))
    assert len(values) == 13
    for name, value in values.items():
        explorer.state.set(name, value)
    explorer.sees(explorer.state.pixels())
    page.get_by_role("button", name="Reset").click()
    explorer.state.reset()
    page.get_by_label("Seed", exact=True).fill("31")
    explorer.moved("seed", 31)


def test_styles_by_hand(run_cells):
    explorer = ExplorerPage(
        run_cells(CELL.replace("explorer_unconditional", "styles")), "styles"
    )
    explorer.slider("truncation").press("Home")
    explorer.moved("truncation", 0)
    explorer.page.get_by_role("button", name="Reset").press("Enter")
    explorer.state.reset()
    explorer.tab("Directions")
    for name in ("coarse 1", "middle 2", "fine 1"):
        explorer.slider(name).press("End")
        explorer.moved(name, 3)
    explorer.page.get_by_role("button", name="Reset").press("Enter")
    explorer.state.reset()
    explorer.pad()
    explorer.tab("Journey")
    mix = explorer.slider("layers from B")
    for count in (1, 2, 3):
        mix.press("ArrowRight")
        explorer.moved("mix", count)
    explorer.shot("mix")
    explorer.take_the_tour()
    explorer.has_names()
    explorer.tab("Save")
    code = explorer.page.get_by_label("Python that makes this picture")
    expect(code).to_contain_text("generator.synthesis(ws)")


def test_the_compact_explorer(explorer):
    page = explorer.page
    cell = page.locator(".jp-CodeCell .cm-content")
    cell.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(CELL.replace('nal"))', 'nal"), compact=True)'))
    page.keyboard.press("Control+Enter")
    page.locator(".gx-compact .gx-large").wait_for()
    compact = ExplorerPage(page)
    compact.slider("principal 2").press("End")
    compact.moved("principal 2", 3)
    assert page.get_by_role("slider", name="principal").count() == 4
    assert page.locator(".gx-thumb").count() == 11
    compact.shot("compact")
