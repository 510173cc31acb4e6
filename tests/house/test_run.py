"""run.py's set-up, with the slow parts replaced: what is missing gets one sentence."""

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    """A fresh copy of the module that believes it lives in an empty folder."""
    spec = importlib.util.spec_from_file_location("run_under_test", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("requirements.txt", "pyproject.toml", "run.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.READY, module.CACHE = module.VENV / "ready", tmp_path / ".cache"
    module.PYTHON = Path(sys.executable)
    module.has_nvidia_gpu = lambda: False
    module.answers = lambda url: False
    return module


def fake_process(monkeypatch, run, failing, output):
    """Every subprocess succeeds, except the one whose words include ``failing``."""
    calls = []

    def call(command, **options):
        calls.append(command)
        bad = failing in command
        return types.SimpleNamespace(returncode=int(bad), stdout="", stderr=output)

    monkeypatch.setattr(run.subprocess, "run", call)
    return calls


def sentence(capsys, run):
    with pytest.raises(SystemExit) as stopped:
        run.set_up()
    text = str(stopped.value.code)
    assert text.startswith("run.py: ")
    assert "\n" not in text
    return text


def test_a_python_too_old_is_told_which_ones_will_do(run, monkeypatch, capsys):
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 2))
    assert "3.11 to 3.14" in sentence(capsys, run)


def test_a_full_disk_is_told_how_much_is_needed(run, monkeypatch, capsys):
    usage = types.SimpleNamespace(free=1e9)
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _: usage)
    assert "needs 4 GB of disk" in sentence(capsys, run)


def test_a_missing_venv_module_is_told_the_package(run, monkeypatch, capsys):
    fake_process(monkeypatch, run, "venv", "ensurepip is not available")
    assert "apt install python3-venv" in sentence(capsys, run)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("NewConnectionError: name not known", "needs the network"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something else entirely", "something else entirely"),
    ],
)
def test_a_failed_installation_says_why(run, monkeypatch, capsys, output, words):
    fake_process(monkeypatch, run, "-r", output)
    text = sentence(capsys, run)
    assert words in text
    assert output in (run.CACHE / "install.log").read_text()
    assert not run.READY.exists()


def test_an_interrupted_set_up_starts_afresh_and_a_finished_one_is_kept(
    run, monkeypatch
):
    calls = fake_process(monkeypatch, run, "nothing fails", "")
    run.VENV.mkdir()  # left behind by an interruption: no marker inside
    run.set_up()
    assert [c for c in calls if "--clear" in c]
    assert run.READY.read_text() == run.fingerprint()
    calls.clear()
    run.set_up()
    assert calls == []
    (run.ROOT / "requirements.txt").write_text("torch==0\n")
    run.set_up()
    assert calls


def test_a_gpu_less_linux_takes_the_cpu_build_only_if_its_index_answers(
    run, monkeypatch
):
    monkeypatch.setattr(run.sys, "platform", "linux")
    for answers in (True, False):
        calls = fake_process(monkeypatch, run, "nothing fails", "")
        run.answers = lambda url, answers=answers: answers
        run.READY.unlink(missing_ok=True)
        run.set_up()
        assert any(run.CPU_BUILDS in c for c in calls) is answers


def test_an_index_that_never_answers_costs_seconds(run):
    import importlib.util
    import socket
    import time

    spec = importlib.util.spec_from_file_location("fresh", ROOT / "run.py")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begin = time.monotonic()
        assert not fresh.answers(f"http://127.0.0.1:{silent.getsockname()[1]}", 1)
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("command", ["student", "slides"])
def test_folders_are_meant_from_where_the_command_was_called(
    run, monkeypatch, command, tmp_path
):
    calls = []
    monkeypatch.setattr(run, "set_up", lambda: None)
    monkeypatch.setattr(run, "run", lambda *words: calls.append(words))
    monkeypatch.setattr(run.sys, "argv", ["run.py", command])
    run.CALLED_FROM = tmp_path
    run.lessons(["room", "01"])
    run.lessons(["--help"])
    assert calls == [
        ("-m", "course", command, str(tmp_path / "room"), "01"),
        ("-m", "course", command, "--help"),
    ]


def test_help_and_unknown_commands():
    shown = subprocess.run(
        [sys.executable, "run.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert shown.returncode == 0
    assert "run.py lab" in shown.stdout
    wrong = subprocess.run(
        [sys.executable, "run.py", "tset"], cwd=ROOT, capture_output=True, text=True
    )
    assert wrong.returncode == 2
    assert "no command 'tset'" in wrong.stdout
