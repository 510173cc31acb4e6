"""What lesson 13's table says: methods that answer the same 2,000 held-out wishes.

    .venv/bin/python -m benchmarks.creatives

The unconditional GAN is trained first (``run.py train unconditional_banners``), into
runs/unconditional_banners, unless it lies there; ten minutes on one core.
"""

import json
import platform
from pathlib import Path

import torch

from gan_utils import banner_scores as scores
from gan_utils import train
from gan_utils.checkpoints import load_checkpoint
from gan_utils.creatives import BannerGenerator, one_hot
from gan_utils.data import to_float
from gan_utils.recipes_banners import training_banners
from gan_utils.scenes.banners import draw_attributes, render

ROOT = Path(__file__).resolve().parent.parent
COUNT = 2_000
BLIND = "unconditional_banners"


def unconditional():
    """The unconditional GAN, trained if need be."""
    folder = ROOT / "runs" / BLIND
    trained = (folder / f"{BLIND}.safetensors").is_file()
    if not trained and train.main([BLIND, "--precision", "bfloat16"]):
        raise SystemExit(f"training {BLIND} failed")
    return load_checkpoint(BannerGenerator(width=32), BLIND, folder)


def neighbours(wishes, banners):
    """The training banner that matches most attributes of each wish."""
    matches = one_hot(wishes) @ one_hot(banners.attributes).T
    return to_float(banners.images[matches.argmax(1)])


def measure(images, wishes, real, usual, training):
    """One row of the table."""
    right = scores.right_attributes(images, wishes)
    read = torch.cat(
        [scores.banner_reader().read(x).detach() for x in images.split(500)]
    )
    distance, _ = scores.nearest(images, wishes, *training)
    return {
        **right,
        "all": (read == wishes).all(1).float().mean().item(),
        **scores.quality(images, real),
        "novelty": (distance.median() / usual).item(),
    }


def main():
    """Measure all methods and write results/creatives.json."""
    banners = training_banners()
    training = (banners.images, banners.attributes)
    wishes = draw_attributes(COUNT, torch.Generator().manual_seed(20), "held out")
    real = to_float(render(wishes, "test", seed=20).images)
    other = to_float(render(wishes, "test", seed=21).images)
    usual = scores.nearest(real, wishes, *training)[0].median()
    ours = load_checkpoint(BannerGenerator(width=32), "banner_generator")
    blind = unconditional()
    nothing = torch.zeros_like(wishes)
    methods = {
        "real, unseen products": other,
        "template engine": to_float(render(wishes, "train", seed=22).images),
        "nearest neighbour": neighbours(wishes, banners),
        "unconditional GAN": scores.paint(blind, nothing, seed=22),
        "our GAN": scores.paint(ours, wishes, seed=22),
    }
    rows = {
        name: measure(images, wishes, real, usual, training)
        for name, images in methods.items()
    }
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
