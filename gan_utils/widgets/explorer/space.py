"""The latent space in which the explorer moves: z, or w where the generator has layers of style."""

import contextlib
from typing import NamedTuple

import torch

from gan_utils import latent
from gan_utils.plotting import to_pixels

RANGES = {"coarse": (0, 1), "middle": (2, 3), "fine": (4,)}  # layers, from 0
_FOUND = 6  # directions in z of each of the two kinds that nobody named
_PER_RANGE = 3  # directions in w for each range of layers
_SAMPLES = 10_000  # z from which a class's mean w and its spread are taken


class Axis(NamedTuple):
    """A slider's direction: its group, a word for each end, and the shift of a point."""

    name: str
    group: str
    low: str
    high: str
    vector: torch.Tensor
    classes: tuple | None = None


def space_of(generator):
    """The space for a generator in eval mode: w where it has ``synthesis``, else z."""
    return (WSpace if hasattr(generator, "synthesis") else ZSpace)(generator)


class ZSpace:
    """Noise as the generator takes it; a point is (latent_dim,)."""

    layers = 0
    ways = ("great circle", "straight line")

    def __init__(self, generator):
        self.generator, self.size = generator, generator.latent_dim

    def at(self, z, label):
        """The point that stands for z (latent_dim,)."""
        return z

    def mean(self, label):
        """What truncation leads to."""
        return torch.zeros(self.size)

    def shift(self, vector):
        """A direction's numbers (latent_dim,) as a shift of a point."""
        return vector

    def found(self):
        """Axes that nobody named: GANSpace's and SeFa's."""
        kinds = {
            "principal": latent.principal_directions,
            "closed form": latent.closed_form_directions,
        }
        axes = []
        for kind, find in kinds.items():
            with one_thread():
                vectors = find(self.generator, min(_FOUND, self.size))
            axes += _numbered(kind, vectors)
        return axes

    @torch.no_grad()
    def pixels(self, points, labels):
        """Pictures uint8 (N, 28, 28) of points (N, size); labels (N,), or None."""
        labels = None if labels is None else torch.tensor(labels)
        with one_thread():
            return to_pixels(latent.make(self.generator, points, labels))[:, 0]


class WSpace:
    """A w for each layer of a style-based generator; a point is all of them in a row."""

    ways = ("straight line",)  # w is no ball of noise: there is no sphere to stay on

    def __init__(self, generator):
        self.generator, self.layers = generator, generator.layer_count
        self.size = self.layers * generator.latent_dim
        random = torch.Generator().manual_seed(0)
        z = torch.randn(_SAMPLES, generator.latent_dim, generator=random)
        with torch.no_grad(), one_thread():
            clouds = [
                generator.mapping(z, torch.full((_SAMPLES,), label))
                for label in range(generator.classes)
            ]
        self._means = [w.mean(0) for w in clouds]
        self._spreads = [_root(w) for w in clouds]

    @torch.no_grad()
    def at(self, z, label):
        """The w of z (latent_dim,) in every layer."""
        w = self.generator.mapping(z[None], torch.tensor([label]))[0]
        return w.repeat(self.layers)

    def mean(self, label):
        """The class's mean w: its average article."""
        return self._means[label].repeat(self.layers)

    def shift(self, vector):
        """The same shift of w in every layer."""
        return vector.repeat(self.layers)

    def found(self):
        """Axes that act in one range of layers, for every class its own."""
        axes = []
        for label in range(self.generator.classes):
            for name, layers in RANGES.items():
                axes += _numbered(name, self._strongest(label, layers), (label,))
        return axes

    @torch.no_grad()
    def _strongest(self, label, layers):
        """Shifts by one standard deviation of w that change the average article most.

        With J the slopes of the picture along S's columns, S S^T the covariance of w, the
        shifts are S u for the first eigenvectors u of J J^T.
        """
        half = 0.5 * self._spreads[label]
        moved = torch.zeros(len(half), self.layers, len(half))
        moved[:, layers] = half.T[:, None]
        mean = self.mean(label).view(1, self.layers, -1)
        with one_thread():
            slopes = self.generator.synthesis(mean + moved)
            slopes = (slopes - self.generator.synthesis(mean)).flatten(1)
            u = torch.linalg.eigh(slopes @ slopes.T)[1].flip(1)[:, :_PER_RANGE]
            u = u * (slopes.sum(1) @ u).sign()  # + is the brighter end
        return 2 * u.T @ moved.flatten(1)

    def mixed(self, a, b, count):
        """Point a with the last ``count`` layers of b."""
        kept = (self.layers - count) * self.generator.latent_dim
        return torch.cat([a[:kept], b[kept:]])

    @torch.no_grad()
    def pixels(self, points, labels):
        """Pictures uint8 (N, 28, 28) of points (N, size); w knows the class already."""
        with one_thread():
            ws = points.view(len(points), self.layers, -1)
            return to_pixels(self.generator.synthesis(ws))[:, 0]


def _root(w):
    """S (d, d) with S S^T the covariance of w (N, d)."""
    values, vectors = torch.linalg.eigh(torch.cov(w.T))
    return vectors * values.clamp_min(0).sqrt()


def _numbered(group, vectors, classes=None):
    """An axis for each vector, named by its group and number."""
    return [
        Axis(f"{group} {k}", group, "−", "+", vector, classes)
        for k, vector in enumerate(vectors, start=1)
    ]


@contextlib.contextmanager
def one_thread():
    """A single small picture waits longer for a second thread than it takes to make."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
