"""Traces of augmentations in pictures, and the recorded sweep of lesson 19."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from gan_utils import overfitting, plotting
from gan_utils.augment import cutout, translation
from gan_utils.data import fashion_mnist, to_float

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "overfitting.json"


@pytest.fixture(scope="module")
def real():
    return to_float(fashion_mnist("test")[0][:1000])


def fake_results():
    def look(fid):
        return {"FID": fid, "their logits": [3.0, -1.0, -5.0]}

    runs = {
        f"N={n}, {name}, seed {k}": {
            "300": look(9.0 + k), "600": look(n / 10 + k), "CPU seconds": 1.0,
        }
        for n in (10, 100) for name in ("none", "augmented") for k in (0, 1)
    }  # fmt: skip
    pictures = (torch.arange(2 * 784) % 256).byte().numpy().tobytes().hex()
    leaks = {f"flip 1/2, seed {k}": {"turned shoes": k / 2, "samples": pictures}
             for k in (0, 1)}  # fmt: skip
    leaks |= {"flip 1/4, seed 0": {"turned shoes": 0.1}, "real pictures": {}}
    return {"sweep": runs, "leaks": leaks}


def test_each_trace_is_found_where_it_is_and_nowhere_else(real):
    torch.manual_seed(0)
    assert overfitting.grey_squares(real) < 0.1
    assert overfitting.grey_squares(cutout(real)) > 0.9
    assert overfitting.grey_squares(translation(real)) < 0.1
    assert overfitting.grey_edges(real) == 0
    assert overfitting.grey_edges(translation(real)) > 0.9
    assert overfitting.grey_edges(cutout(real)) < 0.01
    assert overfitting.turned_shoes(real) < 0.02
    assert overfitting.turned_shoes(real.flip(3)) > 0.98


def test_a_square_must_be_grey_and_large_enough():
    pictures = -torch.ones(4, 1, 28, 28)
    pictures[0, :, 5:13, 7:15] = 0.0  # the only one that counts
    pictures[1, :, 5:13, 7:14] = 0.0  # a column short
    pictures[2, :, 5:13, 7:15] = 0.5  # too light
    assert overfitting.grey_squares(pictures) == 0.25


def test_an_edge_must_be_grey_from_end_to_end():
    pictures = -torch.ones(6, 1, 28, 28)
    pictures[0, :, 0], pictures[1, :, -1] = 0.0, 0.1
    pictures[2, ..., 0], pictures[3, ..., -1] = 0.0, -0.1
    pictures[4, :, 0, :14] = 0.0  # half a line
    pictures[5, :, 1] = 0.0  # not the outermost
    assert overfitting.grey_edges(pictures) == pytest.approx(4 / 6)


def test_recorded_measures_come_seed_by_seed_and_look_by_look():
    measured = fake_results()
    found = overfitting.recorded(measured, 10, "none", "FID")
    assert found.tolist() == [[9.0, 1.0], [10.0, 2.0]]
    assert overfitting.recorded(measured, 100, "none", "FID")[0, 1] == 10
    assert overfitting.recorded(measured, 10, "augmented", "their logits").shape == (
        2, 2, 3,
    )  # fmt: skip
    turned = overfitting.recorded_traces(measured, "flip 1/2", "turned shoes")
    assert turned.tolist() == [0.0, 0.5]
    pictures = overfitting.recorded_samples(measured, "flip 1/2", 1)
    assert pictures.shape == (2, 1, 28, 28)
    assert pictures[0, 0, 0, 0] == -1
    assert pictures[0].max() == 1


def test_memorised_is_the_share_of_the_way_from_training_to_generated():
    logits = torch.tensor([[3.0, -1.0, -5.0], [2.0, 2.0, -2.0], [2.0, -2.0, -2.0]])
    assert overfitting.memorised(logits).tolist() == [0.5, 0.0, 1.0]


def test_figures_hold_what_they_say():
    measured = fake_results()
    figure = overfitting.curves_figure(measured, (10, 100), torch.tensor([300, 600]))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["10 pictures", "100 pictures"]
    assert len(figure.axes[0].lines) == 4  # two kinds, two seeds

    def last(measured, count, name):
        return overfitting.recorded(measured, count, name, "FID")[:, -1]

    (axes,) = overfitting.sweep_figure(measured, (10, 100), {"FID": last}).axes
    assert axes.lines[0].get_ydata() == pytest.approx([1.5, 10.5])

    figure = overfitting.flag_figure(
        {"well": {"gap": 0.1}, "ill": {"gap": 0.9}}, {"gap": lambda x: x > 0.5}
    )
    texts = [
        cell.get_text().get_text() for cell in figure.axes[0].tables[0]._cells.values()
    ]
    assert "0.10" in texts
    assert "● 0.90" in texts

    figure = overfitting.bars_figure(
        {"real": [torch.tensor([0.1])], "made": [torch.tensor([0.6, 0.8])]}, ["holes"]
    )
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([0.1, 0.7])
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [1, 2]
    colours = [to_hex(bar.get_facecolor()) for bar in bars]
    assert colours == [plotting.REAL, plotting.FAKE]
    plt.close("all")


def test_the_recorded_samples_do_not_show_the_recommended_augmentation():
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    both, one = (
        overfitting.recorded_traces(measured, name, "grey edges")
        for name in ("both sides", "real side only")
    )
    assert both.max() < 0.05
    assert one.min() > 0.3
