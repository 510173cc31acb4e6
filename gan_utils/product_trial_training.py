"""The game of the product trial: both losses, and the loop on unpaired pictures."""

import copy
from functools import partial

import torch
from torch.nn.functional import l1_loss, softplus

from gan_utils.penalties import r1
from gan_utils.product_trial import blend

WEIGHTS = (10.0, 5.0, 0.1)
"""Of cycle, identity and the mask's size in the generator's loss."""


def trial_d_loss(discriminator, real, own, fake, asked, wrong):
    """Real pictures with their wish are real; generated and wrongly labelled ones are not.

    Args:
        real, own: photographs of both sides and what they show.
        fake, asked: generated pictures and what was asked for.
        wrong: wishes (K, ...) that the first K real pictures do not show.
    """
    mismatched = discriminator(real[: len(wrong)], wrong)
    return (
        softplus(-discriminator(real, own)).mean()
        + softplus(discriminator(fake, asked)).mean()
        + softplus(mismatched).mean() / 2
    )


def trial_g_loss(generator, discriminator, images, own, asked, weights):
    """What G minimises, and the generated pictures.

    -E log D(G(x, w), w) + a E|G(G(x, w), own) - x| + b E|G(x, own) - x| + c E[m]

    Args:
        images, own: pictures and what they show; asked: what G shall make of them.
        weights: (a, b, c) of cycle, identity and size of the mask; zeros are skipped.
    Source:
        Zhu et al. 2017, arXiv:1703.10593, equations 1 to 3 and section 5.2.
    """
    cycle, identity, size = weights
    mask, colour = generator.mask_and_colour(images, asked)
    fake = blend(images, mask, colour)
    loss = softplus(-discriminator(fake, asked)).mean()
    if cycle:
        loss = loss + cycle * l1_loss(generator(fake, own), images)
    if identity:
        loss = loss + identity * l1_loss(generator(images[::2], own[::2]), images[::2])
    if size and generator.masked:
        loss = loss + size * mask.mean()
    return loss, fake.detach()


def fit(generator, discriminator, bare, product, wish, steps, weights=WEIGHTS,
        batch=16, lr=2e-3, gamma=0.05, watch=lambda step, d_loss, g_loss: None):  # fmt: skip
    """Train both players on unpaired pictures; returns the averaged (EMA) generator.

    Args:
        bare: pictures without (N, 3, H, W); product: others with; wish: what they show.
        steps: of both players; the learning rate falls to 0 over the second half.
        weights: of the generator's terms, as for ``trial_g_loss``.
        gamma: of R1, applied every fourth step.
        watch: called after every step.
    """
    ema = copy.deepcopy(generator).requires_grad_(False)
    opt_g = torch.optim.Adam(generator.parameters(), lr, (0.5, 0.99))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr, (0.5, 0.99))
    nothing = torch.zeros(batch, wish.shape[1])
    for step in range(steps):
        for opt in (opt_g, opt_d):
            opt.param_groups[0]["lr"] = lr * min(1, 2 * (1 - step / steps))
        i, j = torch.randint(len(bare), (batch,)), torch.randint(len(product), (batch,))
        other = wish[j].roll(1, 0)
        images = torch.cat([product[j], bare[i]])
        own, asked = torch.cat([wish[j], nothing]), torch.cat([nothing, other])
        discriminator.requires_grad_(False)
        g_loss, fake = trial_g_loss(
            generator, discriminator, images, own, asked, weights
        )
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        share = max(0.01, 4 / (4 + step))  # the mean forgets the start quickly
        for mean, now in zip(ema.parameters(), generator.parameters()):
            mean.lerp_(now.detach(), share)
        discriminator.requires_grad_(True)
        d_loss = trial_d_loss(discriminator, images, own, fake, asked, other)
        if step % 4 == 0:
            slope = r1(partial(discriminator, wish=own), images)
            d_loss = d_loss + 4 * gamma * slope
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        watch(step, d_loss.item(), g_loss.item())
    return ema.eval()
