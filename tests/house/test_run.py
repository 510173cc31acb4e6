"""run.py's set-up, with the slow parts replaced: what is missing gets one sentence."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
from tiny_runs import checkout

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


# What the child of a command gets: its words, a folder, signals, streams

TELLS = """
import json, os, sys
names = "PYTHONUTF8", "PYTHONIOENCODING", "JUPYTER_RUNTIME_DIR"
print(json.dumps([sys.argv[1:], os.getcwd(), os.getpid(), [os.environ[n] for n in names]]))
"""


def call(script, *words, here, before=(), **environment):
    """What the stub of Python in a checkout tells about itself."""
    started = subprocess.Popen(
        [*before, sys.executable, str(script), *words], cwd=here, text=True,
        stdout=subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    said = started.communicate()[0]
    assert started.returncode == 0
    return started.pid, json.loads(said.splitlines()[-1]), said


WORDS = {
    "train": ["quick", "--folder=out", "--images", "../pictures"],
    "explore": ["out/mine.safetensors", "--port=9000"],
    "student": ["room", "01"],
    "slides": ["~/room", "01", "02"],
    "claims": ["03", "--output", "../mine"],
}


@pytest.mark.parametrize("command", WORDS)
@pytest.mark.parametrize("how", ["in it", "env -C", "stale PWD", "no PWD", "a link"])
def test_paths_are_meant_from_where_the_command_was_called(tmp_path, command, how):
    script = checkout(tmp_path / "course", TELLS)
    here = tmp_path / "somewhere else"
    here.mkdir()
    (tmp_path / "link").symlink_to(here)
    places = {"env -C": tmp_path, "a link": tmp_path / "link"}
    before = ["env", "-C", str(here)] if how == "env -C" else ["env", "-u", "PWD"]
    if how in ("in it", "stale PWD"):
        before = ["env", f"PWD={here if how == 'in it' else tmp_path}"]
    words = WORDS[command]
    pid, told, _ = call(
        script, command, *words, here=places.get(how, here), before=before
    )
    module = {"train": "gan_utils.train", "explore": "gan_utils.widgets.explorer.serve"}
    first = ["-m", *([module[command]] if command in module else ["course", command])]
    assert told[0] == first + words
    assert told[1] == str(here)
    assert told[2] == pid  # one process: there is nobody who could keep a signal


@pytest.mark.parametrize("command", ["lab", "notebooks"])
def test_other_commands_run_in_the_courses_folder(tmp_path, command):
    script = checkout(tmp_path / "course", TELLS)
    _, told, _ = call(script, command, here=tmp_path)
    assert told[1] == str(tmp_path / "course")


def test_nothing_of_the_callers_folder_is_imported(tmp_path):
    script = checkout(tmp_path / "course")
    for name in ("argparse", "torch", "gan_utils", "course"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('imported')")
    done = subprocess.run(
        [sys.executable, str(script), "slides", "--help"], cwd=tmp_path,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "usage: run.py slides" in done.stdout


def test_a_folder_that_is_gone_gets_a_sentence(tmp_path):
    script = checkout(tmp_path / "course", TELLS)
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"rmdir '{gone}' && exec '{sys.executable}' '{script}' train quick"
    done = subprocess.run(["sh", "-c", line], cwd=gone, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is gone" in done.stderr


@pytest.mark.parametrize("encoding", ["cp1251", "ascii", "latin-1:strict"])
def test_streams_are_utf_8_whatever_the_code_page(tmp_path, encoding):
    folder = tmp_path / "Modèles ✓"
    folder.mkdir()
    script = checkout(folder / "course", TELLS + "print('Fréchet ✓ \\udcff')" + TELLS)
    _, told, said = call(script, "train", here=folder, PYTHONIOENCODING=encoding)
    assert told[3][:2] == ["1", "utf-8:backslashreplace"]
    assert "Fréchet ✓ \\udcff" in said
    line = [sys.executable, str(script), "Прощай ✓"]
    done = subprocess.run(
        line, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert "There is no command 'Прощай ✓'" in done.stdout.decode()


def test_where_nothing_can_be_written_there_is_another_place_for_settings(
    tmp_path, monkeypatch
):
    for name in list(os.environ):  # the run.py that runs the tests has set some
        if name.startswith(("JUPYTER", "IPYTHONDIR", "MPLCONFIGDIR")):
            monkeypatch.delenv(name)
    script = checkout(tmp_path / "course", TELLS)
    _, told, said = call(script, "lab", here=tmp_path)
    assert told[3][2] == str(tmp_path / "course" / ".cache" / "jupyter" / "runtime")
    shutil.rmtree(tmp_path / "course" / ".cache")
    (tmp_path / "course" / ".cache").write_text("in the way, also of root")
    _, told, said = call(script, "lab", here=tmp_path, TMPDIR=str(tmp_path))
    assert "cannot be written to" in said
    place = Path(told[3][2])
    assert place.parents[1].parent == tmp_path
    assert place.parents[1].stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_style_and_test_pass_signals_on(tmp_path, number):
    body = f"""
import os, signal, sys, time
signal.signal({int(number)}, lambda *_: os._exit(7))
print(os.getpid(), flush=True)
sys.stdin.read()
"""
    script = checkout(tmp_path / "course", body)
    parent = subprocess.Popen(
        [sys.executable, str(script), "style"], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    child = int(parent.stdout.readline())
    assert child != parent.pid
    parent.send_signal(number)
    if number == signal.SIGINT:  # the second child of this command
        int(parent.stdout.readline())
        parent.send_signal(number)
    parent.communicate(timeout=30)
    assert parent.returncode in (1, 143)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


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
