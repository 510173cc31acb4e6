"""Sheets of many small colour pictures, in files small enough for a notebook."""

import base64
import html
import io

from IPython.display import HTML, display
from PIL import Image

from gan_utils.plotting import tile


def show_sheet(pictures, alt, title, columns=8, scale=2):
    """Display pictures as a grid that the page enlarges, so that pixels stay crisp.

    Args:
        pictures: (N, 3, H, W) in [-1, 1].
        alt: what the sheet shows, for those who cannot see it.
        title: a line above it.
        columns: pictures in a row; scale: CSS pixels of one pixel.
    Raises:
        ValueError: alt is empty.
    """
    if not alt.strip():
        raise ValueError("alt must say in a sentence what the sheet shows; it is empty")
    canvas, content = Image.fromarray(tile(pictures, columns)), io.BytesIO()
    canvas.quantize(128, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    data = base64.b64encode(content.getvalue()).decode()
    style = f"width:{round(canvas.width * scale)}px;max-width:100%;height:auto"
    display(
        HTML(
            f"<b>{html.escape(title)}</b><br>"
            f'<img alt="{html.escape(alt)}" style="{style};image-rendering:pixelated" '
            f'src="data:image/png;base64,{data}">'
        )
    )
