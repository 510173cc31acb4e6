"""What a studio network competes with: a template, and the nearest scene of a bank.

The third to compare with needs no code: ``studio_scenes.render`` with other seeds knows the
true shadows and differs from the wanted scene in nothing but chance (the oracle).
"""

from typing import NamedTuple

import torch
from torch.nn.functional import avg_pool2d

from gan_utils.ads.creatives.cast_shadows import DEPTH, HEIGHT, REACH
from gan_utils.ads.creatives.studio_scenes import render
from gan_utils.ads.products import LIGHTS

_SLICES = 28  # heights at which a guessed product is cut
_CONTACT, _CAST = 0.5, 0.6  # full strength is worse where the guess is wrong
_SMALL = 64  # pixels a side of shadow layers
_DEGREE = 0.05 / 45  # how much of the alpha one degree of light is worth


def template(cut_outs, sets, lights, seeds):
    """The set as a designer keeps it in stock, with a shadow made from the alpha.

    Args:
        cut_outs: (N, 4, 128, 128), float, in [0, 1]; the alpha alone is used.
        sets, lights, seeds: as ``render``; the same seed everywhere is one design per set.
    Returns:
        A ``Surround``.
    """
    return render(guess_shadows(cut_outs), sets, lights, seeds)


def guess_shadows(cut_outs):
    """Shadows of a product of which only the silhouette is known.

    The silhouette is taken to be as deep as 0.6 of its width (less where it is low) and is
    cut into 28 heights; every slice is moved along the ground as far as its height asks.
    The slices of its foot give the contact occlusion. Depth and strengths were chosen on
    training products: outside the product, the cast shadows' error is 0.75 of the error of
    having none (the same on held-out products).

    Args:
        cut_outs: (N, 4, 128, 128), float, in [0, 1].
    Returns:
        (N, 9, 64, 64) in [0, 1], as ``Products.layers`` / 255.
    """
    alpha = avg_pool2d(cut_outs[:, 3:], 2)[:, 0]
    top, low = _ends(alpha.amax(2))
    left, right = _ends(alpha.amax(1))
    tall = low - top
    deep = (0.3 * (right - left)).minimum(0.45 * tall / DEPTH)  # half the depth
    height = (tall - 2 * DEPTH * deep).clamp(min=1) / HEIGHT
    angle = torch.arange(LIGHTS) * (2 * torch.pi / LIGHTS)
    ux, uy = (torch.cat([torch.zeros(1), u]) for u in (-angle.cos(), angle.sin()))
    place = torch.arange(_SMALL) + 0.5
    layers = alpha.new_zeros(len(alpha), 1 + LIGHTS, _SMALL, _SMALL)
    for t in (torch.arange(_SLICES) + 0.5) / _SLICES:
        row = (low - t * tall).long().clamp(0, _SMALL - 1)
        moved = REACH * (t * height)[:, None, None]
        x = place - moved * ux[:, None]  # (N, 9, 64)
        y = place - (low - DEPTH * deep)[:, None, None] - DEPTH * moved * uy[:, None]
        there = (DEPTH * deep[:, None, None] - y.abs() + 0.5).clamp(0, 1)
        section = alpha[torch.arange(len(alpha)), row]
        slab = there[..., None] * _along(section, x)[:, :, None]
        at_foot = t * tall < 2 * DEPTH * deep  # a front leg is lower than one behind
        slab[:, 0] = slab[:, 0] * at_foot.float()[:, None, None]
        layers = layers.maximum(slab)
    soft = avg_pool2d(layers, 3, 1, 1, count_include_pad=False)
    return torch.cat([_CONTACT * soft[:, :1], _CAST * soft[:, 1:]], 1)


def _ends(profile):
    """First and last place where a profile (N, 64) exceeds 0.3, two (N,)."""
    there = profile > 0.3
    place = torch.arange(profile.shape[1]).expand_as(profile)
    first = torch.where(there, place, profile.shape[1]).amin(1).float()
    last = torch.where(there, place + 1, 0).amax(1).float()
    return first, last.maximum(first + 1)


def _along(section, x):
    """Values of a row (N, 64) at places x (N, K, 64), 0 outside."""
    x = x - 0.5
    left = x.floor()
    mix, left = x - left, left.long()
    rows = section[:, None].expand(-1, x.shape[1], -1)

    def at(place):
        inside = (place >= 0) & (place < _SMALL)
        return rows.gather(2, place.clamp(0, _SMALL - 1)) * inside

    return (1 - mix) * at(left) + mix * at(left + 1)


class Bank(NamedTuple):
    """Scenes of training products to choose from, M of them; see ``make_bank``."""

    alphas: torch.Tensor
    shadows: torch.Tensor
    sets: torch.Tensor
    lights: torch.Tensor
    seeds: torch.Tensor


def make_bank(cut_outs, shadows, sets, lights, seeds):
    """Keep scenes by what draws them, which is smaller than their layers.

    Args:
        cut_outs: (M, 4, 128, 128), float, in [0, 1].
        shadows, sets, lights, seeds: as ``render``, M rows each.
    Returns:
        A ``Bank``; alphas are (M, 32, 32).
    """
    return Bank(_tiny(cut_outs), shadows, sets, lights, seeds)


def nearest(cut_outs, sets, lights, bank):
    """Which scene of the bank is nearest: the same set, a like silhouette and light.

    The distance is the mean difference of alpha at 32 x 32 pixels plus 0.05 for every 45
    degrees between the lamps.

    Args:
        cut_outs: (N, 4, 128, 128), float, in [0, 1].
        sets: (N,) int64; lights: (N,) degrees.
        bank: a ``Bank``.
    Returns:
        (N,) int64, rows of the bank.
    Raises:
        ValueError: the bank has no scene of a wanted set.
    """
    apart = torch.cdist(_tiny(cut_outs).flatten(1), bank.alphas.flatten(1), p=1.0)
    apart = apart / bank.alphas[0].numel()
    turn = (lights[:, None] - bank.lights + 180) % 360 - 180
    apart = apart + _DEGREE * turn.abs()
    apart = apart.masked_fill(sets[:, None] != bank.sets, torch.inf)
    if not apart.amin(1).isfinite().all():
        missing = sorted(set(sets.tolist()) - set(bank.sets.tolist()))
        raise ValueError(f"the bank has no scene of the sets {missing}")
    return apart.argmin(1)


def nearest_scene(cut_outs, sets, lights, bank):
    """The ``Surround`` of each product's ``nearest`` scene; its shadows are another's."""
    rows = nearest(cut_outs, sets, lights, bank)
    return render(*(field[rows] for field in bank[1:]))


def _tiny(cut_outs):
    """Alpha (N, 32, 32)."""
    return avg_pool2d(cut_outs[:, 3:], 4)[:, 0]
