"""A matplotlib figure that follows sliders: artists are updated, never drawn anew."""

import io

import ipywidgets as widgets
import matplotlib.pyplot as plt

from gan_utils.widgets.frame import labelled_slider, picture, show_widget, spoken


class LiveFigure:
    """One figure, some sliders, a caption that says in words what is shown.

    Args:
        figure: a matplotlib figure whose artists ``update`` moves. It is closed here.
        update: called with the sliders' values by name; returns the caption.
        alt: what the figure shows at first.
        sliders: name -> (label, value, low, high, step).
    """

    def __init__(self, figure, update, alt, **sliders):
        self.figure, self.update, self.alt = figure, update, alt
        self.width = round(figure.get_figwidth() * figure.dpi)
        self.picture = picture(alt, self.width, crisp=False)
        self.caption = widgets.HTML()
        self.sliders = {name: labelled_slider(*spec) for name, spec in sliders.items()}
        for slider in self.sliders.values():
            slider.observe(self.draw, "value")
        self.box = widgets.VBox([*self.sliders.values(), self.picture, self.caption])
        plt.close(figure)
        self.draw()

    def draw(self, _change=None):
        """Update the artists from the sliders and send one new picture."""
        caption = self.update(
            **{name: slider.value for name, slider in self.sliders.items()}
        )
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png")
        self.picture.value = buffer.getvalue()
        self.caption.value = spoken(caption)

    def show(self):
        """Display the widget in the notebook."""
        show_widget(self.box, self.picture.value, self.alt, self.width)
