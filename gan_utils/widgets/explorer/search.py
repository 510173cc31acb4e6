"""The explorer's search for the latent point of a given picture."""

import asyncio
import functools
import time

import torch

from gan_utils.data import fashion_mnist, to_float
from gan_utils.inversion import inversion, total_steps
from gan_utils.plotting import to_pixels
from gan_utils.widgets.explorer import files
from gan_utils.widgets.explorer.space import one_thread
from gan_utils.widgets.explorer.state import checked_number

_STEPS, _STARTS = 100, 16
_SLICE = 0.03  # seconds of work between two looks at what the hand does
_PAUSE = 0.002  # seconds in which the hand is heard
_TELL_EVERY = 0.12  # seconds


class Search:
    """Holds a target picture and runs ``inversion`` beside the kernel's other work.

    Args:
        explorer: gets the point that is found, and the messages.
    """

    def __init__(self, explorer):
        self.explorer = explorer
        self.target, self.origin, self.real = None, "", True
        self.found, self.task = None, None
        self.steps = total_steps(_STEPS, _STARTS)

    def choose(self, source, number=0, content=b""):
        """Take a target.

        Args:
            source: "test" (picture ``number`` of the test set), "file" (``content`` is an
                image file), "drawn" (``content`` is 784 grey values), or "shown".
            number: 0 to 9999.
        Raises:
            ValueError: another source, or the content is no picture; in one sentence.
        """
        self.stop()
        self.real = source != "shown"
        if source == "test":
            number = int(
                checked_number("the number of the test picture", number, 0, 9999)
            )
            self.target = to_float(_test_pictures()[number])
            self.origin = f"test picture {number}"
        elif source == "file":
            self.target, self.origin = files.uploaded(content), "your file"
        elif source == "drawn" and len(content) == files.SIDE**2 and any(content):
            drawn = torch.frombuffer(bytearray(content), dtype=torch.uint8)
            self.target = to_float(drawn.view(1, files.SIDE, files.SIDE))
            self.origin = "your drawing"
        elif source == "shown":
            pixels = torch.from_numpy(self.explorer.pixels().copy())
            self.target, self.origin = to_float(pixels)[None], "the picture held"
        else:
            raise ValueError(
                "There is nothing to find yet: draw something, or choose a file."
            )
        self.found = None
        self.send_target()

    def start(self):
        """Search; in a kernel as a task beside its other work, else until the end."""
        self.stop()
        if self.target is None:
            raise ValueError("Choose a picture first, then press Find it.")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            for _ in self._slices():
                pass
        else:
            self.task = loop.create_task(self._run())

    def stop(self):
        """Give up a search that is under way."""
        if self.task is not None:
            self.task.cancel()
            self.task = None
            self._tell("stopped")

    async def _run(self):
        try:
            for _ in self._slices():
                await asyncio.sleep(_PAUSE)
        except Exception as error:  # shown to the reader, who sees no kernel log
            self.explorer.alarm(f"The search stopped: {error}")
        finally:
            if self.task is asyncio.current_task():
                self.task = None

    def _slices(self):
        """Work in slices of _SLICE seconds; ends by handing over the point."""
        generator = self.explorer.state.generator
        classes = getattr(generator, "classes", None)
        starts = _STARTS if classes is None else 2 * classes
        self.steps = total_steps(_STEPS, starts)
        labels = None if classes is None else torch.arange(starts) % classes
        steps = inversion(generator, self.target, _STEPS, starts, labels)
        told = 0.0
        while self._advance(steps):
            if time.perf_counter() - told > _TELL_EVERY:
                told = time.perf_counter()
                self._tell("searching")
            yield
        state = self.explorer.state
        state.take(f"the nearest to {self.origin}", self.found.z, self.found.label)
        self.explorer.send_state()
        self._tell("found")

    def _advance(self, steps):
        """One slice; False at the end."""
        end = time.perf_counter() + _SLICE
        with one_thread():
            while time.perf_counter() < end:
                found = next(steps, None)
                if found is None:
                    return False
                self.found = found
        return True

    def send_target(self):
        """Show what is to be found."""
        if self.target is None:
            return
        answer = {"kind": "target", "origin": self.origin, "real": self.real}
        pixels = to_pixels(self.target).tobytes()
        self.explorer.view.send(answer, buffers=[pixels])
        if self.found:
            self._tell("searching" if self.task else "found")

    def _tell(self, how):
        if self.found is None:
            return self.explorer.view.send({"kind": "progress", "how": how, "share": 0})
        levels = self.found.error * 127.5
        answer = {
            "kind": "progress",
            "how": how,
            "share": self.found.step / self.steps,
            "levels": round(levels, 1),
            "origin": self.origin,
        }
        pixels = to_pixels(self.found.picture).tobytes()
        self.explorer.view.send(answer, buffers=[pixels])


@functools.cache
def _test_pictures():
    """The 10,000 test pictures, uint8."""
    return fashion_mnist("test")[0]
