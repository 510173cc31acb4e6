"""The live training view in a real JupyterLab, while the cell that trains is running."""

import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SETUP = """import torch
from gan_utils.data import fashion_mnist
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.fit import fit
from gan_utils.training import GANLoop
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.widgets.live_training.view import LiveTraining

STEPS = 100_000
batches = DeviceBatches(fashion_mnist("test")[0], batch_size=16, latent_dim=16)


def train(folder, spoil=lambda view: None):
    torch.manual_seed(0)
    loop = GANLoop(DCGANGenerator(16, 4), DCGANDiscriminator(4))
    view = LiveTraining(loop, batches, STEPS, share=0.2)
    spoil(view)
    view.show()
    fit(loop, batches, STEPS, folder, log_every=5, save_every=5000,
        watch=view.watch, stop=view.stop)"""
HEARD = 'train("by_button")'
UNHEARD = """def spoil(view):
    view.panel.hear_beside = lambda: None  # as if the kernel could not hear the button


train("by_interrupt", spoil)"""
SQUARE = 'train("by_square")'
PANEL = ".jp-OutputArea .lt:visible"
STILL = ".jp-OutputArea-output img[alt^='Training stopped after step']"
WATCH = """(image) => {
  window.pictures = new Set();
  new MutationObserver(() => window.pictures.add(image.alt + image.src))
    .observe(image, {attributes: true});
}"""
NAMELESS = """(box) => [...box.querySelectorAll("button, progress, img, svg")]
  .filter((e) => !(e.getAttribute("aria-label") || e.innerText || e.alt))
  .map((e) => e.outerHTML)"""


@pytest.fixture
def lab(run_cells):
    """A page on which all cells were started."""
    return run_cells(SETUP, HEARD, UNHEARD, SQUARE)


def shot(page, name):
    """A screenshot, where $GAN_SCREENSHOTS names a folder for them."""
    if os.environ.get("GAN_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["GAN_SCREENSHOTS"]) / f"{name}.png")


def wait_for_button(page):
    """The button of the cell that is training now."""
    button = page.locator(".lt-stop:visible:enabled")
    button.wait_for(timeout=60_000)
    return button


def saved_still(page, count):
    """Wait until so many cells have ended and left their picture; returns the seconds."""
    begin = time.monotonic()
    page.wait_for_function(
        "([still, count]) => document.querySelectorAll(still).length === count",
        arg=[STILL, count],
    )
    return time.monotonic() - begin


def test_it_lives_while_the_cell_runs_and_three_ways_of_stopping(lab, lab_folder):
    interrupts = []
    lab.on(
        "request", lambda r: interrupts.append(r.url) if "/interrupt" in r.url else 0
    )
    button = wait_for_button(lab)
    image = lab.locator(f"{PANEL} img")
    image.evaluate(WATCH)
    lab.wait_for_function("() => window.pictures.size >= 6")  # alt and src, three times
    lab.get_by_text("pictures a second").first.wait_for()
    assert lab.locator(f"{PANEL} path.lt-d").get_attribute("d").count("L") >= 1
    assert lab.locator(PANEL).evaluate(NAMELESS) == []
    assert (
        lab.locator(f"{PANEL} [aria-live=polite]").inner_text().startswith("Training")
    )
    crisp = image.evaluate("(image) => getComputedStyle(image).imageRendering")
    assert crisp == "pixelated"
    shot(lab, "live_during")

    button.click()  # a message to a subshell: heard at once
    assert saved_still(lab, 1) < 8
    lab.get_by_text("and saved in by_button").wait_for()
    assert interrupts == []
    assert list((lab_folder / "notebooks" / "by_button").glob("*.safetensors"))
    shot(lab, "live_after")

    wait_for_button(lab).focus()  # the next cell runs: stopping is no error
    lab.keyboard.press("Enter")  # not heard: a second later the button interrupts
    lab.locator(PANEL).get_by_text("Stopping", exact=True).wait_for()
    assert saved_still(lab, 2) < 12
    lab.get_by_text("and saved in by_interrupt").wait_for()
    assert len(interrupts) == 1

    wait_for_button(lab)
    lab.locator("[data-jp-item-name=interrupt]").first.click()
    saved_still(lab, 3)
    lab.get_by_text("and saved in by_square").wait_for()
    assert lab.locator(".lt").count() == 0
