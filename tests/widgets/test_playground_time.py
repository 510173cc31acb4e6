"""The playground's time slider: what is kept, what is shown, and how a run goes on."""

import asyncio
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils import training
from gan_utils.widgets.playground import drawing, timeline
from gan_utils.widgets.playground import playground as widget
from gan_utils.widgets.playground.controls import SPEEDS
from gan_utils.widgets.playground.game import Game
from gan_utils.widgets.playground.playground import Playground
from gan_utils.widgets.playground.timeline import MOST, Timeline


def weights(game):
    networks = (game.generator, game.discriminator)
    return torch.cat([p.detach().flatten() for n in networks for p in n.parameters()])


def everything(game):
    """All that the rest of the game depends on, and what was recorded so far."""
    adams = [opt.state_dict()["state"] for opt in (game.opt_d, game.opt_g)]
    memories = [v for adam in adams for entry in adam.values() for v in entry.values()]
    numbers = torch.cat([weights(game), *(m.flatten() for m in memories)])
    return numbers, game._random, list(game.loss_history), list(game.coverage_history)


def same(one, other):
    return all(
        torch.equal(a, b) if torch.is_tensor(a) else a == b for a, b in zip(one, other)
    )


def play(game, steps, past):
    """Steps as play makes them; returns the weights by label as each state was reached."""
    reached = {}
    for _ in range(steps):
        past.cut()
        game.step()
        game.coverage()
        past.keep()
        reached[past.labels()[-1]] = weights(game)
    return reached


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Frames have all their steps, however slow the machine is."""
    monkeypatch.setattr(widget, "_STEP_SECONDS", 60.0)


@pytest.fixture
def playground():
    return Playground()


def said(playground):
    return playground.stage.status.value


def frame(playground, speed="5 steps a frame"):
    playground._frame(*SPEEDS[speed])


def choose(playground, label):
    """What a reader's hand on the slider does."""
    playground.controls.time.shown = label


# What is kept


def test_every_offered_step_shows_the_weights_that_it_had(monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 10)
    game = Game()
    past = Timeline(game)
    reached = {"0": weights(game)} | play(game, 57, past)
    for _ in range(3):  # in any order, and again
        for index in torch.randperm(len(past.states)).tolist():
            past.go_to(index)
            assert torch.equal(weights(game), reached[past.labels()[index]])
            assert past.words().startswith(f"step {past.labels()[index]}")


def test_few_states_are_kept_evenly_with_the_first_and_the_newest(monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 10)
    game = Game()
    past = Timeline(game)
    for steps in range(1, 100):
        play(game, 1, past)
        kept = [state.steps for state in past.states]
        assert len(kept) <= 10
        assert (kept[0], kept[-1]) == (0, steps)
        if steps > 10:
            gaps = np.diff(kept)[:-1]  # the newest may be close to the one before
            assert len(kept) >= 5
            assert gaps.max() <= 2 * gaps.min()


def test_all_states_together_take_less_than_16_megabytes():
    game = Game()
    game.step()
    state = game.state()
    networks, adams = state.parts[:2], state.parts[2:]
    tensors = [v for part in networks for v in part.values()]
    tensors += [v for a in adams for s in a["state"].values() for v in s.values()]
    size = sum(t.numel() * t.element_size() for t in [*tensors, state.random])
    assert 100e3 < size < 16e6 / MOST


def test_single_moves_are_kept_and_told_apart(playground):
    c = playground.controls
    playground.run(20)
    for button in (c.d_step, c.d_step, c.g_step):
        button.click()
    assert c.time.labels == ["0", "10", "20", "20 + 1 D", "20 + 2 D", "21"]
    frame(playground)
    assert c.time.labels[-2:] == ["21", "26"]
    choose(playground, "20 + 1 D")
    assert "Step 20 + 1 D of 26: " in said(playground)


def test_single_moves_are_kept_where_play_keeps_few(playground, monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 20)
    playground.run(250)
    assert playground.controls.time.labels[1:3] == ["20", "40"]
    playground.move("d")
    playground.move("g")
    for _ in range(2):
        frame(playground)
    assert playground.controls.time.labels[-4:] == ["250", "250 + 1 D", "251", "261"]


def test_slow_motion_keeps_both_turns_and_obeys_d_steps_per_g(playground):
    playground.controls.d_per_g.value = 2
    for _ in range(4):
        frame(playground, "slow motion")
    assert playground.controls.time.labels == [
        "0",
        "0 + 1 D",
        "0 + 2 D",
        "1",
        "1 + 1 D",
    ]


# Going on


@pytest.mark.parametrize("label", ["0", "10", "30 + 1 D", "60"])
def test_going_on_from_a_kept_state_is_the_run_that_was(playground, label):
    def rest(after):
        """The same calls after a state: runs of ten steps, and at 30 single moves."""
        while playground.game.steps < 60:
            if playground.game.steps == 30 and not playground.game.d_moves:
                playground.move("d")
            if playground.game.d_moves:
                playground.move("g")
                playground.run(9)
            else:
                playground.run(10)

    rest("0")
    end, labels = everything(playground.game), playground.controls.time.labels
    for _ in range(2):  # a second time, too: what was kept has not been touched
        choose(playground, label)
        torch.randn(3)
        playground.go_to(0)
        choose(playground, label)
        rest(label)
        assert same(everything(playground.game), end)
        assert playground.controls.time.labels == labels


