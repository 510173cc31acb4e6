"""Three brand colours per scene: named palettes to show, and random ones to train on."""

import torch

from gan_utils.ads.creatives.chance import uniform

_STREAM = 7


def _colours(*words):
    return (
        torch.tensor([[int(w[i : i + 2], 16) for i in (0, 2, 4)] for w in words]) / 255
    )


PALETTES = {
    "sand": _colours("EBDDC8", "DCC6A6", "B8683F"),
    "sage": _colours("CBD5C2", "AEBDA4", "4A6B52"),
    "blush": _colours("F5D5CE", "EDBFB8", "C2505E"),
    "sky": _colours("CBE2F0", "A6C9E0", "F2994A"),
    "lemon": _colours("FBE28C", "F6CF5E", "2F4B7C"),
    "slate": _colours("5B6472", "434B58", "E0A955"),
    "lilac": _colours("DACFEC", "BFAEDD", "6A4C9C"),
    "forest": _colours("2F4A40", "223831", "E5C99A"),
}
"""Name: backdrop, ground and accent, (3, 3) in [0, 1]. Kept from training."""


def random_palettes(seeds):
    """Backdrops, grounds and accents to train on.

    Most are light and quiet, as shops use them; a fifth are dark and a fifth are
    saturated. The ground is near the backdrop in two of three; the accent's hue is near,
    opposite or anywhere.

    Args:
        seeds: (N,) int64.
    Returns:
        (N, 3, 3): N times backdrop, ground and accent; red, green and blue in [0, 1].
    Raises:
        ValueError: seeds is not (N,) int64.
    """
    u = uniform(seeds, 16, _STREAM).unbind(1)
    between = lambda k, low, high: low + (high - low) * u[k]  # noqa: E731
    dark, strong = u[0] < 0.2, u[1] < 0.2
    hue = u[2]
    saturation = torch.where(strong, between(3, 0.35, 0.85), between(3, 0.02, 0.30))
    value = torch.where(dark, between(4, 0.18, 0.55), between(4, 0.72, 0.98))
    near = u[5] < 0.67
    ground_hue = hue + torch.where(near, between(6, -0.04, 0.04), between(6, -0.5, 0.5))
    ground_saturation = saturation + between(7, -0.05, 0.15)
    ground_saturation = ground_saturation * torch.where(near, 1.0, 0.6)
    ground_value = value * torch.where(
        near, between(8, 0.76, 0.98), between(8, 0.5, 1.2)
    )
    turn = torch.where(u[9] < 0.4, between(10, -0.09, 0.09), between(10, 0.4, 0.6))
    turn = torch.where(u[9] > 0.75, u[10], turn)
    accent_value = torch.where(dark, between(12, 0.55, 0.95), between(12, 0.28, 0.92))
    return torch.stack(
        [
            _rgb(hue, saturation, value),
            _rgb(ground_hue, ground_saturation, ground_value),
            _rgb(hue + turn, between(11, 0.25, 0.85), accent_value),
        ],
        1,
    )


def _rgb(hue, saturation, value):
    """Colours (N, 3) of hues, in turns of the wheel, saturations and values, (N,) each."""
    sector = (hue[:, None] * 6 + torch.tensor([5.0, 3.0, 1.0])) % 6
    ramp = torch.minimum(sector, 4 - sector).clamp(0, 1)
    saturation, value = saturation.clamp(0, 1)[:, None], value.clamp(0, 0.98)[:, None]
    return value * (1 - saturation * ramp)
