"""The explorer's front end, and the still picture that stands for it."""

import io
from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image

from gan_utils.widgets.explorer_draw import draw
from gan_utils.widgets.explorer_state import REACH
from gan_utils.widgets.keys import KeyGuard

HERE = Path(__file__).parent
PARTS = ("dom", "fan", "link", "sliders", "strip", "journey", "mine", "save", "main")
ROWS, COLUMNS, GAP = 5, 7, 2  # of the still picture's sheet


class ExplorerView(anywidget.AnyWidget):
    """Draws the controls and the picture; all that it knows comes in messages."""

    _esm = "\n".join(
        (HERE / f"explorer_{part}.js").read_text(encoding="utf-8") for part in PARTS
    )
    _css = HERE / "explorer.css"
    config = traitlets.Dict().tag(sync=True)


def box_of(view):
    """The view, and a guard that keeps its keys from JupyterLab's shortcuts."""
    return widgets.VBox([view, KeyGuard()])


def still(state):
    """PNG bytes of the picture beside a sheet of its changes, and a width in CSS pixels."""
    names = list(state.directions())[:ROWS]
    stops = np.linspace(-REACH, REACH, COLUMNS).tolist()
    rows = [draw(state.generator, *state.points(name, stops)) for name in names]
    side, step = rows[0].shape[-1], rows[0].shape[-1] + GAP
    height = len(rows) * step - GAP
    sheet = np.full((height, height + 3 * GAP + COLUMNS * step - GAP), 255, np.uint8)
    large = Image.fromarray(state.pixels()).resize(
        (height,) * 2, Image.Resampling.NEAREST
    )
    sheet[:, :height] = large
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = i * step, height + 3 * GAP + j * step
            sheet[top : top + side, left : left + side] = picture
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), 2 * sheet.shape[1]
