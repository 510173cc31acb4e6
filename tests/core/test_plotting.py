import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils import plotting


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr(plotting, "display", lambda html: outputs.append(html.data))
    return outputs


def picture_in(tag):
    data = re.search(r"base64,([^\"]+)", tag)[1]
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_figure_becomes_an_image_with_alternative_text_and_is_closed(shown):
    plt.close("all")  # what other tests may have left
    figure, _ = plt.subplots(figsize=(4, 3))
    plotting.show(figure, alt='a "quoted" <thing>')
    assert 'alt="a &quot;quoted&quot; &lt;thing&gt;"' in shown[0]
    width, height = picture_in(shown[0]).size
    css = int(re.search(r"width:(\d+)px", shown[0])[1])
    assert width == pytest.approx(1.25 * css, abs=1)
    assert (width, height) == (pytest.approx(550, abs=25), pytest.approx(412, abs=25))
    assert plt.get_fignums() == []


def test_nothing_that_sticks_out_is_cut_off(shown):
    figure, _ = plt.subplots(figsize=(4, 3))
    figure.text(0.5, 1.2, "above the figure")
    plotting.show(figure, alt="a text above the axes")
    assert picture_in(shown[0]).height > 480


def test_a_figure_without_alternative_text_is_refused():
    figure, _ = plt.subplots()
    with pytest.raises(ValueError, match="alt must say"):
        plotting.show(figure, alt=" ")
    plt.close(figure)


def test_pixels_are_rounded_and_clipped():
    images = torch.tensor([-3.0, -1.0, 0.0, 1.0, 7.0]).view(1, 1, 1, 5)
    assert plotting.to_pixels(images).flatten().tolist() == [0, 0, 128, 255, 255]
    whole = torch.tensor([[[[3]]]], dtype=torch.uint8)
    assert plotting.to_pixels(whole).item() == 3


def test_tiles_keep_order_and_gaps():
    images = torch.arange(3, dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 1, 2, 2)
    canvas = plotting.tile(images, columns=2, gap=1, background=9)
    expected = np.array(
        [[0, 0, 9, 1, 1], [0, 0, 9, 1, 1], [9] * 5, [2, 2, 9, 9, 9], [2, 2, 9, 9, 9]]
    )
    assert np.array_equal(canvas, expected)


def test_the_field_is_the_discriminators_opinion_the_right_way_up():
    figure, axes = plt.subplots()
    image = plotting.field_axes(axes, lambda x: 4 * x[:, 1], extent=2.0, resolution=5)
    field = image.get_array()
    torch.testing.assert_close(
        torch.tensor(field[:, 2]), torch.linspace(-8, 8, 5).sigmoid()
    )
    assert image.origin == "lower"
    plt.close(figure)


def test_palette_pictures_stay_close_to_the_original():
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.tile(ramp, (8, 1))).save(buffer, "PNG")
    smaller = picture_in(plotting.image_tag(buffer.getvalue(), "a ramp of greys", 256))
    difference = np.abs(np.asarray(smaller.convert("L"), int)[0] - ramp)
    assert difference.max() <= 4


def test_real_and_generated_are_far_apart_for_everyone():
    """Also in luminance-free vision: blue against orange differ in the blue channel."""
    real, fake = (
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)])
        for c in (plotting.REAL, plotting.FAKE)
    )
    assert abs(real[2] - fake[2]) > 120


def test_a_table_escapes_its_texts_and_shades_its_cells(shown):
    rows = [["a < b", 0.5, "–"], ["c", 2, "x"]]
    plotting.show_table(["", "one", "two"], rows, "Both & all", [[0, 1], [0.5, 0]])
    cells = re.findall(r'<t[dh] style="([^"]*)">([^<]*)</t[dh]>', shown[0])
    texts = ["", "one", "two", "a &lt; b", "0.5", "–", "c", "2", "x"]
    assert [text for _, text in cells] == texts
    dark = {text: float(style.split(",")[-1][:-1])
            for style, text in cells if "rgba" in style}  # fmt: skip
    assert list(dark) == ["–", "2"]
    assert 0 < dark["2"] < dark["–"] < 0.6  # dark text stays legible on it
    assert "<b>Both &amp; all</b>" in shown[0]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="needs 2 cells.*row 1 has 3"):
        plotting.show_table(["", "one"], [["a", 1], ["b", 1, 2]])


def test_small_multiples_draw_each_run_or_their_median_and_range():
    values = torch.tensor([[1.0, 9.0, 2.0], [3.0, 4.0, 8.0]])
    panels = {"a": {"name": (values, "k")}, "b": {"name": (values, "k")}}
    figure, (first, second) = plotting.small_multiples(panels, "x", "y", [5, 10])
    assert [list(line.get_ydata()) for line in first.lines] == values.T.tolist()
    assert list(second.lines[0].get_xdata()) == [5, 10]
    assert first.get_legend_handles_labels()[1] == ["name"]
    plt.close(figure)
    figure, (first, _) = plotting.small_multiples(panels, "x", "y", band=True)
    assert list(first.lines[0].get_ydata()) == [2, 4]
    corners = {tuple(x) for x in first.collections[0].get_paths()[0].vertices.tolist()}
    assert {(0, 1), (0, 9), (1, 3), (1, 8)} <= corners
    plt.close(figure)


def test_bars_have_the_mean_as_length_and_stand_in_order_from_the_top():
    bars = {"real": torch.tensor([0.1]), "made": torch.tensor([0.6, 0.8])}
    figure, (axes,) = plotting.bar_panels({"holes": bars}, ["k", "r"], (4, 2))
    lengths = [bar.get_width() for bar in axes.patches]
    assert lengths == pytest.approx([0.1, 0.7])
    assert list(axes.lines[1].get_xdata()) == pytest.approx([0.6, 0.8])
    places = [axes.transData.transform((0, bar.get_y()))[1] for bar in axes.patches]
    assert places[0] > places[1]
    plt.close(figure)
