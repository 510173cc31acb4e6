"""The same latents after every stretch of training, as PNG files."""

from pathlib import Path

import torch
from PIL import Image

from gan_utils.plotting import tile

COUNT, COLUMNS = 64, 8  # pictures in a grid


@torch.no_grad()
def draw(loop, z, *given):
    """Pictures from the loop's sampler in eval mode; its mode is put back.

    Args:
        loop: a ``GANLoop``.
        z, given: latents and classes, on any device.
    Returns:
        Pictures on the processor.
    """
    network = loop.sampler
    mode = network.training
    network.eval()
    pictures = network(z.to(loop.device), *(y.to(loop.device) for y in given))
    network.train(mode)
    return pictures.float().cpu()


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
        drawn = draw(self.loop, self.z, *self.given)[:, :3]  # of a pack, the first
        picture = Image.fromarray(tile(drawn, COLUMNS))
        picture.save(self.folder / f"step-{report.step:09d}.png")
