"""The table of lesson 21: means, ranges, what is not defined, and its pictures."""

import base64
import io

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from gan_utils import families_figures as figures
from gan_utils.plotting import tile


def run(fid, bits=None):
    found = {
        "parameters": {"trained": 1000, "to sample": 800}, "FID": fid,
        "precision": 0.5, "recall": 0.25, "ms a picture": 0.1, "ms for one alone": 2.0,
    }  # fmt: skip
    return found | ({"bits per dimension": [bits, 0.1]} if bits else {})


def measured(fids=(10.0, 20.0)):
    rivals = {name: [run(30.0, 3.0)] for name in figures.NAMES[1:]}
    return {"runs": {"GAN": [run(fid) for fid in fids], **rivals}}


def test_a_cell_has_the_mean_and_the_range():
    page = figures.table(measured())
    assert "<td>15.0 (10.0 to 20.0)</td>" in page
    assert page.count("<tr>") == 5
    assert "<td>1,000</td>" in page


def test_a_likelihood_that_does_not_exist_is_not_defined():
    page = figures.table(measured())
    assert page.count("not defined") == 1
    assert page.count("<td>3.00</td>") == 3
    with pytest.raises(KeyError):
        figures.recorded(measured(), "GAN", figures.BITS)


def test_recorded_gives_one_value_a_seed():
    assert figures.recorded(measured(), "GAN", "FID").tolist() == [10.0, 20.0]
    assert figures.recorded(measured(), "VAE", "to sample").tolist() == [800.0]


def test_pictures_come_back_as_they_were_stored():
    shades = torch.linspace(-1, 1, 3).view(3, 1, 1, 1).expand(3, 1, 28, 28)
    content = io.BytesIO()
    Image.fromarray(tile(shades, 3)).save(content, "PNG")
    text = base64.b64encode(content.getvalue()).decode()
    found = figures.pictures({"runs": {"flow": [{"pictures": text}]}}, "flow")
    torch.testing.assert_close(found, shades, atol=0.005, rtol=0)


def test_the_curve_has_a_line_a_seed_and_the_gan_s_band():
    results = measured()
    results["runs"]["flow"] = [
        {"FID by steps": {"1": 90.0, "4": 40.0}},
        {"FID by steps": {"1": 80.0, "4": 50.0}},
    ]
    axes = plt.figure().add_subplot()
    figures.curve_axes(axes, results)
    assert [list(line.get_ydata()) for line in axes.lines] == [[90, 40], [80, 50]]
    assert [x.get_text() for x in axes.get_xticklabels()] == ["1", "4"]
    (band,) = axes.patches
    assert sorted(set(band.get_corners()[:, 1])) == [10, 20]
    plt.close("all")
