"""The live training view: what a GAN learns, seen while the cell that trains it runs.

``LiveTraining`` puts the parts together: the panel on the page with its stop button, the
budget of seconds, the speed, and the FIDs.
"""

import collections
import contextlib
import math
import threading
import time
from pathlib import Path

import anywidget
import ipywidgets as widgets
import torch
import traitlets
from IPython import get_ipython
from IPython.display import display

from gan_utils.metrics import feature_network, fid
from gan_utils.plotting import image_tag, png_bytes
from gan_utils.sampling import draw, draw_evenly
from gan_utils.widgets.charts import SCALE
from gan_utils.widgets.frame import WIDGET_VIEW
from gan_utils.widgets.keys import KeyGuard
from gan_utils.widgets.live_training import drawing

_ROWS, _COLUMNS = 4, 8  # of the sheet
_FID_PICTURES = 2000  # behind one FID: quick, and only good to see a trend
_RECENT = 20  # reports over which the speed is averaged
_LEAST_PAUSE = 0.5  # seconds between two updates: more would only flicker


class LiveTraining:
    """Progress, losses, pictures from fixed latents, and a button that ends a training.

    ``view = LiveTraining(loop, batches, steps); view.show()``, and in the same cell
    ``fit(loop, batches, steps, folder, watch=view.watch, stop=view.stop)``. It draws as
    often as ``share`` allows and leaves the training as it would be without it, bit for
    bit. When the cell ends, a still picture takes its place, which is saved with the
    notebook.

    Args:
        loop: a ``GANLoop`` for pictures (N, 1 or 3, H, W).
        batches: its ``DeviceBatches``.
        steps: of the whole training.
        seed: of the latents.
        fid_every: steps between two FIDs of 2,000 pictures, for Fashion-MNIST only;
            None for none. Each takes about a second, which ``share`` does not count.
        share: of the run's seconds that the view may take, in (0, 1].
    Raises:
        ValueError: pictures that cannot be shown, an FID of other pictures, or a share
            outside (0, 1].
    """

    def __init__(self, loop, batches, steps, *, seed=0, fid_every=None, share=0.02):
        shape = tuple(batches.images.shape[1:])
        if shape[0] not in (1, 3):
            raise ValueError(
                f"pictures must have 1 or 3 channels to be shown; got {shape}"
            )
        if fid_every and shape != (1, 28, 28):
            raise ValueError(
                f"our FID is for pictures (1, 28, 28); got {shape}: leave fid_every out"
            )
        self.loop, self.steps, self.batch_size = loop, steps, batches.batch_size
        self.fids, self.budget = _FIDs(loop, fid_every), _Budget(share)
        self._choose_latents(seed)
        self.losses = []
        self.asked = threading.Event()
        self.handle, self.speed, self.drawn_at = None, _Speed(), 0.0
        self.running = False
        self.kept = True  # the notebook holds a still picture of this state
        self.panel = _Panel()
        self.panel.on_msg(self._listen)
        self.box = widgets.VBox([self.panel, KeyGuard()])

    def _choose_latents(self, seed):
        """Latents for the sheet; where there are classes, a column for each if they fit."""
        generator, self.labels, self.columns = self.loop.sampler, None, _COLUMNS
        classes = getattr(generator, "classes", 0)
        if 3 <= classes <= 12:
            self.columns = classes
        random = torch.Generator().manual_seed(seed)
        shape = (_ROWS * self.columns, generator.latent_dim)
        self.z = torch.randn(shape, generator=random)
        if classes:
            self.labels = torch.arange(len(self.z)) % classes

    # What a cell calls

    def show(self):
        """Display the view; ``fit`` may follow in the same cell or in a later one."""
        self.asked.clear()
        self._update("ready")
        notebook = get_ipython()
        if notebook is None:  # plain Python: there is no page to draw on
            return
        view = self.box._repr_mimebundle_()[WIDGET_VIEW]
        self.handle = display(
            {WIDGET_VIEW: view, **self._still()}, raw=True, display_id=True
        )
        self._forget_cell(notebook)
        notebook.events.register("post_run_cell", self._after_cell)

    def watch(self, report):
        """Take a ``Report`` of ``fit``; the view changes when the budget allows it."""
        if not self.running:
            self._begin(report.first, report.seconds)
        self.losses.append((report.step, report.d_loss, report.g_loss))
        self.speed.mark(report.step, self.budget.seconds())
        with self.budget.aside():
            self.fids.take(report)
        if report.step >= self.steps:
            self._end()
        elif self._is_time():
            self._update("running")

    def stop(self):
        """Whether the button was pressed: what ``fit`` asks before every step."""
        if not self.running:
            self._begin(self.loop.steps)
        return self.asked.is_set()

    def finish(self):
        """Put a still picture in the view's place; happens by itself as the cell ends."""
        if self.running or self.loop.steps != self.panel.state["step"]:
            self._end()
        if not self.kept:
            self.kept = True
            if self.handle:
                self.handle.update(self._still(), raw=True)
            if get_ipython():
                self._forget_cell(get_ipython())

    # How a run begins and ends

    def _begin(self, first, seconds=0.0):
        self.budget.start()
        self.budget.began -= seconds
        self.running, self.drawn_at, self.speed = True, 0.0, _Speed()
        self.speed.mark(first, 0.0)
        self.losses = [row for row in self.losses if row[0] <= first]
        self.fids.rows = [row for row in self.fids.rows if row[0] <= first]
        self.panel.send_update(state={**self.panel.state, **self._words("running")})

    def _end(self):
        self.running = self.kept = False
        self.asked.clear()
        self._update("done")

    def _after_cell(self, _result=None):
        self.finish()  # also after Ctrl-C, the kernel's stop button and errors

    def _forget_cell(self, notebook):
        if self._after_cell in notebook.events.callbacks["post_run_cell"]:
            notebook.events.unregister("post_run_cell", self._after_cell)

    def _listen(self, _panel, message, _buffers):
        """The button, in a thread beside the training's (a subshell of the kernel)."""
        if message.get("kind") == "stop" and self.running:
            self.asked.set()
            self.panel.send({"kind": "heard"})

    # What is seen

    def _is_time(self):
        rested = self.budget.seconds() - self.drawn_at >= _LEAST_PAUSE
        return rested and self.budget.affords(times=2)  # pays the last ahead

    def _update(self, phase):
        with self.budget.paying():
            self.image = drawing.sheet(
                draw(self.loop.sampler, self.z, self.labels), self.columns
            )
            count = _FID_PICTURES if self.fids.every else None
            charts = drawing.charts(self.losses, self.fids.rows, count)
            self.panel.send_update(
                sheet=png_bytes(self.image, fast=True),
                width=drawing.shown_width(self.image),
                alt=f"{len(self.z)} pictures that the generator makes of the same "
                f"latents, after step {self.loop.steps:,} of {self.steps:,}",
                state={"charts": charts, **self._words(phase)},
            )
        self.drawn_at = self.budget.seconds()

    def _words(self, phase):
        pace, seconds = self.speed.steps_a_second(), self.budget.seconds()
        step = self.loop.steps
        return drawing.words(phase, step, self.steps, pace, self.batch_size, seconds)

    def _still(self):
        """What the notebook keeps; its text is the same in every complete run."""
        state, how = self.panel.state, f"Training for {self.steps:,} steps"
        if state["title"] == "Stopped":
            how = f"Training stopped after step {state['step']:,} of {self.steps:,}"
        and_fid = ", and of the FID" if self.fids.every else ""
        text = (
            f"{how}: {len(self.z)} pictures, always from the same latents, beside curves "
            f"of both losses, D in purple and G in orange{and_fid}"
        )
        image = drawing.still(self.image, state)
        tag = image_tag(png_bytes(image), text, image.width // SCALE)
        return {"text/html": tag, "text/plain": text}


class _Budget:
    """Counts the seconds that a view takes, and says whether it can afford more.

    Args:
        share: of the run's seconds that may be spent, in (0, 1].
        clock: a function that returns seconds.
    Raises:
        ValueError: another share.
    """

    def __init__(self, share, clock=time.perf_counter):
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], as 0.02 for 2 %; got {share}")
        self.share, self.clock = share, clock
        self.cost = 0.0  # seconds that the last piece of work took
        self.start()

    def start(self):
        """The run begins now; nothing is spent yet."""
        self.began, self.spent, self.left_out = self.clock(), 0.0, 0.0

    def seconds(self):
        """Since the run began."""
        return self.clock() - self.began

    @contextlib.contextmanager
    def paying(self):
        """Count the seconds of the block as spent."""
        begin = self.clock()
        yield
        self.cost = self.clock() - begin
        self.spent += self.cost

    @contextlib.contextmanager
    def aside(self):
        """Leave the seconds of the block out: neither spent nor part of the run."""
        begin = self.clock()
        yield
        self.left_out += self.clock() - begin

    def affords(self, times=1):
        """Whether so much more work, at its last cost, stays within the share."""
        run = self.seconds() - self.left_out
        return self.spent + times * self.cost <= self.share * run


