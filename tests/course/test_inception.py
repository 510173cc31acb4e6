"""Lesson 07's program for published FIDs, which needs a download and is not called there."""

from pathlib import Path

import nbformat
import pytest
import torch
from torchmetrics.image import fid

from gan_utils import metrics

LESSON = (
    Path(__file__).resolve().parents[2] / "notebooks" / "07_measuring_quality.ipynb"
)
Judge = fid.FrechetInceptionDistance


class Quarters(torch.nn.Module):
    """Four features in place of Inception's, and a note of every batch."""

    num_features = 4

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(0.01))
        self.batches = []

    def forward(self, images):
        self.batches.append(images)
        grey = images.float().mean(1, keepdim=True)
        quarters = torch.nn.functional.adaptive_avg_pool2d(grey, 2)
        return self.scale * quarters.flatten(1)


def program():
    """The names that the lesson's cell defines."""
    cells = nbformat.read(LESSON, 4).cells
    (source,) = (c.source for c in cells if "def inception_features" in c.source)
    names = {"torch": torch, "metrics": metrics}
    exec(source, names)
    return names


def test_it_takes_the_original_features_in_small_batches(monkeypatch):
    torch.manual_seed(0)
    real = torch.randint(256, (150, 1, 28, 28), dtype=torch.uint8)
    fake = torch.randint(200, (130, 1, 28, 28), dtype=torch.uint8)
    network, asked = Quarters(), []

    def judge(**how):
        asked.append(how)
        return Judge(feature=network)

    monkeypatch.setattr(fid, "FrechetInceptionDistance", judge)
    ours = program()["published_fid"](real, fake, "cpu")
    assert asked == 2 * [{"feature": 2048, "antialias": False}]
    assert [len(b) for b in network.batches] == [64, 64, 22, 64, 64, 2]
    assert all(b.shape[1:] == (3, 28, 28) for b in network.batches)
    assert all(b.dtype == torch.uint8 for b in network.batches)

    theirs = Judge(feature=Quarters()).set_dtype(torch.float64)
    theirs.update(real.expand(-1, 3, -1, -1), real=True)
    theirs.update(fake.expand(-1, 3, -1, -1), real=False)
    assert ours == pytest.approx(theirs.compute().item(), rel=1e-4)
    assert ours > 0.01


def test_its_features_hold_no_graph_and_lie_on_the_cpu(monkeypatch):
    monkeypatch.setattr(
        fid, "FrechetInceptionDistance", lambda **how: Judge(feature=Quarters())
    )
    pictures = torch.zeros(3, 1, 28, 28, dtype=torch.uint8)
    features = program()["inception_features"](pictures, "cpu")
    assert features.shape == (3, 4)
    assert not features.requires_grad
    assert features.device.type == "cpu"
