"""The explorer as a web app, as ``run.py explore`` serves it, and without any network."""

import os
import re
import socket
import subprocess
import sys
import time

import pytest
from conftest import START_SECONDS, free_port
from explorer_page import ExplorerPage

pytestmark = pytest.mark.browser

SIZES = """() => [...document.querySelectorAll(".gx-icon")].filter((e) => e.closest(":not([hidden])")
  && e.checkVisibility()).map((e) => e.getBBox().width * e.getBoundingClientRect().width)"""
AWESOME = """async () => {
  const one = document.createElement("i");
  one.className = "fa fa-play";
  document.body.append(one);
  const style = getComputedStyle(one, "::before");
  await document.fonts.load(`900 16px ${style.fontFamily}`);
  return [...document.fonts].some((font) => font.status === "loaded" &&
    style.fontFamily.includes(font.family.replaceAll('"', "")));
}"""


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    """The address that a served explorer prints."""
    folder = tmp_path_factory.mktemp("voila")
    names = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "IPYTHONDIR",
    )
    environment = {name: str(folder / name.lower()) for name in names}
    port = free_port()
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "gan_utils.widgets.explorer.serve", "explorer_unconditional",
             "--no-browser", "--port", str(port)],
            stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment},
        )  # fmt: skip
    try:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        else:
            pytest.fail(f"Voilà did not start:\n{log.read_text()[-3000:]}")
        yield re.search(r"http://127\S+", log.read_text())[0]
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def app(page, address):
    """The explorer; at the end no error, no outside request, nothing missing."""
    errors, answers = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda answer: answers.append((answer.status, answer.url)))
    page.on("requestfailed", lambda request: answers.append((0, request.url)))
    page.goto(address)
    yield ExplorerPage(page)
    assert errors == []
    here = ("http://127.0.0.1", "blob:http://127.0.0.1", "data:")
    assert [url for _, url in answers if not url.startswith(here)] == []
    missing = [
        a for a in answers if not 200 <= a[0] < 400 and not a[1].startswith("blob:")
    ]
    assert missing == []


def test_keyboard_drag_and_journey(app):
    app.shot("voila")
    app.move_by_keyboard()
    app.drag_fast()
    app.journey()
    app.has_names()


def test_save_invert_and_icons(app, tmp_path):
    app.save()
    app.invert(tmp_path)
    sizes = app.page.evaluate(SIZES)
    assert len(sizes) >= 5
    assert min(sizes) > 0
    assert app.page.evaluate(AWESOME)
    assert app.page.title() == "Latent explorer"


def test_pad_and_tour(app):
    app.pad()
    app.take_the_tour()


def test_a_narrow_window_shows_everything(app):
    app.page.set_viewport_size({"width": 420, "height": 900})
    app.page.wait_for_timeout(300)
    wide = app.page.evaluate("() => document.querySelector('.gx').scrollWidth")
    assert wide <= 420
    app.shot("narrow")


def test_without_the_token_nobody_gets_in(page, address):
    answer = page.goto(address.split("?")[0])
    assert page.locator(".gx-large").count() == 0
    assert "login" in page.url or answer.status in (401, 403)
