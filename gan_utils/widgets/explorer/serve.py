"""The explorer as a web app, on this machine alone: ``python3 run.py explore [FILE]``.

Also what JupyterLab needs for prompt sliders. Nothing here imports torch before it is
used, since Jupyter's own server imports this file.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_server.services.kernels.connection.channels import (
    ZMQChannelsWebsocketConnection,
)

from gan_utils.engine import shell

DEFAULT = "styles"
_HELP = (
    "a .safetensors file with its card beside it, or the name of a shipped checkpoint"
)
_IDLE_SECONDS = 600  # after which a kernel that no page shows is shut down
_CELL = """from gan_utils.checkpoints import load_generator, shipped_directions
from gan_utils.widgets.explorer.serve import page

page(load_generator({0!r}), shipped_directions({0!r}))"""
_TEMPLATE = """{%- extends 'voila/templates/lab/index.html.j2' -%}
{%- block notebook_css -%}
{#- Voilà takes icon fonts from another machine; its own files hold what is needed. -#}
{{ super() | replace('rel="stylesheet" href="https:', 'rel="unused" href="https:') }}
<style>
  body { padding: 0 }
  #rendered_cells { max-width: 900px; margin: 0 auto; padding: 18px 16px }
</style>
{%- endblock notebook_css -%}
"""
_INTRODUCTION = """<h1 style="font-size: 26px; font-weight: 600; margin: 4px 0 2px;
line-height: 1.2">Latent explorer</h1><p style="margin: 0 0 12px; font-size: 14px;
line-height: 1.4">A generator turns {count} numbers into a picture. Every control changes
these numbers. Everything runs on this machine.</p>"""


def page(generator, directions=()):
    """A heading and the explorer; what the web app's only cell shows."""
    import ipywidgets as widgets

    from gan_utils.widgets.explorer.explorer import Explorer
    from gan_utils.widgets.picture_mixer import PictureMixer

    text = widgets.HTML(_INTRODUCTION.format(count=generator.latent_dim))
    if hasattr(generator, "size"):  # colour pictures, which the explorer cannot show
        return widgets.VBox([text, PictureMixer(generator).box])
    explorer = Explorer(generator, directions)
    if hasattr(generator, "classes"):
        explorer.set("class", generator.classes - 1)  # the shipped ones' is ankle boot
        explorer.set("seed", 3)
    return widgets.VBox([text, explorer.box])


def serve(checkpoint, port=8866, browser=True):
    """Serve the explorer of a checkpoint until Ctrl-C; returns the exit code.

    Args:
        checkpoint: what ``checkpoints.load_generator`` takes.
        port: on 127.0.0.1; where it is taken, another one.
        browser: whether to open one.
    """
    port, token = free_port(port), secrets.token_urlsafe(16)
    print(
        f"The explorer is at http://127.0.0.1:{port}/?token={token}\n"
        "To stop it, press Ctrl-C here.",
        flush=True,
    )
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            notebook = write_app(folder, checkpoint)
            return run(command(notebook, port, browser, token), folder)
    except OSError as error:
        print(f"explore: {error}", file=sys.stderr)
        return 1


def free_port(port):
    """The port, or another one where something listens on it already."""
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1] if taken else port


def write_app(folder, checkpoint):
    """Write the notebook that Voilà serves, and its page; returns the notebook's path."""
    layout = Path(folder) / "voila" / "templates" / "explorer" / "index.html.j2"
    layout.parent.mkdir(parents=True)
    layout.write_text(_TEMPLATE, encoding="utf-8")
    (layout.parent / "conf.json").write_text('{"base_template": "lab"}')
    cell = nbformat.v4.new_code_cell(_CELL.format(str(checkpoint)))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook.metadata.update(kernelspec=kernel, title="Latent explorer")
    path = Path(folder) / "explorer.ipynb"
    nbformat.write(notebook, path)
    return path


def command(notebook, port, browser, token):
    """The command line that serves the notebook on this machine alone."""
    return [
        sys.executable,
        "-m",
        "voila",
        str(notebook),
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
        f"--token={token}",
        "--theme=light",
        "--template=explorer",
        f"--Voila.open_browser={browser}",
        f"--MappingKernelManager.cull_idle_timeout={_IDLE_SECONDS}",
        "--MappingKernelManager.cull_interval=60",
        "--Voila.kernel_websocket_connection_class=gan_utils.widgets.explorer.serve.PromptConnection",
    ]


def run(line, folder):
    """Run a server until it ends or this process is told to; returns its exit code."""
    path = os.pathsep.join([folder, os.environ.get("JUPYTER_PATH", "")]).strip(
        os.pathsep
    )
    environment = {**os.environ, "JUPYTER_PATH": path, "OMP_NUM_THREADS": "1"}
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        environment[name] = os.path.join(folder, name.lower())  # surely can be written
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    before = {n: signal.signal(n, lambda n, _: sys.exit(128 + n)) for n in numbers}
    server = subprocess.Popen(line, env=environment, cwd=folder)
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
        for number, handler in before.items():
            signal.signal(number, handler)


def _checkpoint(text):
    """A file of weights as a path, a shipped checkpoint by its name."""
    path = shell.path(text)
    return path if text.endswith(".safetensors") else text


def main(arguments=None):
    """Check the checkpoint, then serve until Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="run.py explore", allow_abbrev=False, description=__doc__
    )
    parser.add_argument("checkpoint", nargs="?", type=_checkpoint, help=_HELP)
    parser.add_argument("--port", type=shell.port, default=8866)
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
    options = parser.parse_args(arguments)
    checkpoint = options.checkpoint or DEFAULT
    try:
        from gan_utils.checkpoints import load_generator, shipped_directions  # slow

        load_generator(checkpoint)
        shipped_directions(checkpoint)
    except (OSError, ValueError) as error:
        print(f"explore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("explore: interrupted before the work began.", file=sys.stderr)
        return 130
    return serve(checkpoint, options.port, not options.no_browser)


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends every small message at once (TCP_NODELAY).

    Jupyter's server leaves Nagle's algorithm on: the second of two small messages waits for
    the acknowledgement of the first, which browsers delay by 40 ms. A slider's answer is
    such a second message. Used with
    ``--ServerApp.kernel_websocket_connection_class=gan_utils.widgets.explorer.serve.PromptConnection``.
    """

    def connect(self):
        """Connect the kernel's channels to the browser."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


if __name__ == "__main__":
    with shell.loading("explore"):
        import gan_utils.checkpoints  # noqa: F401  torch takes its time

    sys.exit(main())
