"""Virtual try-on: the losses, one step of both players, and the whole training."""

import copy

import torch

from gan_utils import losses
from gan_utils.loop import EMA

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


def train_try_on(
    generator, discriminator, scene, progress, *, batch_size=16, lr=2e-3, decay=None
):
    """Train on random pairs of a scene, with Adam; the rate falls to 0 in the second half.

    Args:
        discriminator: None for the L1 terms alone.
        scene: a ``scenes.try_on.Scene``.
        progress: yields numbers from 0 to 1, one a step.
        decay: of a moving average of the generator's weights, or None.
    Returns:
        The generator, or its average, in eval mode.
    """
    ema = EMA(copy.deepcopy(generator), generator, decay) if decay else None
    opt_g = torch.optim.Adam(generator.parameters(), lr, (0.5, 0.99))
    opt_d = discriminator and torch.optim.Adam(
        discriminator.parameters(), lr, (0.5, 0.99)
    )
    for done in progress:
        for optimiser in filter(None, (opt_g, opt_d)):
            optimiser.param_groups[0]["lr"] = lr * min(1, 2 * (1 - done))
        batch = scene.batch(torch.randint(len(scene), (batch_size,)))
        step(generator, discriminator, batch, opt_g, opt_d)
        if ema:
            ema.update()
    return (ema.average if ema else generator).eval()
