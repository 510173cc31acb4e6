#!/usr/bin/env python3
"""One command for everything. It sets itself up on the first call, in this folder only.

python3 run.py lab                  open JupyterLab at lesson 0
python3 run.py test [05 losses]     run every test and every notebook, or those named
python3 run.py test --changed       only what depends on what git says has changed
python3 run.py notebooks [01 04]    run lessons top to bottom and save them clean
python3 run.py claims --seeds 5     how often does every claim hold, and by how much?
python3 run.py student FOLDER       copies of the lessons without the worked solutions
python3 run.py slides FOLDER [01]   the lessons as slides for a projector, one HTML file each
python3 run.py style                check code and notebooks against the style
python3 run.py explore [FILE]       the latent explorer in the browser, without a notebook
python3 run.py train RECIPE ...     train from the shell; goes on where it stopped (--help)
"""

import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
try:
    CALLED_FROM = Path.cwd()
except OSError:
    sys.exit("run.py: the folder in which you called it is gone: change to another.")
VENV = ROOT / ".venv"
READY = VENV / "ready"
CACHE = ROOT / ".cache"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST, NEWEST = (3, 11), (3, 14)
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
LAB_OPTIONS = (
    "--LabApp.extension_manager=readonly",
    "--ServerApp.kernel_websocket_connection_class=gan_utils.widgets.explorer.serve.PromptConnection",
)
LAB_OVERRIDES = """{
  "@jupyterlab/apputils-extension:notification":
    {"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": false},
  "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}
}
"""


def main():
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (>&-)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(encoding="utf-8", errors="backslashreplace")
    for name in ("SIGTERM", "SIGHUP"):  # children end, too
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda n, _: sys.exit(128 + n))
    os.chdir(ROOT)
    commands = {
        "lab": lab, "test": test, "notebooks": lessons, "claims": lessons,
        "student": lessons, "slides": lessons, "style": style, "explore": explore,
        "train": train,
    }  # fmt: skip
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        asked_for_help = sys.argv[1:] in ([], ["-h"], ["--help"], ["help"])
        print(__doc__.strip())
        if not asked_for_help:
            print(
                f"\nThere is no command {sys.argv[1]!r}; the commands are listed above."
            )
        return 0 if asked_for_help else 2
    try:
        return commands[sys.argv[1]](sys.argv[2:])
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is saved.")
        return 130


# What the commands do


def lab(arguments):
    set_up()
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={ROOT}",
        *LAB_OPTIONS,
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    print(
        "JupyterLab opens at lesson 0; to stop it, press Ctrl-C here twice.", flush=True
    )
    return run("-m", "jupyterlab", *options, *arguments)


def test(arguments):
    set_up()
    return run("-m", "course", "test", *arguments)


def style(arguments):
    set_up()
    failed = run("-m", "ruff", "check", *arguments)
    failed |= run("-m", "ruff", "format", "--check", *arguments)
    return 1 if failed else 0


def lessons(arguments):
    set_up()
    return run("-m", "course", sys.argv[1], *arguments)


def explore(arguments):
    set_up()
    return run("-m", "gan_utils.widgets.explorer.serve", *arguments)


def train(arguments):
    set_up()
    return run("-m", "gan_utils.train", *arguments)


