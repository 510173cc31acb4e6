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


def test_a_film_has_a_frame_a_moment_and_a_still_for_those_who_want_no_motion(shown):
    figure, axes = plt.subplots(figsize=(2, 2))
    seen = []

    def draw(moment):
        seen.append(moment)
        axes.set_facecolor(plt.cm.gray(moment / 40))

    plotting.show_film(figure, draw, [0, 20, 40], "grey becomes white", pace=0.2)
    film = picture_in(re.search("<img.*?>", shown[0])[0])
    assert seen == [0, 20, 40]
    assert film.n_frames == 3
    middle = (film.width // 2, film.height // 2)
    light, pauses = [], []
    for number in range(3):
        film.seek(number)
        light.append(film.convert("RGB").getpixel(middle)[0])
        pauses.append(film.info["duration"])
    assert light == [pytest.approx(v, abs=6) for v in (0, 128, 255)]
    assert pauses == [200, 200, 1700]
    still = picture_in(re.search("<source.*?>", shown[0])[0]).convert("RGB")
    assert still.getpixel(middle)[0] == pytest.approx(255, abs=6)
    assert shown[0].startswith("<details open><summary>")
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="alt must say"):
        plotting.show_film(plt.figure(), draw, [0], " ")
    plt.close("all")


def test_a_film_of_sheets_keeps_its_pixels(shown):
    sheets = [torch.full((4, 1, 5, 5), value) for value in (-1.0, 1.0)]
    plotting.show_sheet_film(sheets, "black becomes white", columns=2, scale=3)
    film = picture_in(re.search("<img.*?>", shown[0])[0])
    assert (film.size, film.n_frames) == ((12, 12), 2)
    assert "width:36px;image-rendering:pixelated" in shown[0]
    assert film.convert("RGB").getpixel((2, 2))[0] < 20
    film.seek(1)
    assert film.convert("RGB").getpixel((2, 2))[0] > 235


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


def test_a_table_escapes_and_names_its_columns(monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", lambda page: shown.append(page.data))
    plotting.show_table(["", "a < b"], [["one & two", 0.5]], title="What <it> is")
    (page,) = shown
    assert "What &lt;it&gt; is" in page
    for cell in ("a &lt; b</th>", "one &amp; two</td>", "0.5</td>"):
        assert cell in page
