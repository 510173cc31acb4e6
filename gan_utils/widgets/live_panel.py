"""The front end of the live training view."""

from pathlib import Path

import anywidget
import traitlets


class Panel(anywidget.AnyWidget):
    """Draws what its traits say; its button sends the message {"kind": "stop"}.

    ``sheet`` holds PNG bytes, shown ``width`` CSS pixels wide with the alternative text
    ``alt``; ``state`` holds ``live_words.words`` and ``live_charts.charts``.
    """

    _esm = Path(__file__).with_name("live_training.js")
    _css = Path(__file__).with_name("live_training.css")
    sheet = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def send_update(self, **traits):
        """Set several traits in one message."""
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
        self.hear_beside()

    def hear_beside(self):
        """Let the button's message reach a subshell while the main shell trains.

        ipykernel 7.4 sends an answer to the shell that spoke last, here the main one,
        which does not listen. Where this fails, live_training.js interrupts the kernel.
        """
        if hasattr(self.comm, "_reply_subshell_id"):
            del self.comm._reply_subshell_id
