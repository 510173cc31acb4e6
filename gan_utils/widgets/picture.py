"""A picture that changes often and has alternative text, which ipywidgets' Image lacks."""

from pathlib import Path

import anywidget
import traitlets


class Picture(anywidget.AnyWidget):
    """An <img> with alternative text; set ``value`` to show other bytes.

    Args:
        alt: what the picture shows, for those who cannot see it.
        format: "jpeg" or "png".
    """

    _esm = Path(__file__).with_name("picture.js")
    value = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    format = traitlets.Unicode("jpeg").tag(sync=True)
