"""Virtual try-on: a generator that warps and composes, and a patch discriminator."""

import copy
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import grid_sample, interpolate, leaky_relu, pixel_shuffle

from gan_utils import losses
from gan_utils.training import EMA, set_rate


class Worn(NamedTuple):
    """What the generator answers; (N, channels, H, W).

    picture: the figure in the garment, in [-1, 1] (3). cloth: the warped, lit garment (3).
    cover: how far the cloth is seen, in [0, 1] (1). flow: where in the flat picture every
    pixel takes its cloth from, minus its own place, in [-1, 1] half pictures (2). A generator
    that does not warp leaves the last three None.
    """

    picture: torch.Tensor
    cloth: torch.Tensor | None = None
    cover: torch.Tensor | None = None
    flow: torch.Tensor | None = None


class TryOnGenerator(nn.Module):
    """A U-Net that says, for each pixel, where its cloth comes from and what else is there.

    Takes a ``TryOn`` batch (its first five parts only) and returns ``Worn``.

    Args:
        width: channels at half size; three times as many at an eighth.
        warps: False paints the garment anew instead of moving it.
        keeps: False paints the whole picture; True leaves what is outside the mask.
    Source:
        U-Net: Ronneberger et al. 2015, arXiv:1505.04597; warped garment under a composition
        mask: Han et al. 2017 (VITON), arXiv:1711.08447, its refinement network.
    """

    def __init__(self, width=24, warps=True, keeps=True):
        super().__init__()
        self.warps, self.keeps = warps, keeps
        a, b, c = width, 2 * width, 3 * width  # at 1/2, 1/4 and 1/8 of the size
        self.down = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 4, stride=2, padding=1)
            for n_in, n_out in ((11, a), (a, b), (b, c))
        )
        self.middle = nn.Conv2d(c, c, 3, padding=1)
        self.up = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1)
            for n_in, n_out in ((c + b, b), (b + a, a))
        )
        self.last = nn.Conv2d(a, 4 * 7, 3, padding=1)  # four pixels from each place
        nn.init.zeros_(self.last.weight), nn.init.zeros_(self.last.bias)

    def forward(self, batch):
        flow, cover, light, colour = self.body(batch).split((2, 1, 1, 3), 1)
        flow, colour = flow.tanh(), colour.tanh()
        if not self.warps:
            return Worn(self._keep(colour, batch))
        cloth, cut = warp(torch.cat([batch.garment, batch.cut], 1), flow).split(
            (3, 1), 1
        )
        cloth = (cloth + 1) * 2 * light.sigmoid() - 1
        cover = cover.sigmoid() * cut
        picture = cover * cloth + (1 - cover) * colour
        return Worn(self._keep(picture, batch), cloth, cover, flow)

    def _keep(self, picture, batch):
        """The picture inside the mask, the person as photographed outside."""
        return batch.person + batch.mask * picture if self.keeps else picture

    def body(self, batch):
        """The seven numbers of each pixel, before their ranges are set: (N, 7, H, W)."""
        h = torch.cat(
            [batch.garment, batch.cut, batch.person, batch.mask, batch.pose], 1
        )
        skips = []
        for layer in self.down:
            h = leaky_relu(layer(h), 0.1)
            skips.append(h)
        h = leaky_relu(self.middle(skips.pop()), 0.1)
        for layer in self.up:
            h = torch.cat([skips.pop(), interpolate(h, scale_factor=2)], 1)
            h = leaky_relu(layer(h), 0.1)
        return pixel_shuffle(self.last(h), 2)


def warp(pictures, flow):
    """Move pictures: each pixel takes the value found at its own place plus the flow.

    Args:
        pictures: (N, channels, H, W).
        flow: (N, 2, H, W), to the right and down; 2 is the whole width or height.
    Returns:
        (N, channels, H, W), bilinear between pixels, the edge repeated outside.
    Source:
        Jaderberg et al. 2015, arXiv:1506.02025, equations 3 and 5.
    """
    height, width = flow.shape[-2:]
    y = (torch.arange(height, device=flow.device) + 0.5) * 2 / height - 1
    x = (torch.arange(width, device=flow.device) + 0.5) * 2 / width - 1
    place = torch.stack(torch.meshgrid(x, y, indexing="xy")) + flow
    return grid_sample(
        pictures, place.movedim(1, -1), padding_mode="border", align_corners=False
    )


class PatchDiscriminator(nn.Module):
    """A score for each patch of 18 x 18 pixels: picture, pose and flat garment -> (N, h, w).

    Args:
        width: channels of the first convolution.
    Source:
        Isola et al. 2016 (pix2pix), arXiv:1611.07004, section 3.2.2.
    """

    def __init__(self, width=24):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(9, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 1),
            nn.Flatten(1, 2),
        )

    def forward(self, picture, batch):
        return self.layers(torch.cat([picture, batch.pose, batch.garment], 1))


_LEARNING_RATE, _BETAS, _BATCH = 2e-3, (0.5, 0.99), 16
PAINT, CLOTH, SHAPE = 30.0, 10.0, 5.0
"""Weights of the L1 terms: of the picture, of the warped cloth, of the garment's outline."""


def step(generator, discriminator, batch, opt_g, opt_d):
    """One step of both players on one batch, the discriminator first.

    Args:
        discriminator, opt_d: None for L1 terms alone.
    Returns:
        d_loss (hinge; None without a discriminator) and g_loss, detached scalars.
    """
    result, d_loss = generator(batch), None
    if discriminator is not None:
        real_scores = discriminator(batch.truth, batch).flatten()
        fake_scores = discriminator(result.picture.detach(), batch).flatten()
        d_loss = losses.hinge_d_loss(real_scores, fake_scores)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
    g_loss = l1_terms(result, batch)
    if discriminator is not None:
        discriminator.requires_grad_(False)
        scores = discriminator(result.picture, batch).flatten()
        g_loss = g_loss + losses.hinge_g_loss(scores)
        discriminator.requires_grad_(True)
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return None if d_loss is None else d_loss.detach(), g_loss.detach()


def l1_terms(result, batch):
    """The weighted sum of the three mean absolute errors; a scalar >= 0."""
    picture = (result.picture - batch.truth).abs().mean()
    if result.cloth is None:
        return PAINT * picture
    cloth = ((result.cloth - batch.truth).abs() * batch.worn).mean()
    shape = (result.cover - batch.worn).abs().mean()
    return PAINT * picture + CLOTH * cloth + SHAPE * shape


def train_try_on(generator, discriminator, scene, progress, *, decay=None):
    """Train on random pairs of a scene, with Adam; the rate falls to 0 in the second half.

    Args:
        discriminator: None for the L1 terms alone.
        scene: a ``scene.Scene``.
        progress: yields numbers from 0 to 1, one a step.
        decay: of a moving average of the generator's weights, or None.
    Returns:
        The generator, or its average, in eval mode.
    """
    ema = EMA(copy.deepcopy(generator), generator, decay) if decay else None
    opt_g = torch.optim.Adam(generator.parameters(), _LEARNING_RATE, _BETAS)
    opt_d = discriminator and torch.optim.Adam(
        discriminator.parameters(), _LEARNING_RATE, _BETAS
    )
    for done in progress:
        for optimiser in filter(None, (opt_g, opt_d)):
            set_rate(optimiser, _LEARNING_RATE, done)
        batch = scene.batch(torch.randint(len(scene), (_BATCH,)))
        step(generator, discriminator, batch, opt_g, opt_d)
        if ema:
            ema.update()
    return (ema.average if ema else generator).eval()
