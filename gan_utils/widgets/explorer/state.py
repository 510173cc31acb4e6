"""What the explorer stands on: a latent point, how it came about, and what it looks like."""

import contextlib
import copy
from typing import NamedTuple

import torch

from gan_utils import latent
from gan_utils.plotting import to_pixels

REACH = 3.0  # ends of a slider along a direction
WIDEST = 4.0  # ends of a coordinate's slider
TRUNCATION = 1.5  # the highest
LAST_SEED = 9999
_FOUND = 6  # directions of each of the two kinds that nobody named
_STEP = 0.1  # of a slider along a direction
_STOPS = 11  # pictures in the strip
_WAYS = {"great circle": latent.slerp, "straight line": latent.lerp}


class _Axis(NamedTuple):
    """A slider's direction: its group, a word for each end, and the vector."""

    name: str
    group: str
    low: str
    high: str
    vector: torch.Tensor
    classes: tuple | None = None


class State:
    """Everything that decides the picture; ``set`` is the only way to change a control.

    Args:
        generator: a module in eval mode on the CPU, conditional if it has ``classes``.
        directions: a list of ``latent.Direction``.
    """

    def __init__(self, generator, directions=()):
        self.generator = generator
        self.axes = [_Axis(d.name, "attributes", *d[1:]) for d in directions]
        kinds = {
            "principal": latent.principal_directions,
            "closed form": latent.closed_form_directions,
        }
        for kind, find in kinds.items():
            with one_thread():
                vectors = find(generator, min(_FOUND, generator.latent_dim))
            for k, vector in enumerate(vectors, start=1):
                self.axes.append(_Axis(f"{kind} {k}", kind, "−", "+", vector))
        self.label = 0 if hasattr(generator, "classes") else None
        self.seed, self.coordinate, self.way = 0, 1, "great circle"
        self.position = 0.0
        self._stand("", torch.zeros(generator.latent_dim))
        self.ends = self._first_ends()
        self.set("seed", 0)
        self.along = "seed" if self.label is None else "class"

    def _first_ends(self):
        """Seed 0, and of the next few seeds the one whose picture is least like it."""
        points = torch.stack([_seed_point(self.generator, k) for k in range(8)])
        labels = None if self.label is None else [self.label] * len(points)
        pictures = draw_pixels(self.generator, points, labels).astype(float)
        far = ((pictures - pictures[0]) ** 2).sum((1, 2)).argmax()
        return {"A": (points[0], self.label), "B": (points[far], self.label)}

    # Changing it

    def set(self, name, value):
        """Move one control.

        Args:
            name: "seed", "class", "truncation", "coordinate" (which one, from 1), "value"
                (that coordinate's), "way", "position" (from A to B, in [0, 1]), or the
                name of a direction.
            value: what it is moved to; numbers beyond the control's ends are cut there.
        Raises:
            ValueError: there is no such control, or the value is not of its kind.
        """
        if name in self.directions():
            self.values[name] = checked_number(name, value, -REACH, REACH)
        elif name == "seed":
            self.seed = int(checked_number(name, value, 0, LAST_SEED))
            self.origin, self.travelling = f"seed {self.seed}", False
            self.base = _seed_point(self.generator, self.seed)
        elif name == "class" and self.label is not None:
            self.label = int(checked_number(name, value, 0, self.generator.classes - 1))
            known = self.directions()
            self.values = {k: v for k, v in self.values.items() if k in known}
        elif name == "truncation":
            self.truncation = checked_number(name, value, 0, TRUNCATION)
        elif name == "coordinate":
            self.coordinate = int(
                checked_number(name, value, 1, self.generator.latent_dim)
            )
            name = "value"
        elif name == "value":
            k, value = self.coordinate - 1, checked_number(name, value, -WIDEST, WIDEST)
            self.shift[k] += value - self.z()[k]
        elif name == "way" and value in _WAYS:
            self.way = value
            return self.set("position", self.position)
        elif name == "position":
            self._travel(checked_number(name, value, 0, 1))
        else:
            raise ValueError(
                f"the explorer has no control {name!r} that takes {value!r}; it has: "
                f"{', '.join(self.controls())}"
            )
        self.along = name

    def _stand(self, origin, base):
        """Take a new point as it is: all changes on the way to the old one are dropped."""
        self.origin, self.base, self.truncation = origin, base, 1.0
        self.travelling = False
        self.values, self.shift = {}, torch.zeros(self.generator.latent_dim)

    def _travel(self, position):
        (start, first), (end, last) = self.ends["A"], self.ends["B"]
        self.position = position
        point = _WAYS[self.way](start, end, position)
        self._stand(f"{position:.0%} of the way from A to B", point)
        self.label = first if position < 0.5 else last
        self.travelling = True

    def look(self, name):
        """Let the strip show what a control would do, and leave the picture as it is."""
        if name not in self.controls():
            raise ValueError(f"the explorer has no control {name!r} at present")
        self.along = name

    def keep(self, end):
        """Keep the present point as an end, "A" or "B", of the journey."""
        if end not in self.ends:
            raise ValueError(f'a journey has the ends "A" and "B"; got {end!r}')
        self.ends[end] = (self.z(), self.label)

    def reset(self):
        """Back to the seed: no changes, no truncation."""
        self._stand("", self.base)
        self.set("seed", self.seed)

    def take(self, origin, z, label):
        """Stand on a given point; ``origin`` says in words where it comes from."""
        self._stand(origin, z)
        if label is not None:
            self.label = label
        self.along = next(iter(self.directions()))

    # Reading it

    def directions(self):
        """The axes that apply to the present class, by name."""
        return {
            axis.name: axis
            for axis in self.axes
            if axis.classes is None or self.label in axis.classes
        }

    def controls(self):
        """The names that ``set`` takes at present."""
        names = ["seed", "truncation", "coordinate", "value", "way", "position"]
        return names + ["class"] * (self.label is not None) + [*self.directions()]

    def z(self):
        """The latent point (latent_dim,), to four decimals, so that it can be printed."""
        z = latent.truncate(self.base, self.truncation) + self.shift
        known = self.directions()
        for name, value in self.values.items():
            z = z + value * known[name].vector
        return (z.double() * 1e4).round().div(1e4).float()

    def stops(self):
        """Every position of the control moved last."""
        if self.along == "seed":
            first = min(max(self.seed - _STOPS // 2, 0), LAST_SEED - _STOPS + 1)
            return list(range(first, first + _STOPS))
        if self.along == "class":
            return list(range(self.generator.classes))
        ends = {
            "truncation": (0, TRUNCATION, 0.05),
            "position": (0, 1, 0.01),
            "value": (-WIDEST, WIDEST, 0.1),
        }
        low, high, step = ends.get(self.along, (-REACH, REACH, _STEP))
        count = round((high - low) / step)
        return [round(low + step * i, 6) for i in range(count + 1)]

    def few_stops(self):
        """The positions that the strip shows: about 11, evenly spaced."""
        stops = self.stops()
        return stops[:: max((len(stops) - 1) // (_STOPS - 1), 1)]

    def points(self, name, values):
        """z (N, latent_dim) and labels (N,) or None, were one control at each value."""
        probe, points, labels = self.copy(), [], []
        for value in values:
            probe.set(name, value)
            points.append(probe.z())
            labels.append(probe.label)
        return torch.stack(points), labels if self.label is not None else None

    def copy(self):
        """A state of its own on the same generator and directions."""
        twin = copy.copy(self)
        twin.values, twin.shift = dict(self.values), self.shift.clone()
        twin.ends = dict(self.ends)
        return twin

    def pixels(self):
        """The picture, uint8 (28, 28): one forward pass of one z."""
        label = None if self.label is None else [self.label]
        return draw_pixels(self.generator, self.z()[None], label)[0]


def _seed_point(generator, seed):
    """Gaussian noise (latent_dim,) that depends on the seed alone."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(generator.latent_dim, generator=random)


def checked_number(name, value, low, high):
    """A finite number between the ends; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number; got {value!r}")
    if value != value:
        raise ValueError(f"{name} must be a number; got NaN")
    return min(max(value, low), high)


@torch.no_grad()
def draw_pixels(generator, z, labels=None):
    """Pictures uint8 (N, 28, 28) of z (N, latent_dim)."""
    labels = None if labels is None else torch.tensor(labels)
    with one_thread():
        return to_pixels(latent.make(generator, z, labels))[:, 0]


@contextlib.contextmanager
def one_thread():
    """A single small picture waits longer for a second thread than it takes to make."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
