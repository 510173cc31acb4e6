"""Figures of several GANs side by side: what is drawn, not how it looks."""

import matplotlib.pyplot as plt
import pytest
import torch

from gan_utils import copies, plotting, toy


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_curve_panels_draw_every_copy_and_count_steps_from_zero():
    values = torch.rand(4, 3)
    figure = copies.curve_panels(
        {"a": [(values, "k", "name")], "b": [(values, "k", None)]}, "x", "y", every=5
    )
    first, second = figure.axes
    assert [len(axes.lines) for axes in figure.axes] == [3, 3]
    assert list(first.lines[0].get_xdata()) == [0, 5, 10, 15]
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["name"]
    assert second.get_legend() is None
    assert first.get_ylim()[0] == 0


def test_coverage_panels_count_steps_from_the_first_record():
    counts = torch.tensor([[0, 8], [4, 8]])
    figure = copies.coverage_panels(
        {"bad": counts, "good": counts}, 8, 50, mended=["good"]
    )
    bad, good = figure.axes
    assert list(bad.lines[0].get_xdata()) == [50, 100]
    assert bad.lines[0].get_color() == plotting.FAKE
    assert good.lines[0].get_color() == plotting.GOOD
    shift = torch.as_tensor(bad.lines[0].get_ydata()) - counts[:, 0]
    assert 0 < shift.abs().max() < 0.5  # never far enough to look like another count


def test_sample_rows_are_headed_by_the_coverage_of_all_samples():
    ring = toy.ring(8)
    samples = torch.stack([ring.means.repeat(50, 1), ring.means[:1].repeat(400, 1)])
    figure = copies.sample_rows({"row": samples}, ring, extent=3.0, shown=10)
    assert [axes.get_title() for axes in figure.axes] == ["8/8", "1/8"]
    assert len(figure.axes[0].collections[1].get_offsets()) == 10


def test_dot_panels_draw_a_dot_for_every_copy():
    values = torch.tensor([1.0, 2.0]), torch.tensor([30.0, 40.0])
    figure = copies.dot_panels({"one": values, "two": values}, ["first", "second"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["first", "second"]
    dots = figure.axes[1].collections[0].get_offsets()
    assert dots[:, 0].tolist() == [30.0, 40.0]
    assert figure.axes[0].get_xlim()[0] == 0


def test_orbit_arrows_turn_clockwise():
    path = torch.zeros(5, 2, 2)
    figure = copies.orbit_panels({"a": path, "b": path}, "x", "y")
    arrows = figure.axes[0].collections[0]
    assert len(figure.axes) == 2
    turn = arrows.X * arrows.V - arrows.Y * arrows.U
    assert (turn <= 0).all()
    assert (turn < 0).any()
