"""A folder of anybody's pictures -> those that can be used, and a word on every other file.

Nothing in the folder is trusted: a file is looked at before it is opened, its header is
read before its pixels, and one bad file never ends the reading of the rest.
"""

import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d
from tqdm import tqdm

from gan_utils.images.files import Unusable, files_below, read_picture

CLOSE = 0.02  # root mean squared difference of two thumbnails, of the range [0, 1]
SIDE = 8  # pixels a side of a thumbnail
CHUNK = 500  # rows of a distance matrix held at a time


def group_near(images, close=CLOSE):
    """Number groups of pictures that are nearly the same: other sizes, or re-encoded.

    Two pictures are near when their thumbnails of 8 x 8 pixels differ by less than
    ``close`` at root mean square; what is near the same picture is one group.

    Args:
        images: uint8 (N, 3, H, W).
        close: in [0, 1].
    Returns:
        int64 (N,): the number of each picture's group, that of its first member.
    """
    parts = (part.float() / 255 for part in images.split(CHUNK))
    small = torch.cat([adaptive_avg_pool2d(part, SIDE).flatten(1) for part in parts])
    limit = close * small.shape[1] ** 0.5
    groups = torch.arange(len(small))
    for first in range(0, len(small), CHUNK):
        near = torch.cdist(small[first : first + CHUNK], small) < limit
        for row in near:
            met = groups[row].unique()
            if len(met) > 1:
                groups[torch.isin(groups, met)] = met[0]
    return groups


SUM = 12  # hexadecimal digits of a file's sum that a card keeps
SMALLEST = 32  # pixels: the least shorter side of a picture
FEWEST = 16  # usable pictures without which there is nothing to learn from
PROGRESS_FROM = 500  # files from which on a bar shows how far the reading is


class Rejected(NamedTuple):
    """A file that is not used: its path inside the folder, and why, in one sentence."""

    path: str
    reason: str


class Folder(NamedTuple):
    """What a folder holds.

    Attributes:
        images: uint8 (N, 3, size, size), in the order of their names.
        names: of the N pictures, paths inside the folder.
        rejected: a ``Rejected`` for every other file.
        sides: int64 (N,), the shorter side of each picture as it was, in pixels.
        groups: int64 (N,); pictures of one number are nearly the same picture.
        notes: sentences on what was changed: first frames, 16 bits, CMYK and the like.
        sums: of the N files, the beginnings of their SHA-256 sums.
    """

    images: torch.Tensor
    names: list
    rejected: list
    sides: torch.Tensor
    groups: torch.Tensor
    notes: list
    sums: list = ()

    def report(self, most=20):
        """What was found, in plain lines; beyond so many rejected files, by reason."""
        near = len(self.names) - len(self.groups.unique())
        lines = [
            f"{len(self.names):,} pictures can be used, {len(self.rejected):,} files not."
        ]
        lines += _by_reason(self.rejected, most)
        if near:
            lines.append(
                f"{near:,} pictures are nearly the same as another; all are kept."
            )
        return "\n".join([*lines, *self.notes])


def read_folder(folder, size=64, *, fewest=FEWEST, progress=True):
    """Read all pictures below a folder, cut to a square in the middle and made small.

    Args:
        folder: its path; folders inside it are read too, hidden files and links are not.
        size: of a side of the pictures returned, in pixels.
        fewest: usable pictures that there must be.
        progress: show a bar where there are many files and a terminal.
    Returns:
        A ``Folder``.
    Raises:
        ValueError: the folder is missing, is none, cannot be read, or holds too few
            usable pictures; one sentence says which.
    """
    folder = _existing(folder)
    found, rejected = files_below(folder)
    rejected = [Rejected(shown(path), why) for path, why in rejected]
    pictures, names, sides, sums, changes, first_of = [], [], [], [], {}, {}
    quiet = not (progress and len(found) >= PROGRESS_FROM and sys.stderr.isatty())
    for path in tqdm(found, "reading", disable=quiet, unit="file"):
        name = shown(path.relative_to(folder))
        try:
            pixels, side, change = read_picture(path, size, SMALLEST)
        except Unusable as problem:
            rejected.append(Rejected(name, str(problem)))
            continue
        digest = hashlib.sha256(pixels).digest()
        if digest in first_of:
            reason = (
                f"it is the same picture as {first_of[digest]}; one of them is enough."
            )
            rejected.append(Rejected(name, reason))
            continue
        first_of[digest] = name
        pictures.append(pixels)
        names.append(name)
        sides.append(side)
        sums.append(hashlib.sha256(path.read_bytes()).hexdigest()[:SUM])
        for word in change:
            changes.setdefault(word, []).append(name)
    if len(names) < fewest:
        raise ValueError(_too_few(folder, len(names), fewest, rejected))
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    notes = [
        f"{len(of):,} of those used: {word} ({of[0]}{', ...' if of[1:] else ''})."
        for word, of in sorted(changes.items())
    ]
    groups = group_near(images)
    sides = torch.tensor(sides)
    return Folder(images, names, sorted(rejected), sides, groups, notes, sums)


