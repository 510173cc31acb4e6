"""From a painted banner to an advertisement: real type on top, and measured."""

import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn.functional import max_pool2d

from gan_utils.ads.creatives.lettering import (
    BOXES,
    FONT,
    HEADLINES,
    headline_masks,
    luminance,
    write,
)
from gan_utils.ads.creatives.scene import (
    BUTTON_PLACES,
    BUTTONS,
    PALETTES,
    colours,
    render,
)
from gan_utils.ads.creatives.scores import paint
from gan_utils.data import to_float
from gan_utils.plotting import to_pixels

SILENT = HEADLINES.index("none")


def without_headline(attributes):
    """The same wishes (N, 5) without a headline: what the network is asked to paint."""
    silent = attributes.clone()
    silent[:, 2] = SILENT
    return silent


def set_type(images, attributes):
    """Lay the headline over painted banners, in its palette's colour.

    Args:
        images: (N, 3, 64, 64) in [-1, 1], painted without a headline.
        attributes: (N, 5) int64; headline, palette and layout are used.
    Returns:
        (N, 3, 64, 64) in [-1, 1].
    """
    letters = headline_masks()[attributes[:, 2], attributes[:, 4]][:, None]
    ink = colours(3)[attributes[:, 1]][..., None, None] * 2 - 1
    return images.lerp(ink, letters.to(images))


def headline_contrast(images, attributes):
    """Contrast ratio of the headline and its ground, from the pixels around its place.

    Between the 10 % and the 90 % quantile of luminance over the pixels that lie within
    two of where the renderer would put a letter.

    Args:
        images: (N, 3, 64, 64) in [-1, 1]; attributes: (N, 5), each with a headline.
    Returns:
        (N,) from 1 to 21; large type should reach 3 (W3C, WCAG 2.2, criterion 1.4.3).
    Raises:
        ValueError: a banner has no headline.
    """
    _, near = _headline(attributes)
    light = luminance((images.detach() / 2 + 0.5).movedim(1, -1))
    light = light.masked_fill(~near, torch.nan).flatten(1)
    low, high = light.nanquantile(light.new_tensor([0.1, 0.9]), 1)
    return (high + 0.05) / (low + 0.05)


def letter_match(images, attributes):
    """How much of the headline's shape is there: overlap over union of strokes.

    Painted is what lies on the ink's side of the middle between the 10 % and the 90 %
    quantile of grey, over the pixels within two of a letter. The letters may lie a pixel
    to any side, as the renderer puts them; the best place counts.

    Args:
        images: (N, 3, 64, 64) in [-1, 1]; attributes: (N, 5), each with a headline.
    Returns:
        (N,) from 0 to 1.
    Raises:
        ValueError: a banner has no headline.
    """
    letters, near = _headline(attributes)
    grey = images.detach().mean(1)
    ends = grey.masked_fill(~near, torch.nan).flatten(1)
    middle = ends.nanquantile(ends.new_tensor([0.1, 0.9]), 1).mean(0)
    ground, ink = (colours(i)[attributes[:, 1]].mean(1) for i in (0, 3))
    painted = (grey > middle[:, None, None]) == (ink > ground)[:, None, None]
    best = torch.zeros(len(images))
    for move in ((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)):
        asked = letters.roll(move, (1, 2)) > 0.5
        both, either = (painted & asked) & near, (painted | asked) & near
        best = torch.maximum(best, both.sum((1, 2)) / either.sum((1, 2)))
    return best


def _headline(attributes):
    """Where the headline's letters are, and the pixels within two of them: (N, 64, 64)."""
    if (attributes[:, 2] == SILENT).any():
        raise ValueError("every banner needs a headline; some have 'none'")
    letters = headline_masks()[attributes[:, 2], attributes[:, 4]]
    return letters, max_pool2d(letters[:, None], 5, 1, 2)[:, 0] > 0.5


def poster(image, attributes, size=512):
    """One advertisement at the size of an export, with crisp type.

    Args:
        image: (3, 64, 64) in [-1, 1], painted without a headline.
        attributes: (5,) int64.
        size: pixels a side, 128 or more.
    Returns:
        A Pillow picture.
    Raises:
        ValueError: another shape or size.
    """
    if image.shape != (3, 64, 64) or size < 128:
        raise ValueError(
            "poster needs a picture (3, 64, 64) and a size of 128 or more; got "
            f"{tuple(image.shape)} and {size}"
        )
    _, palette, headline, button, layout = attributes.tolist()
    page = Image.fromarray(to_pixels(image).transpose(1, 2, 0))
    page = page.resize((size, size), Image.Resampling.BICUBIC)
    pen, scale = ImageDraw.Draw(page), size / 64
    ink, press = list(PALETTES.values())[palette][3:]
    if headline != SILENT:
        write(pen, HEADLINES[headline], BOXES[layout], scale, ink)
    radius = list(BUTTONS.values())[button]
    if radius is not None:
        _button(pen, BUTTON_PLACES[layout], radius, scale, press)
    return page


def _button(pen, centre, radius, scale, colour):
    """A crisp button over the painted one."""
    x, y = (place * scale for place in centre)
    box = (x - 12 * scale, y - 4.5 * scale, x + 12 * scale, y + 4.5 * scale)
    pen.rounded_rectangle(box, radius * scale, colour)
    bright = luminance(torch.tensor(list(bytes.fromhex(colour[1:]))) / 255) > 0.179
    words = "black" if bright else "white"
    font = ImageFont.truetype(FONT, 3.3 * scale)
    pen.text((x, y), "SHOP NOW", words, font, "mm")


def painted(generator, orders, seed=3):
    """Banners (N, 3, 64, 64) for orders (N, 5): painted by a network, real type on top."""
    return set_type(paint(generator, without_headline(orders), seed), orders)


def photographed(orders, seed=0):
    """A studio's banners (N, 3, 64, 64) in [-1, 1]: real products, no network."""
    return to_float(render(orders, "test", seed).images)
