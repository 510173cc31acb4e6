"""The clinic: signs measured from outside, on programs whose signs are known."""

import json
from pathlib import Path

import pytest
import torch

from course.clinic import examine
from course.clinic import programs as parts


def still(generator, discriminator, pictures):
    """Moves nothing and hands out fixed batches."""
    real = parts.to_float(pictures[:64])
    while True:
        yield real, torch.zeros(64, 1, 28, 28), torch.tensor(1.5), torch.tensor(0.5)


def one_step_down(generator, discriminator, pictures):
    """Plain gradient steps on the sum of G's last bias and of D's: gradients of ones."""
    bias, other = generator[6].bias, discriminator[-1].bias
    opt_d, opt_g = torch.optim.SGD([other], 0.1), torch.optim.SGD([bias], 0.1)
    while True:
        parts.update(opt_d, other.sum())
        parts.update(opt_g, bias.sum())
        yield parts.draw_real(pictures), parts.draw_real(pictures), *torch.zeros(2)


def test_the_folder_lists_one_class_after_the_other():
    images = parts.folder()
    assert images.shape == (19_200, 1, 28, 28)
    assert images.dtype == torch.uint8
    torch.manual_seed(0)
    mixed = parts.variety(parts.draw_real(images))
    assert parts.variety(parts.to_float(images[:64])) < 0.6 < mixed < 1.3
    assert parts.variety(parts.to_float(images)) == pytest.approx(1, abs=1e-4)


def test_signs_of_a_program_that_does_nothing():
    chart = examine.examine(lambda *a: with_steps(still(*a)), 6, every=2)
    assert chart.steps.tolist() == [2, 4, 6]
    assert chart.end("d_loss") == 1.5
    assert chart.end("g_loss") == 0.5
    assert chart.end("g_motion") == chart.end("d_motion") == 0
    assert chart.end("fake_variety") == 0
    assert chart.end("real_low") == -1
    assert len(chart.fakes) == 2
    assert torch.equal(chart.fakes[0], chart.fakes[1])


def with_steps(run):
    """The same, with an optimiser that steps without gradients."""
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    for row in run:
        opt.step()
        yield row


def test_gradients_and_motion_have_their_closed_forms():
    torch.manual_seed(0)
    chart = examine.examine(one_step_down, 1, every=1)
    assert chart.end("g_gradient") == pytest.approx(784**0.5)
    assert chart.end("d_gradient") == pytest.approx(1)
    weights = torch.cat([p.flatten() for p in chart.generator.parameters()])
    assert chart.end("g_motion") == pytest.approx(
        0.1 * 28 / weights.detach().norm().item(), rel=0.05
    )


def test_held_memory_counts_kept_graphs_and_only_those():
    def keeps(generator, discriminator, pictures, film=None):
        film = []
        for row in parts.healthy(generator, discriminator, pictures):
            film.append(generator(parts.draw_z()))
            yield row

    kept = examine.examine(keeps, 4, every=1).signs["held_mb"]
    assert (kept.diff() > 0.2).all()
    assert examine.examine(parts.healthy, 4, every=1).signs["held_mb"].max() < 0.01


def test_a_graph_that_is_thrown_away_is_not_held():
    def drops(generator, discriminator, pictures):
        for row in parts.healthy(generator, discriminator, pictures):
            generator(parts.draw_z()).detach()
            yield row

    assert examine.examine(drops, 4, every=1).signs["held_mb"].max() < 0.01


def test_the_checkpoint_is_a_fresh_copy_each_time_and_leaves_the_seed_alone():
    torch.manual_seed(5)
    first = parts.checkpoint()
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    first["0.weight"].zero_()
    assert parts.checkpoint()["0.weight"].abs().sum() > 0


def test_a_portrait_leaves_the_mode_alone():
    generator, _ = parts.players()
    examine.portrait(generator, torch.randn(2, 64))
    assert generator.training
    alone = examine.portrait(generator.eval(), torch.ones(1, 64))
    crowd = examine.portrait(
        generator, torch.cat([torch.ones(1, 64), torch.randn(3, 64)])
    )
    assert torch.allclose(alone, crowd[:1], atol=1e-6)
    assert not generator.training


def test_abnormal_names_the_side():
    ends = {name: torch.full((3,), sum(r) / 2) for name, r in examine.NORMAL.items()}
    chart = examine.Chart(torch.arange(3), ends, None, [], [], None, None)
    assert examine.abnormal(chart) == {}
    ends["held_mb"] = torch.tensor([0.0, 5.0, 9.0])
    ends["d_real"] = torch.zeros(3)
    assert examine.abnormal(chart) == {"held_mb": "high", "d_real": "low"}


def test_the_healthy_ranges_hold_what_ten_seeds_measured():
    path = Path(__file__).parents[2] / "benchmarks" / "results" / "clinic.json"
    measured = json.loads(path.read_text(encoding="utf-8"))
    assert len(measured["runs"]) == 10
    for sign, (lowest, highest) in measured["ranges"].items():
        low, high = examine.NORMAL[sign]
        assert low < lowest <= highest < high, sign


def test_a_seed_makes_two_examinations_the_same():
    first, again = (examine.examine(parts.healthy, 2, 7, every=1) for _ in range(2))
    assert torch.equal(first.signs["g_loss"], again.signs["g_loss"])
    other = examine.examine(parts.healthy, 2, 8, every=1)
    assert not torch.equal(first.signs["g_loss"], other.signs["g_loss"])
