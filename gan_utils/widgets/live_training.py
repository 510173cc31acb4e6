"""The live training view: what a GAN learns, seen while the cell that trains it runs."""

import threading

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

from gan_utils.grids import draw
from gan_utils.plotting import image_tag
from gan_utils.widgets import live_charts
from gan_utils.widgets.frame import WIDGET_VIEW
from gan_utils.widgets.keys import KeyGuard
from gan_utils.widgets.live_budget import Budget, Speed
from gan_utils.widgets.live_fid import COUNT, FIDs
from gan_utils.widgets.live_panel import Panel
from gan_utils.widgets.live_still import still
from gan_utils.widgets.live_words import words
from gan_utils.widgets.scene import SCALE, encode

ROWS, COLUMNS = 4, 8  # of the sheet
LEAST_PAUSE = 0.5  # seconds between two updates: more would only flicker


class LiveTraining:
    """Progress, losses, pictures from fixed latents, and a button that ends a training.

    ``view = LiveTraining(loop, feed, steps); view.show()``, and in the same cell
    ``fit(loop, feed, steps, folder, watch=view.watch, stop=view.stop)``. It draws as
    often as ``share`` allows and leaves the training as it would be without it, bit for
    bit. When the cell ends, a still picture takes its place, which is saved with the
    notebook.

    Args:
        loop: a ``GANLoop`` for pictures (N, 1 or 3, H, W).
        feed: its ``Feed``.
        steps: of the whole training.
        seed: of the latents.
        fid_every: steps between two FIDs of 2,000 pictures, for Fashion-MNIST only;
            None for none. Each takes about a second, which ``share`` does not count.
        share: of the run's seconds that the view may take, in (0, 1].
    Raises:
        ValueError: pictures that cannot be shown, an FID of other pictures, or a share
            outside (0, 1].
    """

    def __init__(self, loop, feed, steps, *, seed=0, fid_every=None, share=0.02):
        shape = tuple(feed.images.shape[1:])
        if shape[0] not in (1, 3):
            raise ValueError(
                f"pictures must have 1 or 3 channels to be shown; got {shape}"
            )
        if fid_every and shape != (1, 28, 28):
            raise ValueError(
                f"our FID is for pictures (1, 28, 28); got {shape}: leave fid_every out"
            )
        self.loop, self.steps, self.batch_size = loop, steps, feed.batch_size
        self.fids, self.budget = FIDs(loop, fid_every), Budget(share)
        self.z, self.given, self.columns = live_charts.latents(
            loop.sampler, COLUMNS, ROWS, seed
        )
        self.losses = []
        self.asked = threading.Event()
        self.handle, self.speed, self.drawn_at = None, Speed(), 0.0
        self.running = False
        self.kept = True  # the notebook holds a still picture of this state
        self.panel = Panel()
        self.panel.on_msg(self._listen)
        self.box = widgets.VBox([self.panel, KeyGuard()])

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
        self.running, self.drawn_at, self.speed = True, 0.0, Speed()
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
        rested = self.budget.seconds() - self.drawn_at >= LEAST_PAUSE
        return rested and self.budget.affords(times=2)  # pays the last ahead

    def _update(self, phase):
        with self.budget.paying():
            self.image = live_charts.sheet(
                draw(self.loop, self.z, *self.given), self.columns
            )
            count = COUNT if self.fids.every else None
            charts = live_charts.charts(self.losses, self.fids.rows, count)
            self.panel.send_update(
                sheet=encode(self.image, "PNG"),
                width=live_charts.shown_width(self.image),
                alt=f"{len(self.z)} pictures that the generator makes of the same "
                f"latents, after step {self.loop.steps:,} of {self.steps:,}",
                state={"charts": charts, **self._words(phase)},
            )
        self.drawn_at = self.budget.seconds()

    def _words(self, phase):
        pace, seconds = self.speed.steps_a_second(), self.budget.seconds()
        step = self.loop.steps
        return words(phase, step, self.steps, pace, self.batch_size, seconds)

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
        image = still(self.image, state)
        tag = image_tag(encode(image, "PNG"), text, image.width // SCALE)
        return {"text/html": tag, "text/plain": text}