def shown(path):
    """A path in characters that any terminal can print."""
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path)
    )


def split(folder, share=0.15, seed=0):
    """Numbers of the pictures to train on, and of those held out.

    Nearly equal pictures stay on the same side, so that none is in training that
    also judges it. A group larger than the share trains whole.

    Args:
        folder: a ``Folder``.
        share: of the pictures to hold out, in (0, 1).
        seed: of the choice.
    Returns:
        Two int64 tensors, sorted.
    Raises:
        ValueError: the pictures are so alike that none can be held out.
    """
    groups, sizes = folder.groups.unique(return_counts=True)
    most = share * len(folder.names)
    order = torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed))
    order = order[sizes[order] <= max(most, 1)]
    if not len(order) or len(groups) == 1:
        raise ValueError(
            f"The {len(folder.names):,} pictures are nearly the same as each other: add "
            "different ones, so that some can be held out."
        )
    before = sizes[order].cumsum(0) - sizes[order]
    chosen = groups[order[before < most]]
    held_out = torch.isin(folder.groups, chosen)
    return (~held_out).nonzero()[:, 0], held_out.nonzero()[:, 0]


def written_split(folder, seen, unseen):
    """A split as a card keeps it, for ``read_split``: by name and sum of the files."""
    return {
        "held out": {folder.names[k]: folder.sums[k] for k in unseen.tolist()},
        "trained on": " ".join(folder.sums[k] for k in seen.tolist()),
    }


def read_split(folder, card):
    """Which pictures a generator was trained on, and which were held out, by its card.

    Files are known by their content, so they may have other names by now; a file that
    the card does not know is on neither side.

    Args:
        folder: a ``Folder``.
        card: what ``written_split`` is part of.
    Returns:
        Two int64 tensors of picture numbers, and sentences on files gone, changed or new.
    Raises:
        ValueError: the card does not say, or nothing that it held out is there.
    """
    held_out, trained = card.get("held out"), card.get("trained on")
    if not isinstance(held_out, dict) or not isinstance(trained, str):
        raise ValueError(
            "The card does not say which pictures were held out, and a new split would "
            "count pictures as new that the network has seen: train again, or name a "
            "folder of pictures that were kept out of the training."
        )
    sides = [set(trained.split()), set(held_out.values())]
    seen, unseen = (
        torch.tensor(
            [k for k, x in enumerate(folder.sums) if x in side], dtype=torch.int64
        )
        for side in sides
    )
    gone = [name for name, x in held_out.items() if x not in folder.sums]
    changed = [name for name in gone if name in folder.names]
    gone = [name for name in gone if name not in folder.names]
    new = [n for n, x in zip(folder.names, folder.sums) if x not in sides[0] | sides[1]]
    new = [name for name in new if name not in changed]
    notes = [
        f"{len(names):,} {words} ({names[0]}{', ...' * (len(names) > 1)}): left out."
        for names, words in (
            (gone, "held-out pictures are gone"),
            (changed, "held-out pictures were changed since the training"),
            (new, "pictures are new since the training, or changed"),
        )
        if names
    ]
    if not len(unseen):
        raise ValueError(
            f"None of the {len(held_out):,} pictures that the card lists as held out is in "
            "the folder: name the folder that the network was trained on."
        )
    return seen, unseen, notes


def _by_reason(rejected, most):
    """A line a rejected file, or where there are many a line a reason."""
    if len(rejected) <= most:
        return [f"  {path}: {reason}" for path, reason in rejected]
    paths = {}
    for path, reason in rejected:
        paths.setdefault(reason, []).append(path)
    lines = [
        f"  {of[0]}{f' and {len(of) - 1:,} more' if of[1:] else ''}: {reason}"
        for reason, of in sorted(paths.items(), key=lambda item: -len(item[1]))
    ]
    left = len(lines) - most
    return lines[:most] + [f"  ... and {left:,} other reasons."] * (left > 0)


def _existing(folder):
    """The folder's path, once it is one that can be listed."""
    try:
        path = Path(folder).expanduser()
        if not path.exists():
            raise ValueError(
                f"There is no folder {shown(path.absolute())}: check its name."
            )
        if not path.is_dir():
            raise ValueError(f"{shown(path)} is a file: name the folder that it is in.")
        next(path.iterdir(), None)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise ValueError(
            f"The folder {shown(folder)} cannot be read ({reason}): check its name and "
            "its permissions."
        ) from error
    return path


def _too_few(folder, usable, fewest, rejected):
    """Why a folder cannot be used, in a sentence."""
    if not usable and not rejected:
        return f"The folder {shown(folder)} is empty: put at least {fewest} pictures into it."
    example = ""
    if rejected:
        path, reason = sorted(rejected)[0]
        example = f"; for instance {path}: {reason.rstrip('.')}"
    return (
        f"The folder {shown(folder)} holds {usable} usable picture{'s' * (usable != 1)} "
        f"and {len(rejected)} other file{'s' * (len(rejected) != 1)}, and at least "
        f"{fewest} pictures are needed{example}."
    )
