"""fit: counts, logs, saves, stops when asked, and stops when numbers are no numbers."""

import json
import signal
import threading

import pytest
import torch
from tiny_runs import differences, final_state, quiet, resident_kb, tiny_run

from gan_utils import losses
from gan_utils.engine import snapshots
from gan_utils.engine.fit import Diverged, fit, stop_signals
from gan_utils.engine.snapshots import Log, newest_snapshot


def run(folder, steps=12, log_every=2, save_every=4, stop=None, say=quiet, **options):
    loop, batches = tiny_run(**options)
    done = fit(loop, batches, steps, folder, log_every=log_every, save_every=save_every,
               stop=stop, say=say)  # fmt: skip
    return done, snapshots.gather(loop, batches)


def after(steps):
    """A stop button that is pressed after so many steps."""
    asked = iter([False] * steps)
    return lambda: next(asked, True)


def lines(folder):
    return [
        json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()
    ]


def saved(folder):
    return [int(path.stem[5:]) for path in snapshots.snapshots(folder)]


# Counting, logging, saving


def test_a_run_without_a_folder_is_the_same_as_one_with_it(tmp_path):
    in_memory, with_folder = run(None), run(tmp_path)
    assert in_memory[0] == with_folder[0] == 12
    assert differences(in_memory[1], with_folder[1]) == []
    assert differences(in_memory[1], final_state(tmp_path)) == []


def test_reports_come_every_so_often_and_at_the_end_with_the_mean_losses(tmp_path):
    loop, batches = tiny_run()
    every, reports, step = [], [], loop.step

    def recorded(*arguments):
        every.append(step(*arguments))
        return every[-1]

    loop.step = recorded
    done = fit(
        loop, batches, 7, tmp_path, log_every=3, save_every=6, watch=reports.append
    )
    assert done == len(every) == 7
    assert [report.step for report in reports] == [3, 6, 7]
    assert {(report.steps, report.first) for report in reports} == {(7, 0)}
    assert 0 < reports[0].seconds < reports[1].seconds < reports[2].seconds < 60
    for report, window in zip(reports, (every[:3], every[3:6], every[6:])):
        expected = torch.stack(window).mean(0).tolist()
        assert [report.d_loss, report.g_loss] == pytest.approx(expected, rel=1e-6)
    assert saved(tmp_path) == [6, 7]
    for line, report in zip(lines(tmp_path), reports, strict=True):
        assert line == {
            **report._asdict(),
            "seconds": pytest.approx(report.seconds, abs=1e-3),
        }


def test_save_every_must_be_a_multiple_of_log_every():
    with pytest.raises(ValueError, match=r"save_every \(5\) must be a multiple of log"):
        run(None, log_every=2, save_every=5)


def test_the_loop_is_told_the_share_of_the_training():
    loop, batches = tiny_run()
    shares, step = [], loop.step
    loop.step = lambda share, *batch: shares.append(share) or step(share, *batch)
    fit(loop, batches, 4, log_every=2, save_every=2)
    assert shares == [0, 0.25, 0.5, 0.75]


def test_a_finished_run_is_left_as_it_is(tmp_path):
    run(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("step-*")}
    said = []
    done, state = run(tmp_path, say=said.append)
    assert done == 12
    assert said == [f"Going on after step 12 of 12 ({tmp_path})."]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("step-*")} == before
    assert differences(state, final_state(tmp_path)) == []


def test_the_log_drops_what_comes_after_the_snapshot_and_half_a_line(tmp_path):
    log = tmp_path / "log.jsonl"
    first = '{"step": 2, "d_loss": 1.5}\n{"step": 4, "d_loss": 1.25}\n'
    more = '{"step": 6}\n[1]\n{"step": null}\n\xff\n{"ste'
    log.write_bytes((first + more).encode("latin-1"))
    Log(tmp_path, 4)
    assert log.read_text() == first
    Log(tmp_path, 3)
    assert log.read_text() == first.splitlines(keepends=True)[0]


def test_memory_does_not_grow_with_the_steps():
    loop, batches = tiny_run(penalty=None)
    fit(loop, batches, 200, log_every=100, save_every=100)
    before = resident_kb()
    fit(loop, batches, 600, log_every=1000, save_every=1000)
    assert resident_kb() - before < 3_000  # a graph that is kept costs twice as much


