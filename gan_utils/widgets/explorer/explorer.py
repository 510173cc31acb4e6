"""The explorer: every way through the latent space of a generator of 28x28 pictures."""

import copy

import ipywidgets as widgets
import numpy as np
import torch

from gan_utils.data import CLASSES
from gan_utils.widgets.explorer import files
from gan_utils.widgets.explorer.search import Search
from gan_utils.widgets.explorer.state import (
    LAST_SEED,
    REACH,
    TRUNCATION,
    WIDEST,
    State,
)
from gan_utils.widgets.explorer.view import (
    ExplorerView,
    class_name,
    classified,
    message_of,
    still,
    strip_title,
)
from gan_utils.widgets.frame import show_widget
from gan_utils.widgets.keys import KeyGuard

_SCALES = (1, 4, 8, 16, 32)  # enlargements offered for a file
_FRAMES = 24  # of a journey, one way
_MOST_AHEAD = 8  # pictures made ahead in one go: the hand waits no longer
_PLACES = 5  # of the pad that are shown, across and up
_KINDS = (
    *("steps", "hello", "rest", "fan", "sheet"),
    *("target", "invert", "stop", "file"),
)
"""Of messages from the front end; each has its method."""


class Explorer:
    """Sliders, strips, journeys and inversion for one generator.

    Each picture is one forward pass in the kernel and travels as 784 bytes; the front end
    asks for the next when the last has arrived, so that no drag falls behind. While the
    hand rests it fetches the pictures along the control moved last, to show them at once.

    Args:
        generator: a module from z (N, latent_dim), and labels (N,) if it has ``classes``,
            to pictures (N, 1, 28, 28) in [-1, 1]. A copy in eval mode on the CPU is used.
        directions: a list of ``latent.Direction``; several may share a name when they are
            for different classes.
        compact: only the strip, seed, truncation and a few sliders.
        checkpoint: what ``checkpoints.load_generator`` takes, for the code that makes a
            picture; by default what the generator was loaded from, if known.
        names: of the classes; the course's classifier is asked only about its own.
    """

    def __init__(
        self, generator, directions=(), compact=False, checkpoint=None, names=CLASSES
    ):
        own = copy.deepcopy(generator).cpu().eval().requires_grad_(False)
        self.state = State(own, directions)
        self.names, self.compact = names, compact
        self.checkpoint = checkpoint or getattr(generator, "checkpoint", None)
        self.search = Search(self)
        self.row = self.sheet = None  # what strip and pad show: names, points, labels
        self.view = ExplorerView(config=self._config())
        self.view.on_msg(self._listen)
        self.box = widgets.VBox([self.view, KeyGuard()])

    def _config(self):
        """What the front end must know and what never changes."""
        state, generator = self.state, self.state.generator
        axes = [axis._asdict() | {"vector": None} for axis in state.axes]
        classes = getattr(generator, "classes", 0)
        return {
            "compact": self.compact,
            "axes": axes,
            "reach": REACH,
            "widest": WIDEST,
            "truncation": TRUNCATION,
            "lastSeed": LAST_SEED,
            "scales": _SCALES,
            "latentDim": generator.latent_dim,
            "layers": state.space.layers,
            "classes": [class_name(self.names, k) for k in range(classes)],
        }

    # What cells call

    def set(self, name, value):
        """Move one control, as a hand would; see ``State.set`` for names and errors."""
        self.state.set(name, value)
        self.send_state()

    def keep(self, end):
        """Keep the picture as an end, "A" or "B", of the journey."""
        self.state.keep(end)
        self.send_ends()

    def reset(self):
        """Back to the seed."""
        self.state.reset()
        self.send_state()

    def invert(self, source="test", number=0, content=b""):
        """Find a picture in the latent space; see ``Search.choose`` for the arguments."""
        self.search.choose(source, number, content)
        self.search.start()

    def pixels(self):
        """The picture on show, uint8 (28, 28)."""
        return self.state.pixels()

    def png(self, scale=8):
        """PNG bytes of the picture on show."""
        return files.png(self.pixels(), scale)

    def gif(self, scale=8):
        """GIF bytes of the journey from A to B and back."""
        stops = [i / (_FRAMES - 1) for i in range(_FRAMES)]
        points = self.state.points("position", stops)
        return files.gif(self.state.space.pixels(*points), scale)

    def code(self):
        """Python that makes exactly the picture on show."""
        state = self.state
        if state.space.layers:
            ws = state.point().view(state.space.layers, -1)
            return files.code_of_styles(ws, self.checkpoint)
        return files.code(state.point(), state.label, self.checkpoint)

    def show(self):
        """Display the explorer, and a still picture for readers without a kernel."""
        picture, width = still(self.state)
        alt = "The latent explorer: a generated picture, and how sliders change it."
        show_widget(self.box, picture, alt, width, crisp=True)

    # What the front end asks

    def _listen(self, _view, message, buffers):
        kind = message.get("kind")
        if kind in _KINDS:
            try:
                getattr(self, f"_on_{kind}")(message, buffers)
            except (ValueError, OSError) as error:
                self.alarm(str(error))

    def _on_steps(self, message, _buffers):
        """Everything that the hand has done since the last answer, in order."""
        state, kept = self.state, False
        steps = {"set": state.set, "keep": state.keep}
        steps |= {"reset": state.reset, "look": state.look}
        try:
            for what, *details in message["steps"]:
                steps[what](*details)
                kept |= what == "keep"
        finally:
            self.send_state(message["ticket"])
        if kept:
            self.send_ends()

    def _on_hello(self, _message, _buffers):
        self.row = self.sheet = None
        self.send_state()
        self.send_ends()
        self.search.send_target()

    def _on_rest(self, message, _buffers):
        """The hand rests: strip, classifier and code may follow."""
        state, stops = self.state, self.state.few_stops()
        answer = {"kind": "rest", "strip": None}
        answer["seen"] = classified(self.names, self.pixels())
        if message.get("code"):
            answer["code"] = self.code()
        points, labels = state.points(state.along, stops)
        row = (state.along, points.numpy().tobytes(), labels)
        if row == self.row:
            return self.view.send(answer)
        self.row = row
        title = strip_title(state, stops, self.names)
        answer["strip"] = {"name": state.along, "stops": stops, **title}
        pictures = state.space.pixels(points, labels)
        self.view.send(answer, buffers=[pictures.tobytes()])

    def _on_fan(self, message, _buffers):
        """The pictures of a few positions of a control, to have at hand."""
        name, values = message["name"], message["values"][:_MOST_AHEAD]
        if name not in self.state.controls():
            return
        pictures = self.state.space.pixels(*self.state.points(name, values))
        answer = {"kind": "fan", "name": name, "values": values}
        answer["generation"] = message["generation"]
        self.view.send(answer, buffers=[pictures.tobytes()])

    def _on_sheet(self, message, _buffers):
        """The pictures of places all over the pad, the top row first; unless it has them."""
        across, up = message["names"]
        if not {across, up} <= set(self.state.directions()):
            return
        stops = np.linspace(-REACH, REACH, _PLACES).tolist()
        probe, rows = self.state.copy(), []
        for value in stops[::-1]:
            probe.set(up, value)
            rows.append(probe.points(across, stops))
        points = torch.cat([row[0] for row in rows])
        labels = [row[1] for row in rows]
        labels = None if labels[0] is None else sum(labels, [])
        sheet = (across, up, points.numpy().tobytes(), labels)
        if sheet == self.sheet:
            return
        self.sheet = sheet
        pictures = self.state.space.pixels(points, labels)
        answer = {"kind": "sheet", "names": [across, up]}
        self.view.send(answer, buffers=[pictures.tobytes()])

    def _on_target(self, message, buffers):
        content = bytes(buffers[0]) if buffers else b""
        self.search.choose(message["source"], message.get("number", 0), content)

    def _on_invert(self, _message, _buffers):
        self.search.start()

    def _on_stop(self, _message, _buffers):
        self.search.stop()

    def _on_file(self, message, _buffers):
        scale = message.get("scale", 8)
        if scale not in _SCALES:
            raise ValueError(f"the enlargement must be one of {_SCALES}; got {scale!r}")
        what = message.get("what")
        if what == "png":
            name, kind, content = "generated.png", "image/png", self.png(scale)
        elif what == "gif":
            name, kind, content = "journey.gif", "image/gif", self.gif(scale)
        else:
            name, kind = "make_picture.py", "text/x-python"
            content = self.code().encode()
        answer = {"kind": "file", "name": name, "type": kind}
        self.view.send(answer, buffers=[content])

    # What it is told

    def send_state(self, ticket=None):
        """The picture and where every control stands."""
        answer = {
            "kind": "state",
            "ticket": ticket,
            **message_of(self.state, self.names),
        }
        self.view.send(answer, buffers=[self.pixels().tobytes()])

    def send_ends(self):
        """The pictures of A and B."""
        points, labels = zip(*self.state.ends.values())
        labels = None if labels[0] is None else list(labels)
        pictures = self.state.space.pixels(torch.stack(points), labels).tobytes()
        self.view.send({"kind": "ends"}, buffers=[pictures])

    def alarm(self, sentence):
        """Say what went wrong."""
        self.view.send({"kind": "alarm", "text": sentence})
