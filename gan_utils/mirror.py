"""What the product mirror shows: a face, a product on it, and the true picture."""

from typing import NamedTuple

import numpy as np
import torch

from gan_utils import placement, trial_scores
from gan_utils.product_trial import LIPS, put_back, window, wishes
from gan_utils.scenes.portraits import cast, draw, shade_colours


class Reflection(NamedTuple):
    """One trial: pictures (1, 3, 64, 64) in [-1, 1], the mask (1, 1, 64, 64), scores.

    inside, idle: error in the product's region, as shown and with nothing done; outside:
    elsewhere; colour: Delta E inside the region.
    """

    before: torch.Tensor
    shown: torch.Tensor
    truth: torch.Tensor
    inside: float
    idle: float
    outside: float
    colour: float


class Mirror:
    """Faces that no network has seen, and the two ways to try a product on.

    Args:
        lipstick: a trained ``TrialGenerator``.
        placer: a trained ``PlacementNetwork``.
        count, seed: of the faces, as for ``portraits``.
    """

    def __init__(self, lipstick, placer, count=40, seed=5):
        self.lipstick, self.placer = lipstick, placer
        self.faces = cast(count, seed)[0]
        self.pictures = placement.catalogue()
        self.colours = shade_colours()

    @torch.no_grad()
    def try_lipstick(self, face, shade, strength=1.0):
        """Lipstick by the GAN; face and shade are indices, strength is in [0, 1]."""
        bare, _, true, _, lips, _ = self._drawn(face, 0, 0, 0, shade)
        wish = wishes(self.colours[shade : shade + 1])
        part = self.lipstick(window(bare, LIPS), wish, strength)
        shown = put_back(bare, part, LIPS)
        return self._reflection(bare, shown, bare + strength * (true - bare), lips)

    @torch.no_grad()
    def try_eyewear(self, face, brand, frame, lens, strength=1.0):
        """Eyewear placed by the placer; all are indices, strength is in [0, 1]."""
        bare, true, _, glasses, _, _ = self._drawn(face, brand, frame, lens, 0)
        picture = self.pictures[placement.entry(brand, frame, lens)][None]
        shown = placement.wear(bare, picture, self.placer(bare), strength)
        return self._reflection(bare, shown, bare + strength * (true - bare), glasses)

    def _drawn(self, face, *product):
        arrays = draw(self.faces[face], *product)
        return [torch.from_numpy(np.array(array))[None] for array in arrays]

    @staticmethod
    def _reflection(bare, shown, truth, mask):
        inside = trial_scores.error_inside
        scores = (
            inside(shown, truth, mask),
            inside(bare, truth, mask),
            trial_scores.error_outside(shown, truth, mask),
            trial_scores.colour_error(shown, truth, mask)[0],
        )
        return Reflection(bare, shown, truth, *(float(score) for score in scores))
