"""How and where a recipe trains: the ``train`` that recipes are called with."""

import functools
import hashlib
from pathlib import Path

import torch
from PIL import Image

from gan_utils.data import fashion_mnist
from gan_utils.engine import distributed
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.fit import fit
from gan_utils.plotting import tile
from gan_utils.sampling import draw
from gan_utils.training import GANLoop

COUNT, COLUMNS = 64, 8  # pictures in a grid


class Grid:
    """Writes samples/step-N.png, always from the same latents.

    Args:
        loop: a ``GANLoop``.
        folder: of the run.
        every: steps between two files.
        given: nothing, or the labels of 64 pictures; a generator of classes ignores
            them and is asked for every class in turn.
    """

    def __init__(self, loop, folder, every, given=()):
        self.loop, self.every, self.written = loop, every, 0
        self.folder = Path(folder) / "samples"
        generator = loop.generator
        random = torch.Generator().manual_seed(0)
        self.z = torch.randn(COUNT, generator.latent_dim, generator=random)
        classes = getattr(generator, "classes", None)
        self.given = (torch.arange(COUNT) % classes,) if classes else given

    def watch(self, report):
        """Write a file when it is time, or at the end."""
        if report.step % self.every and report.step != report.steps:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        drawn = draw(self.loop.sampler, self.z, *self.given)[
            :, :3
        ]  # of a pack, the first
        picture = Image.fromarray(tile(drawn, COLUMNS))
        picture.save(self.folder / f"step-{report.step:09d}.png")


CPU = torch.device("cpu")


class Stopped(Exception):
    """The run was asked to stop before its last step; its state is saved."""


class Training:
    """How and where recipes train: the ``train`` that they are called with.

    Args:
        folder: for snapshots, log.jsonl and samples; None keeps everything in memory.
        device: a ``torch.device``; every process of several has its own.
        together: the ``Ranks`` of this process.
        seed: of weights, data order and latents.
        precision: None, or ``torch.bfloat16``.
        log_every, save_every: as for ``fit``.
        watchers: functions of a ``Report``, called one after the other.
        say: takes sentences for the user.
    """

    def __init__(
        self, folder=None, device=CPU, together=distributed.ALONE, seed=0,
        precision=None, log_every=100, save_every=1000, watchers=(),
        say=print,
    ):  # fmt: skip
        self.folder, self.device, self.together = folder, device, together
        self.seed, self.precision = seed, precision
        self.log_every, self.save_every = log_every, save_every
        self.watchers, self.say = list(watchers), say
        self.finished = False  # whether there was nothing left to train

    def __call__(
        self,
        generator,
        discriminator,
        steps,
        *,
        conditional=False,
        batch_size=64,
        data=None,
        **options,
    ):
        """Train two networks; options are those of ``GANLoop``.

        Args:
            conditional: both networks also take the labels.
            data: pictures (N, C, H, W), uint8, and labels; Fashion-MNIST if None.
        Returns:
            The generator, or its moving average, on the processor, in eval mode.
        Raises:
            Stopped: the user asked for it.
            SystemExit: this is not the first of several processes, and all is done.
        """
        players = [generator.to(self.device), discriminator.to(self.device)]
        if self.together.size > 1:
            players = [
                distributed.synchronise_batch_norm(network) for network in players
            ]
        loop = GANLoop(
            *players, precision=self.precision, wrap=distributed.parallel, **options
        )
        if batch_size > self.together.size > 1 and batch_size % self.together.size:
            batch_size -= batch_size % self.together.size
            self.say(
                f"{batch_size} pictures a step, so that every process gets as many."
            )
        images, labels = data or fashion_mnist("train")
        batches = DeviceBatches(
            images, labels if conditional else None, batch_size=batch_size,
            latent_dim=generator.latent_dim, seed=self.seed, device=self.device,
            ranks=self.together,
        )  # fmt: skip
        watchers = list(self.watchers)
        if self.folder and self.together.first:
            given = () if batches.labels is None else (labels[:COUNT],)
            watchers.append(Grid(loop, self.folder, self.save_every, given).watch)
        self.finished = True
        done = fit(
            loop, batches, steps, self.folder,
            settings=self._settings(batch_size, options) | _identity(data),
            log_every=self.log_every, save_every=self.save_every, say=self.say,
            watch=lambda report: self._watch(report, watchers),
        )  # fmt: skip
        if done < steps:
            raise Stopped
        if not self.together.first:
            raise SystemExit(0)  # the first process scores and writes
        return loop.sampler.cpu().eval()

    def _watch(self, report, watchers):
        self.finished = False
        for watcher in watchers:
            watcher(report)

    def _settings(self, batch_size, options):
        """What must be the same when a run goes on."""
        return {
            **{name: _plain(value) for name, value in options.items()},
            "batch_size": batch_size,
            "seed": self.seed,
            "precision": str(self.precision or torch.float32),
        }


def _identity(data):
    """What tells one set of given pictures from another, for the settings of a run."""
    if data is None:
        return {}
    total = hashlib.sha256(data[0].cpu().numpy().tobytes()).hexdigest()
    return {"pictures": f"{len(data[0])} of sum {total[:12]}"}


def _plain(value):
    """An option as JSON can hold it; functions by name."""
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, functools.partial):
        return [_plain(value.func), _plain(value.args), value.keywords]
    return value.__qualname__ if callable(value) else value
