"""The look of the course: fixed colours, figures with alternative text, grids, fields."""

import base64
import html
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import HTML, display
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image, ImageChops

_SHARPNESS = 1.25  # picture dots per CSS pixel of a figure
_MOST_COLOUR_ERROR = 60  # of 255, in any pixel of a saved figure
REAL, FAKE = "#2166ac", "#e08214"
D_REAL, D_FAKE = "#1b7837", "#762a83"
GOOD, BAD, NEUTRAL = "#1b7837", "#b2182b", "#666666"
OPINION = LinearSegmentedColormap.from_list(
    "opinion", ["#762a83", "#c2a5cf", "#f7f7f7", "#a6dba0", "#1b7837"]
)
"""D's field: purple where D says generated (0), white at 1/2, green where it says real (1)."""

plt.style.use(Path(__file__).with_name("plotting.mplstyle"))


def show(figure, alt):
    """Display a figure as an image with alternative text, and close it.

    Args:
        figure: a matplotlib figure.
        alt: what the picture shows, for those who cannot see it.
    Raises:
        ValueError: alt is empty.
    """
    if not alt.strip():
        raise ValueError(
            "alt must say in a sentence what the figure shows; it is empty"
        )
    buffer = io.BytesIO()
    dots = _SHARPNESS * figure.dpi
    figure.savefig(buffer, format="png", dpi=dots, bbox_inches="tight", pad_inches=0.06)
    plt.close(figure)
    width = Image.open(buffer).width / _SHARPNESS
    show_png(buffer.getvalue(), alt, round(width))


def show_film(figure, draw, moments, alt, pace=0.15):
    """Display a figure that moves, again and again, until its box is closed.

    Readers whose system asks for less motion see the last frame alone.

    Args:
        figure: a matplotlib figure; closed here.
        draw: called with each moment in turn; it updates the figure.
        moments: what the frames show, for instance steps of a training; 20 frames of
            4 x 4 inches take some 150 kB.
        alt: what moves, and how it ends, for those who cannot see it.
        pace: seconds a frame; the last one stays 1.5 s longer.
    Raises:
        ValueError: alt is empty.
    """
    frames = []
    for moment in moments:
        draw(moment)
        if not frames:
            if figure.get_layout_engine():
                figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # all frames keep the places of the first
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_SHARPNESS * figure.dpi)
        frames.append(Image.open(buffer).convert("RGB"))
    plt.close(figure)
    _show_frames(
        frames, alt, pace, f"width:{round(frames[0].width / _SHARPNESS)}px", 30
    )


def show_sheet_film(sheets, alt, columns=8, scale=2, pace=0.15):
    """``show_film`` for sheets of pictures, enlarged by the page so that pixels stay crisp.

    Args:
        sheets: a frame each, pictures (N, 1 or 3, H, W) as for ``tile``.
        scale: CSS pixels of one pixel; the rest as for ``show_film``.
    """
    frames = [Image.fromarray(tile(sheet, columns)).convert("RGB") for sheet in sheets]
    style = f"width:{scale * frames[0].width}px;image-rendering:pixelated"
    _show_frames(frames, alt, pace, style, 60)


def _show_frames(frames, alt, pace, style, quality):
    if not alt.strip():
        raise ValueError("alt must say in a sentence what moves; it is empty")
    pauses = [round(1000 * pace)] * len(frames)
    pauses[-1] += 1500
    lossy = _webp(frames, pauses, quality=quality)
    lossless = _webp(_flat(frames), pauses, lossless=True)  # smaller for curves
    style += ";max-width:100%;height:auto"
    moving = _img(min(lossy, lossless, key=len), alt, style, "webp")
    still = data_uri(_smaller(png_bytes(frames[-1])))
    display(
        HTML(
            "<details open><summary>Animation: close this line to stop it, open it to play it"
            '</summary><picture><source media="(prefers-reduced-motion: reduce)" '
            f'srcset="{still}">{moving}</picture></details>'
        )
    )


def _webp(frames, pauses, **how):
    buffer = io.BytesIO()
    more = {"append_images": frames[1:], "duration": pauses, "loop": 0, "method": 4}
    frames[0].save(buffer, "WEBP", save_all=True, **more, **how)
    return buffer.getvalue()


