"""The playground's slider over the states of a run that were kept."""

from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class TimeSlider(anywidget.AnyWidget):
    """A slider whose positions are ``labels``, a growing list; ``shown`` is one of them.

    The browser sends the label and not its place in the list, which may have been thinned
    in the meantime.
    """

    _esm = HERE / "time_slider.js"
    _css = HERE / "time_slider.css"
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_choice):
        """``on_choice`` is called with the label that the reader chose."""
        super().__init__()
        self._following = False  # while Python moves the slider
        self._on_choice = on_choice
        self.observe(self._chosen, "shown")

    def follow(self, labels, at):
        """Offer these labels, and stand at one of them."""
        self._following = True
        with self.hold_sync():
            self.labels, self.shown = labels, labels[at]
        self._following = False

    def _chosen(self, change):
        if not self._following:
            self._on_choice(change["new"])
            self.send_state()  # whatever was on its way to the browser at the same time
