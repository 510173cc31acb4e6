"""Shipped weights: a safetensors file and, beside it, a card that says how it was made."""

import hashlib
import json
from pathlib import Path

import safetensors
from safetensors.torch import load, save

CHECKPOINTS = Path(__file__).resolve().parent.parent / "data" / "checkpoints"


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
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.safetensors").write_bytes(content)
    card = {**card, "sha256": hashlib.sha256(content).hexdigest()}
    text = json.dumps(card, indent=2, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read_card(name, folder=CHECKPOINTS):
    """The card of a checkpoint as a dictionary.

    Raises:
        FileNotFoundError: there is no such checkpoint; the message lists those there are.
    """
    path = Path(folder) / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in Path(folder).glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"no checkpoint {name!r} in {folder}; there are: {known}"
        )
    return json.loads(path.read_text(encoding="utf-8"))


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
        raise FileNotFoundError(
            f"{path} is missing: restore it with `git checkout -- {path}`"
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(
            f"{path} is not the file its card describes (SHA-256 differs): "
            f"restore both with `git checkout -- data/checkpoints`"
        )
    try:
        module.load_state_dict(load(content))
    except (RuntimeError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not fit {type(module).__name__}: {reason}"
        ) from error
    return module.eval()