class _Speed:
    """Steps a second, averaged over the last reports."""

    def __init__(self):
        self.marks = collections.deque(maxlen=_RECENT)

    def mark(self, step, seconds):
        """Note when a step was done."""
        self.marks.append((step, seconds))

    def steps_a_second(self):
        """None before there is anything to divide."""
        if len(self.marks) < 2:
            return None
        (first, begin), (last, end) = self.marks[0], self.marks[-1]
        return (last - first) / (end - begin) if end > begin and last > first else None


class _Panel(anywidget.AnyWidget):
    """Draws what its traits say; its button sends the message {"kind": "stop"}.

    ``sheet`` holds PNG bytes, shown ``width`` CSS pixels wide with the alternative text
    ``alt``; ``state`` holds ``drawing.words`` and ``drawing.charts``.
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


class _FIDs:
    """An FID every so many steps, and at the end.

    Args:
        loop: a ``GANLoop``.
        every: steps between two; None for none at all.
    """

    def __init__(self, loop, every):
        self.loop, self.every, self.rows = loop, every, []

    def take(self, report):
        """Compute one if it is due at a ``Report`` of ``fit``."""
        if not self.every:
            return
        last = self.rows[-1][0] if self.rows else report.first
        passed = report.step // self.every > last // self.every
        if passed or report.step == report.steps:
            self.rows.append(
                (report.step, _quick_fid(self.loop.sampler, _FID_PICTURES))
            )


def _quick_fid(generator, count):
    """Our FID of ``count`` of a generator's pictures; NaN where one is not finite.

    Always of the same latents, drawn from a random generator of their own. Fewer than
    10,000 pictures give a higher FID: compare only values of the same count.
    """
    with torch.random.fork_rng(devices=[]):  # loading our feature network draws weights
        feature_network()
    images = draw_evenly(generator, count)
    return fid(images) if images.isfinite().all() else math.nan
