"""Shipped weights: a safetensors file and, beside it, a card that says how it was made."""

import contextlib
import hashlib
import json
import os
import subprocess
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, save

from gan_utils.data import CHECKOUT, INSTALLED, ROOT
from gan_utils.latent import Direction
from gan_utils.networks import (
    ColourGenerator,
    ConditionalGenerator,
    DCGANGenerator,
    StyleGenerator,
)

CHECKPOINTS = ROOT / "data" / "checkpoints"
NETWORKS = {
    "DCGANGenerator": DCGANGenerator,
    "ConditionalGenerator": ConditionalGenerator,
    "ColourGenerator": ColourGenerator,
    "StyleGenerator": StyleGenerator,
}


def save_checkpoint(module, name, card, folder=CHECKPOINTS):
    """Write ``name.safetensors`` and ``name.json``.

    Args:
        module: the network whose state is saved.
        name: file name without its ending.
        card: what made the weights and what they score; the file's hash is added.
    """
    weights = {key: value.contiguous() for key, value in module.state_dict().items()}
    content = save(weights)
    card = {**card, "sha256": _digest(content)}
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    path = Path(folder) / f"{name}.safetensors"
    write_whole(
        {
            path: content,
            path.with_suffix(".json"): text.encode("utf-8", "backslashreplace"),
        }
    )


