"""The explorer as a web app: ``python -m gan_utils.explore [FILE.safetensors]``."""

import argparse
import json
import sys
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from gan_utils import webapp
from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint
from gan_utils.conditional import ConditionalGenerator
from gan_utils.latent import Direction
from gan_utils.networks import DCGANGenerator

PREFERRED = ("explorer_conditional", "explorer_unconditional", "start_generator")
NETWORKS = {
    "DCGANGenerator": DCGANGenerator,
    "ConditionalGenerator": ConditionalGenerator,
}
HELP = (
    "a .safetensors file with its card beside it, or the name of a shipped checkpoint"
)


def default_checkpoint():
    """The best generator that came with the course."""
    return next(n for n in PREFERRED if (CHECKPOINTS / f"{n}.safetensors").is_file())


def load_generator(checkpoint):
    """A generator in eval mode from its weights and the card beside them.

    Args:
        checkpoint: the name of a shipped checkpoint, or the path of a .safetensors file.
            The card has the same name with .json and says network, latent_dim, width.
    Returns:
        The generator; its attribute ``checkpoint`` says where it comes from.
    Raises:
        FileNotFoundError: the weights or the card are missing.
        ValueError: the card or the weights are damaged, or do not fit each other.
    """
    path = weights_path(checkpoint)
    card = card_of(checkpoint)
    generator = _network(card, path)
    if "sha256" in card:
        load_checkpoint(generator, path.stem, path.parent)
    else:
        _load_unhashed(generator, path)
    generator.checkpoint = str(checkpoint)
    return generator.eval()


def shipped_directions(checkpoint):
    """The named directions in a generator's card: a list of ``Direction``."""
    return [
        Direction(
            entry["name"], entry["low"], entry["high"], torch.tensor(entry["vector"]),
            tuple(entry["classes"]) if entry.get("classes") else None,
        )
        for entry in card_of(checkpoint).get("directions", [])
    ]  # fmt: skip


def weights_path(checkpoint):
    """The file that a name or a path means."""
    if str(checkpoint).endswith(".safetensors"):
        return Path(checkpoint)
    return CHECKPOINTS / f"{checkpoint}.safetensors"


def card_of(checkpoint):
    """The card beside the weights, as a dictionary; see ``load_generator`` for errors."""
    path = weights_path(checkpoint)
    card = path.with_suffix(".json")
    for needed in (path, card):
        if not needed.is_file():
            raise FileNotFoundError(
                f"{needed} is missing: the explorer needs the weights and, beside them, "
                f"the card that gan_utils.checkpoints.save_checkpoint writes."
            )
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{card} is damaged: it is not JSON ({error}).") from error
    if not isinstance(content, dict):
        raise ValueError(f"{card} is no card: it must be a JSON object.")
    return content


def _network(card, path):
    """The untrained network that a card describes."""
    kind = NETWORKS.get(card.get("network"))
    if kind is None:
        raise ValueError(
            f"The card of {path} names the network {card.get('network')!r}; the explorer "
            f"knows {' and '.join(NETWORKS)}."
        )
    sizes = {name: card.get(name) for name in ("latent_dim", "width")}
    if kind is ConditionalGenerator:
        sizes["classes"] = card.get("classes", 10)
    for name, value in sizes.items():
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or not 1 <= value <= 4096
        ):
            raise ValueError(
                f"The card of {path} must give {name} as a whole number from 1 to 4096; "
                f"it says {value!r}."
            )
    return kind(**sizes, refine=card.get("refine") is True)


def _load_unhashed(generator, path):
    try:
        generator.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (RuntimeError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not fit {type(generator).__name__}: {reason}"
        ) from error


def main(arguments=None):
    """Check the checkpoint, then serve until Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(prog="run.py explore", description=__doc__)
    parser.add_argument("checkpoint", nargs="?", help=HELP)
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
    options = parser.parse_args(arguments)
    checkpoint = options.checkpoint or default_checkpoint()
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
