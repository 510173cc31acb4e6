"""Studio scenes around real products, as layers that are known exactly."""

from typing import NamedTuple

import torch

from gan_utils.ads.creatives.cast_shadows import SIZE
from gan_utils.ads.creatives.chance import uniform
from gan_utils.ads.creatives.studio_room import Wish
from gan_utils.ads.creatives.studio_sets import CHANCES, SETS

_STREAM = 3


class Surround(NamedTuple):
    """Layers of N scenes without their products; none depends on the brand's colours.

    weights: (N, 3, 128, 128), the shares of backdrop, ground and accent; they sum to 1.
    shadow: (N, 1, 128, 128) > 0, light as product, lamp and set decide it.
    pattern: (N, 1, 128, 128) >= 0, what chance makes of it: panes, leaves, pools of light.
    glow: (N, 3, 128, 128) >= 0, light that is added whatever the colour beneath.
    """

    weights: torch.Tensor
    shadow: torch.Tensor
    pattern: torch.Tensor
    glow: torch.Tensor

    @property
    def light(self):
        """All multiplicative light, (N, 1, 128, 128): shadow times pattern."""
        return self.shadow * self.pattern


def render(shadows, sets, lights, seeds):
    """Draw the surroundings of products.

    Args:
        shadows: (N, 9, 64, 64), float, in [0, 1]: one view's ``Products.layers`` / 255.
        sets: (N,) int64, numbers in ``SETS``.
        lights: (N,) float, where the lamp stands, in degrees, any: 0 is to the right, 90
            behind the product, 180 to the left, 270 at the camera.
        seeds: (N,) int64; decides what the wish leaves open, and nothing else.
    Returns:
        A ``Surround``.
    Raises:
        ValueError: a shape, type or range is another.
    """
    _check_wish(shadows, sets, lights, seeds)
    chance, lights = uniform(seeds, CHANCES, _STREAM), lights.float()
    angle = torch.deg2rad(lights).view(-1, 1, 1, 1)
    whole = Wish(shadows, lights, chance, angle.cos(), angle.sin())
    layers = [shadows.new_empty(len(sets), c, SIZE, SIZE) for c in (3, 1, 1, 3)]
    for number, draw in enumerate(SETS.values()):
        rows = (sets == number).nonzero()[:, 0]
        if len(rows):
            drawn = _layers(draw(Wish(*(field[rows] for field in whole))))
            for layer, part in zip(layers, drawn):
                layer[rows] = part
    return Surround(*layers)


def paint(surround, palettes):
    """The scene without the product: (N, 3, 128, 128), not yet clipped.

    Args:
        surround: a ``Surround``.
        palettes: (N, 3, 3): backdrop, ground and accent; RGB in [0, 1].
    """
    colour = torch.einsum("nkhw,nkc->nchw", surround.weights, palettes)
    return colour * surround.light + surround.glow


def compose(surround, palettes, cut_outs):
    """Keep the product, propose the surround, blend by the product's alpha.

    y = a x + (1 - a) clip(l sum_k w_k c_k + g), with colours c, weights w, light l, glow g.

    Args:
        surround: a ``Surround``.
        palettes: (N, 3, 3): backdrop, ground and accent; RGB in [0, 1].
        cut_outs: (N, 4, 128, 128), float, in [0, 1]: RGB and straight alpha.
    Returns:
        Images (N, 3, 128, 128) in [0, 1]; where alpha is 1, bit for bit the cut-outs'.
    Raises:
        ValueError: a shape is another, or a cut-out or palette is not in [0, 1].
    """
    count = len(surround.weights)
    for name, value, shape in (
        ("palettes", palettes, (count, 3, 3)),
        ("cut_outs", cut_outs, (count, 4, SIZE, SIZE)),
    ):
        _check(name, value, shape)
    alpha = cut_outs[:, 3:]
    return cut_outs[:, :3] * alpha + paint(surround, palettes).clamp(0, 1) * (1 - alpha)


def _layers(parts):
    """The ``Surround`` of a set's parts."""
    left = 1 - parts.accent
    weights = [(1 - parts.ground) * left, parts.ground * left, parts.accent]
    weights = torch.cat(weights, 1)
    still = parts.still.clamp(min=0.02)
    return Surround(weights, still, parts.light.clamp(min=0.02) / still, parts.glow)


def _check_wish(shadows, sets, lights, seeds):
    _check("shadows", shadows, (len(shadows), 9, 64, 64))
    for name, value in (("sets", sets), ("lights", lights), ("seeds", seeds)):
        if value.shape != (len(shadows),):
            raise ValueError(
                f"{name} must be ({len(shadows)},), one per row of shadows; "
                f"got {tuple(value.shape)}"
            )
    if sets.dtype != torch.int64 or not ((sets >= 0) & (sets < len(SETS))).all():
        raise ValueError(f"sets must be int64 from 0 to {len(SETS) - 1}; got {sets}")
    if not lights.isfinite().all():
        raise ValueError(f"lights must be finite degrees; got {lights}")


def _check(name, value, shape):
    """One sentence when value is not a float tensor of that shape in [0, 1]."""
    if value.shape != shape or not value.is_floating_point():
        raise ValueError(
            f"{name} must be float {shape}; got {value.dtype} {tuple(value.shape)}"
        )
    if not (value.min() >= 0 and value.max() <= 1):
        raise ValueError(
            f"{name} must be in [0, 1]; got {value.min():.3g} to {value.max():.3g}"
        )
