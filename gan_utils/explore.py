"""The explorer as a web app: ``python -m gan_utils.explore [FILE.safetensors]``."""

import argparse
import sys
from pathlib import Path

from gan_utils import webapp
from gan_utils.checkpoints import load_generator, shipped_directions

DEFAULT = "explorer_conditional"
HELP = (
    "a .safetensors file with its card beside it, or the name of a shipped checkpoint"
)


def main(arguments=None):
    """Check the checkpoint, then serve until Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(prog="run.py explore", description=__doc__)
    parser.add_argument("checkpoint", nargs="?", help=HELP)
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
    options = parser.parse_args(arguments)
    checkpoint = options.checkpoint or DEFAULT
    if str(checkpoint).endswith(".safetensors"):
        checkpoint = Path(checkpoint).resolve()
    try:
        load_generator(checkpoint)
        shipped_directions(checkpoint)
    except (OSError, ValueError) as error:
        print(f"explore: {error}", file=sys.stderr)
        return 1
    return webapp.serve(checkpoint, options.port, not options.no_browser)


if __name__ == "__main__":
    sys.exit(main())
