"""A real JupyterLab server and a real Chromium, for the tests in this folder."""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
]
spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


def find_chromium():
    """The path of Chromium: $CHROMIUM, `chromium` or `google-chrome`; None without one."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "google-chrome"):
        if name and shutil.which(name):
            return shutil.which(name)
    return None


def free_port():
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server, log):
    """Return when the server answers; fail with its log when it dies or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(
        f"JupyterLab did not start in {START_SECONDS} s:\n{log.read_text()[-3000:]}"
    )


@pytest.fixture(scope="session")
def chromium():
    """The browser's path; the tests are skipped where there is none."""
    found = find_chromium()
    if not found:
        pytest.skip("no Chromium: set $CHROMIUM or put `chromium` on the PATH")
    return found


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    """The folder that the server shows; its subfolder notebooks holds copies."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    return folder


@pytest.fixture(scope="session")
def lab_url(chromium, lab_folder):
    """A function from a notebook's file name to the address that opens its copy.

    The server runs on a free loopback port, with its own settings, in a temporary folder;
    the clone is not touched.
    """
    folder = lab_folder
    settings = folder / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(run.LAB_OVERRIDES)
    port, token = free_port(), secrets.token_hex(8)
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
             "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")  # fmt: skip
    environment = {name: str(folder / name.lower()) for name in names}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
               "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
               f"--IdentityProvider.token={token}", *run.LAB_OPTIONS,
               f"--LabApp.app_settings_dir={settings}"]  # fmt: skip
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )  # fmt: skip
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/api?token={token}", server, log)
        yield lambda notebook: (  # a workspace of its own: no tab of another test
            f"{base}/lab/workspaces/{secrets.token_hex(4)}/tree/notebooks/{notebook}"
            f"?token={token}"
        )
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def page(chromium):
    """A fresh page of 1500 x 1100 pixels."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1100})
        page.set_default_timeout(30_000)
        yield page
        browser.close()


@pytest.fixture
def run_cells(page, lab_url, lab_folder):
    """A function that starts cells, given as texts, in JupyterLab and returns the page.

    At the end no script and no cell may have failed, and no key may have made a new cell.
    """
    errors, cells = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def start(*texts):
        cells.extend(new_code_cell(text) for text in texts)
        notebook = new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
        }
        path = lab_folder / "notebooks" / f"{secrets.token_hex(4)}.ipynb"
        nbformat.write(notebook, path)
        page.goto(lab_url(path.name))
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return page

    yield start
    assert errors == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(cells)
