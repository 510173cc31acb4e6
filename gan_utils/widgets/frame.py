"""What every widget needs: a crisp picture, labelled sliders, a static stand-in."""

import ipywidgets as widgets
from IPython.display import display

from gan_utils.plotting import image_tag
from gan_utils.widgets.picture import Picture

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CRISP = "<style>.gan-crisp img {image-rendering: pixelated}</style>"


def labelled_slider(description, value, low, high, step, **options):
    """A float slider whose number box beside it takes typed values, for screen readers too."""
    return widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=description,
        style={"description_width": "initial"},
        layout={"width": "420px", "max_width": "100%"},
        **options,
    )


def whole_number(description, value):
    """A box for a number from 0 to 9999, such as a seed."""
    return widgets.BoundedIntText(
        value=value,
        min=0,
        max=9999,
        description=description,
        style={"description_width": "initial"},
        layout={"width": "220px"},
    )


def picture(alt, width, crisp=True):
    """An empty PNG picture of ``width`` CSS pixels; crisp ones are enlarged unblurred."""
    image = Picture(
        alt=alt, format="png", layout={"width": f"{width}px", "max_width": "100%"}
    )
    if crisp:
        image.add_class("gan-crisp")
    return image


def spoken(text):
    """HTML that a screen reader announces when it changes."""
    return f'<div aria-live="polite">{text}</div>'


def show_widget(box, still, alt, width, crisp=False):
    """Display a widget, with a still picture for readers who have no running kernel.

    Args:
        box: the outermost widget.
        still: PNG bytes of what the widget shows at first.
        alt: what the still picture shows.
        width: of the still picture, in CSS pixels.
        crisp: enlarge small pictures without blur.
    """
    tag = image_tag(still, alt, width, crisp)
    view = box._repr_mimebundle_()[WIDGET_VIEW]
    display({WIDGET_VIEW: view, "text/html": tag, "text/plain": alt}, raw=True)