def test_a_changed_setting_counts_from_the_past_step_on(playground):
    playground.run(20)
    end = weights(playground.game)
    playground.go_to(10)
    playground.controls.lr_d.value = 1e-4
    playground.run(10)
    assert playground.controls.time.labels == ["0", "10", "20"]
    assert not torch.equal(weights(playground.game), end)
    playground.go_to(10)
    assert playground.game.lr_d == pytest.approx(1e-4)  # going back leaves settings


def test_going_on_drops_what_came_later_and_says_so(playground):
    playground.run(40)
    choose(playground, "20")
    assert "drops what came later" in said(playground)
    assert "Step 20 of 40: " in said(playground)
    assert len(playground.game.loss_history) == 40  # looking costs nothing
    assert playground.game.coverage_history[-1][0] == 40
    choose(playground, "40")
    assert "newest" in said(playground)
    choose(playground, "20")
    frame(playground)
    assert "From step 20 of 40; what came later is dropped." in said(playground)
    assert playground.controls.time.labels == ["0", "10", "20", "25"]
    assert [row[0] for row in playground.game.loss_history] == list(range(1, 26))
    assert playground.game.coverage_history[-1][0] == 25


def test_after_a_cut_states_are_kept_as_close_as_at_first(playground, monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 6)
    playground.run(300)
    playground.go_to(0)
    for _ in range(3):
        frame(playground, "1 step a frame")
    assert playground.controls.time.labels == ["0", "1", "2", "3"]


def test_reset_a_seed_and_new_data_clear_the_past(playground):
    c = playground.controls
    for change in (
        c.reset.click,
        lambda: setattr(c.seed, "value", 5),
        lambda: setattr(c.data, "value", "spiral"),
    ):
        playground.run(20)
        playground.go_to(10)
        change()
        assert c.time.labels == [c.time.shown] == ["0"]
        assert playground.timeline.words() == "step 0"
        playground.run(1)
        assert c.time.labels == ["0", "1"]


def test_moving_the_slider_while_playing_pauses(playground):
    async def scenario():
        playground.play()
        end = time.monotonic() + 20
        while playground.game.steps < 20:
            assert time.monotonic() < end
            await asyncio.sleep(0.005)
        choose(playground, "0")
        await playground.task

    asyncio.run(scenario())
    assert not playground.controls.play.value
    assert playground.game.steps == 0
    assert playground.controls.time.shown == "0"
    assert "Back in time" in said(playground)


def test_play_itself_does_not_pause(playground):
    chosen = []
    playground.controls.time._on_choice = chosen.append
    playground.run(20)
    frame(playground)
    assert playground.controls.time.shown == "25"
    assert chosen == []


def test_a_step_that_was_dropped_meanwhile_is_not_shown(playground):
    playground.run(20)
    shown = weights(playground.game)
    choose(playground, "7")
    assert torch.equal(weights(playground.game), shown)
    assert playground.controls.time.shown == "20"
    assert "no longer kept" in said(playground)


def test_cells_reach_the_newest_kept_step_before(playground):
    playground.run(30)
    assert playground.go_to(29) == 20 == playground.game.steps
    assert playground.go_to(1000) == 30
    assert playground.go_to(0) == 0


def test_after_an_error_play_goes_on_from_what_is_seen():
    def fails_at_25(*arguments):
        if playground.game.steps == 25:
            raise RuntimeError("boom")
        return training.g_step(*arguments)

    playground = Playground(g_step=fails_at_25)
    playground.run(20)
    kept = everything(playground.game)
    playground.run(20)
    assert "boom" in said(playground)
    assert playground.controls.time.shown == "20"
    assert same(everything(playground.game), kept)
    playground.game.g_step = training.g_step
    frame(playground)
    assert playground.controls.time.labels == ["0", "10", "20", "25"]


# What is seen


def test_the_curves_after_the_time_shown_are_pale_behind_a_line():
    losses = [(i, 1.0, 2.0) for i in range(1, 101)]
    coverage = [(i, 0.5, 0.5) for i in range(1, 101)]

    def darkest(now, left, right):
        picture = np.asarray(drawing._curves(losses, coverage, now)).min(-1)
        width = picture.shape[1]
        rows = slice(44, 184)  # the upper panel, under its title
        return picture[rows, int(left * width) : int(right * width)].min()

    assert darkest(100, 0.6, 0.97) < 100
    assert darkest(50, 0.6, 0.97) > 150
    assert darkest(50, 0.15, 0.45) < 100
    assert darkest(50, 0.5, 0.58) < 60  # the line
    whole = Image.Image.tobytes
    unmarked = drawing._curves(losses, coverage)
    assert whole(drawing._curves(losses, coverage, 100)) == whole(unmarked)
