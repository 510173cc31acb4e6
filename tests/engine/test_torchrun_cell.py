"""A cell under torchrun: what it borrows, hands back and says, and what it leaves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from gan_utils.engine import torchrun_cell
from gan_utils.engine.torchrun_cell import (
    RanksFailed,
    definitions,
    earlier_statements,
    run,
)

JOIN = (
    "from gan_utils.engine import distributed, torchrun_cell\n"
    "import torch\ntogether = distributed.join()\n"
)


def test_a_script_borrows_what_it_names_and_what_that_needs():
    cells = [
        "import os, torch\nfrom torch import nn, optim\nimport torch.distributed as dist",
        "SIZE, other = 3, 4\nDEPTH = 2\nlower = 5",
        "def unused():\n    return dist",
        "def width(x=DEPTH):\n    return helper(x)",
        "@torch.no_grad()\ndef helper(x):\n    return nn.Linear(x, x)",
        "get_ipython().run_cell_magic('ranks', '2', 'width()')",
        "this does not parse",
    ]
    found = definitions("print(width(), lower, SIZE)", earlier_statements(cells))
    source = "\n".join(found)
    assert "DEPTH = 2" in found
    assert "from torch import nn" in found
    assert source.index("DEPTH") < source.index("def width")
    assert "@torch.no_grad()" in source
    for absent in ("unused", "optim", "lower", "SIZE", "import os"):
        assert absent not in source


def test_the_latest_definition_counts_and_comes_last():
    cells = ["def f():\n    return 1", "BASE = 2", "def f(x=BASE):\n    return x"]
    assert definitions("f()", earlier_statements(cells)) == [
        "BASE = 2",
        "def f(x=BASE):\n    return x",
    ]


def test_processes_meet_speak_in_order_and_give(capfd):
    source = JOIN + (
        "print('I am', together.rank)\nprint(torch.get_num_threads(), 'thread')\n"
        "torchrun_cell.give(total=distributed.mean_of_ranks(torch.ones(3) * together.rank))\n"
        "torchrun_cell.give(rank=together.rank, size=together.size)\n"
    )
    found = run(source, 2)
    assert capfd.readouterr().out == (
        "[0] I am 0\n[0] 1 thread\n[1] I am 1\n[1] 1 thread\n"
    )
    assert found["total"].tolist() == [0.5] * 3
    assert (found["rank"], found["size"]) == (0, 2)


def test_the_first_error_is_the_one_that_is_told():
    source = JOIN + (
        "if together.rank:\n    raise ValueError('this is wrong')\n"
        "distributed.mean_of_ranks(torch.ones(2))\n"
    )
    with pytest.raises(RanksFailed, match="rank 1 .*ValueError: this is wrong"):
        run(source, 2)


def test_a_killed_process_is_named():
    source = "import os, time\nif os.environ['RANK'] == '1': os.kill(os.getpid(), 9)\ntime.sleep(60)"
    with pytest.raises(RanksFailed, match="rank 1 was ended by SIGKILL"):
        run(source, 2)


def test_after_a_restart_the_second_life_counts(capfd):
    source = (
        "import os\nfrom gan_utils.engine import torchrun_cell\n"
        "life = int(os.environ['TORCHELASTIC_RESTART_COUNT'])\n"
        "print('life', life)\n"
        "if not life: raise RuntimeError('an accident')\n"
        "torchrun_cell.give(life=life)\n"
    )
    assert run(source, 1, restarts=1, live=True) == {"life": torch.tensor(1)}
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "[0] life 0"
    assert "started all processes again" in lines[1]
    assert lines[2] == "[0] life 1"


def test_foreign_ranks_in_the_environment_do_no_harm(monkeypatch):
    for name, value in (("RANK", "7"), ("WORLD_SIZE", "9"), ("MASTER_PORT", "1")):
        monkeypatch.setenv(name, value)
    assert run(JOIN + "torchrun_cell.give(size=together.size)", 1)["size"] == 1


def test_outside_a_cell_nothing_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torchrun_cell.give(x=torch.ones(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("history", [True, False], ids=["Jupyter", "nbval"])
def test_the_magic_fills_the_dictionary_of_that_name(history):
    shell = InteractiveShell()
    shell.user_ns["load"] = lambda: torchrun_cell.load_ipython_extension(shell)

    def cell(source):
        return shell.run_cell(source, store_history=history).success

    assert cell("load()\nSIZE = 5\nanswers = {'old': 0}\nsame = answers")
    assert not cell("SIZE = 6\n1 / 0")
    assert cell(
        "%%ranks 1 answers\nfrom gan_utils.engine import torchrun_cell\ntorchrun_cell.give(size=SIZE)"
    )
    assert shell.user_ns["answers"] == {"size": torch.tensor(5)}
    assert shell.user_ns["same"] is shell.user_ns["answers"]
    assert not cell("%%ranks 1 answers\n1 / 0")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_notebook_leaves_no_process(tmp_path, number):
    source = "import time\nopen('{}/' + __import__('os').environ['RANK'], 'w')\ntime.sleep(300)"
    script = f"from gan_utils.engine.torchrun_cell import run\nrun({source.format(tmp_path)!r}, 2)"
    environment = os.environ | {"THIS_TEST": str(tmp_path)}
    notebook = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    notebook.send_signal(number)
    notebook.wait(30)
    wait_until(lambda: not marked(str(tmp_path)))


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