# Stopping


@pytest.mark.parametrize("steps", [3, 4, 7])
def test_a_stopped_run_is_saved_and_goes_on_to_the_same_end(tmp_path, steps):
    said = []
    done, state = run(tmp_path, stop=after(steps), say=said.append)
    assert done == steps == saved(tmp_path)[-1]
    assert differences(state, final_state(tmp_path)) == []
    assert said == [
        f"Stopped after step {steps} of 12 and saved in {tmp_path}; the same command "
        "goes on."
    ]
    done, state = run(tmp_path)
    assert done == 12
    assert differences(state, run(None)[1]) == []
    assert [line["step"] for line in lines(tmp_path)] == [2, 4, 6, 8, 10, 12]
    assert {line["first"] for line in lines(tmp_path)} == ({0, steps})


def test_a_run_that_is_stopped_before_it_began_saves_nothing_and_says_so(tmp_path):
    said = []
    assert run(tmp_path, stop=lambda: True, say=said.append)[0] == 0
    assert saved(tmp_path) == []
    assert said == ["Stopped after step 0 of 12."]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step_in_progress_and_saves(tmp_path, number):
    loop, batches = tiny_run()
    step = loop.step

    def interrupted(*arguments):
        if loop.steps == 4:
            signal.raise_signal(number)
        return step(*arguments)

    loop.step = interrupted
    before = signal.getsignal(number)
    assert fit(loop, batches, 12, tmp_path, log_every=2, save_every=4, say=quiet) == 5
    assert signal.getsignal(number) is before
    assert saved(tmp_path) == [4, 5]
    assert differences(run(tmp_path)[1], run(None)[1]) == []


def test_a_second_ctrl_c_interrupts_and_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    asked = None

    def twice():
        nonlocal asked
        with stop_signals() as asked:
            signal.raise_signal(signal.SIGINT)
            assert asked == ["SIGINT"]
            signal.raise_signal(signal.SIGTERM)  # a second request is no hurry
            assert asked == ["SIGINT", "SIGTERM"]
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_outside_the_main_thread_a_run_leaves_signals_alone():
    done = []
    thread = threading.Thread(target=lambda: done.append(run(None, steps=2)[0]))
    thread.start()
    thread.join()
    assert done == [2]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_closed_terminal_stops_a_run_unless_it_was_told_to_ignore_it(ignored):
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        with stop_signals() as asked:
            signal.raise_signal(signal.SIGHUP)
            assert asked == ([] if ignored else ["SIGHUP"])
    finally:
        signal.signal(signal.SIGHUP, before)


def test_losses_are_looked_at_long_before_a_late_report(tmp_path, monkeypatch):
    usual, rare = [], []
    every = {"log_every": 6, "save_every": 12, "say": quiet}
    loop, batches = tiny_run()
    fit(loop, batches, 12, watch=usual.append, **every)
    monkeypatch.setattr("gan_utils.engine.fit.ROWS", 4)
    loop, batches = tiny_run()
    fit(loop, batches, 12, watch=rare.append, **every)
    assert [report.step for report in rare] == [6, 12]
    for one, other in zip(usual, rare, strict=True):
        assert [one.d_loss, one.g_loss] == pytest.approx([other.d_loss, other.g_loss])
    loop, batches = tiny_run()
    poison(loop.opt_d, 6)
    with pytest.raises(Diverged, match="At step 6 the generator's loss became nan"):
        fit(loop, batches, 12, **every | {"log_every": 12})
    assert loop.steps == 8


def test_reports_may_be_further_apart_than_memory_reaches():
    loop, batches = tiny_run()
    reports = []
    fit(loop, batches, 3, log_every=10**12, save_every=10**12, watch=reports.append)
    assert [report.step for report in reports] == [3]


# Numbers that are no numbers


def poison(optimiser, at, number=float("nan")):
    """Put a number into the first weight right after the optimiser's at-th step."""
    calls = 0

    def plant(optimiser, _arguments, _options):
        nonlocal calls
        calls += 1
        if calls == at:
            optimiser.param_groups[0]["params"][0].data.view(-1)[0] = number

    optimiser.register_step_post_hook(plant)


