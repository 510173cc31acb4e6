"""A product put on a face and taken off again: CycleGAN with a wish and a mask.

A wish is a vector: the product's colour (three numbers in [-1, 1]), 1, and further facts
about the product; a wish of zeros asks for the bare face. One generator answers all.
"""

import copy
from functools import partial

import torch
from torch import nn
from torch.nn.functional import l1_loss, softplus

from gan_utils.penalties import r1
from gan_utils.training import set_rate

LIPS = (30, 62, 16, 48)
EYES = (15, 47, 0, 64)
"""The windows (top, bottom, left, right) of a 64 x 64 portrait that the GAN works in."""


def window(images, where):
    """Cut (N, C, 64, 64) to a window (top, bottom, left, right)."""
    top, bottom, left, right = where
    return images[:, :, top:bottom, left:right].contiguous()


def put_back(images, part, where):
    """The portraits with their window replaced by ``part``."""
    top, bottom, left, right = where
    result = images.clone()
    result[:, :, top:bottom, left:right] = part
    return result


def wishes(colours, facts=None):
    """Wishes (N, 4 + facts) from colours (N, 3) in [-1, 1] and facts (N, F)."""
    ones = colours.new_ones(len(colours), 1)
    return torch.cat([colours, ones, *([] if facts is None else [facts])], 1)


def _planes(values, images):
    return values[:, :, None, None].expand(-1, -1, *images.shape[2:])


def _positions(images):
    """Two planes that say where a pixel lies, from -1 to 1."""
    height, width = images.shape[2:]
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
    )
    planes = torch.stack([x, y]).to(images)
    return planes.expand(len(images), -1, -1, -1)


class TrialGenerator(nn.Module):
    """A picture and a wish -> the picture with it, y = x (1 - s m) + s m c.

    The mask m in [0, 1] says where the product lies, c is its colour there: the colour
    of the wish plus a learned correction. s is the strength.

    Args:
        width: channels at full size; two and three times as many at 1/2 and 1/4.
        facts: numbers in a wish beyond colour and "with".
        masked: False paints the whole picture instead (the ablation).
    Source:
        Mask: Mejjati et al. 2018, arXiv:1806.02311; Pumarola et al. 2018, arXiv:1807.09251.
    """

    def __init__(self, width=16, facts=0, masked=True):
        super().__init__()
        w, self.masked = width, masked
        self.first = nn.Sequential(nn.Conv2d(9 + facts, w, 3, 1, 1), nn.ReLU())
        self.down = _block(nn.Conv2d(w, 2 * w, 4, 2, 1))
        self.down_2 = _block(nn.Conv2d(2 * w, 3 * w, 4, 2, 1))
        self.middle = _block(nn.Conv2d(3 * w, 3 * w, 3, 1, 1))
        self.up_2 = _block(nn.ConvTranspose2d(3 * w, 2 * w, 4, 2, 1))
        self.up = nn.Sequential(nn.ConvTranspose2d(4 * w, w, 4, 2, 1), nn.ReLU())
        self.last = nn.Conv2d(2 * w, 4, 3, 1, 1)
        nn.init.constant_(self.last.bias[3:], -2.0)  # it starts with a faint mask

    def mask_and_colour(self, images, wish):
        """m (N, 1, H, W) in [0, 1] and c (N, 3, H, W) in [-1, 1]; H, W multiples of 4."""
        whole = torch.cat([images, _planes(wish, images), _positions(images)], 1)
        full = self.first(whole)
        half = self.down(full)
        quarter = self.down_2(half)
        deep = self.up_2(quarter + self.middle(quarter))
        found = self.last(torch.cat([self.up(torch.cat([deep, half], 1)), full], 1))
        if not self.masked:
            return torch.ones_like(found[:, 3:]), found[:, :3].tanh()
        colour = (found[:, :3] + _planes(wish[:, :3], images)).clamp(-1, 1)
        return found[:, 3:].sigmoid(), colour

    def forward(self, images, wish, strength=1.0):
        mask, colour = self.mask_and_colour(images, wish)
        return blend(images, mask, colour, strength)


def blend(images, mask, colour, strength=1.0):
    """y = x (1 - s m) + s m c."""
    return images * (1 - strength * mask) + strength * mask * colour


def _block(convolution):
    norm = nn.InstanceNorm2d(convolution.out_channels, affine=True)
    return nn.Sequential(convolution, norm, nn.ReLU())


class TrialDiscriminator(nn.Module):
    """A picture and a wish -> logit: is this a real photograph of that wish?

    It sees the picture, its squared distance from the wished colour, and positions.

    Args:
        size: (height, width) of the pictures, multiples of 8.
        width: channels of the first convolution; facts: as for the generator.
    """

    def __init__(self, size=(32, 32), width=24, facts=0):
        super().__init__()
        channels = (9 + facts, width, 2 * width, 3 * width)
        layers = []
        for n_in, n_out in zip(channels, channels[1:]):
            layers += [nn.Conv2d(n_in, n_out, 4, 2, 1), nn.LeakyReLU(0.2)]
        features = 3 * width * (size[0] // 8) * (size[1] // 8)
        dense = nn.Linear(features, 1)
        self.layers = nn.Sequential(*layers, nn.Flatten(), dense, nn.Flatten(0))

    def forward(self, images, wish):
        there = wish[:, 3, None, None, None]
        distance = (images - _planes(wish[:, :3], images)).square() * there
        facts = _planes(wish[:, 3:], images)
        return self.layers(torch.cat([images, distance, facts, _positions(images)], 1))


WEIGHTS = (10.0, 5.0, 0.1)
"""Of cycle, identity and the mask's size in the generator's loss."""


def trial_d_loss(discriminator, real, own, fake, asked, wrong):
    """Real pictures with their wish are real; generated and wrongly labelled ones are not.

    Args:
        real, own: photographs of both sides and what they show.
        fake, asked: generated pictures and what was asked for.
        wrong: wishes (K, ...) to offer the first K real pictures instead of their own.
            A picture whose own wish it happens to be is left out.
    """
    mismatched = softplus(discriminator(real[: len(wrong)], wrong))
    is_wrong = (wrong != own[: len(wrong)]).any(1)
    return (
        softplus(-discriminator(real, own)).mean()
        + softplus(discriminator(fake, asked)).mean()
        + (mismatched * is_wrong).sum() / is_wrong.sum().clamp_min(1) / 2
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


def train_trial(
    generator,
    discriminator,
    bare,
    product,
    wish,
    steps,
    *,
    weights=WEIGHTS,
    batch=16,
    lr=2e-3,
    gamma=0.05,
    watch=lambda step, d_loss, g_loss: None,
):
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
        for optimiser in (opt_g, opt_d):
            set_rate(optimiser, lr, step / steps)
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
