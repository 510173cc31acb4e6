"""How banners are judged: obedience, quality, novelty, variety."""

import functools

import torch
from torch.nn.functional import avg_pool2d, pad

from gan_utils.ads.creatives.networks import BannerReader
from gan_utils.ads.creatives.scene import ATTRIBUTES, LAYOUTS, draw_attributes, render
from gan_utils.checkpoints import load_checkpoint
from gan_utils.metrics import frechet_distance, precision_recall
from gan_utils.sampling import draw

_CROP = 32  # pixels a side of the square in which the product is


@functools.cache
def banner_reader():
    """The shipped evaluator, in eval mode."""
    return load_checkpoint(BannerReader(), "banner_reader")


def unseen_banners(count=2000, combinations="all", seed=2):
    """Banners of products that neither generator nor evaluator has seen."""
    random = torch.Generator().manual_seed(seed)
    return render(draw_attributes(count, random, combinations), "test", seed)


def paint(generator, attributes, seed=3):
    """A generated banner (N, 3, 64, 64) for every row of attributes (N, 5)."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(len(attributes), generator.latent_dim, generator=random)
    return draw(generator, z, attributes)


@torch.no_grad()
def read_back(images):
    """What banners (N, 3, 64, 64) in [-1, 1] turned out to be: attributes (N, 5)."""
    return torch.cat([banner_reader().read(part) for part in images.split(500)])


def right_attributes(images, attributes):
    """Share of banners whose attribute the evaluator reads as asked: {attribute: share}.

    Where no headline was asked for, "none" is the right reading.
    """
    right = (read_back(images) == attributes).float().mean(0)
    return dict(zip(ATTRIBUTES, right.tolist()))


def quality(images, real):
    """FID, precision and recall in the evaluator's features.

    Args:
        images, real: (N, 3, 64, 64) in [-1, 1]; the same wishes in both.
    """
    fake, real = _features(images), _features(real)
    precision, recall = precision_recall(real, fake)
    found = {"FID": frechet_distance(real, fake), "precision": precision}
    return {**found, "recall": recall}


@torch.no_grad()
def _features(images):
    """What the evaluator sees in banners, (N, 64)."""
    return torch.cat([banner_reader().features(part) for part in images.split(500)])


def nearest_products(images, attributes, others, their_attributes, reach=2):
    """Distance of every product to the most similar one of others, and which that is.

    Products are moved by up to ``reach`` pixels against each other; dark on light and
    light on dark count as the same. Returns (N,) in [0, 1.42] and (N,).
    """
    theirs = _product_crops(others, their_attributes)
    best, which = torch.zeros(len(images)), torch.zeros(len(images), dtype=torch.int64)
    moves = range(-reach, reach + 1)
    for shift in ((right, down) for right in moves for down in moves):
        ours = _product_crops(images, attributes, shift)
        likeness, found = (ours @ theirs.T).abs().max(1)
        which = found.where(likeness > best, which)
        best = torch.maximum(best, likeness)
    return (2 - 2 * best).clamp(0).sqrt(), which


def variety(images, attributes, times):
    """Mean distance between two products of the same wish, from 0 to 2.

    Args:
        images: (N, 3, 64, 64); attributes: (N, 5); each wish ``times`` in a row.
    """
    products = _product_crops(images, attributes).unflatten(0, (-1, times))
    pairs = times * (times - 1)
    return (torch.cdist(products, products).sum((1, 2)) / pairs).mean().item()


def _product_crops(images, attributes, shift=(0, 0)):
    """The products without their palette: grey, mean 0 and length 1, (N, 256).

    Args:
        images: (N, 3, 64, 64), float or uint8; attributes: (N, 5), for the place.
        shift: pixels (right, down) by which the crop is moved.
    """
    margin = 8
    grey = torch.cat([x.float().mean(1, keepdim=True) for x in images.split(1000)])
    grey = pad(grey, [margin] * 4, "replicate")[:, 0]
    crops = torch.empty(len(images), _CROP, _CROP)
    for number, (x, y) in enumerate(LAYOUTS.values()):
        here = attributes[:, 4] == number
        left, top = (
            place + margin - _CROP // 2 + by for place, by in zip((x, y), shift)
        )
        crops[here] = grey[here, top : top + _CROP, left : left + _CROP]
    small = avg_pool2d(crops[:, None], 2).flatten(1)
    small = small - small.mean(1, keepdim=True)
    return small / small.norm(dim=1, keepdim=True)
