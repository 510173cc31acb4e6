"""The playground: a GAN in the plane that the reader plays, steps and breaks."""

import asyncio
import threading
import time
import traceback
import weakref

import ipywidgets as widgets

from gan_utils import toy, training
from gan_utils.widgets.frame import show_widget
from gan_utils.widgets.keys import KeyGuard
from gan_utils.widgets.playground.controls import DISTRIBUTIONS, DRAW, SPEEDS, Controls
from gan_utils.widgets.playground.drawing import CURVES, SCENE, STILL_WIDTH, Stage
from gan_utils.widgets.playground.game import Game
from gan_utils.widgets.playground.timeline import Timeline

_MOST_FRAMES = 20  # a second: more would only cost, the eye is content
_STEP_SECONDS = 0.05  # a frame on a slow machine has fewer steps, not fewer frames
_LEAST_PAUSE = 0.01  # seconds between frames in which sliders and buttons are heard
FEWEST_DABS = 5  # that make a drawn distribution
_REST_AFTER = 50_000  # steps after which play pauses, in case nobody is watching


class Playground:
    """Play, pause, single steps, time, and every setting of a GAN on a 2-D distribution.

    Play runs as a task of the kernel's event loop and leaves the notebook usable; it
    pauses when another playground starts. The time slider goes back to earlier states of
    the run; settings stay as they are, so that the run can go on from there with other
    ones. All methods may be called from cells.

    Args:
        d_step, g_step: the reader's functions; the package's by default.
        seed: of the first game.
    """

    _playing = None  # a weak reference to the playground that plays

    def __init__(self, d_step=training.d_step, g_step=training.g_step, seed=0):
        self.game = Game(d_step, g_step, seed=seed)
        self.lock = threading.RLock()
        self.round, self.task, self.rate = 0, None, 0.0
        self.name = "ring of 8"
        self.timeline = Timeline(self.game)
        self.controls = Controls(self.game, self._on_time)
        self.stage = Stage()
        self._listen()
        column = [self.controls.box, self.stage.plots]
        side = widgets.VBox(column, layout={"margin": "0 0 0 12px"})
        row = [self.stage.picture, side]
        layout = {"flex_flow": "wrap", "align_items": "flex-start"}
        top = widgets.HBox(row, layout=layout)
        rows = [top, self.controls.time, self.stage.status, KeyGuard()]
        self.box = widgets.VBox(rows)
        self.draw("Press Play, or move one player at a time.")

    def _listen(self):
        c = self.controls
        c.play.observe(self._on_play, "value")
        c.d_step.on_click(lambda _: self.move("d"))
        c.g_step.on_click(lambda _: self.move("g"))
        c.reset.on_click(lambda _: self.reset())
        for control in c.live:
            control.observe(self._on_setting, "value")
        for control in c.shown:
            control.observe(lambda _: self.draw(), "value")
        c.data.observe(self._on_data, "value")
        c.seed.observe(lambda _: self.reset(), "value")
        c.pad.observe(self._on_data, "points")

    # What cells and buttons call

    def run(self, steps):
        """Play a number of steps at once and draw the result; stops at an error."""
        with self.lock:
            cut = self._go_on()
            try:
                for done in range(1, steps + 1):
                    self.game.step()
                    if done % 10 == 0 or done == steps:
                        self.game.coverage()
                        self.timeline.keep()
            except Exception as error:
                return self._fail(error)
            self.draw(f"{cut}{steps:,} steps done.")

    def move(self, player):
        """Move one player, "d" or "g", once."""
        self.pause()
        with self.lock:
            cut = self._go_on()
            try:
                loss = {"d": self.game.move_d, "g": self.game.move_g}[player]()
            except Exception as error:
                return self._fail(error)
            self.timeline.keep(by_hand=True)
            self.draw(f"{cut}{player.upper()} moved once; its loss was {loss:.3f}.")

    def go_to(self, step):
        """Go back to the newest state kept at a step or before it; returns its step."""
        self._look(self.timeline.before(step))
        return self.game.steps

    def play(self):
        """Start to play; needs a running event loop, as every notebook has."""
        self.controls.play.value = True

    def pause(self):
        """Stop playing."""
        self.controls.play.value = False

    def reset(self):
        """New networks from the seed, for the same data and settings."""
        with self.lock:
            self.game.seed = self.controls.seed.value
            self.game.reset()
            self.timeline.restart()
            self.draw("New networks, step 0.")

    def show(self):
        """Display the playground, with a still picture for readers without a kernel."""
        still = self.stage.still(self.game, self._parts(), self._title())
        alt = f"{SCENE}. Beside it, {CURVES}."
        show_widget(self.box, still, alt, STILL_WIDTH)

    # What changes of the controls do

    def _on_play(self, change):
        self.round += 1  # ends the frame loop that runs, if any
        self.controls.show_playing(change["new"])
        if not change["new"]:
            return self.draw("Paused.")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.pause()
            return self.draw("Play needs a running notebook; try run(100).")
        other = Playground._playing and Playground._playing()
        if other is not None and other is not self:
            other.pause()
        Playground._playing = weakref.ref(self)
        self.task = loop.create_task(self._play(self.round))

    def _on_setting(self, _change):
        with self.lock:
            self.controls.apply(self.game)
            if not self.controls.play.value:
                self.draw("Set; it counts from the next step on.")

    def _on_data(self, _change):
        name, points = self.controls.data.value, self.controls.pad.points
        self.controls.pad.layout.display = None if name == DRAW else "none"
        if name != DRAW and name == self.name:
            return
        if name == DRAW and len(points) < FEWEST_DABS:
            return self.draw(
                f"Draw at least {FEWEST_DABS} dabs of paint; there are {len(points)} so "
                f"far. Until then the data stay as they are."
            )
        with self.lock:
            data = toy.from_points(points) if name == DRAW else DISTRIBUTIONS[name]()
            self.name = name
            self.game.set_data(data)
            self.timeline.restart()
            self.draw(f"New data: {name}. New networks, step 0.")

    # Going back in time, and on from there

    def _on_time(self, label):
        labels = self.timeline.labels()
        if label not in labels:
            return self.draw(f"Step {label} is no longer kept.")
        self._look(labels.index(label))

    def _look(self, index):
        """Pause, and show a kept state."""
        with self.lock:
            self.timeline.go_to(index)
            self.pause()
            newest = index == len(self.timeline.states) - 1
            self.draw(
                "The newest step that was kept."
                if newest
                else "Back in time; going on from here drops what came later."
            )

    def _go_on(self):
        """Before a move: cut what came after the state shown; what to say about it."""
        where = self.timeline.words()
        if not self.timeline.cut():
            return ""
        return f"From {where}; what came later is dropped. "

    # The frame loop

    async def _play(self, this_round):
        rest_at = self.game.steps + _REST_AFTER
        try:
            while self.round == this_round:
                begin = time.perf_counter()
                seconds = self._frame(*SPEEDS[self.controls.speed.value])
                spent = time.perf_counter() - begin
                await asyncio.sleep(max(seconds - spent, _LEAST_PAUSE))
                took = time.perf_counter() - begin
                self.rate += 0.1 * (1 / took - self.rate) if self.rate else 1 / took
                if self.game.steps >= rest_at:
                    self.pause()
        except Exception as error:
            self._fail(error)
        finally:
            self.rate = 0.0

    def _frame(self, steps, seconds):
        """Advance and draw once; returns how long the frame should last, in seconds."""
        with self.lock:
            message = self._go_on()
            if steps:
                end = time.perf_counter() + _STEP_SECONDS
                for _ in range(steps):
                    self.game.step()
                    if time.perf_counter() > end:
                        break
            else:  # slow motion: one player at a time
                d_is_next = self.game.d_moves < self.game.d_per_g
                loss = self.game.move_d() if d_is_next else self.game.move_g()
                mover = "D" if d_is_next else "G"
                message += f"Slow motion: {mover} moved, its loss was {loss:.3f}."
            self.timeline.keep(by_hand=not steps)
            self.draw(message)
        return max(seconds, 1 / _MOST_FRAMES)

    # What is seen

    def draw(self, message=""):
        """Send a new scene, new curves, and a line that says what is shown."""
        note = f"{self.rate:.0f} frames a second" if self.rate else ""
        with self.lock:
            self.controls.time.follow(self.timeline.labels(), self.timeline.at)
            when = self.timeline.words()
            parts, title = self._parts(), self._title()
            self.stage.draw(self.game, parts, title, when, note, message)

    def _title(self):
        return f"{self.name} · {self.timeline.words()}"

    def _parts(self):
        """Which of field, pushes and grid are to be drawn."""
        return [control.value for control in self.controls.shown]

    def _fail(self, error):
        """Pause, and say what went wrong and in which line of the reader's code.

        The game goes back to the state shown last: play can go on from what is seen.
        """
        self.timeline.go_to(self.timeline.at)
        self.timeline.cut()
        self.pause()
        self.draw()
        lines = [
            frame.line
            for frame in traceback.extract_tb(error.__traceback__)
            if "site-packages" not in frame.filename
            and "gan_utils" not in frame.filename
        ]
        place = f" in the line `{lines[-1]}`" if lines else ""
        self.stage.alarm(f"Stopped: {type(error).__name__}{place}: {error}")
