"""Quick FIDs of the generator that trains."""

import math

import torch

from gan_utils.grids import draw
from gan_utils.metrics import feature_network, fid

COUNT = 2000  # pictures behind one FID: quick, and only good to see a trend
BATCH = 500


class FIDs:
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
            self.rows.append((report.step, quick_fid(self.loop, COUNT)))


def quick_fid(loop, count):
    """Our FID of ``count`` pictures from the loop's sampler; NaN where one is not finite.

    Always of the same latents, drawn from a random generator of their own. Fewer than
    10,000 pictures give a higher FID: compare only values of the same count.
    """
    with torch.random.fork_rng(devices=[]):  # loading our feature network draws weights
        feature_network()
    random = torch.Generator().manual_seed(0)
    z = torch.randn(count, loop.sampler.latent_dim, generator=random).split(BATCH)
    classes = getattr(loop.sampler, "classes", 0)
    labels = (torch.arange(count) % max(classes, 1)).split(BATCH)
    given = [(part,) if classes else () for part in labels]
    images = torch.cat([draw(loop, part, *y) for part, y in zip(z, given)])
    return fid(images) if images.isfinite().all() else math.nan
