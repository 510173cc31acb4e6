"""The recipe of the shipped try-on generator."""

import torch

from gan_utils.ads.try_on import scene as scenes
from gan_utils.ads.try_on.model import PatchDiscriminator, TryOnGenerator, train_try_on
from gan_utils.ads.try_on.scores import scores
from gan_utils.training import by_steps

HELD_OUT_SEED = 1_000_000  # of people and garments that no training sees
PAIRS = 6_000  # rendered for the training
WIDTH = 24


def try_on(train, steps=3_500, pairs=PAIRS, width=WIDTH):
    """The generator of lesson 17's try-on room. It owns its loop: ``train`` gives the seed."""
    scene = scenes.try_on(pairs, seed=train.seed)
    generator = train_try_on(
        TryOnGenerator(width), PatchDiscriminator(), scene, by_steps(steps), decay=0.998
    )
    facts = {"data": "gan_utils/ads/try_on/scene, drawn by this project (MIT)"}
    facts |= {"scores, paired": judge(generator, held_out())}
    facts |= {"scores, unpaired": judge(generator, scenes.swapped(held_out()))}
    return generator, facts | {
        "width": width,
        "steps": steps,
        "batch": 16,
        "pairs": pairs,
    }


def held_out(count=256):
    """People and garments that no training sees."""
    return scenes.try_on(count, seed=HELD_OUT_SEED)


@torch.no_grad()
def wear(generator, scene, part=64):
    """The generator's pictures of a whole scene, (N, 3, 64, 48)."""
    starts = range(0, len(scene), part)
    return torch.cat(
        [generator(scene.batch(slice(i, i + part))).picture for i in starts]
    )


def judge(generator, scene):
    """``scores`` of a generator on a scene, rounded for the card."""
    found = scores(wear(generator, scene), scene.batch())
    return {name: round(value, 4) for name, value in found.items()}
