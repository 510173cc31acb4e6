"""Sheets and rows of small colour pictures, in files small enough for a notebook."""

import base64
import html
import io

from IPython.display import HTML, display
from PIL import Image

from gan_utils.plotting import tile

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
    canvas, content = Image.fromarray(tile(pictures, columns)), io.BytesIO()
    style = f"width:{round(canvas.width * scale)}px;max-width:calc({most});height:auto"
    if colours:
        method = Image.Quantize.MAXCOVERAGE
        canvas = canvas.quantize(colours, method, 2, dither=Image.Dither.NONE)
    canvas.save(content, "PNG", optimize=True)
    data = base64.b64encode(content.getvalue()).decode()
    return (
        f'<img alt="{html.escape(alt)}" style="{style};image-rendering:pixelated" '
        f'src="data:image/png;base64,{data}">'
    )
