"""Makes helpers importable from every folder of tests, and puts the longest work first."""

import re
import signal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
signal.signal(signal.SIGINT, signal.default_int_handler)  # "&" in a script ignores it
SLOW = ("browser", "engine", "course", "widgets")  # folders of tests, longest first


def seconds_of_lessons():
    """What each lesson takes, by README's table."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\(notebooks/(\w+\.ipynb)\).*\| (\d+) s \|$", text, re.MULTILINE)
    return {name: int(seconds) for name, seconds in rows}


def pytest_collection_modifyitems(items):
    """Workers take whole files in this order: long lessons, slow folders, the rest."""
    seconds = seconds_of_lessons()

    def place(item):
        path = Path(item.path)
        if path.suffix == ".ipynb":
            return 0, -seconds.get(path.name, 0), path.name
        folder = path.parent.name
        return 1 + (*SLOW, folder).index(folder), 0, path.name

    items.sort(key=place)