def run(*arguments, **environment):
    """Run the environment's Python; everything it writes stays inside this folder.

    What takes paths runs where it was called, so that a path means what the caller
    means. A command that has nothing left to do becomes its child: signals then reach
    it as they are, and what it returns is what the caller gets.
    """
    command = [str(PYTHON), *arguments]
    full = {**own_places(), **os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"}
    full |= {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    full["PATH"] = f"{BIN}{os.pathsep}{full.get('PATH', '')}"
    where = ROOT
    if sys.argv[1] in ("train", "explore", "student", "slides", "claims"):
        where = CALLED_FROM
        full["PYTHONSAFEPATH"] = "1"  # import nothing that lies there
        others = filter(None, [full.get("PYTHONPATH")])
        full["PYTHONPATH"] = os.pathsep.join([str(ROOT), *others])
    if os.name == "posix" and sys.argv[1] not in ("test", "style"):
        os.chdir(where)
        sys.stdout.flush()
        if sys.argv[1] in ("train", "explore"):  # they answer Ctrl-C when they can
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.execve(PYTHON, command, full)
    with subprocess.Popen(command, cwd=where, env=full) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the console of Windows has told the child, too
                if os.name != "nt":
                    child.send_signal(signal.SIGINT)
            except SystemExit:
                child.terminate()
                raise


def own_places():
    """Where Jupyter and others keep their files: in .cache, or where one can write."""
    inside = {
        "JUPYTER_CONFIG_DIR": "jupyter/config", "JUPYTER_DATA_DIR": "jupyter/data",
        "JUPYTER_RUNTIME_DIR": "jupyter/runtime", "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "jupyter/lab/settings",
        "JUPYTERLAB_WORKSPACES_DIR": "jupyter/lab/workspaces", "MPLCONFIGDIR": "matplotlib",
    }  # fmt: skip
    try:
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=CACHE):
            place = CACHE
    except OSError:
        place = Path(tempfile.mkdtemp(prefix="gan-course-"))
        print(f"{ROOT} cannot be written to: settings and caches go to {place}.")
    return {name: str(place / folder) for name, folder in inside.items()}


# The set-up


def set_up():
    """Make .venv hold exactly what requirements.txt says; seconds when it already does."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        stop(
            f"This is Python {platform.python_version()}, and the course needs "
            f"{dotted(OLDEST)} to {dotted(NEWEST)}: call run.py with one of those, "
            f"for instance python{dotted(OLDEST)} run.py lab."
        )
    wanted = fingerprint()
    if READY.is_file() and READY.read_text() == wanted and PYTHON.exists():
        return
    begin = time.time()
    gpu = has_nvidia_gpu()
    needed = 12 if gpu else 4
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < needed:
        stop(
            f"The set-up needs {needed} GB of disk; {ROOT} has {free:.1f} GB: free some space."
        )
    print(
        "Setting up in .venv (first time only; some minutes, most of it download) ...",
        flush=True,
    )
    make_venv()
    if sys.platform == "linux" and not gpu and answers(CPU_BUILDS):
        print(
            "  no NVIDIA GPU found: taking the small CPU build of PyTorch", flush=True
        )
        pip("--no-deps", "--index-url", CPU_BUILDS, torch_pin(), must=False)
    print("  installing what requirements.txt lists", flush=True)
    pip("-r", "requirements.txt")
    print("  installing gan_utils", flush=True)
    pip("--no-deps", "--no-build-isolation", "--no-index", "-e", ".")
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(LAB_OVERRIDES)
    READY.write_text(wanted)
    print(f"Set up in {time.time() - begin:.0f} s.", flush=True)


def fingerprint():
    """What the environment depends on; a change of any of it means a new set-up."""
    parts = [
        (ROOT / name).read_bytes()
        for name in ("requirements.txt", "pyproject.toml", "run.py")
    ]
    parts.append(f"{sys.version_info[:2]} {ROOT}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_venv():
    """A fresh environment: leftovers of an interrupted set-up are cleared away."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        capture_output=True,
        text=True,
    )
    if made.returncode == 0:
        return
    output = made.stdout + made.stderr
    if "ensurepip" in output or "No module named venv" in output:
        stop(
            "Python's venv module is missing or incomplete: install it (on Debian and Ubuntu "
            "`sudo apt install python3-venv`) and call this again."
        )
    stop(f"The virtual environment could not be made: {last_line(output)}")


def pip(*arguments, must=True):
    """pip install, its downloads cached inside this folder; stops with a sentence on failure."""
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    command += ["--cache-dir", str(CACHE / "pip"), "--retries", "2", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0 or not must:
        return
    output = done.stdout + done.stderr
    CACHE.mkdir(exist_ok=True)
    (CACHE / "install.log").write_text(output)
    if "No space left" in output:
        reason = "the disk is full; free some space"
    elif any(sign in output for sign in ("NewConnectionError", "NameResolution", "Max retries",
                                         "ConnectTimeout", "ReadTimeout")):  # fmt: skip
        reason = (
            "the package index cannot be reached; the first set-up needs the network"
        )
    else:
        reason = last_line(output)
    stop(
        f"The installation failed: {reason}. Call this again to retry; details: .cache/install.log"
    )


def has_nvidia_gpu():
    return bool(shutil.which("nvidia-smi")) and not subprocess.call(
        ["nvidia-smi"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def answers(url, seconds=4):
    """Does the server answer in time? Name look-up included, which has no limit of its own."""
    reached = []

    def ask():
        try:
            with urllib.request.urlopen(f"{url}/torch/", timeout=seconds) as reply:
                reached.append(reply.status == 200)
        except OSError:
            pass

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return reached == [True]


def torch_pin():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith("torch=="))


def dotted(version):
    return ".".join(map(str, version))


def last_line(text):
    return (
        [line for line in text.strip().splitlines() if line] or ["no reason given"]
    )[-1]


def stop(sentence):
    sys.exit(f"run.py: {sentence}")


if __name__ == "__main__":
    sys.exit(main())
