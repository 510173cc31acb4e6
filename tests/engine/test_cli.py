"""The command line: what it writes, what it says, and how it stops."""

import errno
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from tiny_runs import checkout, differences, final_state, pictures

from gan_utils import metrics
from gan_utils.checkpoints import load_generator, read_card
from gan_utils.engine import cli, session, snapshots
from gan_utils.engine.distributed import Ranks
from gan_utils.engine.fit import Report
from gan_utils.recipes import fashion
from gan_utils.recipes.catalogue import RECIPES
from gan_utils.training import GANLoop

ROOT = Path(__file__).resolve().parents[2]
STEPS = 16


def few_pictures(split="train"):
    return pictures(200), torch.arange(200) % 10


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """One thread, and no time for the FID."""
    torch.set_num_threads(1)
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    monkeypatch.setattr(metrics, "fid", lambda images: 0.25)


@pytest.fixture
def small_data(monkeypatch):
    """Two hundred random pictures in place of Fashion-MNIST."""
    monkeypatch.setattr(session, "fashion_mnist", few_pictures)
    monkeypatch.setattr(fashion, "fashion_mnist", few_pictures)


def call(folder, *words, recipe="quick", steps=STEPS):
    """The exit code of the command."""
    options = ("--folder", str(folder), "--device", "cpu", "--steps", str(steps))
    try:
        return cli.main(RECIPES, [recipe, *options, *words])
    except SystemExit as stopped:
        return stopped.code


def one_sentence(capsys, *words):
    """What stands in stderr below the bar: one line that begins with the command."""
    said = capsys.readouterr().err
    *bars, text = [line for line in said.split("\n") if line]
    assert all("step/s" in line or "s/step" in line for line in bars), said
    assert text.startswith("train: ")
    assert said.endswith(f"{text}\n")
    assert "Traceback" not in said
    for word in words:
        assert word in text
    return text


# What it writes


def test_a_run_writes_log_samples_snapshots_weights_and_card(
    tmp_path, small_data, capsys
):
    assert call(tmp_path, "--log-every", "4", "--save-every", "8", "--seed", "3") == 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").open()]
    assert [line["step"] for line in lines] == [4, 8, 12, 16]
    assert all(0 < line["d_loss"] < 5 and 0 < line["g_loss"] < 9 for line in lines)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["step-000000008.png", "step-000000016.png"]
    sizes = {Image.open(tmp_path / "samples" / name).size for name in names}
    assert len(sizes) == 1
    assert min(*sizes.pop()) >= 8 * 28
    assert len(snapshots.snapshots(tmp_path)) == 2
    card = json.loads((tmp_path / "quick.json").read_text())
    assert card["command"] == "python3 run.py train quick --seed 3 --steps 16"
    assert card["FID on the test set"] == 99.5
    assert card["processes"] == 1
    assert card["steps"] == 16
    said, bar = capsys.readouterr()
    assert "16/16" in bar
    assert "FID on the test set: 99.50" in said
    assert f"run.py explore {tmp_path / 'quick.safetensors'}" in said


def test_the_weights_are_the_trained_generators(tmp_path, small_data):
    assert call(tmp_path, "--save-every", "100") == 0
    generator = load_generator(tmp_path / "quick.safetensors")
    trained = {
        name.removeprefix("generator."): tensor
        for name, tensor in final_state(tmp_path).items()
        if name.startswith("generator.")
    }
    assert differences(generator.state_dict(), trained) == []
    pictures = generator(torch.randn(2, generator.latent_dim))
    assert pictures.shape == (2, 1, 28, 28)


def test_the_command_in_the_card_names_what_was_not_the_default(tmp_path, small_data):
    assert call(tmp_path, "--precision", "bfloat16", steps=2) == 0
    card = json.loads((tmp_path / "quick.json").read_text())
    expected = "python3 run.py train quick --seed 0 --steps 2 --precision bfloat16"
    assert card["command"] == expected
    again = cli.parser(RECIPES).parse_args(card["command"].split()[3:])
    assert (again.recipe, again.steps, again.precision) == ("quick", 2, "bfloat16")


