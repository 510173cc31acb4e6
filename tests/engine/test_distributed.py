"""Two processes under torchrun: the same game as one, also when one of them dies.

torchrun starts ranks_worker.py once: in its first life rank 0 is killed, in the second
rank 1, and the third does the rest.
"""

import json
import random
import shlex

import pytest
import ranks_worker
import torch
from tiny_runs import differences, final_state
from torch import distributed, nn

from gan_utils.checkpoints import load_generator
from gan_utils.engine import distributed as ranks
from gan_utils.engine.distributed import Ranks, SyncedBatchNorm2d
from gan_utils.engine.snapshots import newest_snapshot, snapshots
from gan_utils.engine.torchrun_cell import torchrun
from gan_utils.networks import ConditionalGenerator, DCGANDiscriminator


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where two processes left their results, after two accidents."""
    folder, dice = tmp_path_factory.mktemp("ranks"), random.SystemRandom()
    steps = [dice.randrange(1, ranks_worker.STEPS) for _ in range(2)]
    print(f"rank 0 dies at step {steps[0]}, rank 1 at step {steps[1]}")
    words = shlex.join([ranks_worker.__file__, str(folder), *map(str, steps)])
    torchrun(f"--nproc-per-node 2 --max-restarts 2 {words}", timeout=600)
    return folder


@pytest.fixture(scope="module")
def results(folder):
    """What rank 0 and rank 1 found."""
    files = [folder / f"checks-{rank}.pt" for rank in range(2)]
    return [torch.load(file, weights_only=True) for file in files]


def test_every_process_knows_its_place(results):
    assert [result["together"] for result in results] == [
        ((0, 2), False),
        ((1, 2), False),
    ]
    for result in results:
        assert result["agree"] == (True, False)
        assert result["mean"].item() == 1.5


@pytest.mark.parametrize("name", [x for x in ranks_worker.GAMES if x != "bfloat16"])
def test_two_processes_compute_the_gradients_of_one(results, name):
    alone = ranks_worker.play(name)
    one, other = (result[f"play {name}"] for result in results)
    assert differences(one, other) == []
    assert one.keys() == alone.keys()
    for key, expected in alone.items():
        scale = expected.abs().max().item()
        if key == "D 3" and name == "relativistic":  # the last bias: a sum of rounding
            assert scale < 1e-6
            continue
        tolerance = 2e-3 if key == "later losses" else 1e-4
        worst = (one[key] - expected).abs().max().item()
        assert worst <= tolerance * scale, key


def test_in_bfloat16_they_stay_close(results):
    alone = ranks_worker.play("bfloat16")
    one, other = (result["play bfloat16"] for result in results)
    assert differences(one, other) == []
    torch.testing.assert_close(one["losses"], alone["losses"], rtol=0.02, atol=0.02)


def test_a_synced_batch_norm_is_a_batch_norm_over_the_whole_batch(results):
    expected = ranks_worker.norm(lambda layer: layer)
    parts = [result["synced norm"] for result in results]
    for place in range(4):  # outputs, input gradients, their gradients, in eval mode
        found = torch.cat([part[place] for part in parts])
        torch.testing.assert_close(found, expected[place], rtol=1e-4, atol=1e-4)
    for part in parts:
        torch.testing.assert_close(part[4:], expected[4:], rtol=1e-5, atol=1e-6)


def test_a_plain_batch_norm_sees_its_own_half_alone(results):
    expected = ranks_worker.norm(lambda layer: layer)
    parts = [result["plain norm"] for result in results]
    for place in range(3):
        found = torch.cat([part[place] for part in parts])
        assert (found - expected[place]).abs().max() > 0.01
    assert (parts[0][4] - expected[4]).abs().max() > 0.01


def test_a_wish_to_stop_on_one_rank_stops_all_at_the_next_report(folder):
    assert newest_snapshot(folder / "stopped")[1]["step"] == 6
    assert [(folder / f"asked-{rank}").read_text() for rank in range(2)] == ["7", "7"]


def test_all_ranks_stop_with_the_same_sentence_when_a_loss_is_not_finite(folder):
    texts = [(folder / f"diverged-{rank}").read_text() for rank in range(2)]
    assert texts[0] == texts[1]
    assert "At step 1 the generator's loss became nan: suspect D's update" in texts[0]
    assert snapshots(folder / "diverged") == []


def test_the_command_line_trains_on_two_processes_and_one_of_them_writes(folder):
    assert [(folder / f"code-{rank}").read_text() for rank in range(2)] == ["0", "0"]
    card = json.loads((folder / "command" / "quick.json").read_text())
    assert card["processes"] == 2
    lines = (folder / "command" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2]
    load_generator(folder / "command" / "quick.safetensors")


@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_that_is_killed_comes_back_and_the_run_ends_the_same(folder, victim):
    for rank in range(2):
        assert (folder / f"lives-{rank}").read_text() == "0\n1\n2\n"
    unbroken, killed = folder / "unbroken", folder / f"killed-{victim}"
    assert differences(final_state(killed), final_state(unbroken)) == []
    assert not list(killed.glob("*.part"))


# What one process is enough for


def test_alone_everything_stays_as_it_is(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert ranks.join() == ranks.ALONE == Ranks(0, 1)
    assert ranks.alone()
    ranks.leave()
    network, values = nn.Linear(2, 2), torch.ones(2)
    assert ranks.parallel(network) is network
    assert ranks.mean_of_ranks(values) is values
    assert ranks.agree(3)
    assert Ranks(0, 1).first
    assert not Ranks(1, 2).first
    assert ranks.local_device() == torch.device("cpu") or torch.cuda.is_available()


def test_a_share_is_a_slice_and_the_slices_are_the_batch():
    batch = torch.arange(12)
    parts = [Ranks(rank, 3).share(batch) for rank in range(3)]
    assert [part.tolist() for part in parts] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
    ]
    with pytest.raises(ValueError, match="batch of 12 cannot be shared by 5 processes"):
        Ranks(0, 5).share(batch)


def test_synchronising_keeps_weights_and_reaches_every_batch_norm():
    for network in (DCGANDiscriminator(4, depth=3), ConditionalGenerator(8, 4)):
        before = {name: t.clone() for name, t in network.state_dict().items()}
        assert ranks.synchronise_batch_norm(network.eval()) is network
        assert differences(network.state_dict(), before) == []
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        assert len(norms) == 2
        assert {type(norm) for norm in norms} == {SyncedBatchNorm2d}
        assert not any(norm.training for norm in norms)


def test_in_a_group_of_one_a_synced_batch_norm_is_a_batch_norm(tmp_path):
    store = distributed.FileStore(str(tmp_path / "store"), 1)
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        assert not ranks.alone()
        synced = ranks_worker.norm(
            lambda layer: ranks.synchronise_batch_norm(nn.Sequential(layer))[0]
        )
        with torch.autocast("cpu", torch.bfloat16):
            norm = SyncedBatchNorm2d(3)
            assert norm(torch.randn(4, 3, 2, 2, dtype=torch.bfloat16)).isfinite().all()
    finally:
        ranks.leave()
    assert ranks.alone()
    plain = ranks_worker.norm(lambda layer: layer)
    torch.testing.assert_close(synced, plain, rtol=1e-4, atol=1e-4)
