"""How often a view may be drawn: its seconds stay below a share of the run's."""

import collections
import contextlib
import time

RECENT = 20  # reports over which the speed is averaged


class Budget:
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


class Speed:
    """Steps a second, averaged over the last reports."""

    def __init__(self):
        self.marks = collections.deque(maxlen=RECENT)

    def mark(self, step, seconds):
        """Note when a step was done."""
        self.marks.append((step, seconds))

    def steps_a_second(self):
        """None before there is anything to divide."""
        if len(self.marks) < 2:
            return None
        (first, begin), (last, end) = self.marks[0], self.marks[-1]
        return (last - first) / (end - begin) if end > begin and last > first else None
