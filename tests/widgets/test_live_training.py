"""The live training view without a browser: what it shows, what it costs, what it keeps."""

import base64
import io
import json
import random
import re

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image

from course import lessons
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.fit import Diverged, Report, fit
from gan_utils.metrics import fid
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
)
from gan_utils.training import GANLoop
from gan_utils.widgets.live_training import view as live_training
from gan_utils.widgets.live_training.drawing import _axis_end, _duration, charts, sheet
from gan_utils.widgets.live_training.view import LiveTraining, _Budget, _Speed

STEPS = 24
CELL = """import os, signal, torch
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.fit import fit
from gan_utils.training import GANLoop
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.widgets.live_training.view import LiveTraining

torch.manual_seed(0)
pixels = torch.randint(0, 256, (64, 1, 28, 28), dtype=torch.uint8)
batches = DeviceBatches(pixels, batch_size=8, latent_dim=8)
loop = GANLoop(DCGANGenerator(8, 4), DCGANDiscriminator(4))
view = LiveTraining(loop, batches, 20)
view.show()

def ctrl_c():
    if loop.steps == STOP:
        os.kill(os.getpid(), signal.SIGINT)
    return view.stop()

done = fit(loop, batches, 20, log_every=5, save_every=20, watch=view.watch, stop=ctrl_c, say=str)"""


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self):
        return self.now


def small(seed=0, **options):
    """A loop and its batches, fast enough for hundreds of steps a second."""
    torch.manual_seed(seed)
    pixels = torch.randint(0, 256, (64, 1, 28, 28), dtype=torch.uint8)
    loop = GANLoop(DCGANGenerator(8, 4), DCGANDiscriminator(4), **options)
    return loop, DeviceBatches(pixels, batch_size=8, latent_dim=8)


def train(loop, batches, view, steps=STEPS, folder=None, **options):
    return fit(loop, batches, steps, folder, log_every=4, save_every=8, say=str,
               watch=view.watch, stop=view.stop, **options)  # fmt: skip


def shown(view):
    return np.asarray(Image.open(io.BytesIO(view.panel.sheet)))


# What it costs


@pytest.mark.parametrize(
    ("share", "least"), [(0.01, 0.007), (0.02, 0.014), (0.1, 0.05)]
)
def test_a_run_pays_no_more_than_its_share_and_uses_it(share, least, monkeypatch):
    clock, rng = Clock(), random.Random(0)
    drawn = []

    def costly(generator, z, _labels):
        clock.now += rng.uniform(0.02, 0.05)
        drawn.append(clock.now)
        return generator(z).detach()

    monkeypatch.setattr(live_training, "draw", costly)
    loop, batches = small()
    view = LiveTraining(loop, batches, 2000, share=share)
    view.budget.clock = clock
    view.show()
    drawn.clear()
    view.stop()
    for step in range(1, 2001):
        clock.now += 0.05
        loop.steps = step
        view.watch(Report(step, 2000, 0.7, 0.7, clock.now, 0))
    assert least < view.budget.spent / view.budget.seconds() <= share
    assert len(drawn) > 15
    assert min(np.diff(drawn[:-1])) >= live_training._LEAST_PAUSE


def test_a_dear_update_is_followed_by_a_long_rest():
    clock = Clock()
    budget = _Budget(0.02, clock)
    with budget.paying():
        clock.now += 1.0
    clock.now = 99.0
    assert not budget.affords()
    clock.now = 101.0
    assert budget.affords() is True
    assert not budget.affords(times=2)
    with budget.aside():
        clock.now += 1000.0  # an FID neither costs nor earns
    assert not budget.affords(times=2)


@pytest.mark.parametrize("share", [0, -0.1, 2])
def test_a_share_is_a_share(share):
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
        _Budget(share)


def test_the_training_is_the_same_bit_for_bit(monkeypatch):
    monkeypatch.setattr(live_training, "_FID_PICTURES", 80)
    monkeypatch.setattr(live_training, "_LEAST_PAUSE", 0.0)
    weights = []
    for watched in (False, True):
        loop, batches = small(decay=0.9)
        if watched:
            view = LiveTraining(loop, batches, STEPS, fid_every=8, share=1)
            view.show()
            train(loop, batches, view)
            assert len(view.fids.rows) == 3
        else:
            fit(loop, batches, STEPS, log_every=4, save_every=8, say=str)
        weights.append(loop.sampler.state_dict() | loop.discriminator.state_dict())
        weights[-1]["random"] = torch.rand(3)
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]), name


# What it shows


