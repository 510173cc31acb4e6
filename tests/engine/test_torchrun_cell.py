"""torchrun from a notebook: what is printed, handed back and said, and what is left.

One run with an accident and a second life serves most tests. The files of the others
import no torch, so that a start is cheap.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import torch

from gan_utils.engine.torchrun_cell import torchrun

TWO_LIVES = """
import os, sys
import torch
from gan_utils.engine import distributed

together = distributed.join()
life = os.environ["TORCHELASTIC_RESTART_COUNT"]
for sentence in (f"life {life}", f"{torch.get_num_threads()} thread, größer"):
    print(sentence)
mean = distributed.mean_of_ranks(torch.ones(3) * together.rank)
if life == "0" and together.rank == 1:
    raise ValueError("an accident")
distributed.mean_of_ranks(mean)
if together.first:
    torch.save({"mean": mean, "size": together.size, "words": sys.argv[1:]}, "found.pt")
distributed.leave()
"""
FOREIGN = {"RANK": "7", "LOCAL_RANK": "7", "WORLD_SIZE": "9", "MASTER_ADDR": "nowhere"}
FOREIGN |= {"MASTER_PORT": "1", "PET_NNODES": "3", "TORCHELASTIC_RUN_ID": "another"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty current folder; temporary files go to another one, ``rest``."""
    (tmp_path / "rest").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "rest"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "rest"))
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path / "here"
    assert list((tmp_path / "rest").iterdir()) == []


def test_two_lives_speak_in_order_and_the_second_hands_back(place, monkeypatch, capfd):
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    (place / "two lives.py").write_text(TWO_LIVES, encoding="utf-8")
    torchrun("--nproc-per-node 2 --max-restarts 1 'two lives.py' 'a b' c")
    assert capfd.readouterr().out.splitlines() == [
        "[rank 0] life 0",
        "[rank 0] 1 thread, größer",
        "[rank 1] life 0",
        "[rank 1] 1 thread, größer",
        "torchrun has started all ranks again (restart 1)",
        "[rank 0] life 1",
        "[rank 0] 1 thread, größer",
        "[rank 1] life 1",
        "[rank 1] 1 thread, größer",
    ]
    found = torch.load(place / "found.pt")
    assert found["mean"].tolist() == [0.5] * 3
    assert (found["size"], found["words"]) == (2, ["a b", "c"])
    assert os.environ["RANK"] == "7"


def test_the_first_error_is_the_one_that_is_told(place, capfd):
    (place / "wrong.py").write_text(TWO_LIVES, encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"rank 1 .*ValueError: an accident$"):
        torchrun("--nproc-per-node 2 wrong.py")
    said = capfd.readouterr()
    assert said.out.startswith("[rank 0] life 0\n")
    assert 'wrong.py", line 12' in said.err


def test_an_error_is_told_although_the_process_aborts_after_it(place):
    (place / "aborts.py").write_text(
        "import os, sys\ntry:\n    raise ValueError('an accident')\nexcept ValueError:\n"
        "    sys.excepthook(*sys.exc_info())\n    os.abort()\n"
    )
    said = "rank 0 was ended by SIGABRT: ValueError: an accident$"
    with pytest.raises(RuntimeError, match=said):
        torchrun("aborts.py")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("--nproc-per-node 2 dies.py", "rank 1 was ended by SIGKILL"),
        ("absent.py", "rank 0 .*absent.py.* No such file"),
        ("--no-such-option absent.py", "unrecognized arguments: --no-such-option"),
    ],
)
def test_other_ends_are_named(place, command, message):
    (place / "dies.py").write_text(
        "import os, time\nif os.environ['RANK'] == '0': time.sleep(60)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with pytest.raises(RuntimeError, match=message):
        torchrun(command)


def test_a_run_that_takes_too_long_is_ended(place):
    (place / "sleeps.py").write_text("import time\ntime.sleep(300)\n")
    with pytest.raises(TimeoutError, match=r"sleeps.py took more than 0.5 s"):
        torchrun("sleeps.py", timeout=0.5)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_an_interrupted_notebook_leaves_no_process(place):
    (place / "sleeps.py").write_text(
        "import os, time\nopen(os.environ['RANK'], 'w').close()\ntime.sleep(300)\n"
    )
    cell = (
        "from gan_utils.engine.torchrun_cell import torchrun\n"
        "torchrun('--nproc-per-node 2 sleeps.py')\n"
    )
    notebook = subprocess.Popen(
        [sys.executable, "-c", cell], env=os.environ | {"THIS_TEST": str(place)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: (place / "0").exists() and (place / "1").exists())
    notebook.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in notebook.communicate(timeout=60)[1]
    assert marked(str(place)) == []


def test_the_files_that_a_lesson_writes_pass_the_style_too(tmp_path):
    """ruff looks at no cell that begins with %%writefile."""
    root = Path(__file__).resolve().parents[2]
    for lesson in (root / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(lesson, 4).cells:
            if cell.source.startswith("%%writefile "):
                first, _, source = cell.source.partition("\n")
                (tmp_path / lesson.stem).mkdir(exist_ok=True)
                (tmp_path / lesson.stem / first.split()[1]).write_text(source + "\n")
    assert len(list(tmp_path.glob("14_many_gpus/*.py"))) > 6
    for folder in tmp_path.iterdir():
        ours = ["--config", root / "pyproject.toml"]
        ours += ["--config", f"src = ['{root}', '{folder}']", "--no-cache", folder]
        for task in (["check"], ["format", "--check"]):
            ruff = [sys.executable, "-m", "ruff", *task, *ours]
            done = subprocess.run(ruff, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def wait_until(condition, seconds=60):
    """Look again and again; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def marked(mark):
    """The processes that inherited THIS_TEST=mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"THIS_TEST={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found
