"""Files of ``data/``, read only if they are what was shipped."""

import hashlib
from pathlib import Path

from gan_utils.data import CHECKOUT, INSTALLED


def checked(folder, name):
    """The bytes of one file whose sum stands in the folder's SHA256SUMS.

    Args:
        folder: in ``data/``, with a file SHA256SUMS as ``sha256sum`` writes it.
        name: the file's path in it.
    Raises:
        FileNotFoundError: the file or the sums are missing.
        OSError: the file is damaged or altered.
    """
    folder = Path(folder)
    remedy = f"restore it with `git checkout -- data/{folder.name}`"
    path, sums = folder / name, folder / "SHA256SUMS"
    for needed in (path, sums):
        if not needed.is_file():
            raise FileNotFoundError(
                f"{needed} is missing: {remedy if CHECKOUT else INSTALLED}"
            )
    content = path.read_bytes()
    expected = dict(line.split()[::-1] for line in sums.read_text().splitlines())
    if hashlib.sha256(content).hexdigest() != expected.get(name):
        raise OSError(
            f"{path} is damaged or altered ({len(content):,} bytes): its SHA-256 sum is "
            f"not the one in SHA256SUMS; {remedy if CHECKOUT else INSTALLED}"
        )
    return content
