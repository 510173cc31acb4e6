"""Hostile files, full disks and folders that refuse: a sentence, and nothing is lost."""

import errno
import io
import json
import multiprocessing
import os
import pickle
import random
import resource
import shutil

import pytest
import torch
from safetensors.torch import save, save_file
from tiny_runs import differences, failing, final_state, quiet, tiny_run

from gan_utils import checkpoints
from gan_utils.engine import snapshots
from gan_utils.engine.fit import fit
from gan_utils.engine.snapshots import (
    SnapshotError,
    last_good,
    newest_snapshot,
    read_snapshot,
    write_snapshot,
)

STEPS = 8  # a snapshot every 2; the run in ``folder`` was stopped after 6
TENSORS = {
    "a": torch.arange(6.0).reshape(2, 3),
    "b.c": torch.tensor(7, dtype=torch.int64),
    "empty": torch.zeros(0, 2),
    "half": torch.ones(3, dtype=torch.bfloat16),
}


def go_on(folder, say=quiet, stop=None, **options):
    loop, batches = tiny_run(**options)
    return fit(
        loop, batches, STEPS, folder, log_every=2, save_every=2, say=say, stop=stop
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two folders: of a run that was stopped after step 6, and of an unbroken one."""
    half, whole = tmp_path_factory.mktemp("half"), tmp_path_factory.mktemp("whole")
    asked = iter([False] * 6 + [True])
    assert go_on(half, stop=lambda: next(asked)) == 6
    assert go_on(whole) == STEPS
    return half, whole


@pytest.fixture
def folder(runs, tmp_path):
    """A copy of the stopped run: snapshots after steps 4 and 6."""
    copy = shutil.copytree(runs[0], tmp_path / "run")
    assert [int(path.stem[5:]) for path in snapshots.snapshots(copy)] == [4, 6]
    return copy


@pytest.fixture(scope="module")
def whole(runs):
    """The last state of the unbroken run."""
    return final_state(runs[1])


def one_sentence(error, *words):
    text = str(error.value)
    assert "\n" not in text
    assert text[0].isupper() or text[0] == "/"
    assert text.endswith(".")
    for word in words:
        assert word in text
    return text


def test_what_is_written_is_read_again(tmp_path):
    path = write_snapshot(tmp_path / "new" / "folder", 12, TENSORS, {"x": [1, "ü"]})
    tensors, facts = read_snapshot(path)
    assert facts == {"x": [1, "ü"], "step": 12}
    assert differences(tensors, TENSORS) == []
    assert tensors["half"].dtype == torch.bfloat16
    layout = TENSORS["a"].T  # not contiguous
    again, _ = read_snapshot(write_snapshot(tmp_path, 13, {"t": layout}, {}))
    assert torch.equal(again["t"], layout)


def test_two_snapshots_are_kept_and_the_newest_is_found(tmp_path):
    assert newest_snapshot(tmp_path) is None
    assert newest_snapshot(tmp_path / "missing") is None
    for step in (5, 10, 100, 1000):
        write_snapshot(tmp_path, step, TENSORS, {})
    names = [path.name for path in snapshots.snapshots(tmp_path)]
    assert names == ["step-000000100.safetensors", "step-000001000.safetensors"]
    assert newest_snapshot(tmp_path)[1]["step"] == 1000


# Hostile files


def damaged(content):
    """(what was done, bytes) of every kind that a snapshot can be spoilt in."""
    length = int.from_bytes(content[:8], "little")
    cuts = [0, 1, 7, 8, 9, length, 8 + length - 1, 8 + length, 9 + length]
    for size in [*cuts, len(content) // 2, len(content) - 1]:
        yield f"cut to {size}", content[:size]
    yield "longer", content + b"\0"
    yield "text", b"This is a shopping list: bread, milk, latents.\n"
    yield "pickle", pickle.dumps(Bomb())
    buffer = io.BytesIO()
    torch.save({"a": torch.ones(3)}, buffer)
    yield "torch.save", buffer.getvalue()
    yield "weights alone", save({"a": torch.ones(3)})
    yield "other metadata", save({"a": torch.ones(3)}, {"format": "pt"})
    for facts in ("[]", "null", '{"settings": {}}', '{"step": "six"}', "{", "[" * 9999):
        digest = snapshots._digest({}, facts)
        yield f"facts {facts[:9]}", save({}, {"facts": facts, "sha256": digest})
    yield "deep header", (99_999).to_bytes(8, "little") + b"[" * 99_999
    yield "huge header", (2**63 - 1).to_bytes(8, "little") + content[8:]


class Bomb:
    """What a file must never be allowed to do."""

    def __reduce__(self):
        return (exec, ("raise AssertionError('a pickle was opened')",))


def test_every_spoilt_file_is_refused_with_a_sentence_and_stays(folder):
    newest = snapshots.snapshots(folder)[-1]
    kinds = list(damaged(newest.read_bytes()))
    assert len(kinds) > 20
    for kind, content in kinds:
        newest.write_bytes(content)
        with pytest.raises(SnapshotError) as error:
            read_snapshot(newest)
        one_sentence(error, str(newest), "no whole snapshot")
        said = []
        assert newest_snapshot(folder, said.append)[1]["step"] == 4, kind
        assert len(said) == 1
        assert "\n" not in said[0]
        assert newest.read_bytes() == content, kind


def test_a_flipped_bit_is_noticed_wherever_it_is(folder):
    newest = snapshots.snapshots(folder)[-1]
    content = newest.read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    dice = random.Random(seed)
    places = [
        *range(8),
        *dice.sample(range(8, length), 150),
        *dice.sample(range(length, len(content)), 100),
    ]
    facts = content.index(b'"facts"')
    places += range(facts, facts + 100)
    for place in places:
        bit = 1 << dice.randrange(8)
        spoilt = bytearray(content)
        spoilt[place] ^= bit
        newest.write_bytes(spoilt)
        print(f"byte {place}, bit {bit}")
        with pytest.raises(SnapshotError) as error:
            read_snapshot(newest)
        one_sentence(error)


@pytest.mark.parametrize("kind", ["cut", "flipped", "pickle", "folder"])
def test_a_run_goes_on_from_the_last_good_file_to_the_same_end(folder, whole, kind):
    newest = snapshots.snapshots(folder)[-1]
    content = newest.read_bytes()
    if kind == "folder":
        newest.unlink()
        newest.mkdir()
        newest = newest.rename(folder / "step-000000007.safetensors")
    else:
        middle = len(content) // 2
        flipped = (
            content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]
        )
        spoilt = {"cut": content[:999], "flipped": flipped, "pickle": pickle.dumps(1)}
        newest.write_bytes(spoilt[kind])
    said = []
    assert go_on(folder, said.append) == STEPS
    assert str(newest) in said[0]
    assert "Looking at the one before." in said[0]
    assert "Going on after step 4 of 8" in said[1]
    assert differences(final_state(folder), whole) == []


def test_no_good_file_left_is_an_error_and_nothing_is_deleted(folder):
    for path in snapshots.snapshots(folder):
        path.write_bytes(path.read_bytes()[:-1])
    (folder / "step-000000009.safetensors").mkdir()
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(SnapshotError) as error:
        go_on(folder)
    one_sentence(error, "None of the 3 snapshots", "start anew in another folder")
    assert sorted(path.name for path in folder.iterdir()) == before


def test_damaged_files_with_higher_numbers_do_not_push_out_good_ones(tmp_path):
    write_snapshot(tmp_path, 2, TENSORS, {})
    for step in (8, 9):
        (tmp_path / f"step-{step:09d}.safetensors").write_text("no snapshot")
    for step in (3, 4, 5):
        write_snapshot(tmp_path, step, TENSORS, {})
        said = []
        assert newest_snapshot(tmp_path, said.append)[1]["step"] == step
        assert len(said) == 2
    steps = [int(path.stem[5:]) for path in snapshots.snapshots(tmp_path)]
    assert steps == [4, 5, 8, 9]


def test_strangers_files_are_left_alone(folder):
    save_file({"a": torch.ones(2)}, folder / "quick.safetensors")
    (folder / "film.mp4.part").write_text("a download in progress")
    (folder / "step-000000099.part").write_text("left by a kill")
    assert go_on(folder) == STEPS
    assert (folder / "quick.safetensors").is_file()
    assert (folder / "film.mp4.part").is_file()
    assert not (folder / "step-000000099.part").exists()


def refusal(folder, *words, **options):
    """The sentence that refuses to go on; every file stays as it was."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SnapshotError) as error:
        go_on(folder, **options)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    return one_sentence(error, str(folder), *words)


def test_another_model_is_refused(folder):
    refusal(
        folder, "another model", "0.weight is float32 (392, 8) there and float32 (784, 8)",
        width=8,
    )  # fmt: skip
    refusal(folder, "average.layers", "missing here", decay=None)


def test_a_state_of_another_kind_of_device_is_refused(folder):
    newest = snapshots.snapshots(folder)[-1]
    tensors, facts = read_snapshot(newest)
    on_gpu = {**tensors, "batches.noise": torch.zeros(16, dtype=torch.uint8)}
    step = facts.pop("step")
    write_snapshot(folder, step, on_gpu, facts)
    refusal(folder, "kind of device", "batches.noise", "(16,) there")
    del tensors["random.cpu"]
    write_snapshot(folder, step, tensors, facts)
    refusal(folder, "random.cpu is missing there")


def test_other_settings_are_refused_by_name(folder):
    loop, batches = tiny_run()
    for steps, settings, words in (
        (STEPS + 1, {}, "with steps 8, and this one has 9"),
        (STEPS, {"seed": 3}, "with seed None, and this one has 3"),
    ):
        with pytest.raises(SnapshotError) as error:
            fit(loop, batches, steps, folder, settings=settings)
        one_sentence(error, str(folder), words, "choose another folder")


# Disks that are full, folders that refuse


class FullAfterAWhile(io.FileIO):
    """A file on a disk that takes 1,000 bytes and no more."""

    def write(self, content):
        super().write(content[:1000])
        failing(errno.ENOSPC)()


BREAKS = {
    "full while writing": (checkpoints, "open", FullAfterAWhile, "the disk is full"),
    "full at fsync": (os, "fsync", failing(errno.ENOSPC), "the disk is full"),
    "full at replace": (os, "replace", failing(errno.ENOSPC), "the disk is full"),
    "over quota": (os, "fsync", failing(errno.EDQUOT), "the disk is full"),
    "read-only": (checkpoints, "open", failing(errno.EROFS), "read-only file system"),
    "forbidden": (checkpoints, "open", failing(errno.EACCES), "permission denied"),
    "broken disk": (os, "fsync", failing(errno.EIO), "input/output error"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_write_that_fails_leaves_the_last_good_snapshot(folder, whole, name):
    place, function, replacement, reason = BREAKS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, function, replacement, raising=False)
        with pytest.raises(SnapshotError) as error:
            go_on(folder)
    last = folder / "step-000000006.safetensors"
    remedy = "free some space" if "full" in reason else "choose a folder"
    one_sentence(error, "The snapshot of 0.", reason, str(last), remedy)
    assert not list(folder.glob("*.part"))
    assert read_snapshot(last)[1]["step"] == 6
    assert go_on(folder) == STEPS  # the disk works again
    assert differences(final_state(folder), whole) == []


def test_a_first_write_that_fails_says_that_there_is_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(SnapshotError) as error:
        go_on(tmp_path / "run")
    one_sentence(error, "there is no earlier snapshot", "free some space")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["log.jsonl"]


def test_a_folder_that_cannot_be_made_is_noticed_before_the_training(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")
    for folder in (file, file / "below"):
        said = []
        with pytest.raises(SnapshotError) as error:
            go_on(folder, said.append, stop=lambda: pytest.fail("it trained"))
        one_sentence(error, "The log", str(folder), "choose a folder")
    assert file.read_text() == "not a folder"


def test_a_read_only_folder_is_noticed_before_the_training(folder, monkeypatch):
    real = type(folder).open

    def open_to_read(path, mode="r", *others, **named):
        return (
            failing(errno.EROFS)()
            if "r" not in mode
            else real(path, mode, *others, **named)
        )

    monkeypatch.setattr(type(folder), "open", open_to_read)
    with pytest.raises(SnapshotError) as error:
        go_on(folder, stop=lambda: pytest.fail("it trained"))
    one_sentence(error, "The log", "read-only file system", "step-000000006")


def test_the_last_good_one_in_a_message_is_a_good_one(folder):
    assert "step-000000006" in last_good(folder)
    snapshots.snapshots(folder)[-1].write_bytes(b"spoilt")
    assert "step-000000004" in last_good(folder)
    assert last_good(folder / "nowhere") == "there is no earlier snapshot"


def with_little_space(folder, limit, wire):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # Python ignores SIGXFSZ
    try:
        go_on(folder)
    except SnapshotError as error:
        wire.send(str(error))


def test_a_really_full_disk_leaves_the_last_good_snapshot(folder, whole):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["torch._dynamo", "gan_utils.engine.fit", "PIL.Image"]
    )
    here, there = context.Pipe()
    size = snapshots.snapshots(folder)[-1].stat().st_size
    process = context.Process(
        target=with_little_space, args=(folder, size - 5000, there)
    )
    process.start()
    there.close()
    text = here.recv()
    process.join()
    assert "the disk is full; the last good snapshot is" in text
    assert "\n" not in text
    assert f"{size / 1e6:.1f} MB" in text
    assert not list(folder.glob("*.part"))
    assert [path.stem[-1] for path in snapshots.snapshots(folder)] == ["4", "6"]
    assert json.loads((folder / "log.jsonl").read_text().splitlines()[-1])["step"] == 8
    assert go_on(folder) == STEPS
    assert differences(final_state(folder), whole) == []


# A gathered state is a thing of its own


def advance(loop, batches, steps):
    for step in range(loop.steps, loop.steps + steps):
        loop.step(0.0, *batches(step))


def test_a_state_can_be_restored_twice_whatever_training_does_in_between():
    loop, batches = tiny_run()
    advance(loop, batches, 3)
    saved = {name: x.clone() for name, x in snapshots.gather(loop, batches).items()}
    kept = {name: x.clone() for name, x in saved.items()}
    ends = []
    for _ in range(2):
        loop, batches = tiny_run()
        snapshots.restore(loop, batches, saved)
        loop.steps = 3
        advance(loop, batches, 3)
        ends.append({n: x.clone() for n, x in snapshots.gather(loop, batches).items()})
    assert all(torch.equal(x, kept[name]) for name, x in saved.items())
    assert all(torch.equal(x, ends[1][name]) for name, x in ends[0].items())