def test_pictures_and_words_follow_the_training(monkeypatch):
    monkeypatch.setattr(live_training, "_LEAST_PAUSE", 0.0)
    loop, batches = small()
    view = LiveTraining(loop, batches, STEPS, share=1)
    view.show()
    seen = {view.panel.alt: view.panel.sheet}
    assert view.panel.state["phase"] == "ready"
    view.panel.observe(
        lambda _: seen.__setitem__(view.panel.alt, view.panel.sheet), "state"
    )
    assert train(loop, batches, view) == STEPS
    assert len(seen) >= 4
    assert len(set(seen.values())) == len(seen)
    assert list(seen)[-1].endswith(f"after step {STEPS} of {STEPS}")
    state = view.panel.state
    assert (state["phase"], state["title"], state["step"]) == ("done", "Trained", STEPS)
    assert re.search(r"· \d+ s · [\d,]+ pictures a second$", state["details"])
    rows = state["charts"][0]["rows"]
    assert [row[0] for row in rows] == list(range(4, STEPS + 1, 4))
    z = torch.randn(32, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        last = loop.sampler.eval()(z)[9, 0]
    cell = shown(view)[30:58, 30:58, 0]  # row 1, column 1 of 8
    assert np.abs(cell - ((last + 1) * 127.5).numpy()).max() <= 1


def test_the_sheet_keeps_pixels_and_colours_and_has_see_through_gaps():
    images = torch.linspace(-1, 1, 5 * 3 * 4 * 6).view(5, 3, 4, 6)
    pixels = np.asarray(sheet(images, 3))
    assert pixels.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 4)
    expected = ((images[4] + 1) * 127.5).round().permute(1, 2, 0).numpy()
    assert np.abs(pixels[6:10, 8:14, :3] - expected).max() <= 1
    assert (pixels[4:6, :, 3] == 0).all()
    assert (pixels[6:, 16:, 3] == 0).all()  # no sixth picture
    assert (pixels[:4, :6, 3] == 255).all()


def test_classes_stand_in_columns():
    loop = GANLoop(ConditionalGenerator(8, 4), ProjectionDiscriminator(4))
    pixels = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    batches = DeviceBatches(pixels, torch.arange(64) % 10, batch_size=8, latent_dim=8)
    view = LiveTraining(loop, batches, 4)
    view.show()
    assert shown(view).shape[:2] == (4 * 30 - 2, 10 * 30 - 2)
    assert view.labels.view(4, 10).equal(torch.arange(10).expand(4, 10))
    assert train(loop, batches, view, 4) == 4


def test_losses_that_are_not_finite_break_nothing(monkeypatch):
    monkeypatch.setattr(live_training, "_LEAST_PAUSE", 0.0)
    loop, batches = small()
    view = LiveTraining(loop, batches, 12, share=1)
    view.show()
    for step, loss in ((4, 0.5), (8, float("nan")), (12, float("inf"))):
        loop.steps = step
        view.watch(Report(step, 12, loss, 1.5, 0.1, 0))
    json.dumps(view.panel.state, allow_nan=False)
    (chart,) = view.panel.state["charts"]
    assert chart["rows"] == [[4.0, 0.5, 1.5], [8.0, None, 1.5], [12.0, None, 1.5]]
    assert 0 < chart["low"] < 0.5 < 1.5 < chart["high"] < 2
    view.finish()


def test_a_run_that_diverges_ends_with_a_still_picture(monkeypatch):
    monkeypatch.setattr(live_training, "_FID_PICTURES", 80)
    loop, batches = small()
    view = LiveTraining(loop, batches, STEPS, fid_every=4)
    view.show()
    train(loop, batches, view, 8)
    with torch.no_grad():
        for weight in loop.generator.parameters():
            weight.fill_(float("nan"))
    with pytest.raises(Diverged):
        train(loop, batches, view)
    view.finish()
    assert view.panel.state["title"] == "Stopped"
    assert shown(view)[:28, :28, 0].max() == 0
    assert np.isnan(live_training._quick_fid(loop.sampler, 80))
    json.dumps(view.panel.state, allow_nan=False)


def test_the_fid_is_ours_and_comes_when_it_is_due(monkeypatch):
    monkeypatch.setattr(live_training, "_FID_PICTURES", 100)
    loop, batches = small(decay=0.5)
    view = LiveTraining(loop, batches, STEPS, fid_every=10)
    view.show()
    train(loop, batches, view)
    assert [step for step, _ in view.fids.rows] == [12, 20, STEPS]
    z = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = fid(loop.ema.average.eval()(z))
    assert view.fids.rows[-1][1] == pytest.approx(expected, rel=1e-3)
    title = view.panel.state["charts"][1]["title"]
    assert title == f"FID {expected:.1f}"
    assert f"at step {STEPS}" in view.panel.state["charts"][1]["curves"][0][0]