def write_whole(contents):
    """Write files so that under their names there is always a whole one, old or new.

    Each is written beside its place, forced to the disk, and renamed only when all of
    them are written.

    Args:
        contents: {path: bytes}; folders are made if missing.
    Raises:
        OSError: the disk is full or refuses; the files are as they were before.
    """
    parts = {path: path.with_name(path.name + ".part") for path in contents}
    renamed = False
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(parts[path], "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, part in parts.items():
            os.replace(part, path)
            renamed = True
            _sync_folder(path.parent)
    except OSError as error:
        for part in parts.values() if not renamed else ():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _sync_folder(folder):
    """Force the folder's own entry to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_card(checkpoint, folder=CHECKPOINTS):
    """The card of a checkpoint as a dictionary.

    Args:
        checkpoint: its name, or the path of its .safetensors file.
        folder: where to look for a name.
    Raises:
        FileNotFoundError: there is no such card; the message lists those there are.
        ValueError: the card is damaged.
    """
    path = _card_path(_weights_path(checkpoint, folder))
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        hint = f"; {INSTALLED}" if path.parent == CHECKPOINTS and not CHECKOUT else ""
        raise FileNotFoundError(
            f"{path} is missing: weights need the card that save_checkpoint writes beside "
            f"them; cards in this folder: {known}{hint}"
        )
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: it is not JSON ({error}).") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path} is no card: it must be a JSON object.")
    return card


def _card_path(weights):
    """The card beside weights; the new one where a save was cut off between the two."""
    fresh = weights.with_suffix(".json.part")
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        if json.loads(fresh.read_bytes())["sha256"] == _digest(weights.read_bytes()):
            return fresh
    return weights.with_suffix(".json")


def _digest(content):
    return hashlib.sha256(content).hexdigest()


def _weights_path(checkpoint, folder=CHECKPOINTS):
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
        ValueError: the file is damaged, altered, or belongs to another network; or it
            holds numbers that are not finite.
    """
    tensors = _read_weights(_weights_path(name, folder), read_card(name, folder))
    return _fill(module, tensors, _weights_path(name, folder))


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
    path, card = _weights_path(checkpoint), read_card(checkpoint)
    kind, sizes = _described(card, path)
    tensors = _read_weights(path, card)
    with torch.device("meta"):  # takes no memory, whatever size a card names
        _check_fit(_made(kind, sizes, path), tensors, path)
    generator = _fill(_made(kind, sizes, path), tensors, path)
    generator.checkpoint = str(checkpoint)
    return generator


def shipped_directions(checkpoint):
    """The named directions in a generator's card: a list of ``Direction``.

    Raises:
        FileNotFoundError, ValueError: as for ``read_card``, or an entry is not what
            ``Direction`` says.
    """
    path, card = _weights_path(checkpoint), read_card(checkpoint)
    entries = card.get("directions", [])
    if not isinstance(entries, list):
        raise ValueError(f"The card of {path} must give directions as a list.")
    return [_direction(entry, card, path) for entry in entries]


def _direction(entry, card, path):
    try:
        words = entry["name"], entry["low"], entry["high"]
        vector, classes = torch.tensor(entry["vector"]).float(), entry.get("classes")
        of_words = all(isinstance(word, str) for word in words)
        of_numbers = classes is None or all(_whole(n, 0, 4095) for n in classes)
        right = vector.shape == (card.get("latent_dim"),) and vector.isfinite().all()
    except (TypeError, KeyError, ValueError, AttributeError, RuntimeError):
        right = of_words = of_numbers = False
    if not (right and of_words and of_numbers):
        raise ValueError(
            f"The card of {path} has a direction that is none: each needs name, low and "
            f"high in words, a vector of latent_dim numbers, and classes as a list of "
            "whole numbers, or none."
        )
    return Direction(*words, vector, tuple(classes) if classes else None)


def _described(card, path):
    """The class of network that a card describes, and its sizes."""
    name = card.get("network")
    kind = NETWORKS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(
            f"The card of {path} names the network {name!r}; the course "
            f"knows {' and '.join(NETWORKS)}."
        )
    sizes = {name: card.get(name) for name in ("latent_dim", "width")}
    if kind in (ConditionalGenerator, StyleGenerator):
        sizes["classes"] = card.get("classes", 10)
    if kind is ColourGenerator:
        sizes["size"] = card.get("size", 64)
    for name, value in sizes.items():
        if not _whole(value, 1, 4096):
            raise ValueError(
                f"The card of {path} must give {name} as a whole number from 1 to 4096; "
                f"it says {value!r}."
            )
    if kind in (ConditionalGenerator, DCGANGenerator):
        sizes["refine"] = card.get("refine", False)
        if not isinstance(sizes["refine"], bool):
            raise ValueError(
                f"The card of {path} must give refine as true or false; it says "
                f"{sizes['refine']!r}."
            )
    return kind, sizes


def _whole(value, low, high):
    return type(value) is int and low <= value <= high


def _made(kind, sizes, path):
    try:
        return kind(**sizes)
    except ValueError as error:
        raise ValueError(
            f"The card of {path} does not fit its network: {error}"
        ) from error


def _read_weights(path, card):
    """The tensors of a file of weights that is the one of its card, all finite."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing, only its card is there: {_remedy(path)}"
        )
    content = path.read_bytes()
    if "sha256" in card and _digest(content) != card["sha256"]:
        raise ValueError(
            f"{path} is not the file its card describes (SHA-256 differs): "
            f"{_remedy(path)}"
        )
    try:
        tensors = load(content)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"{path} does not fit: {_first_line(error)}") from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.float().isfinite().all():
            raise ValueError(
                f"{path} holds numbers that are not finite, in {name}: the training "
                "that made it diverged; take weights from before that."
            )
        if name.endswith("running_var") and (tensor.float() < 0).any():
            raise ValueError(
                f"{path} holds negative variances, in {name}: it draws nothing but NaN; "
                f"{_remedy(path)}"
            )
    return tensors


def _fill(module, tensors, path):
    """The module in eval mode with the tensors as its state."""
    _check_fit(module, tensors, path)
    module.load_state_dict(tensors)
    return module.eval()


def _check_fit(module, tensors, path):
    """Raise ValueError unless names, shapes and kinds of number are the module's."""
    here, there = (
        {name: (tuple(x.shape), x.is_floating_point()) for name, x in state.items()}
        for state in (module.state_dict(), tensors)
    )
    for name in sorted({*here, *there}):
        if here.get(name) != there.get(name):
            there_is, here_is = there.get(name, "missing"), here.get(name, "missing")
            raise ValueError(
                f"{path} does not fit {type(module).__name__}: {name} is {there_is} in "
                f"the file and {here_is} in the network (shape, floating point)."
            )


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0]


def _remedy(path):
    """What brings back weights or a card: git for the course's own, a copy for others."""
    asked = ["git", "-C", str(ROOT), "ls-files", "--error-unmatch", str(path)]
    try:
        ours = subprocess.run(asked, capture_output=True).returncode == 0
    except OSError:
        ours = False
    if ours:
        name = path.resolve().relative_to(ROOT).with_suffix("").as_posix()
        return f"restore both with `git checkout -- {name}.*`"
    return "restore it from a copy of your own, or make both anew"
