"""What lesson 15's table says: methods that answer the same 2,000 held-out wishes.

    .venv/bin/python -m benchmarks.creatives

Two rivals, the GAN whose D sees one banner at a time and the one that is told nothing,
are trained first (``run.py train unpacked_banners`` and ``unconditional_banners``), into
runs/, unless they lie there; about 25 minutes each on one core.
"""

import json
import platform
from pathlib import Path

import torch

from gan_utils.ads.creatives import scores
from gan_utils.ads.creatives.networks import BannerGenerator, one_hot
from gan_utils.ads.creatives.scene import draw_attributes, render
from gan_utils.checkpoints import load_checkpoint
from gan_utils.data import to_float
from gan_utils.engine import cli
from gan_utils.recipes.catalogue import RECIPES
from gan_utils.recipes.creatives import training_banners

ROOT = Path(__file__).resolve().parent.parent
COUNT = 2_000
EACH = (50, 12)  # wishes, and answers to each, for the variety within a wish


def rival(recipe):
    """A generator for comparison, trained if need be."""
    folder = ROOT / "runs" / recipe
    trained = (folder / f"{recipe}.safetensors").is_file()
    if not trained and cli.main(RECIPES, [recipe, "--precision", "bfloat16"]):
        raise SystemExit(f"training {recipe} failed")
    return load_checkpoint(BannerGenerator(width=32), recipe, folder)


def neighbours(wishes, banners):
    """The training banner that matches most attributes of each wish."""
    matches = one_hot(wishes) @ one_hot(banners.attributes).T
    return to_float(banners.images[matches.argmax(1)])


def measure(answer, wishes, real, usual, training):
    """One row of the table; ``answer`` makes banners from wishes."""
    images = answer(wishes)
    right = scores.right_attributes(images, wishes)
    read = torch.cat(
        [scores.banner_reader().read(x).detach() for x in images.split(500)]
    )
    distance, _ = scores.nearest_products(images, wishes, *training)
    repeated = wishes[: EACH[0]].repeat_interleave(EACH[1], 0)
    return {
        **right,
        "all": (read == wishes).all(1).float().mean().item(),
        **scores.quality(images, real),
        "novelty": (distance.median() / usual).item(),
        "variety": scores.variety(answer(repeated), repeated, EACH[1]),
    }


def drawn(share, seed):
    """The renderer as a method: it answers wishes with products of one share."""
    return lambda wishes: to_float(render(wishes, share, seed).images)


def painted(generator, told=1):
    """A generator as a method; told 0 hides the wish from it."""
    return lambda wishes: scores.paint(generator, wishes * told, seed=22)


def main():
    """Measure all methods and write results/creatives.json."""
    banners = training_banners()
    training = (banners.images, banners.attributes)
    wishes = draw_attributes(COUNT, torch.Generator().manual_seed(20), "held out")
    real = drawn("test", 20)(wishes)
    usual = scores.nearest_products(real, wishes, *training)[0].median()
    ours = load_checkpoint(BannerGenerator(width=32), "banner_generator")
    methods = {
        "real, unseen products": drawn("test", 21),
        "template engine": drawn("train", 22),
        "nearest neighbour": lambda wishes: neighbours(wishes, banners),
        "unconditional GAN": painted(rival("unconditional_banners"), told=0),
        "our GAN without packing": painted(rival("unpacked_banners")),
        "our GAN": painted(ours),
    }
    rows = {
        name: measure(answer, wishes, real, usual, training)
        for name, answer in methods.items()
    }
    full = rows["real, unseen products"]["variety"]
    for row in rows.values():
        row["variety"] /= full
    result = {
        "command": ".venv/bin/python -m benchmarks.creatives",
        "machine": platform.machine(),
        "torch": torch.__version__,
        "banners": COUNT,
        "methods": {
            name: {key: round(value, 4) for key, value in row.items()}
            for name, row in rows.items()
        },
    }
    path = ROOT / "benchmarks" / "results" / "creatives.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["methods"], indent=2))


if __name__ == "__main__":
    main()