def test_a_conditional_recipe_is_fed_classes(tmp_path, small_data, monkeypatch):
    monkeypatch.setattr(fashion, "named_directions", lambda network: [])
    small = functools.partial(fashion.explorer_conditional, latent_dim=8, width=4)
    monkeypatch.setitem(RECIPES, "explorer_conditional", small)
    assert call(tmp_path, recipe="explorer_conditional", steps=2) == 0
    assert load_generator(tmp_path / "explorer_conditional.safetensors").classes == 10


def test_publishing_also_fills_the_folder_of_checkpoints(
    tmp_path, small_data, monkeypatch
):
    monkeypatch.setattr(cli, "CHECKPOINTS", tmp_path / "published")
    (tmp_path / "published").mkdir()
    assert call(tmp_path / "run", "--publish", steps=2) == 0
    for name in ("quick.safetensors", "quick.json"):
        published = (tmp_path / "published" / name).read_bytes()
        assert published == (tmp_path / "run" / name).read_bytes()


def test_a_process_that_is_not_the_first_trains_but_writes_nothing(
    tmp_path, small_data
):
    training = cli.Training(tmp_path, together=Ranks(1, 2), log_every=1, save_every=2)
    with pytest.raises(SystemExit) as stopped:
        fashion.quick(training, steps=2)
    assert stopped.value.code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_counts_up_to_the_last_step(monkeypatch, capsys, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with cli.progress() as watch:
        for step in (20, 25, 30):
            watch(Report(step, 30, 1.25, 0.5, step / 10, 10))
    text = capsys.readouterr().err
    assert "30/30" in text
    assert "D 1.250" in text
    assert text.endswith("\n")
    with cli.progress():
        pass
    assert capsys.readouterr().err == ""


# What it says about bad options and bad luck


def test_help_teaches_with_examples_and_names_every_recipe(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(RECIPES, ["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "Examples:" in text
    for line in ("run.py train quick --steps 200", "torchrun --nproc-per-node 4"):
        assert line in text
    for recipe in RECIPES:
        assert recipe in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["qick"], "qick"),
        ([], "name a recipe, or your pictures with --images"),
        (["quick", "--steps", "0"], "'0' must be a whole number from 1 on"),
        (["quick", "--steps", "many"], "'many' must be a whole number"),
        (["quick", "--log-every", "-1"], "--log-every"),
        (["quick", "--seed", "x"], "'x' must be a whole number below 2^63"),
        (["quick", "--seed", str(2**63)], "below 2^63"),
        (["quick", "--precision", "int8"], "float32"),
        (["quick", "--device", "cuda:77"], "There is no device 'cuda:77' here"),
        (["quick", "--device", "meta"], "There is no device 'meta' here"),
        (["quick", "--save-every", "150"], "save_every (150) must be a multiple of"),
        (["quick", "--speed", "high"], "--speed"),
    ],
)
def test_bad_options_get_a_sentence_and_exit_code_2(
    tmp_path, small_data, capsys, words, expected
):
    folder = ["--folder", str(tmp_path / "run")]
    try:
        code = cli.main(RECIPES, [*words, *folder])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    text = capsys.readouterr().err
    assert expected in text
    assert "Traceback" not in text
    assert not (tmp_path / "run").exists()


@pytest.fixture
def half(tmp_path, small_data, monkeypatch):
    """The folder of a run that was stopped half-way."""
    real, asked = session.fit, iter([False] * (STEPS // 2))
    stop = lambda: next(asked, True)  # noqa: E731
    monkeypatch.setattr(session, "fit", functools.partial(real, stop=stop))
    folder = tmp_path / "half"
    assert call(folder, "--log-every", "2", "--save-every", "4") == 130
    monkeypatch.setattr(session, "fit", real)
    assert [int(path.stem[5:]) for path in snapshots.snapshots(folder)] == [4, 8]
    return folder


def spoil_all(folder):
    for path in snapshots.snapshots(folder):
        path.write_bytes(path.read_bytes()[:-5])


def test_spoilt_snapshots_other_settings_and_other_models_get_a_sentence(
    half, capsys, monkeypatch
):
    every = ("--log-every", "2", "--save-every", "4")
    capsys.readouterr()
    assert call(half, *every, steps=STEPS + 2) == 1
    one_sentence(capsys, str(half), "a run with steps 16, and this one has 18")
    assert call(half, *every, "--seed", "1") == 1
    one_sentence(capsys, "with seed 0, and this one has 1: choose another folder")
    assert call(half, *every, recipe="explorer_unconditional") == 1
    one_sentence(capsys, "of another model")
    spoil_all(half)
    before = {path: path.read_bytes() for path in half.glob("step-*")}
    assert call(half, *every) == 1
    one_sentence(capsys, "None of the 2 snapshots", "start anew in another folder")
    assert {path: path.read_bytes() for path in half.glob("step-*")} == before


def test_one_spoilt_snapshot_is_told_and_the_one_before_is_used(half, capsys):
    newest = snapshots.snapshots(half)[-1]
    newest.write_bytes(b"not a snapshot")
    capsys.readouterr()
    assert call(half, "--log-every", "2", "--save-every", "4") == 0
    said = capsys.readouterr()
    assert f"{newest} is no whole snapshot" in said.out
    assert "Going on after step 4 of 16" in said.out
    assert "train:" not in said.err


def test_full_disks_and_folders_that_refuse_get_a_sentence(
    half, tmp_path, capsys, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    every = ("--log-every", "2", "--save-every", "4")
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert call(half, *every) == 1
    one_sentence(capsys, "the disk is full", "step-000000008", "free some space")
    with monkeypatch.context() as patch:
        patch.setattr(cli, "save_checkpoint", full)
        assert call(half, *every) == 1
    one_sentence(capsys, "No space left on device")
    assert call(half / "log.jsonl") == 1
    one_sentence(capsys, "log.jsonl", "choose a folder that can be written to")
    other = tmp_path / "other"
    other.mkdir()
    (other / "samples").write_text("in the way")
    assert call(other, *every) == 1
    one_sentence(capsys, "samples cannot be read or written", "file exists")


def test_numbers_that_are_no_numbers_get_a_sentence(
    tmp_path, small_data, capsys, monkeypatch
):
    wild = functools.partial(GANLoop, rates=(4e-3, float("inf")))
    monkeypatch.setattr(session, "GANLoop", wild)
    assert call(tmp_path) == 1
    one_sentence(capsys, "At step 1 the generator's loss became nan: suspect D's")


def test_an_impatient_ctrl_c_ends_with_130_and_a_sentence(
    tmp_path, small_data, capsys, monkeypatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "fit", interrupted)
    assert call(tmp_path) == 130
    one_sentence(capsys, "interrupted; the same command goes on")


# How it stops


def begun(process, folder, deadline=120):
    """Wait until the process has logged its second step."""
    log, end = folder / "log.jsonl", time.monotonic() + deadline
    while not log.is_file() or log.read_text().count("\n") < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)  # between two looks; nothing depends on it


EVERY = ("--log-every", "1", "--save-every", "1000")
LONG = 40


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The state at the end of an undisturbed run on Fashion-MNIST."""
    folder = tmp_path_factory.mktemp("unbroken")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "score", lambda generator: 99.5)
        patch.setattr(metrics, "fid", lambda images: 0.25)
        assert call(folder, *EVERY, steps=LONG) == 0
    return final_state(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_ends_with_130_and_the_same_command_goes_on(
    tmp_path, unbroken, number
):
    script = checkout(tmp_path / "course")
    tmp_path = tmp_path / "run"
    command = [
        sys.executable, str(script), "train", "quick", "--folder=run",
        "--device", "cpu", "--steps", str(LONG), *EVERY,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=tmp_path.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    begun(process, tmp_path)
    process.send_signal(number)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 130, said + errors
    assert "Traceback" not in errors
    (path,) = snapshots.snapshots(tmp_path)
    step = snapshots.read_snapshot(path)[1]["step"]
    assert 2 <= step < LONG
    assert f"Stopped after step {step} of {LONG} and saved in {tmp_path}" in said
    assert not (tmp_path / "quick.safetensors").exists()
    assert call(tmp_path, *EVERY, steps=LONG) == 0
    assert differences(final_state(tmp_path), unbroken) == []
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").open()]
    assert steps == list(range(1, LONG + 1))


def shell_call(script, folder, *, words=(), python=(), **options):
    """Run a script that trains in a process of its own; returns what it left."""
    head = (
        "import sys\n"
        "from gan_utils.engine import shell\n"
        "with shell.loading('train'):\n"
        "    from gan_utils import metrics\n"
        "    from gan_utils.engine import cli, session\n"
        "    from gan_utils.recipes import fashion\n"
        "    from tiny_runs import pictures, torch\n"
        "metrics.score, metrics.fid = (lambda _: 99.5), (lambda _: 0.25)\n"
        "session.fashion_mnist = lambda *_: (pictures(200), torch.arange(200) % 10)\n"
        "def quick(train, steps):\n"
        "    'A recipe.'\n"
        "    return fashion.quick(train, steps)\n"
    )
    end = "sys.exit(cli.main({'quick': quick}, sys.argv[1:]))\n"
    words = ["quick", "--folder", str(folder), "--steps=2", "--device=cpu", *words]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        **options.pop("env", {}),
    }
    return subprocess.Popen(
        [sys.executable, *python, "-c", head + script + end, *words],
        env=environment, **options,
    )  # fmt: skip


SPEAKS = """
def quick(train, steps):
    "A recipe."
    train.say("Fréchet ✓")
    print("Fréchet ✓")
    found = fashion.quick(train, steps)
    print("Fréchet ✓ \\udcff", flush=True)
    train.say("Fréchet ✓ \\udcff")
    return found
"""


@pytest.mark.parametrize(
    "where", ["cp1251", "ascii", "closed pipe", "full disk", "nothing"]
)
def test_what_cannot_be_printed_costs_no_weights(tmp_path, where):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if where == "closed pipe":
        read, write = os.pipe()
        os.close(read)
        options = {"stdout": write, "stderr": write}
    elif where == "full disk":
        full = open("/dev/full", "w")  # noqa: SIM115
        options = {"stdout": full, "stderr": full}
    elif where == "nothing":  # as after >&- 2>&-
        options = {"preexec_fn": lambda: os.closerange(1, 3)}
    else:
        options["env"] = {"PYTHONIOENCODING": where, "PYTHONUTF8": "0"}
    process = shell_call(SPEAKS, tmp_path, **options)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    load_generator(tmp_path / "quick.safetensors")
    if where == "cp1251":
        assert rb"Fr\xe9chet \u2713 \udcff" in said


def test_a_name_that_is_no_text_costs_no_weights(tmp_path, small_data, monkeypatch):
    def odd(train, steps):
        "A recipe."
        network, facts = fashion.quick(train, steps)
        return network, {**facts, "data": "pictures of \udcff"}

    monkeypatch.setitem(RECIPES, "quick", odd)
    assert call(tmp_path, steps=2) == 0
    assert read_card("quick", tmp_path)["data"] == "pictures of \udcff"


def test_ctrl_c_while_the_libraries_load_gets_one_sentence(tmp_path):
    (tmp_path / "torch.py").write_text(
        "import os, signal\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    for number in range(10**6): pass\n"
        "except BaseException: pass\n"  # as careless libraries do
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    modules = "gan_utils.train", "gan_utils.widgets.explorer.serve"
    for module, name in zip(modules, ("train", "explore"), strict=True):
        done = subprocess.run(
            [sys.executable, "-m", module, "--help"], cwd=tmp_path, text=True,
            capture_output=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert done.returncode == 130, done.stderr
        assert done.stderr == f"{name}: interrupted before the work began.\n"


# Paths


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--folder", "out"], "here/out"),
        (["--folder=out"], "here/out"),
        (["--folder", "../out"], "here/../out"),
        (["--folder=./a b/ü"], "here/a b/ü"),
        (["--folder", "~/out"], "home/out"),
        (["--folder=~/out"], "home/out"),
        (["--folder=~"], "home"),
        (["--folder", "{}/out"], "out"),
        (["--folder={}/out"], "out"),
        (["--folder", "first", "--folder=last"], "here/last"),
        (["--folder", "."], "here"),
    ],
)
@pytest.mark.parametrize("option", ["--folder", "--images"])
def test_a_path_is_the_same_however_it_is_written(
    tmp_path, monkeypatch, option, words, expected
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PWD", "/somewhere/else")
    words = [word.format(tmp_path).replace("--folder", option) for word in words]
    options = vars(cli.parser(RECIPES).parse_args(["own_images", *words]))
    assert options[option[2:]] == tmp_path / expected


@pytest.mark.parametrize(
    "words",
    [
        ["--folder", ""], ["--folder="], ["--folder", " "], ["--images", ""],
        ["--images="], ["--fold", "out"], ["--fol=out"], ["--imag", "out"], ["--im=out"],
        ["--folder", "~nobody-of-this-name/out"], ["--folder"],
    ],
)  # fmt: skip
def test_no_path_and_half_an_option_are_refused(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(RECIPES, ["own_images", *words])
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


# Twice


def test_two_runs_in_one_folder_are_one_too_many(tmp_path, small_data, capsys):
    script = """
def quick(train, steps):
    "A recipe."
    print("begun", flush=True)
    sys.stdin.read()
    return fashion.quick(train, steps)
"""
    other = shell_call(
        script, tmp_path, words=["--seed=1"], stdout=subprocess.PIPE,
        stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout.readline() == "begun\n"
    assert call(tmp_path) == 1
    one_sentence(capsys, str(tmp_path), f"process {other.pid}", "--folder")
    other.communicate()
    assert other.returncode == 0
    assert read_card("quick", tmp_path)["seed"] == 1
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2]
    assert not (tmp_path / "lock").exists()


def test_the_cost_of_all_calls_stands_in_the_card(half, capsys):
    newest = snapshots.snapshots(half)[-1]
    tensors, facts = snapshots.read_snapshot(newest)
    told = facts["cost"]
    assert 0 < told["CPU seconds"] < 60
    assert 0 < told["seconds"] < 600
    step = facts.pop("step")
    facts["cost"] = {"CPU seconds": 10_000, "seconds": 20_000}
    snapshots.write_snapshot(half, step, tensors, facts)
    every = ("--log-every", "2", "--save-every", "4")
    assert call(half, *every) == 0
    card = read_card("quick", half)
    assert 10_000 <= card["CPU seconds"] < 10_100
    assert 20_000 <= card["seconds"] < 20_600
    last = snapshots.newest_snapshot(half)[1]["cost"]
    assert 10_000 < last["CPU seconds"] < 10_100
    card["hardware"] = "another machine"
    (half / "quick.json").write_text(json.dumps(card))
    assert call(half, *every) == 0  # nothing is left to train
    assert read_card("quick", half) == card
    (half / "quick.json").unlink()
    assert call(half, *every) == 0
    assert 10_000 <= read_card("quick", half)["CPU seconds"] < 10_100


def test_numbers_of_any_size_take_no_memory(tmp_path, small_data):
    huge = ("--log-every", str(10**12), "--save-every", str(10**12))
    assert call(tmp_path, *huge, steps=3) == 0
    assert read_card("quick", tmp_path)["steps"] == 3


# Where the course is not, or cannot be written


def test_an_installed_package_says_what_it_lacks_and_writes_elsewhere(tmp_path):
    site, here = tmp_path / "site-packages", tmp_path / "here"
    here.mkdir()
    for name in ("gan_utils", "course"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, site / name, ignore=ignored)
    before = sorted(site.rglob("*"))
    for words in (["quick", "--steps=2"], ["quick", "--steps=2", "--publish"]):
        done = subprocess.run(
            [sys.executable, "-m", "gan_utils.train", *words], cwd=here, text=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert done.returncode in (1, 2), done.stderr
        assert done.stderr.count("\n") == 1
        assert "installed without the course's data" in done.stderr
    assert sorted(site.rglob("*")) == before
    code = (
        "from gan_utils.engine.cli import RUNS\n"
        "from gan_utils.checkpoints import load_generator\n"
        "print(RUNS)\n"
        "try: load_generator('explorer_conditional')\n"
        "except FileNotFoundError as error: print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
    ).stdout.splitlines()  # fmt: skip
    assert told[0] == str(here / "runs")
    assert "installed without the course's data" in told[1]


def test_a_folder_that_cannot_be_published_to_is_said_before_the_work(
    tmp_path, monkeypatch, capsys
):
    def worked(train, steps):
        "A recipe."
        pytest.fail("it trained")

    monkeypatch.setitem(RECIPES, "quick", worked)
    monkeypatch.setattr(cli, "CHECKPOINTS", tmp_path / "missing")
    assert call(tmp_path / "run", "--publish") == 1
    one_sentence(capsys, "missing", "cannot be read or written")
    (tmp_path / "file").write_text("in the way")
    assert call(tmp_path / "file" / "run") == 1
    one_sentence(capsys, "choose a folder")
