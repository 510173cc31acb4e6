"""Shipped weights: a safetensors file and, beside it, a card that says how it was made."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save

from gan_utils.data import ROOT
from gan_utils.latent import Direction
from gan_utils.networks import ColourGenerator, ConditionalGenerator, DCGANGenerator

CHECKPOINTS = ROOT / "data" / "checkpoints"
NETWORKS = {
    "DCGANGenerator": DCGANGenerator,
    "ConditionalGenerator": ConditionalGenerator,
    "ColourGenerator": ColourGenerator,
}


def write_whole(path, content):
    """Write a file so that there is a whole one under its name at every moment.

    It is written beside its place, forced to the disk and then renamed.

    Args:
        path: its folder is made if missing.
        content: bytes.
    Raises:
        OSError: the disk is full or refuses; an earlier file is untouched.
    """
    path = Path(path)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        if os.name != "nt":  # the folder's own entry
            handle = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def save_checkpoint(module, name, card, folder=CHECKPOINTS):
    """Write ``name.safetensors`` and ``name.json``.

    Args:
        module: the network whose state is saved.
        name: file name without its ending.
        card: what made the weights and what they score; the file's hash is added.
    """
    weights = {key: value.contiguous() for key, value in module.state_dict().items()}
    content = save(weights)
    folder = Path(folder)
    write_whole(folder / f"{name}.safetensors", content)
    card = {**card, "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(card, indent=2, ensure_ascii=False)
    write_whole(folder / f"{name}.json", (text + "\n").encode())


def read_card(checkpoint, folder=CHECKPOINTS):
    """The card of a checkpoint as a dictionary.

    Args:
        checkpoint: its name, or the path of its .safetensors file.
        folder: where to look for a name.
    Raises:
        FileNotFoundError: there is no such card; the message lists those there are.
        ValueError: the card is damaged.
    """
    path = weights_path(checkpoint, folder).with_suffix(".json")
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"{path} is missing: weights need the card that save_checkpoint writes beside "
            f"them; cards in this folder: {known}"
        )
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: it is not JSON ({error}).") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path} is no card: it must be a JSON object.")
    return card


def weights_path(checkpoint, folder=CHECKPOINTS):
    """The file that a name or a path means."""
    if str(checkpoint).endswith(".safetensors"):
        return Path(checkpoint)
    return Path(folder) / f"{checkpoint}.safetensors"


def load_checkpoint(module, name, folder=CHECKPOINTS):
    """Fill a network with shipped weights and set it to eval mode.

    Args:
        module: a network of the shape that the card names.
        name: file name without its ending.
    Returns:
        The same module.
    Raises:
        FileNotFoundError: no such checkpoint.
        ValueError: the file is damaged, altered, or belongs to another network.
    """
    expected = read_card(name, folder)["sha256"]
    path = Path(folder) / f"{name}.safetensors"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: {_remedy(path)}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(
            f"{path} is not the file its card describes (SHA-256 differs): {_remedy(path)}"
        )
    try:
        module.load_state_dict(load(content))
    except (RuntimeError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not fit {type(module).__name__}: {reason}"
        ) from error
    return module.eval()


def _remedy(path):
    """What to do about weights that are gone or do not belong to their card."""
    if path.parent.resolve() == CHECKPOINTS.resolve():
        return "restore it with `git checkout -- data/checkpoints`"
    return "copy both files anew, or run again the command that its card names"


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
    card = read_card(checkpoint)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; only its card is there.")
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
        for entry in read_card(checkpoint).get("directions", [])
    ]  # fmt: skip


def _network(card, path):
    """The untrained network that a card describes."""
    kind = NETWORKS.get(card.get("network"))
    if kind is None:
        raise ValueError(
            f"The card of {path} names the network {card.get('network')!r}; the course "
            f"knows {' and '.join(NETWORKS)}."
        )
    sizes = {name: card.get(name) for name in ("latent_dim", "width")}
    if kind is ConditionalGenerator:
        sizes["classes"] = card.get("classes", 10)
    if kind is ColourGenerator:
        sizes["size"] = card.get("size", 64)
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
    if kind is ColourGenerator:
        return kind(**sizes)
    return kind(**sizes, refine=card.get("refine") is True)


def _load_unhashed(generator, path):
    try:
        generator.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (RuntimeError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not fit {type(generator).__name__}: {reason}"
        ) from error
