"""What the explorer stands on: a latent point, how it came about, and what it looks like."""

import copy

import torch

from gan_utils import latent
from gan_utils.widgets.explorer.space import Axis, space_of

REACH = 3.0  # ends of a slider along a direction
WIDEST = 4.0  # ends of a coordinate's slider
TRUNCATION = 1.5  # the highest
LAST_SEED = 9999
_STEP = 0.1  # of a slider along a direction
_STOPS = 11  # pictures in the strip
_WAYS = {"great circle": latent.slerp, "straight line": latent.lerp}


class State:
    """Everything that decides the picture; ``set`` is the only way to change a control.

    Args:
        generator: a module in eval mode on the CPU, conditional if it has ``classes``.
        directions: a list of ``latent.Direction``.
    """

    def __init__(self, generator, directions=()):
        self.generator, self.space = generator, space_of(generator)
        self.axes = [
            Axis(
                d.name,
                "attributes",
                d.low,
                d.high,
                self.space.shift(d.vector),
                d.classes,
            )
            for d in directions
        ] + self.space.found()
        self.label = 0 if hasattr(generator, "classes") else None
        self.seed, self.coordinate, self.way = 0, 1, self.space.ways[0]
        self.position, self.mix = 0.0, 0
        self._stand("", torch.zeros(self.space.size))
        self.ends = self._first_ends()
        self.set("seed", 0)
        self.along = "seed" if self.label is None else "class"

    def _first_ends(self):
        """Seed 0, and of the next few seeds the one whose picture is least like it."""
        points = torch.stack([self._seed_point(k) for k in range(8)])
        labels = None if self.label is None else [self.label] * len(points)
        pictures = self.space.pixels(points, labels).astype(float)
        far = ((pictures - pictures[0]) ** 2).sum((1, 2)).argmax()
        return {"A": (points[0], self.label), "B": (points[far], self.label)}

    def _seed_point(self, seed):
        return self.space.at(noise(self.generator.latent_dim, seed), self.label)

    # Changing it

    def set(self, name, value):
        """Move one control.

        Args:
            name: "seed", "class", "truncation", "way", "position" (from A to B, in [0, 1]),
                or the name of a direction; in z also "coordinate" (which one, from 1) and
                "value" (that coordinate's); in w also "mix" (how many layers of B).
            value: what it is moved to; numbers beyond the control's ends are cut there.
        Raises:
            ValueError: there is no such control, or the value is not of its kind.
        """
        if name in self.directions():
            self.values[name] = checked_number(name, value, -REACH, REACH)
        elif name == "seed":
            self.seed = int(checked_number(name, value, 0, LAST_SEED))
            self.origin, self.travelling = f"seed {self.seed}", ""
            self.base = self._seed_point(self.seed)
        elif name == "class" and self.label is not None:
            self._change_class(
                int(checked_number(name, value, 0, self.generator.classes - 1))
            )
            known = self.directions()
            self.values = {k: v for k, v in self.values.items() if k in known}
        elif name == "truncation":
            self.truncation = checked_number(name, value, 0, TRUNCATION)
        elif name == "coordinate" and not self.space.layers:
            self.coordinate = int(
                checked_number(name, value, 1, self.generator.latent_dim)
            )
            name = "value"
        elif name == "value" and not self.space.layers:
            k, value = self.coordinate - 1, checked_number(name, value, -WIDEST, WIDEST)
            self.shift[k] += value - self.point()[k]
        elif name == "way" and value in self.space.ways:
            self.way = value
            return self.set("position", self.position)
        elif name == "position":
            self._travel(checked_number(name, value, 0, 1))
        elif name == "mix" and self.space.layers:
            self._blend(int(checked_number(name, value, 0, self.space.layers)))
        else:
            raise ValueError(
                f"the explorer has no control {name!r} that takes {value!r}; it has: "
                f"{', '.join(self.controls())}"
            )
        self.along = name

    def _stand(self, origin, base):
        """Take a new point as it is: all changes on the way to the old one are dropped."""
        self.origin, self.base, self.truncation = origin, base, 1.0
        self.travelling = ""
        self.values, self.shift = {}, torch.zeros(self.space.size)

    def _change_class(self, label):
        """Another class, the same z; a point that is no seed's keeps its way off the mean."""
        before, self.label = self.label, label
        if self.origin == f"seed {self.seed}":
            self.base = self._seed_point(self.seed)
        else:
            self.base = self.base + self.space.mean(label) - self.space.mean(before)

    def _travel(self, position):
        (start, first), (end, last) = self.ends["A"], self.ends["B"]
        self.position = position
        point = _WAYS[self.way](start, end, position)
        self._stand(f"{position:.0%} of the way from A to B", point)
        self.label = first if position < 0.5 else last
        self.travelling = "position"

    def _blend(self, count):
        (start, first), (end, last) = self.ends["A"], self.ends["B"]
        self.mix = count
        self._stand(
            f"A with the last {count} of {self.space.layers} layers from B",
            self.space.mixed(start, end, count),
        )
        self.label = last if count == self.space.layers else first
        self.travelling = "mix"

    def look(self, name):
        """Let the strip show what a control would do, and leave the picture as it is."""
        if name not in self.controls():
            raise ValueError(f"the explorer has no control {name!r} at present")
        self.along = name

    def keep(self, end):
        """Keep the present point as an end, "A" or "B", of the journey."""
        if end not in self.ends:
            raise ValueError(f'a journey has the ends "A" and "B"; got {end!r}')
        self.ends[end] = (self.point(), self.label)

    def reset(self):
        """Back to the seed: no changes, no truncation."""
        self._stand("", self.base)
        self.set("seed", self.seed)

    def take(self, origin, z, label):
        """Stand on z (latent_dim,); ``origin`` says in words where it comes from."""
        self._stand(origin, self.space.at(z, label))
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
        names = ["seed", "truncation", "way", "position"]
        names += ["mix"] if self.space.layers else ["coordinate", "value"]
        return names + ["class"] * (self.label is not None) + [*self.directions()]

    def point(self):
        """The latent point (space.size,), to four decimals, so that it can be printed."""
        mean = self.space.mean(self.label)
        point = latent.truncate(self.base, self.truncation, mean) + self.shift
        known = self.directions()
        for name, value in self.values.items():
            point = point + value * known[name].vector
        return (point.double() * 1e4).round().div(1e4).float()

    def grid(self):
        """The positions of the control moved last: the first, the step, and how many."""
        if self.along == "seed":
            first = min(max(self.seed - _STOPS // 2, 0), LAST_SEED - _STOPS + 1)
            return first, 1, _STOPS
        if self.along == "class":
            return 0, 1, self.generator.classes
        ends = {
            "truncation": (0, TRUNCATION, 0.05),
            "position": (0, 1, 0.01),
            "mix": (0, self.space.layers, 1),
            "value": (-WIDEST, WIDEST, 0.1),
        }
        low, high, step = ends.get(self.along, (-REACH, REACH, _STEP))
        return low, step, round((high - low) / step) + 1

    def few_stops(self):
        """The positions that the strip shows: about 11, evenly spaced."""
        low, step, count = self.grid()
        jump = max((count - 1) // (_STOPS - 1), 1)
        return [round(low + step * i, 6) for i in range(0, count, jump)]

    def points(self, name, values):
        """Points (N, size) and labels (N,) or None, were one control at each value."""
        probe, points, labels = self.copy(), [], []
        for value in values:
            probe.set(name, value)
            points.append(probe.point())
            labels.append(probe.label)
        return torch.stack(points), labels if self.label is not None else None

    def copy(self):
        """A state of its own on the same generator and directions."""
        twin = copy.copy(self)
        twin.values, twin.shift = dict(self.values), self.shift.clone()
        twin.ends = dict(self.ends)
        return twin

    def pixels(self):
        """The picture, uint8 (28, 28): one forward pass of one point."""
        label = None if self.label is None else [self.label]
        return self.space.pixels(self.point()[None], label)[0]


def noise(latent_dim, seed):
    """Gaussian noise (latent_dim,) that depends on the seed alone."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(latent_dim, generator=random)


def checked_number(name, value, low, high):
    """A finite number between the ends; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number; got {value!r}")
    if value != value:
        raise ValueError(f"{name} must be a number; got NaN")
    return min(max(value, low), high)
