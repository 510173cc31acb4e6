"""The try-on room, driven without a browser."""

import io
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.ads.try_on.model import TryOnGenerator, Worn
from gan_utils.ads.try_on.room import _GAP, OWN, REAL, TryOnRoom
from gan_utils.ads.try_on.scene import fashion_garments
from gan_utils.checkpoints import load_checkpoint


class Oracle:
    """A generator that knows the true picture."""

    def __call__(self, batch):
        self.batch = batch
        return Worn(batch.truth)


@pytest.fixture
def room():
    return TryOnRoom(Oracle(), people=10, garments=8)


def panels(room):
    """The four panels, uint8 (4, 64, 48, 3)."""
    canvas = np.asarray(Image.open(io.BytesIO(room.picture.value)).convert("RGB"))
    assert canvas.shape == (64, 4 * 48 + 3 * _GAP, 3)
    return np.stack([canvas[:, k * (48 + _GAP) :][:, :48] for k in range(4)])


def test_the_panels_are_garment_person_generated_and_truth(room):
    shown = panels(room)
    expected = room.generator.batch.garment[0].permute(1, 2, 0)
    assert np.abs(shown[0] - (expected.numpy() + 1) * 127.5).max() <= 1
    assert (shown[2] == shown[3]).all()
    assert (shown[1] != shown[2]).any()
    assert "SSIM 1.000" in room.caption.value


@pytest.mark.parametrize(
    ("control", "value", "same"),
    [("number", 5, 1), ("left", 0.9, 0), ("lean", 0.1, 0), ("person", 7, 0)],
)
def test_each_control_changes_what_it_names(room, control, value, same):
    before = panels(room)
    getattr(room, control).value = value
    after = panels(room)
    assert (before[3] != after[3]).any()
    assert (before[same] == after[same]).all()


def test_a_design_of_ones_own_has_its_colours(room):
    room.source.value = OWN
    room.pattern.value, room.colour.value = "plain", "#ff0000"
    flat = panels(room)[0]
    assert (flat[30, 24] == (255, 0, 0)).all()
    room.sleeves.value = "sleeveless"
    bare = room.generator.batch.worn.sum()
    room.sleeves.value = "long sleeves"
    assert room.generator.batch.worn.sum() > bare + 50


def test_paint_lands_on_the_cloth_and_nowhere_else(room):
    room.source.value = OWN
    room.pattern.value, room.colour.value = "plain", "#ff0000"
    room.second.value, before = "#0000ff", panels(room)[0]
    assert "SSIM" in room.caption.value
    room.pad.points = [[0.0, 0.0], [0.0, 0.5], [2.1, -2.8]]  # the last is on paper
    after = panels(room)[0]
    assert room.generator.batch.garment.dtype == torch.float32
    assert (after[32, 24] == (0, 0, 255)).all()
    assert (after[26, 24] == (0, 0, 255)).all()
    changed = (after != before).any(2)
    assert 15 < changed.sum() < 45
    assert not changed[:, 40:].any()
    assert "No score" in room.caption.value
    assert (panels(room)[3] == 255).all()
    room.pad.points = []
    assert (panels(room)[0] == before).all()
    assert "SSIM" in room.caption.value


def test_fashion_mnist_has_no_true_picture_and_no_score(room):
    room.source.value = REAL
    room.kind.value, room.item.value = "coat", 12
    flat, cut = fashion_garments("coat", [12], (31, 78, 156))
    torch.testing.assert_close(room.generator.batch.garment, flat)
    torch.testing.assert_close(room.generator.batch.cut, cut)
    assert (panels(room)[3] == 255).all()
    assert "No score" in room.caption.value
    assert "none exists" in room.heads.value


def test_only_the_controls_of_the_chosen_source_are_shown(room):
    def shown():
        return [c for c in room.garment_box[1:] if c.layout.display != "none"]

    assert shown() == [room.number]
    room.source.value = REAL
    assert shown() == [room.kind, room.item, room.colour]
    room.source.value = OWN
    assert len(shown()) == 6
    assert room.paint.layout.display == ""
    room.source.value = REAL
    assert room.paint.layout.display == "none"


def test_an_update_takes_less_than_a_hundred_milliseconds():
    room = TryOnRoom(load_checkpoint(TryOnGenerator(), "try_on"))
    times = []
    for k in range(8):
        begin = time.process_time()
        room.left.value = 0.2 + 0.05 * k
        times.append(time.process_time() - begin)
    assert sorted(times)[4] < 0.1
