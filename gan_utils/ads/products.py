"""Catalogue products as cut-outs with the shadows that they cast, from ``data/products``."""

import io
import json
import re
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from gan_utils.ads.checked import checked
from gan_utils.data import ROOT

PRODUCTS = ROOT / "data" / "products"
VIEWS = ("left", "front", "right")
"""Where a product's front looks: 35 degrees to the left, at the camera, to the right."""

LIGHTS = 8
"""Directions of cast shadows, 45 degrees apart, counter-clockwise seen from above.

Light 0 comes from the right, 2 from behind the product, 4 from the left, 6 from the camera.
"""

GROUND = 104
"""The row of pixels, from the top, on which every product stands (of 128)."""

SPLITS = ("train", "held out", "all")
_SIZE, _LAYER_SIZE = 128, 64


class Products(NamedTuple):
    """Products of one split in the order of the catalogue.

    names: N words, no two alike; categories: N words.
    cut_outs: uint8 (N, 3, 4, 128, 128) in [0, 255], one of ``VIEWS`` each; red, green, blue
        and alpha. Alpha is straight: the colour is not multiplied by it. Where alpha is 0,
        the colour is black.
    layers: uint8 (N, 3, 9, 64, 64), the share of light that the product keeps from the
        ground, 0 none and 255 all, in the cut-out's frame at half its size. Layer 0 is that
        of an even sky (contact occlusion), layer 1 + k that of a lamp from direction k.
    """

    names: tuple
    categories: tuple
    cut_outs: torch.Tensor
    layers: torch.Tensor


def products(split="train", folder=PRODUCTS):
    """Read cut-outs and shadows, checking every file against its SHA-256 sum.

    Args:
        split: "train" (two thirds of each category), "held out" (the rest) or "all".
        folder: where catalogue.json, the sheets and SHA256SUMS lie.
    Returns:
        A ``Products``.
    Raises:
        ValueError: split is none of the three.
        FileNotFoundError: a file is missing.
        OSError: a file is damaged or altered.
    Source:
        Debian's sweethome3d-furniture 1.8-1, rendered by data/make/products.py. CC0 and
        CC BY: whoever shows these pictures elsewhere gives data/products/ATTRIBUTION.md.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}; got {split!r}")
    records = catalogue(folder)
    cut_outs, layers = [], []
    for category in dict.fromkeys(r["category"] for r in records):
        name = re.sub(r"\W+", "_", category) + ".webp"
        sheet = _picture(folder, f"cut_outs/{name}", "RGBA")
        cut_outs.append(_cells(sheet, _SIZE, (len(VIEWS),)))
        sheet = _picture(folder, f"layers/{name}", "L")[..., None]
        layers.append(_cells(sheet, _LAYER_SIZE, (len(VIEWS), 1 + LIGHTS))[:, :, :, 0])
    wanted = [
        k for k, r in enumerate(records)
        if split == "all" or r["held_out"] == (split == "held out")
    ]  # fmt: skip
    return Products(
        tuple(records[k]["name"] for k in wanted),
        tuple(records[k]["category"] for k in wanted),
        torch.from_numpy(np.concatenate(cut_outs)[wanted]),
        torch.from_numpy(np.concatenate(layers)[wanted]),
    )


def catalogue(folder=PRODUCTS):
    """What is known about each product, a list of dictionaries, in order.

    Returns:
        With each product ``name``, ``category``, ``row`` (in the category's sheets),
        ``held_out``, ``licence`` (SPDX), ``creator``, ``title`` (the package's name for it)
        and ``source`` (library and entry in the package).
    Raises:
        FileNotFoundError, OSError: as ``products``.
    """
    return json.loads(checked(folder, "catalogue.json"))["products"]


def _picture(folder, name, mode):
    """A sheet as a uint8 array (H, W) or (H, W, 4)."""
    return np.asarray(Image.open(io.BytesIO(checked(folder, name))).convert(mode))


def _cells(sheet, size, columns):
    """A sheet (N * size, columns * size, C) as (N, *columns, C, size, size)."""
    rows, channels = len(sheet) // size, sheet.shape[2]
    cells = sheet.reshape(rows, size, -1, size, channels).transpose(0, 2, 4, 1, 3)
    return cells.reshape(rows, *columns, channels, size, size)
