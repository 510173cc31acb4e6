"""Fashion-MNIST from the four original files in ``data/fashion-mnist``."""

import gzip
import hashlib
import zlib
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]  # of the course, wherever a notebook runs
FASHION_MNIST = ROOT / "data" / "fashion-mnist"
CLASSES = (
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60_000),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10_000),
}
CHECKOUT = (ROOT / "run.py").is_file()  # false where pip has copied the package alone
INSTALLED = (
    "this copy of gan_utils was installed without the course's data: take it from a "
    "checkout of the course (python3 run.py, or pip install -e . there)"
)
_REMEDY = "restore it with `git checkout -- data/fashion-mnist`"


def fashion_mnist(split="train", folder=FASHION_MNIST):
    """Read Fashion-MNIST, checking every file against its SHA-256 sum.

    Args:
        split: "train" (60,000 pictures) or "test" (10,000 pictures).
        folder: where the four gzip files and SHA256SUMS lie.
    Returns:
        images: uint8 (N, 1, 28, 28) in [0, 255], 0 is the background.
        labels: int64 (N,) in [0, 9], names in ``CLASSES``.
    Raises:
        ValueError: split is neither "train" nor "test".
        FileNotFoundError: a file is missing.
        OSError: a file is truncated or altered.
    Source:
        Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747. MIT licence.
    """
    if split not in _FILES:
        raise ValueError(f'split must be "train" or "test"; got {split!r}')
    image_file, label_file, count = _FILES[split]
    pixels = np.frombuffer(_read(Path(folder), image_file), np.uint8, offset=16)
    labels = np.frombuffer(_read(Path(folder), label_file), np.uint8, offset=8)
    images = torch.from_numpy(pixels.reshape(count, 1, 28, 28).copy())
    return images, torch.from_numpy(labels.astype(np.int64))


def to_float(images):
    """Map uint8 pixels in [0, 255] to float32 in [-1, 1], the range of tanh."""
    return images.float().div_(127.5).sub_(1.0)


def _read(folder, name):
    """The uncompressed bytes of one file whose SHA-256 sum is right."""
    path, sums = folder / name, folder / "SHA256SUMS"
    for needed in (path, sums):
        if not needed.is_file():
            remedy = _REMEDY if CHECKOUT else INSTALLED
            raise FileNotFoundError(f"{needed} is missing: {remedy}")
    content = path.read_bytes()
    expected = dict(line.split()[::-1] for line in sums.read_text().splitlines())
    if hashlib.sha256(content).hexdigest() != expected.get(name):
        try:
            gzip.decompress(content)
            state = "altered: its SHA-256 sum is not the one in SHA256SUMS"
        except (EOFError, OSError):
            state = f"truncated or damaged ({len(content):,} bytes do not unpack)"
        raise OSError(f"{path} is {state}; {_REMEDY}")
    return zlib.decompress(content, wbits=31)