def _flat(frames):
    """The frames in the 48 colours that the first, the middle and the last one need."""
    some = [np.asarray(frames[k]) for k in (0, len(frames) // 2, -1)]
    palette = Image.fromarray(np.concatenate(some)).quantize(48)
    none = Image.Dither.NONE
    return [f.quantize(palette=palette, dither=none).convert("RGB") for f in frames]


def show_png(content, alt, width):
    """Display PNG bytes at a width in CSS pixels, with alternative text."""
    display(HTML(image_tag(content, alt, width)))


def image_tag(content, alt, width, crisp=False):
    """PNG bytes as an <img> element; Jupyter's own image output has no alternative text."""
    style = f"width:{width}px;max-width:100%;height:auto"
    style += ";image-rendering:pixelated" if crisp else ""
    return _img(_smaller(content), alt, style)


def png_bytes(picture, fast=False):
    """A picture as the bytes of a PNG file.

    Args:
        picture: a Pillow image, or a uint8 array (H, W) or (H, W, 3), as from ``tile``.
        fast: for a picture that follows a slider: written soon rather than small.
    """
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **({"compress_level": 1} if fast else {"optimize": True}))
    return buffer.getvalue()


def data_uri(content, kind="png"):
    """A picture's bytes as an address that holds them, for an <img> or a link."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _img(content, alt, style, kind="png"):
    source = data_uri(content, kind)
    return f'<img alt="{html.escape(alt)}" style="{style}" src="{source}">'


def _smaller(content):
    """The same picture with as few colours as nobody misses, for a smaller file."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    for colours in (64, 256):
        few = image.quantize(colours, dither=Image.Dither.NONE)
        difference = ImageChops.difference(image, few.convert("RGB"))
        if max(high for _, high in difference.getextrema()) <= _MOST_COLOUR_ERROR:
            image = few
            break
    return png_bytes(image)


def to_pixels(images):
    """Pictures in [-1, 1] (or uint8) as a uint8 array; values outside are clipped.

    Args:
        images: tensor (..., H, W).
    """
    if images.dtype == torch.uint8:
        return images.cpu().numpy()
    return images.detach().cpu().add(1).mul(127.5).round().clamp(0, 255).byte().numpy()


def tile(images, columns, gap=2, background=255):
    """Put pictures side by side.

    Args:
        images: tensor (N, 1, H, W) in grey or (N, 3, H, W) in colour, as ``to_pixels``.
        columns: pictures in a row.
    Returns:
        A uint8 array (rows, columns), or (rows, columns, 3) in colour.
    """
    pixels = np.moveaxis(to_pixels(images), 1, -1)
    count, height, width, channels = pixels.shape
    rows = -(-count // columns)
    canvas = np.full(
        (
            rows * (height + gap) - gap,
            columns * (width + gap) - gap,
            channels,
        ),
        background,
        np.uint8,
    )
    for i, picture in enumerate(pixels):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        canvas[top : top + height, left : left + width] = picture
    return canvas[..., 0] if channels == 1 else canvas


def show_images(images, alt, columns=10, scale=2, title=None):
    """Display pictures (N, 1 or 3, H, W) as a grid of crisp pixels."""
    canvas = tile(images, columns)
    height, width = canvas.shape[:2]
    figure = plt.figure(
        figsize=(width * scale / 110, height * scale / 110 + 0.35 * bool(title))
    )
    axes = figure.add_subplot()
    image_axes(axes, canvas, title)
    show(figure, alt)


def image_axes(axes, canvas, title=None):
    """Draw a uint8 array into axes without ticks or frame."""
    axes.imshow(canvas, vmin=0, vmax=255)
    axes.set_axis_off()
    if title:
        axes.set_title(title)


def field_axes(axes, discriminator, extent=3.0, resolution=80):
    """Paint D(x) over the square [-extent, extent]^2 and return the image for a colour bar."""
    line = torch.linspace(-extent, extent, resolution)
    y, x = torch.meshgrid(line, line, indexing="ij")
    with torch.no_grad():
        opinion = discriminator(torch.stack([x, y], -1).view(-1, 2)).sigmoid()
    box = (-extent, extent, -extent, extent)
    image = opinion.view(resolution, resolution).numpy()
    square(axes, extent)
    return axes.imshow(
        image,
        OPINION,
        vmin=0,
        vmax=1,
        origin="lower",
        extent=box,
        interpolation="bilinear",
    )


def scatter_axes(axes, real=None, fake=None, extent=3.0, size=6):
    """Draw real samples in blue and generated ones in orange on a square."""
    for points, colour, label in ((real, REAL, "real"), (fake, FAKE, "generated")):
        if points is not None:
            x, y = points.detach().cpu().T
            axes.scatter(x, y, s=size, c=colour, alpha=0.6, linewidths=0, label=label)
    square(axes, extent)


def square(axes, extent):
    """Equal axes from -extent to extent, without a grid."""
    axes.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal")
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    axes.grid(False)


def curve_axes(axes, curves, xlabel, ylabel, title=None):
    """Draw named curves: {label: (x, y, colour)}, with a legend."""
    for label, (x, y, colour) in curves.items():
        axes.plot(x, y, color=colour, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        axes.set_title(title)
    axes.legend()


_ROW = (
    '<div style="display:flex;align-items:center;gap:10px;margin:3px 0">'
    '<div style="flex:none;width:8.5em;text-align:right;line-height:1.25">{}</div>'
    "{}</div>"
)


def show_sheet(pictures, alt, title="", columns=8, scale=2):
    """Display pictures as a grid that the page enlarges, so that pixels stay crisp.

    Args:
        pictures: (N, 3, H, W) in [-1, 1].
        alt: what the sheet shows, for those who cannot see it.
        title: a line above it.
        columns: pictures in a row; scale: CSS pixels of one pixel.
    Raises:
        ValueError: alt is empty.
    """
    image = _image(pictures, columns, alt, scale)
    display(HTML(_title(title) + image))


def show_rows(rows, alt, title="", columns=8, scale=2, colours=128):
    """Display rows of pictures below each other, each with its label on the left.

    Args:
        rows: {label: pictures (N, 1 or 3, H, W) in [-1, 1]}.
        alt: what the rows show, for those who cannot see them.
        title: a line above them.
        columns: pictures in a row, the first of each; scale: CSS pixels of one pixel.
        colours: how many a row may have, at most 256; None keeps every one.
    Raises:
        ValueError: alt is empty.
    """
    lines = [_title(title)]
    for number, (label, pictures) in enumerate(rows.items(), 1):
        words = f"Row {number} of {len(rows)}: {label}" + (number == 1) * f". {alt}"
        shown = pictures[:columns]
        image = _image(
            shown, columns, alt.strip() and words, scale, colours, "100% - 9.5em"
        )
        lines.append(_ROW.format(html.escape(label), image))
    display(HTML("".join(lines)))


def _title(words):
    return f"<p><b>{html.escape(words)}</b></p>" if words else ""


def _image(pictures, columns, alt, scale, colours=128, most="100%"):
    """An <img>, in few colours so chosen that rare ones, as of a badge, stay."""
    if not alt.strip():
        raise ValueError("alt must say in a sentence what is shown; it is empty")
    canvas = Image.fromarray(tile(pictures, columns))
    style = f"width:{round(canvas.width * scale)}px;max-width:calc({most});height:auto"
    if colours:
        method = Image.Quantize.MAXCOVERAGE
        canvas = canvas.quantize(colours, method, 2, dither=Image.Dither.NONE)
    return _img(png_bytes(canvas), alt, f"{style};image-rendering:pixelated")


def show_table(head, rows, title=""):
    """Display rows of texts or numbers as a table.

    Args:
        head: the columns' names, that of the first column included.
        rows: as many entries each; the first one names the row.
        title: a line above it.
    """
    lines = [("th", head), *(("td", row) for row in rows)]
    body = ""
    for tag, row in lines:
        first, *others = (html.escape(str(cell)) for cell in row)
        numbers = "".join(
            f'<{tag} style="text-align:right">{cell}</{tag}>' for cell in others
        )
        body += f'<tr><{tag} style="text-align:left">{first}</{tag}>{numbers}</tr>'
    display(HTML(f"{_title(title)}<table>{body}</table>"))
