"""What the try-on room writes beside its picture, and the look of its controls."""

import ipywidgets as widgets

from gan_utils.scenes.people import SKIN
from gan_utils.try_on_scores import garment_error, ssim

GAP, SCALE = 4, 4  # native pixels between two panels; CSS pixels of one native pixel
WIDTH = SCALE * (4 * 48 + 3 * GAP)


def judged(made, batch, real):
    """The score under the picture; ``real`` garments have no true picture."""
    if real:
        return (
            "<b>No score.</b> Nobody has a true picture of this garment on this person; "
            "judge by eye. The third panel is generated: label it so."
        )
    similar = ssim(made, batch.truth).item()
    off = garment_error(made, batch).item() / 2
    return (
        f"<b>SSIM {similar:.3f}</b> against the true picture (1 is equal); mean error on "
        f"the garment {off:.1%}. The third panel is generated: label it so."
    )


def heads(real):
    """The names of the four panels, above them."""
    names = ("flat garment", "person, garment hidden", "generated",
             "true picture: none exists" if real else "true picture")  # fmt: skip
    cells = "".join(
        f'<div style="width:{SCALE * 48}px;margin-right:{SCALE * GAP}px;'
        f'text-align:center;font-weight:600">{name}</div>'
        for name in names
    )
    return f'<div style="display:flex;width:{WIDTH + SCALE * GAP}px">{cells}</div>'


def about(person):
    """Who is chosen, in words and with a swatch of the skin tone."""
    age = ("young", "middle-aged", "old")[person.age]
    build = (
        "narrow" if person.body < -0.33 else "broad" if person.body > 0.33 else "medium"
    )
    return (
        f'<span style="margin-left:106px">{age}, {build} build, skin tone '
        f'{person.skin + 1} of {len(SKIN)} <span style="background:{SKIN[person.skin]};'
        f'border:1px solid #999;padding:0 10px"></span></span>'
    )


def column(title, controls, width=384):
    """Controls under a heading."""
    heading = widgets.HTML(f'<b style="font-size:15px">{title}</b>')
    layout = {"width": f"{width}px", "margin": "0 0 6px 0"}
    return widgets.VBox([heading, *controls], layout=layout)


def menu(name, options):
    """A labelled list to choose from."""
    return widgets.Dropdown(options=list(options), description=name, **_style())


def colour(name, value):
    """A labelled colour picker."""
    return widgets.ColorPicker(value=value, description=name, **_style())


def whole(name, low, high):
    """A labelled slider of whole numbers with a number box."""
    return widgets.IntSlider(value=low, min=low, max=high, description=name, **_style())


def slider(name, value, low, high, step=0.05):
    """A labelled slider with a number box."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, **_style()
    )


def _style():
    layout = {"width": "372px", "max_width": "100%"}
    return {"style": {"description_width": "104px"}, "layout": layout}
