"""A pad on which the reader draws a two-dimensional distribution."""

import math
from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class DrawPad(anywidget.AnyWidget):
    """A canvas; ``points`` holds the dabs of paint as [x, y] pairs in [-extent, extent].

    Works with a pointer and with the keyboard alone. Setting ``points`` from Python draws
    them; pairs that are not finite are dropped, coordinates outside are moved to the edge.
    """

    _esm = HERE / "drawpad.js"
    _css = HERE / "drawpad.css"
    points = traitlets.List().tag(sync=True)
    extent = traitlets.Float(3.0).tag(sync=True)
    most = traitlets.Int(400, help="dabs that fit on the pad").tag(sync=True)

    @traitlets.validate("points")
    def _clean(self, proposal):
        pairs = [[float(x), float(y)] for x, y in proposal["value"]]
        good = [pair for pair in pairs if all(map(math.isfinite, pair))]
        limit = self.extent
        bounded = [[min(max(v, -limit), limit) for v in pair] for pair in good]
        return bounded[: self.most]
