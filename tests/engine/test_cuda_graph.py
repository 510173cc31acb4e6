"""Replay's order of events, with stand-ins for CUDA; test_gpu.py has the real thing."""

import contextlib

import pytest
import torch

from gan_utils.engine import cuda_graph as replay
from gan_utils.engine.cuda_graph import WARM_UP, Replay


class Stream:
    def wait_stream(self, other):
        """All is done at once here."""


class Recording:
    """Remembers what ran inside ``torch.cuda.graph`` and does it again."""

    made = ()

    def __init__(self):
        Recording.made = (*Recording.made, self)
        self.play = None
        self.replays = 0

    def replay(self):
        self.replays += 1
        self.play()


@pytest.fixture
def fake_cuda(monkeypatch):
    Recording.made = ()

    @contextlib.contextmanager
    def record(graph):
        graph.play = lambda: None
        yield

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Recording)
    monkeypatch.setattr(torch.cuda, "graph", record)


def test_it_warms_up_records_once_and_then_replays(fake_cuda):
    calls = []

    def double(x):
        calls.append(x)
        return x * 2

    played = Replay(double)
    for number in range(WARM_UP):
        assert torch.equal(
            played(torch.full((2,), number)), torch.full((2,), 2 * number)
        )
    assert len(calls) == WARM_UP == 3
    assert Recording.made == ()
    outputs = played(torch.tensor([1.0, 2.0]))
    (graph,) = Recording.made
    assert len(calls) == WARM_UP + 1
    kept = calls[-1]  # the input that the recording reads
    graph.play = lambda: outputs.copy_(kept * 2)
    for number in range(5):
        assert played(torch.full((2,), float(number))) is outputs
        assert torch.equal(outputs, torch.full((2,), 2.0 * number))
    assert len(calls) == WARM_UP + 1  # Python did not run again
    assert graph.replays == 6
    assert Recording.made == (graph,)


def test_inputs_of_the_caller_are_not_kept(fake_cuda):
    seen = []
    played = Replay(lambda x, y: seen.append((x, y)) or x + y)
    mine = torch.ones(2), torch.ones(2)
    for _ in range(WARM_UP + 1):
        played(*mine)
    assert seen[0][0] is mine[0]
    assert all(kept is not given for kept, given in zip(seen[-1], mine))
    assert replay.WARM_UP >= 3  # what PyTorch asks for
