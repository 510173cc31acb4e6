import asyncio
import io
import math
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils import losses, toy, training
from gan_utils.widgets import charts
from gan_utils.widgets.drawpad import DrawPad
from gan_utils.widgets.playground import drawing
from gan_utils.widgets.playground.controls import (
    DISTRIBUTIONS,
    DRAW,
    LOSSES,
    PENALTIES,
    SPEEDS,
)
from gan_utils.widgets.playground.game import EXTENT, SHOWN, Game
from gan_utils.widgets.playground.playground import FEWEST_DABS, Playground


def weights(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def both(game):
    return torch.cat([weights(game.generator), weights(game.discriminator)])


# The game, without widgets


def test_single_steps_move_one_player_each():
    game = Game()
    g, d = weights(game.generator), weights(game.discriminator)
    game.move_d()
    assert torch.equal(weights(game.generator), g)
    assert not torch.equal(weights(game.discriminator), d)
    d = weights(game.discriminator)
    game.move_g()
    assert torch.equal(weights(game.discriminator), d)
    assert not torch.equal(weights(game.generator), g)
    assert game.steps == 1


def test_a_step_is_d_per_g_moves_of_d_and_one_of_g():
    calls = []

    def d_step(*arguments):
        calls.append("d")
        return training.d_step(*arguments)

    def g_step(*arguments):
        calls.append("g")
        return training.g_step(*arguments)

    game = Game(d_step, g_step)
    game.d_per_g = 3
    game.step()
    assert "".join(calls) == "dddg"


def test_reset_repeats_the_game_whatever_else_draws_numbers():
    game = Game(seed=4)
    for _ in range(5):
        game.step()
    first, history = both(game), game.loss_history
    game.reset()
    assert game.steps == 0
    assert game.loss_history == []
    for _ in range(5):
        torch.randn(7)
        game.step()
    assert torch.equal(both(game), first)
    assert game.loss_history == history
    other = Game(seed=5)
    assert not torch.equal(weights(other.generator), weights(Game(seed=4).generator))


def test_the_game_leaves_the_global_random_state_alone():
    torch.manual_seed(3)
    expected = torch.randn(4)
    torch.manual_seed(3)
    game = Game()
    game.step()
    assert torch.equal(torch.randn(4), expected)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("penalty", [n for n in PENALTIES if n != "none"])
def test_every_loss_and_penalty_runs_and_counts(loss, penalty):
    with_penalty, without = Game(), Game()
    with_penalty.loss = without.loss = loss
    with_penalty.penalty = PENALTIES[penalty]
    for game in (with_penalty, without):
        for _ in range(3):
            game.step()
        opinion = game.opinion()
        assert opinion.shape == (48, 48)
        assert 0 <= opinion.min() <= opinion.max() <= 1
        assert game.pushes().isfinite().all()
    assert not torch.equal(both(with_penalty), both(without))


def test_pushes_lower_the_loss_of_each_sample():
    game = Game()
    for _ in range(50):
        game.step()
    fake, pushes = game.samples(), game.pushes()
    loss = losses.non_saturating.g_loss
    with torch.no_grad():
        before = loss(game.discriminator(fake))
        after = loss(game.discriminator(fake + 1e-3 * pushes))
    assert after < before
    assert pushes.shape == (SHOWN, 2)
    index = 5  # a finite difference of one sample's own loss
    slopes = []
    for axis in range(2):
        nudge = torch.zeros(2)
        nudge[axis] = 1e-2
        with torch.no_grad():
            up = loss(game.discriminator(fake[index : index + 1] + nudge))
            down = loss(game.discriminator(fake[index : index + 1] - nudge))
        slopes.append((up - down).item() / 2e-2)
    torch.testing.assert_close(
        -pushes[index], torch.tensor(slopes), rtol=0.1, atol=0.02
    )


def test_opinion_puts_its_first_row_at_the_bottom():
    game = Game()
    game.discriminator = torch.nn.Sequential(
        torch.nn.Linear(2, 1), torch.nn.Flatten(-2)
    )
    with torch.no_grad():
        game.discriminator[0].weight.copy_(torch.tensor([[0.0, 5.0]]))
        game.discriminator[0].bias.zero_()
    opinion = game.opinion()
    assert opinion[0].max() < 0.01
    assert opinion[-1].min() > 0.99
    picture = np.asarray(drawing._field(opinion))
    assert picture[0, 0, 1] > picture[0, 0, 0]  # green on top, where y is large
    assert picture[-1, 0, 0] > picture[-1, 0, 1]  # purple below


def test_coverage_is_recorded_once_a_step():
    game = Game()
    game.generator = torch.nn.Identity()
    game.z = game.data.sample(2000)
    assert game.coverage() == (1.0, pytest.approx(1.0, abs=0.01))
    game.coverage()
    assert len(game.coverage_history) == 1


def test_latent_grid_needs_two_dimensions():
    assert Game().latent_grid().shape == (26, 41, 2)
    assert Game(latent_dim=5).latent_grid() is None


def test_the_game_says_what_is_wrong():
    with pytest.raises(ValueError, match="2-D"):
        Game(data=toy.Mixture([0.0], 1.0))
    silent = Game(d_step=lambda *arguments: None)
    with pytest.raises(TypeError, match="d_step returned nothing"):
        silent.step()
    broken = Game(g_step=lambda *arguments: torch.tensor(math.nan))
    with pytest.raises(ArithmeticError, match="g_step's loss is nan"):
        broken.step()


def test_the_game_learns_the_ring():
    game = Game()
    before, _ = game.coverage()
    for _ in range(1500):
        game.step()
    after, _ = game.coverage()
    assert before < 0.5
    assert after > 0.7


# The pictures


def test_a_frame_is_fast_enough_for_ten_a_second():
    playground = Playground()
    playground.run(20)
    playground._frame(*SPEEDS["5 steps a frame"])
    begin = time.process_time()
    for _ in range(10):
        playground._frame(*SPEEDS["5 steps a frame"])
    assert (time.process_time() - begin) / 10 < 0.09


def test_pictures_have_their_sizes_and_survive_broken_networks():
    nothing = torch.full((SHOWN, 2), math.nan)
    picture = drawing._scene(
        "x", "", nothing, nothing, nothing[:4, :].reshape(2, 4), nothing, nothing[None]
    )
    assert picture.width == drawing.SCALE * drawing.SIZE
    huge = torch.full((SHOWN, 2), 1e30)
    drawing._scene("x", "", huge, huge, None, huge, huge[None])
    assert drawing._curves([], []).width == drawing.SCALE * drawing.WIDTH
    drawing._curves([(1, math.nan, 0.5)], [(1, 0.5, 0.5)])


def test_long_histories_are_thinned_to_their_averages():
    rows = [(i, 1.0, 2.0) for i in range(5000)]
    thin = charts.thinned(np.array(rows))
    assert len(thin) == charts.MOST_POINTS
    assert thin[:, 1] == pytest.approx(1.0)
    assert (np.diff(thin[:, 0]) > 0).all()


def test_points_land_where_they_belong():
    assert drawing._pixels([[0.0, 0.0]]) == [
        (
            drawing.SCALE * drawing.SIZE / 2,
            drawing.SCALE * (drawing.HEADER + drawing.SIZE / 2),
        )
    ]
    (top_right,) = drawing._pixels([[EXTENT, EXTENT]])
    assert top_right == (drawing.SCALE * drawing.SIZE, drawing.SCALE * drawing.HEADER)


# The widget


@pytest.fixture
def playground():
    return Playground()


async def until(condition, seconds=20.0):
    """Let the event loop run until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition never held"
        await asyncio.sleep(0.005)


def said(playground):
    return playground.stage.status.value


def test_every_setting_reaches_the_game(playground):
    c, game = playground.controls, playground.game
    c.loss.value = "least squares"
    assert game.loss is losses.least_squares
    c.lr_d.value, c.lr_g.value = 1e-2, 1e-4
    assert (game.lr_d, game.lr_g) == (1e-2, 1e-4)
    c.batch.value, c.d_per_g.value = 64, 4
    assert (game.batch_size, game.d_per_g) == (64, 4)
    assert c.weight.disabled
    c.penalty.value, c.weight.value = "R1: flat at real samples", 10.0
    assert not c.weight.disabled
    real, fake = torch.randn(8, 2), torch.randn(8, 2)
    ten = game.penalty(game.discriminator, real, fake)
    c.weight.value = 1.0
    one = game.penalty(game.discriminator, real, fake)
    torch.testing.assert_close(ten, 10 * one)
    assert "next step" in said(playground)


def test_learning_rates_reach_the_optimisers(playground):
    playground.controls.lr_d.value = 1e-5
    before = weights(playground.game.discriminator)
    playground.move("d")
    assert (weights(playground.game.discriminator) - before).abs().max() < 2e-5


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_distribution_can_be_chosen(playground, name):
    playground.run(2)
    playground.controls.data.value = name
    assert len(playground.game.data.means) == len(DISTRIBUTIONS[name]().means)
    if name != "ring of 8":
        assert playground.game.steps == 0
        assert name in said(playground)


def test_buttons_step_and_reset(playground):
    c, game = playground.controls, playground.game
    start = both(game)
    c.d_step.click()
    assert "D moved once" in said(playground)
    assert game.steps == 0
    c.g_step.click()
    assert game.steps == 1
    c.reset.click()
    assert torch.equal(both(game), start)
    c.seed.value = 9
    assert not torch.equal(both(game), start)


def test_boxes_choose_what_is_drawn(playground):
    c = playground.controls
    for box in c.shown:
        before = playground.stage.picture.value
        box.value = False
        assert playground.stage.picture.value != before
    c.field.value = True


def test_drawing_needs_a_few_dabs(playground):
    c = playground.controls
    assert c.pad.layout.display == "none"
    c.data.value = DRAW
    assert c.pad.layout.display is None
    c.pad.points = [[0.0, 0.1 * i] for i in range(FEWEST_DABS - 1)]
    assert f"at least {FEWEST_DABS} dabs" in said(playground)
    assert len(playground.game.data.means) == 8
    c.pad.points = [[0.0, 0.1 * i] for i in range(FEWEST_DABS)]
    assert len(playground.game.data.means) == FEWEST_DABS
    c.data.value = "spiral"
    assert c.pad.layout.display == "none"
    c.pad.points = []
    assert len(playground.game.data.means) == 30


def test_the_pad_keeps_its_points_in_bounds():
    pad = DrawPad()
    pad.points = [[9.0, -9.0], [math.nan, 0.0], [1, 2]]
    assert pad.points == [[3.0, -3.0], [1.0, 2.0]]
    pad.points = [[0.0, 0.0]] * 1000
    assert len(pad.points) == pad.most


def test_errors_of_the_reader_are_shown_not_swallowed():
    def no_detach_no_names(*arguments):
        return undefined_name  # noqa: F821

    playground = Playground(d_step=no_detach_no_names)
    playground.run(3)
    assert 'role="alert"' in said(playground)
    assert "NameError" in said(playground)
    assert "return undefined_name" in said(playground)


def test_play_without_a_notebook_says_so(playground):
    playground.play()
    assert not playground.controls.play.value
    assert "running notebook" in said(playground)


def test_play_pause_and_change_while_playing(playground):
    async def scenario():
        playground.play()
        assert playground.controls.play.description == "Pause"
        await until(lambda: playground.game.steps >= 10)
        playing = playground.game.steps
        playground.controls.lr_g.value = 1e-4
        await until(lambda: playground.game.steps >= playing + 10)
        playground.pause()
        paused = playground.game.steps
        await until(playground.task.done)
        return playing, paused, playground.game.steps

    playing, paused, after = asyncio.run(scenario())
    assert 0 < playing < paused == after
    assert playground.controls.play.description == "Play"
    assert playground.game.lr_g == pytest.approx(1e-4)


def test_an_error_while_playing_pauses_and_is_shown():
    def fails_later(*arguments):
        if playground.game.steps > 2:
            raise RuntimeError("boom <b>")
        return training.g_step(*arguments)

    playground = Playground(g_step=fails_later)

    async def scenario():
        playground.play()
        await until(lambda: not playground.controls.play.value)

    asyncio.run(scenario())
    assert not playground.controls.play.value
    assert "boom &lt;b&gt;" in said(playground)


def test_one_playground_plays_at_a_time(playground):
    other = Playground()

    async def scenario():
        playground.play()
        await until(lambda: playground.game.steps)
        other.play()
        await until(lambda: playground.task.done() and other.game.steps)
        playing = playground.controls.play.value, other.controls.play.value
        other.pause()
        await until(other.task.done)
        return playing

    assert asyncio.run(scenario()) == (False, True)


def test_a_slow_machine_makes_fewer_steps_not_fewer_frames():
    def slow(*arguments):
        time.sleep(0.02)  # stands for a slow machine
        return training.g_step(*arguments)

    playground = Playground(g_step=slow)
    playground._frame(*SPEEDS["up to 20 a frame"])
    assert 1 <= playground.game.steps < 10


def test_slow_motion_moves_one_player_at_a_time(playground):
    playground._frame(*SPEEDS["slow motion"])
    assert playground.game.steps == 0
    assert "D moved" in said(playground)
    playground._frame(*SPEEDS["slow motion"])
    assert playground.game.steps == 1
    assert "G moved" in said(playground)


def test_the_still_is_a_png_and_pictures_have_alternative_text(playground):
    stage = playground.stage
    still = Image.open(io.BytesIO(stage.still(playground.game, [True] * 3, "x")))
    assert still.format == "PNG"
    assert still.width > still.height
    assert len(stage.picture.alt) > 30
    assert len(stage.plots.alt) > 30
    assert 'aria-live="polite"' in said(playground)


def test_names_in_the_menus_have_their_functions(playground):
    c = playground.controls
    assert c.data.options == (*DISTRIBUTIONS, DRAW)
    assert c.loss.options == tuple(LOSSES)
    assert c.penalty.options == tuple(PENALTIES)
    assert c.speed.options == tuple(SPEEDS)
    for control in (*c.live, c.data, c.speed, c.seed, c.play, c.d_step, c.g_step):
        assert control.tooltip
        assert control.description
