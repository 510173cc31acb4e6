"""What a hand does with the explorer, the same in JupyterLab and in Voilà."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_utils.checkpoints import load_generator
from gan_utils.widgets.explorer.state import State

expect = pytest.importorskip("playwright.sync_api").expect
PATIENCE = 20  # seconds until a picture must be there
PIXELS = """(canvas) => Array.from(
  canvas.getContext("2d").getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0))"""
NAMELESS = """(box) => [...box.querySelectorAll("button, input, select, canvas, pre")]
  .filter((e) => !(e.labels?.length || e.getAttribute("aria-label") || e.innerText ||
                   e.closest("[aria-hidden]") || e.getAttribute("aria-hidden")))
  .map((e) => e.outerHTML)"""


class ExplorerPage:
    """The explorer on a Playwright page, and a state that makes the same moves."""

    def __init__(self, page, checkpoint="explorer_unconditional"):
        self.page, self.state = page, State(load_generator(checkpoint))
        self.large = page.locator(".gx-large")
        self.large.wait_for(timeout=60_000)
        self.sees(self.state.pixels())

    def shown(self, canvas=None):
        return np.array((canvas or self.large).evaluate(PIXELS)).reshape(28, 28)

    def sees(self, expected):
        """Wait for a picture; fail when it does not come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            off = np.abs(self.shown() - expected.astype(int)).max()
            if off <= 1:
                return
            time.sleep(0.05)
        raise AssertionError(f"the picture is off by {off} grey levels")

    def moved(self, name, value):
        """The control stands there, and so does the picture."""
        self.state.set(name, value)
        self.sees(self.state.pixels())

    def tabs(self):
        return self.page.locator(".gx").get_by_role("tab")

    def tab(self, name):
        self.tabs().filter(has_text=name).click()

    def slider(self, name):
        return self.page.get_by_role("slider", name=name, exact=True)

    def says(self, text):
        self.page.locator(".gx-sentence").filter(has_text=text).wait_for()

    def shot(self, name):
        """A screenshot, where $GAN_SCREENSHOTS names a folder for them."""
        if os.environ.get("GAN_SCREENSHOTS"):
            self.page.mouse.move(0, 0)
            self.page.wait_for_timeout(400)
            folder = Path(os.environ["GAN_SCREENSHOTS"])
            self.page.screenshot(path=folder / f"{name}.png")

    # What a hand does

    def move_by_keyboard(self):
        self.tab("Directions")
        self.slider("principal 1").focus()
        for _ in range(5):
            self.page.keyboard.press("ArrowRight")
        self.moved("principal 1", 0.5)
        self.says("principal 1 +0.5")
        self.page.keyboard.press("End")
        self.moved("principal 1", 3)
        typed = self.page.get_by_label("principal 2, as a number")
        typed.fill("-1.5")
        typed.press("Enter")
        self.moved("principal 2", -1.5)
        self.shot("directions")
        seed = self.page.get_by_label("Seed", exact=True)
        seed.fill("23")
        self.moved("seed", 23)
        self.page.get_by_role("button", name="Next seed").press("Enter")
        self.moved("seed", 24)
        self.page.get_by_role("button", name="Reset").press("Space")
        self.state.reset()
        self.sees(self.state.pixels())
        # the strip of seed 23 would still move under the pointer: wait for that of 24
        self.page.get_by_title("Neighbouring seeds: 29", exact=True).wait_for()
        self.page.get_by_title("Neighbouring seeds: 21", exact=True).click()
        self.moved("seed", 21)

    def drag_fast(self):
        self.tab("Directions")
        handle = self.slider("closed form 1")
        self.drag(handle, 61)
        self.page.wait_for_timeout(600)  # by now its pictures are at hand
        self.drag(handle, -47)

    def drag(self, handle, last):
        """To and fro, as fast as events can be sent; ends on the right picture."""
        box = handle.bounding_box()
        y, middle = box["y"] + box["height"] / 2, box["x"] + box["width"] / 2
        at = float(handle.input_value()) / 6 * (box["width"] - 16)
        self.page.mouse.move(middle + at, y)
        self.page.mouse.down()
        for step in range(120):
            self.page.mouse.move(middle + 100 * np.sin(step / 4), y)
        self.page.mouse.move(middle + last, y)
        self.page.mouse.up()
        self.moved("closed form 1", float(handle.input_value()))
        self.page.wait_for_timeout(300)
        self.sees(self.state.pixels())  # nothing late has painted over it

    def journey(self):
        page, state = self.page, self.state
        self.tab("Journey")
        page.get_by_label("Seed", exact=True).fill("3")
        state.set("seed", 3)
        page.get_by_role("button", name="Keep as A").click()
        state.keep("A")
        page.get_by_label("Seed", exact=True).fill("9")
        state.set("seed", 9)
        page.get_by_role("button", name="Keep as B").click()
        state.keep("B")
        self.slider("position").focus()
        page.keyboard.press("End")
        self.moved("position", 1)
        page.keyboard.press("PageDown")
        self.moved("position", float(self.slider("position").input_value()))
        page.get_by_text("straight line", exact=True).click()
        self.moved("way", "straight line")
        self.shot("journey")
        play = page.get_by_role("button", name="Play")
        play.press("Enter")
        seen = {self.shown().tobytes() for _ in range(20) if not time.sleep(0.06)}
        assert len(seen) > 8
        page.get_by_role("button", name="Pause").press("Enter")
        page.wait_for_timeout(400)
        at = float(self.slider("position").input_value())
        assert abs(self.fine_position() - at) < 0.011
        rest = self.shown()
        page.wait_for_timeout(300)
        assert (self.shown() == rest).all()

    def fine_position(self):
        text = self.page.locator(".gx-sentence").inner_text()
        return int(text.split("%")[0].split()[-1]) / 100

    def pad(self):
        """Two directions by mouse, then by keyboard; ends in the middle."""
        self.tab("Pad")
        pad = self.page.get_by_role("slider", name="Pad: ")
        self.page.locator(".gx-square canvas[data-names]").wait_for()
        names = [axis for axis in self.state.directions()][:2]
        box = pad.bounding_box()
        unit = 0.8 * box["width"] / 6
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x - 2 * unit, y + 2.5 * unit, steps=40)
        self.page.mouse.move(x + 2 * unit, y - unit, steps=40)
        self.page.mouse.up()
        self.stands(pad, names, (2.0, 1.0))
        self.shot("pad")
        for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowUp", "ArrowDown"):
            pad.press(key)
        self.stands(pad, names, (1.8, 1.9))
        pad.press("Home")
        self.stands(pad, names, (0, 0))

    def stands(self, pad, names, values):
        """The pad says so, and the picture is that of both values."""
        for name, value in zip(names, values):
            self.state.set(name, value)
        text = ", ".join(
            f"{n} {v:+.1f}" if v else f"{n} 0.0" for n, v in zip(names, values)
        )
        expect(pad).to_have_attribute("aria-valuetext", text)
        self.sees(self.state.pixels())

    def take_the_tour(self):
        """Every stop by keyboard alone; each says something, and truncation moves."""
        page = self.page
        start = page.get_by_role("button", name="Tour", exact=True)
        start.press("Enter")
        guide = page.get_by_role("region", name="Guided tour")
        following = guide.get_by_role("button", name="Next")
        expect(following).to_be_focused()
        expect(guide.get_by_role("button", name="Back")).to_be_disabled()
        texts = set()
        for stop in range(1, 7):
            expect(guide).to_contain_text(f"{stop} of 6")
            texts.add(guide.locator("p").inner_text())
            if "Truncation" in guide.locator("p").inner_text():
                self.says("truncation 0.")
            page.keyboard.press("Enter")
        assert len(texts) == 6
        expect(guide).to_be_hidden()
        expect(start).to_be_focused()
        start.press("Enter")
        expect(guide).to_contain_text("1 of 6")
        page.keyboard.press("Escape")
        expect(guide).to_be_hidden()

    def save(self):
        self.tab("Save")
        self.page.get_by_label("size").select_option(label="112 × 112 pixels")
        content, name = self.download("Picture (PNG)")
        image = np.asarray(Image.open(io.BytesIO(content)))
        assert name == "generated.png"
        assert image.shape == (112, 112)
        assert (image[::4, ::4] == self.shown()).all()
        content, name = self.download("Journey (GIF)")
        assert name == "journey.gif"
        assert Image.open(io.BytesIO(content)).n_frames == 46
        code = self.page.get_by_label("Python that makes this picture")
        assert "load_generator" in code.inner_text()
        content, name = self.download("Save (.py)")
        assert name == "make_picture.py"
        assert content.decode().strip() == code.inner_text().strip()
        self.shot("save")

    def download(self, button):
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=button).click()
        return Path(
            download.value.path()
        ).read_bytes(), download.value.suggested_filename

    def eventually(self, holds, seconds=10):
        """Wait until it holds: on a busy machine a picture may come later."""
        for _ in range(10 * seconds):
            if holds():
                return
            self.page.wait_for_timeout(100)
        assert holds()

    def invert(self, folder):
        page = self.page
        self.tab("My picture")
        number = page.get_by_label("number, 0 to 9999")
        number.fill("7")
        number.press("Enter")
        page.get_by_role("figure").filter(has_text="test picture 7").wait_for()
        before = self.shown()
        page.get_by_role("button", name="Find it").click()
        self.says("the nearest to test picture 7")
        assert (self.shown() != before).any()
        page.get_by_text("of 255 grey levels").wait_for()
        found = page.get_by_role(
            "img", name="The nearest generated picture to test picture 7"
        )
        self.eventually(lambda: np.abs(self.shown(found) - self.shown()).max() <= 3)
        self.shot("my_picture")
        page.get_by_text("file", exact=True).click()
        path = folder / "shoe.png"
        Image.fromarray(
            np.pad(np.full((30, 60), 20, np.uint8), 20, constant_values=250)
        ).save(path)
        page.get_by_label("Picture file").set_input_files(path)
        page.get_by_role("figure").filter(has_text="your file").wait_for()
        (folder / "shoe.txt").write_text("no picture")
        page.get_by_label("Picture file").set_input_files(folder / "shoe.txt")
        page.get_by_role("alert").filter(
            has_text="no picture that can be used"
        ).wait_for()
        page.get_by_text("drawing", exact=True).click()
        page.get_by_role("application", name="Drawing pad").focus()
        for key in ("ArrowUp", "Space", "ArrowRight", "ArrowRight", "Space"):
            page.keyboard.press(key)
        page.get_by_role("figure").filter(has_text="your drawing").wait_for()

    def has_names(self):
        """Whatever can be focused or seen has a name, on every tab."""
        assert self.page.locator(".gx [aria-live=polite]").count() >= 1
        for tab in self.tabs().all():
            tab.press("Enter")
            assert self.page.locator(".gx").evaluate(NAMELESS) == []
        tab.press("ArrowRight")  # from the last to the first
        assert self.tabs().first.get_attribute("aria-selected") == "true"
