"""The explorer's front end, and the still picture that stands for it."""

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets
from PIL import Image

from gan_utils.data import CLASSES, to_float
from gan_utils.metrics import feature_network
from gan_utils.plotting import png_bytes
from gan_utils.widgets.explorer.space import one_thread
from gan_utils.widgets.explorer.state import REACH

HERE = Path(__file__).parent
_PARTS = (
    *("dom", "fan", "link", "sliders", "pad", "strip", "journey", "mine", "save"),
    *("tour", "main"),
)
_ROWS, _COLUMNS, _GAP = 5, 7, 2  # of the still picture's sheet


class ExplorerView(anywidget.AnyWidget):
    """Draws the controls and the picture; all that it knows comes in messages."""

    _esm = "\n".join(
        (HERE / f"explorer_{part}.js").read_text(encoding="utf-8") for part in _PARTS
    )
    _css = HERE / "explorer.css"
    config = traitlets.Dict().tag(sync=True)


def still(state):
    """PNG bytes of the picture beside a sheet of its changes, and a width in CSS pixels."""
    names = list(state.directions())[:_ROWS]
    stops = np.linspace(-REACH, REACH, _COLUMNS).tolist()
    rows = [state.space.pixels(*state.points(name, stops)) for name in names]
    side, step = rows[0].shape[-1], rows[0].shape[-1] + _GAP
    height = len(rows) * step - _GAP
    sheet = np.full((height, height + 3 * _GAP + _COLUMNS * step - _GAP), 255, np.uint8)
    large = Image.fromarray(state.pixels()).resize(
        (height,) * 2, Image.Resampling.NEAREST
    )
    sheet[:, :height] = large
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = i * step, height + 3 * _GAP + j * step
            sheet[top : top + side, left : left + side] = picture
    return png_bytes(sheet), 2 * sheet.shape[1]


def class_name(names, label):
    """The name of a class; its number where there are no names."""
    return names[label] if names and label < len(names) else f"class {label}"


def _sentence(state, names):
    """What is on show and how it came about, in one sentence."""
    parts = [] if state.label is None else [class_name(names, state.label)]
    parts.append(state.origin)
    if state.truncation != 1:
        parts.append(f"truncation {state.truncation:.2f}")
    parts += [f"{name} {v:+.1f}" for name, v in state.values.items() if v]
    moved = int((state.shift != 0).sum())
    if moved:
        parts.append(f"{moved} coordinate{'s' * (moved > 1)} moved")
    text = ", ".join(parts)
    return f"Generated: {text}."


def message_of(state, names):
    """Where every control stands, for the front end."""
    message = {
        "sentence": _sentence(state, names),
        "seed": state.seed,
        "label": state.label,
        "truncation": state.truncation,
        "position": state.position,
        "mix": state.mix,
        "travelling": state.travelling,
        "way": state.way,
        "values": state.values,
        "along": state.along,
        "grid": state.grid(),
    }
    if state.space.layers:
        return message
    z = state.point()
    return message | {
        "coordinate": state.coordinate,
        "value": round(z[state.coordinate - 1].item(), 4),
        "z": [round(v, 3) for v in z.tolist()],
        "length": round(z.norm().item(), 2),
    }


def strip_title(state, stops, names):
    """Heading of the strip and a word for each of its ends."""
    name = state.along
    axis = state.directions().get(name)
    if axis:
        heading = name
        if axis.group != "attributes":
            heading = f"{axis.group} direction {name[-1]}"
        low, high = axis.low, axis.high
    elif name == "class":
        heading = "the same numbers in every class"
        low, high = (class_name(names, stops[i]) for i in (0, -1))
    elif name == "value":
        heading, low, high = f"coordinate {state.coordinate}", "−4", "+4"
    else:
        heading, low, high = {
            "seed": ("neighbouring seeds", f"seed {stops[0]}", f"seed {stops[-1]}"),
            "truncation": ("truncation", "the mean", "beyond"),
            "position": ("the journey", "A", "B"),
            "mix": ("layers from B", "A", "B"),
        }[name]
    return {"heading": heading[0].upper() + heading[1:], "low": low, "high": high}


def classified(names, pixels):
    """What the course's classifier takes the picture for; "" where it was not trained."""
    if names is not CLASSES or pixels.shape != (28, 28):
        return ""
    images = to_float(torch.from_numpy(pixels.copy()))[None, None]
    with torch.no_grad(), one_thread():
        shares = feature_network()(images).softmax(1)[0]
    return f"Our classifier sees: {CLASSES[shares.argmax()]} ({shares.max():.0%})."
