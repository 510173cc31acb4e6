"""From key to picture: the explorer's slider against the same slider made otherwise.

    .venv/bin/python benchmarks/latency.py

Opens a real JupyterLab and a headless Chromium, presses arrow keys on sliders in turn,
and writes benchmarks/results/latency.json. A time runs from the key to the first animation
frame after the new picture stands in the page. The sliders: the explorer's; the same with
each key on another slider, whose pictures are not at hand yet; a FloatSlider beside one Picture
widget; ``interact`` with matplotlib. All show the same generator's pictures.
It does so twice: with Jupyter's server as it is, and with ``gan_utils.widgets.explorer.serve``.
"""

import importlib.util
import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "latency.json"
ROUNDS, PRESSES = (
    5,
    30,
)  # each slider in turn; the direction changes from round to round
PAUSE = 120  # ms between an answer and the next key
LOST = 2000  # ms after which an answer counts as lost
PROMPT = "--ServerApp.kernel_websocket_connection_class=gan_utils.widgets.explorer.serve.PromptConnection"
SETUP = """import io
import ipywidgets as widgets
import matplotlib.pyplot as plt
from PIL import Image
from gan_utils.checkpoints import load_generator
from gan_utils.widgets.explorer.explorer import Explorer
from gan_utils.widgets.explorer.state import State
from gan_utils.widgets.picture import Picture

generator = load_generator("explorer_unconditional")
state = State(generator)


def pixels(value):
    state.set("principal 1", value)
    return state.pixels()


def slider():
    return widgets.FloatSlider(value=0, min=-3, max=3, step=0.1)"""
EXPLORER = "Explorer(generator).show()"
PICTURE = """one = slider()
picture = Picture(alt="a picture", format="png", layout={"width": "364px"})


def draw(_):
    buffer = io.BytesIO()
    Image.fromarray(pixels(one.value)).save(buffer, "PNG", compress_level=1)
    picture.value = buffer.getvalue()


one.observe(draw, "value")
draw(None)
display(widgets.VBox([one, picture]))"""
INTERACT = """%matplotlib inline


def draw(value):
    plt.figure(figsize=(3.64, 3.64), dpi=100)
    plt.imshow(pixels(value), cmap="gray", vmin=0, vmax=255)
    plt.axis("off")
    plt.show()


widgets.interact(draw, value=slider());"""
WATCH = """() => {
  window.pressed = null;
  window.taken = [];
  window.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
  const stands = () => requestAnimationFrame(() => {
    if (window.pressed === null) return;
    window.taken.push(performance.now() - window.pressed);
    window.pressed = null;
  });
  const image = (node) => node.tagName === "IMG" ? node : node.querySelector?.("img");
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.attributeName === "data-shown") stands();
      if (change.attributeName === "src") change.target.decode().then(stands, () => {});
      for (const node of change.addedNodes) image(node)?.decode().then(stands, () => {});
    }
  }).observe(document.body, {subtree: true, childList: true, attributes: true,
                             attributeFilter: ["src", "data-shown"]});
}"""


def main():
    """Measure with both servers, and write the file."""
    results = {
        "command": ".venv/bin/python benchmarks/latency.py",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "load before": [round(v, 1) for v in os.getloadavg()],
        "versions": {n: version(n) for n in ("jupyterlab", "ipykernel", "ipywidgets", "torch")},
        "unit": "ms from key to the first frame with the new picture",
        "as run.py starts JupyterLab": measure(PROMPT),
        "stock JupyterLab": measure(),
    }  # fmt: skip
    results["load after"] = [round(v, 1) for v in os.getloadavg()]
    RESULT.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def measure(*options):
    """Times of the three sliders in one notebook of one server."""
    conftest = load("conftest", ROOT / "tests" / "browser" / "conftest.py")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [
            nbformat.v4.new_code_cell(c) for c in (SETUP, EXPLORER, PICTURE, INTERACT)
        ]
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
        }
        nbformat.write(notebook, Path(folder) / "latency.ipynb")
        server, address = serve(Path(folder), conftest.free_port(), options)
        browser = playwright.chromium.launch(
            executable_path=conftest.find_chromium(), args=conftest.CHROMIUM_ARGUMENTS
        )
        try:
            return press_all(
                browser.new_page(viewport={"width": 1500, "height": 2600}), address
            )
        finally:
            browser.close()
            server.terminate()
            server.wait(20)


def load(name, path):
    """A module from its file."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(folder, port, options):
    """Start JupyterLab; returns the process and the notebook's address."""
    token = secrets.token_hex(8)
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
             "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")  # fmt: skip
    environment = {name: str(folder / name.lower()) for name in names}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
         "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
         f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, **environment, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{base}/api?token={token}", timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    return server, f"{base}/lab/tree/latency.ipynb?token={token}"


def press_all(page, address):
    """Run the notebook, press keys on each slider in turn, and sum up."""
    page.set_default_timeout(60_000)
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".widget-interact img").wait_for()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)

    def named(name):
        return page.get_by_role("slider", name=name, exact=True)

    handles = page.locator(".noUi-handle")
    sliders = {
        "explorer": [named("principal 1")],
        "explorer, each key on another slider": [
            named("principal 2"),
            named("principal 3"),
        ],
        "FloatSlider and Picture": [handles.nth(0)],
        "interact and matplotlib": [handles.nth(1)],
    }
    times, lost = {name: [] for name in sliders}, dict.fromkeys(sliders, 0)
    for turn in range(ROUNDS):
        for name, ones in sliders.items():
            taken = press(page, ones, "ArrowRight" if turn % 2 == 0 else "ArrowLeft")
            times[name] += taken
            lost[name] += PRESSES - len(taken)
    summary = {name: sum_up(times[name], lost[name]) for name in sliders}
    medians = [
        summary[name]["median"] for name in ("explorer", "interact and matplotlib")
    ]
    return {**summary, "explorer / interact": round(medians[0] / medians[1], 3)}


def press(page, sliders, key):
    """Press a key on each slider in turn; returns the times taken, in ms."""
    sliders[0].scroll_into_view_if_needed()
    sliders[0].focus()
    page.wait_for_timeout(400)
    page.evaluate("() => { window.taken = []; }")
    for done in range(PRESSES):
        sliders[done % len(sliders)].focus()
        page.evaluate("() => { window.pressed = null; }")
        page.keyboard.press(key)
        end = time.monotonic() + LOST / 1000
        while time.monotonic() < end:
            page.wait_for_timeout(PAUSE)
            if page.evaluate("() => window.pressed === null"):
                break
    return page.evaluate("() => window.taken")


def sum_up(times, lost):
    """Median and 95 % point in ms."""
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered), 1),
        "95 %": round(ordered[int(0.95 * len(ordered))], 1),
        "keys": len(ordered),
        "lost": lost,
    }


if __name__ == "__main__":
    main()
