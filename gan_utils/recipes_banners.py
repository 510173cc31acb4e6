"""What made the networks of lesson 13: the evaluator first, then the generator."""

import torch
from torch.nn.functional import cross_entropy

from gan_utils import banner_scores
from gan_utils.creatives import BannerDiscriminator, BannerGenerator, BannerReader
from gan_utils.data import to_float
from gan_utils.scenes.banners import ATTRIBUTES, draw_attributes, render
from gan_utils.training import by_steps

DATA = "banners drawn around Fashion-MNIST (MIT): data/scenes/banners.md"
BANNERS = 24_000
PACE = {"rates": (4e-3, 5e-4), "betas": (0.5, 0.99), "decay": 0.995}


def training_banners():
    """What the generator learns from: combinations that are not held out."""
    random = torch.Generator().manual_seed(0)
    return render(draw_attributes(BANNERS, random, "seen"), "train", seed=0)


def banner_generator(train, steps=3200, width=32):
    """The generator of banners: lessons 13 and 14."""
    banners = training_banners()
    network = train(
        BannerGenerator(width=width), BannerDiscriminator(24), steps, conditional=True,
        data=(banners.images, banners.attributes), **PACE,
    )  # fmt: skip
    scores = {
        f"{combinations} combinations": score(network, combinations)
        for combinations in ("seen", "held out")
    }
    return network, {
        **scores,
        "steps": steps,
        "batch": 64,
        "width": width,
        "data": DATA,
    }


def unconditional_banners(train, steps=3200, width=32):
    """The same networks, told nothing: a baseline of lesson 13."""
    banners = training_banners()
    network = train(
        BannerGenerator(width=width), BannerDiscriminator(24, told=False), steps,
        conditional=True, data=(banners.images, torch.zeros_like(banners.attributes)),
        **PACE,
    )  # fmt: skip
    return network, {"steps": steps, "batch": 64, "width": width, "data": DATA}


def banner_reader(train=None, steps=2000, batch_size=64):
    """The evaluator of banners, trained on other products. It is no GAN."""
    random = torch.Generator().manual_seed(1)
    banners = render(draw_attributes(12_000, random), "judge", seed=1)
    network = BannerReader()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in by_steps(steps):
        which = torch.randint(len(banners.images), (batch_size,))
        logits = network(to_float(banners.images[which]))
        truths = banners.attributes[which].unbind(1)
        loss = sum(map(cross_entropy, logits, truths))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()
    fresh = banner_scores.unseen_banners()
    with torch.no_grad():
        parts = to_float(fresh.images).split(500)
        read = torch.cat([network.read(part) for part in parts])
    right = (read == fresh.attributes).float().mean(0).tolist()
    accuracy = dict(zip(ATTRIBUTES, right))
    return network, {"test accuracy": accuracy, "steps": steps, "data": DATA}


def score(generator, combinations, count=2000):
    """Attribute accuracy and FID of generated banners against unseen real ones."""
    real = banner_scores.unseen_banners(count, combinations)
    fake = banner_scores.paint(generator, real.attributes)
    right = banner_scores.right_attributes(fake, real.attributes)
    return {**right, "FID": banner_scores.quality(fake, to_float(real.images))["FID"]}
