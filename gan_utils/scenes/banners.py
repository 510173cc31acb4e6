"""Advertising banners, 64x64 in colour, drawn around real products of Fashion-MNIST."""

from typing import NamedTuple

import torch

from gan_utils.data import fashion_mnist
from gan_utils.scenes.banner_paint import BUTTONS, LAYOUTS, PALETTES, paint
from gan_utils.scenes.lettering import HEADLINES

PRODUCTS = {
    "T-shirt": 0, "trousers": 1, "pullover": 2, "dress": 3, "sandal": 5, "sneaker": 7,
    "bag": 8, "ankle boot": 9,
}  # fmt: skip
"""Name of a product: its class in Fashion-MNIST."""

ATTRIBUTES = {
    "product": tuple(PRODUCTS),
    "palette": tuple(PALETTES),
    "headline": HEADLINES,
    "button": tuple(BUTTONS),
    "layout": tuple(LAYOUTS),
}
"""Attribute: its values, in the order of the columns of ``Banners.attributes``."""

SHARES = {"train": ("train", 0, 30_000), "judge": ("train", 30_000, 60_000),
          "test": ("test", 0, 10_000)}  # fmt: skip
"""Which product pictures a share uses: the generator's, the evaluators', nobody's."""


class Banners(NamedTuple):
    """Rendered banners and what is true of them.

    images: (N, 3, 64, 64) uint8; attributes: (N, 5) int64, columns as ``ATTRIBUTES``;
    masks: (N, 3, 64, 64) uint8, how far product, headline and button cover a pixel;
    sources: (N,) int64, the number of the product's picture in its split.
    """

    images: torch.Tensor
    attributes: torch.Tensor
    masks: torch.Tensor
    sources: torch.Tensor


def held_out(attributes):
    """Whether a combination of product, palette and layout is kept from training: (N,).

    One in four is; every pair of two values still occurs in training.
    """
    product, palette, _, _, layout = attributes.unbind(1)
    return (product + palette + layout) % 4 == 0


def draw_attributes(count, random, combinations="all"):
    """Attributes (count, 5), uniform but for the headline.

    Half of all banners have no headline; of the others two in seven say SALE, as shops
    do, and one in seven each of the other words.

    Args:
        count: how many.
        random: a ``torch.Generator``.
        combinations: "all", "seen" in training, or "held out".
    Raises:
        ValueError: combinations is none of the three.
    """
    if combinations not in ("all", "seen", "held out"):
        raise ValueError(
            f"combinations must be 'all', 'seen' or 'held out'; got {combinations!r}"
        )
    kept = torch.empty(0, len(ATTRIBUTES), dtype=torch.int64)
    while len(kept) < count:
        columns = [
            torch.randint(len(values), (2 * count + 64,), generator=random)
            for values in ATTRIBUTES.values()
        ]
        drawn = torch.stack(columns, 1)
        silent = torch.rand(len(drawn), generator=random) < 0.5
        words = 1 + drawn[:, 2] % (len(HEADLINES) - 1)  # SALE twice: from 0 and from 6
        drawn[:, 2] = words.where(~silent, 0)
        if combinations != "all":
            drawn = drawn[held_out(drawn) == (combinations == "held out")]
        kept = torch.cat([kept, drawn])
    return kept[:count]


def render(attributes, share="train", seed=0, batch=500):
    """Draw one banner for every row of attributes.

    Args:
        attributes: (N, 5) int64, columns as ``ATTRIBUTES``.
        share: whose product pictures are used; see ``SHARES``.
        seed: of products and of small variations in place, size and light.
        batch: banners drawn at once.
    Returns:
        ``Banners``; the same arguments give the same bytes.
    Raises:
        ValueError: an attribute is outside its range, or there is no such share.
    """
    _check(attributes, share)
    split, first, last = SHARES[share]
    pictures, labels = fashion_mnist(split)
    pictures, labels = pictures[first:last], labels[first:last]
    random = torch.Generator().manual_seed(seed)
    sources = torch.empty(len(attributes), dtype=torch.int64)
    for number, label in enumerate(PRODUCTS.values()):
        wanted = attributes[:, 0] == number
        pool = (labels == label).nonzero()[:, 0]
        picks = torch.randint(len(pool), (int(wanted.sum()),), generator=random)
        sources[wanted] = pool[picks]
    parts = [
        paint(rows, pictures[which], random)
        for rows, which in zip(attributes.split(batch), sources.split(batch))
    ]
    images, masks = (torch.cat(part) for part in zip(*parts))
    return Banners(images, attributes, masks, sources + first)


def _check(attributes, share):
    if share not in SHARES:
        raise ValueError(f"share must be one of {', '.join(SHARES)}; got {share!r}")
    limits = torch.tensor([len(values) for values in ATTRIBUTES.values()])
    if attributes.ndim != 2 or attributes.shape[1] != len(limits):
        raise ValueError(
            f"attributes must be (N, {len(limits)}); got {tuple(attributes.shape)}"
        )
    if ((attributes < 0) | (attributes >= limits)).any():
        raise ValueError(
            f"attributes must be whole numbers from 0 to below {limits.tolist()}"
        )
