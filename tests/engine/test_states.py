"""A gathered state is a thing of its own; fitting and kills test what it is for."""

import torch
from tiny_runs import tiny_run

from gan_utils.engine import snapshots


def advance(loop, feed, steps):
    for step in range(loop.steps, loop.steps + steps):
        loop.step(0.0, *feed(step))


def test_a_state_can_be_restored_twice_whatever_training_does_in_between():
    loop, feed = tiny_run()
    advance(loop, feed, 3)
    saved = {name: x.clone() for name, x in snapshots.gather(loop, feed).items()}
    kept = {name: x.clone() for name, x in saved.items()}
    ends = []
    for _ in range(2):
        loop, feed = tiny_run()
        snapshots.restore(loop, feed, saved)
        loop.steps = 3
        advance(loop, feed, 3)
        ends.append({n: x.clone() for n, x in snapshots.gather(loop, feed).items()})
    assert all(torch.equal(x, kept[name]) for name, x in saved.items())
    assert all(torch.equal(x, ends[1][name]) for name, x in ends[0].items())