def test_long_histories_stay_small():
    rows = [(step, 1.0, 2.0) for step in range(5000)]
    (chart,) = charts(rows, [], None)
    assert len(chart["rows"]) == 300
    assert chart["low"] < 1.0 < 2.0 < chart["high"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (130, "2 min 10 s"),
     (1500, "25 min"), (3599, "1 h 00 min"), (3900, "1 h 05 min")],
)  # fmt: skip
def test_durations_in_words(seconds, words):
    assert _duration(seconds) == words


@pytest.mark.parametrize(
    ("step", "done", "end"),
    [(0, False, 3000), (1, False, 1), (7, False, 10), (120, False, 200),
     (1001, False, 2000), (2100, False, 3000), (3000, True, 3000), (137, True, 137)],
)  # fmt: skip
def test_axes_end_at_round_numbers(step, done, end):
    assert _axis_end(step, 3000, done) == end


def test_the_speed_is_that_of_the_last_reports():
    speed = _Speed()
    assert speed.steps_a_second() is None
    for step in range(100):
        speed.mark(step, step if step < 50 else 50 + (step - 50) / 10)
    assert speed.steps_a_second() == pytest.approx(10)


# How it stops


def press(view):
    view.panel._handle_custom_msg({"kind": "stop"}, [])


def test_the_button_ends_the_training_and_only_a_running_one():
    loop, batches = small()
    view = LiveTraining(loop, batches, STEPS)
    view.show()
    press(view)  # nothing runs yet
    assert not view.asked.is_set()
    first = view.watch

    def watch(report):
        first(report)
        if report.step == 8:
            press(view)

    view.watch = watch
    assert train(loop, batches, view) == 8
    view.finish()
    assert view.panel.state["title"] == "Stopped"
    assert view.panel.alt.endswith(f"after step 8 of {STEPS}")
    press(view)  # too late
    view.watch = first
    assert train(loop, batches, view) == STEPS  # and on, in the same view
    assert [row[0] for row in view.losses] == list(range(4, STEPS + 1, 4))


def test_a_run_that_was_finished_before_shows_what_was_loaded(tmp_path):
    loop, batches = small()
    view = LiveTraining(loop, batches, STEPS)
    train(loop, batches, view, folder=tmp_path)
    expected = view.panel.sheet
    loop, batches = small(seed=5)
    view = LiveTraining(loop, batches, STEPS)
    view.show()
    assert view.panel.sheet != expected
    assert train(loop, batches, view, folder=tmp_path) == STEPS
    view.finish()
    assert view.panel.sheet == expected
    assert view.panel.state["title"] == "Trained"


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [((2, 28, 28), {}, "1 or 3 channels"),
     ((3, 32, 32), {"fid_every": 5}, "leave fid_every out"),
     ((1, 28, 28), {"share": 0}, "share must be")],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(shape, options, words):
    loop, _ = small()
    pixels = torch.zeros(64, *shape, dtype=torch.uint8)
    with pytest.raises(ValueError, match=words):
        LiveTraining(loop, DeviceBatches(pixels, batch_size=8), STEPS, **options)


# What the notebook keeps


def test_the_kept_text_does_not_change_from_run_to_run():
    texts = []
    for seed in (0, 1):
        loop, batches = small(seed)
        view = LiveTraining(loop, batches, STEPS)
        view.show()
        texts.append(view._still())
        train(loop, batches, view)
        texts.append(view._still())
    assert len({still["text/plain"] for still in texts}) == 1
    pages = [re.sub(r"base64,[^\"]+", "", still["text/html"]) for still in texts]
    assert len(set(pages)) == 1
    assert texts[0]["text/html"] != texts[1]["text/html"]  # the picture did


@pytest.mark.parametrize(
    ("stop", "words"), [(-1, "for 20"), (7, "stopped after step 8 of 20")]
)
def test_a_saved_notebook_holds_the_trained_state(stop, words):
    cell = nbformat.v4.new_code_cell(f"STOP = {stop}\n{CELL}")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    before = str(notebook.cells[0].outputs)
    assert "widget-view" not in before  # gone with the widget that it named
    (output,) = lessons.clean(notebook).cells[0].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert words in output.data["text/plain"]
    tag = output.data["text/html"]
    assert f'alt="{output.data["text/plain"]}"' in tag
    image = Image.open(
        io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", tag)[1]))
    )
    assert image.width == 2 * int(re.search(r"width:(\d+)px", tag)[1])
    assert len(tag) < 150_000
