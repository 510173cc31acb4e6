"""What made the networks of lesson 15: the evaluator first, then the generator."""

import torch
from torch.nn.functional import cross_entropy

from gan_utils.ads.creatives import scores as banner_scores
from gan_utils.ads.creatives.networks import (
    BannerDiscriminator,
    BannerGenerator,
    BannerReader,
    Packed,
    packed,
)
from gan_utils.ads.creatives.scene import ATTRIBUTES, Banners, draw_attributes, render
from gan_utils.data import to_float
from gan_utils.recipes.classifier import train_classifier

DATA = "banners drawn around Fashion-MNIST (MIT): data/scenes/banners.md"
WISHES, PACK = 16_000, 2  # wishes, and real banners for each of them
PICTURES = 128  # of one step
PACE = {"rates": (4e-3, 5e-4), "betas": (0.5, 0.99), "decay": 0.995}


def training_banners():
    """What the generator learns from: no held-out combination, each wish PACK times."""
    random = torch.Generator().manual_seed(0)
    wishes = draw_attributes(WISHES, random, "seen")
    return render(wishes.repeat_interleave(PACK, 0), "train", seed=0)


def banner_generator(train, steps=5000, width=32, pack=PACK):
    """The generator of banners: lessons 15 and 16."""
    network, facts = _train(train, steps, width, pack, training_banners())
    scores = {
        f"{combinations} combinations": score(network, combinations)
        for combinations in ("seen", "held out")
    }
    return network, {**scores, **facts}


def unpacked_banners(train, steps=5000, width=32):
    """The same, where D sees one banner at a time: a rival in lesson 15."""
    return banner_generator(train, steps, width, pack=1)


def unconditional_banners(train, steps=5000, width=32):
    """The same networks, told nothing: a baseline of lesson 15."""
    banners = training_banners()
    order = torch.randperm(
        len(banners.images), generator=torch.Generator().manual_seed(0)
    )
    mixed = Banners(*(part[order] for part in banners))
    return _train(train, steps, width, PACK, mixed, told=False)


def _train(train, steps, width, pack, banners, told=True):
    """A generator and the facts for its card."""
    attributes = banners.attributes[::pack]
    network = train(
        Packed(BannerGenerator(width=width), pack),
        BannerDiscriminator(24, pack, told), steps, conditional=True,
        batch_size=PICTURES // pack,
        data=(packed(banners.images, pack), attributes * told), **PACE,
    )  # fmt: skip
    facts = {"steps": steps, "pictures in a step": PICTURES, "pack": pack}
    return network.generator, {**facts, "width": width, "data": DATA}


def banner_reader(train, steps=2000, batch_size=64):
    """The evaluator of banners, from other products. No GAN: ``train`` is not used."""
    random = torch.Generator().manual_seed(1)
    banners = render(draw_attributes(12_000, random), "judge", seed=1)
    network = BannerReader()

    def loss_of(step):
        which = torch.randint(len(banners.images), (batch_size,))
        logits = network(to_float(banners.images[which]))
        return sum(map(cross_entropy, logits, banners.attributes[which].unbind(1)))

    train_classifier(network, loss_of, steps, 3e-3)
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