def diverged(folder, *, poisoned=None, at=0, number=float("nan"), **options):
    loop, batches = tiny_run(**options)
    if poisoned:
        poison(getattr(loop, poisoned), at, number)
    with pytest.raises(Diverged) as error:
        fit(loop, batches, 12, folder, log_every=2, save_every=4, say=quiet)
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def assert_last_good(folder, step, text):
    """The message names the folder's last snapshot; that one is finite and goes on."""
    assert f"the last good snapshot is {folder}/step-{step:09d}.safetensors" in text
    tensors, facts = newest_snapshot(folder, pytest.fail)
    assert facts["step"] == step
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    assert differences(run(folder)[1], run(None)[1]) == []


@pytest.mark.parametrize("at", [5, 6, 7, 8])
def test_a_discriminator_that_breaks_is_the_suspect(tmp_path, at):
    text = diverged(tmp_path, poisoned="opt_d", at=at)
    assert f"At step {at} the generator's loss became nan" in text
    assert "suspect D's update" in text
    assert "lower D's learning rate" in text
    assert_last_good(tmp_path, 4, text)


@pytest.mark.parametrize("at", [5, 6, 7])
def test_a_generator_that_breaks_is_the_suspect(tmp_path, at):
    text = diverged(tmp_path, poisoned="opt_g", at=at)
    assert f"At step {at + 1} the discriminator's loss became nan" in text
    assert "suspect G's update" in text
    assert "lower G's learning rate" in text
    assert_last_good(tmp_path, 4, text)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_no_loss_has_seen_yet_are_not_saved(tmp_path, number):
    text = diverged(tmp_path, poisoned="opt_g", at=8, number=number)
    assert "After step 8 generator.layers.0.weight is not finite" in text
    assert "suspect the update of the generator" in text
    assert_last_good(tmp_path, 4, text)


def test_a_run_that_is_stopped_with_broken_weights_does_not_save_them(tmp_path):
    loop, batches = tiny_run()
    poison(loop.opt_d, 6)
    with pytest.raises(Diverged, match="At step 6 the generator's loss became nan"):
        fit(loop, batches, 12, tmp_path, log_every=4, save_every=4, stop=after(7))
    assert saved(tmp_path) == [4]


@pytest.mark.parametrize(
    ("options", "step", "suspect"),
    [
        ({"rates": (4e-3, float("inf"))}, 1, "suspect D's update"),
        ({"rates": (float("inf"), 4e-3)}, 2, "suspect G's update"),
        ({"penalty": lambda d, x, y: 1e38 * d(x).square().sum()}, 1, "its penalty's"),
    ],
)
def test_rates_and_penalties_that_overflow_are_found_at_once(
    tmp_path, options, step, suspect
):
    text = diverged(tmp_path, **options)
    assert f"At step {step} the" in text
    assert suspect in text
    assert "there is no earlier snapshot" in text
    assert saved(tmp_path) == []


def test_a_loss_that_overflows_from_the_start_blames_no_update(tmp_path):
    def huge(real_logits, fake_logits):
        return 1e38 * (1e3 + real_logits - fake_logits).square().mean()

    loss = losses.LossPair(huge, losses.non_saturating_loss)
    text = diverged(tmp_path, loss=loss)
    assert "At step 1 the discriminator's first loss is inf" in text
    assert "update" not in text


def test_a_run_in_memory_names_no_folder():
    text = diverged(None, poisoned="opt_d", at=3)
    assert "At step 3 " in text
    assert "snapshot" not in text


def test_the_first_of_several_bad_steps_is_named_also_after_going_on(tmp_path):
    run(tmp_path, stop=after(3))
    loop, batches = tiny_run()
    poison(loop.opt_d, 2)  # the second step of this part: step 5
    with pytest.raises(Diverged, match="At step 5 the generator's loss became nan"):
        fit(loop, batches, 12, tmp_path, log_every=4, save_every=4, say=quiet)
    assert saved(tmp_path) == [3, 4]
