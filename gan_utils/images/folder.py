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
from torch.nn.functional import adaptive_avg_pool2d, interpolate
from tqdm import tqdm

from gan_utils.images.deep import eight_bits, range_of
from gan_utils.images.files import files_below, read_picture
from gan_utils.images.kinds import Unusable

_CLOSE = 0.02  # root mean squared difference of two thumbnails, of the range [0, 1]
SIDE, FINE = 8, 32  # pixels a side of a thumbnail, and of a finer one
FEW = 4  # pictures that are near by thumbnails, from which on detail is compared
NOISE = 0.002  # root mean squared detail that rounding and JPEG make, of [0, 1]
_SAME = 0.2  # difference of two copies over their detail: resizing and JPEG stay below
_CHUNK = 500  # rows of a distance matrix held at a time


def group_near(images, close=_CLOSE):
    """Number groups of pictures that are nearly the same: other sizes, or re-encoded.

    Two pictures are near when their thumbnails of 8 x 8 pixels differ by less than
    ``close`` at root mean square; what is near the same picture is one group. Dark skies
    and pages of text are all near by that measure. So where four or more are, their
    detail decides: what a thumbnail of 32 x 32 pixels shows beyond one of 8 x 8. Two stay
    together if their details differ by little of their contrast (a copy), or by less
    than half of what is usual in the group (frames of a film).

    Args:
        images: uint8 (N, 3, H, W).
        close: in [0, 1].
    Returns:
        int64 (N,): the number of each picture's group, that of its first member.
    """
    small, detail = [], []
    for part in images.split(_CHUNK):
        small.append(adaptive_avg_pool2d(part.float() / 255, SIDE).flatten(1))
        detail.append(_detail(part.float() / 255))
    small, detail = torch.cat(small), torch.cat(detail)
    limit = close * small.shape[1] ** 0.5
    groups = _linked(len(small), lambda rows: torch.cdist(small[rows], small) < limit)
    for group, count in zip(*groups.unique(return_counts=True)):
        if count >= FEW:
            members = (groups == group).nonzero()[:, 0]
            groups[members] = members[_linked_by_detail(detail[members])]
    return groups


def _linked(count, near):
    """Groups of ``count`` things, (N,); ``near(rows)`` says which are linked to each."""
    groups = torch.arange(count)
    for rows in torch.arange(count).split(_CHUNK):
        for row in near(rows):
            met = groups[row].unique()
            if len(met) > 1:
                groups[torch.isin(groups, met)] = met[0]
    return groups


def _detail(images):
    """What 32 x 32 pixels of grey show beyond 8 x 8, (N, 1024)."""
    fine = adaptive_avg_pool2d(images.mean(1, keepdim=True), FINE)
    coarse = adaptive_avg_pool2d(fine, SIDE)
    coarse = interpolate(coarse, FINE, mode="bilinear", align_corners=False)
    return (fine - coarse).flatten(1)


def _linked_by_detail(detail):
    """Groups of pictures whose details are nearly the same, (N,)."""
    contrast = detail.square().sum(1)
    apart = (detail - detail.mean(0)).square().sum(1)
    noise = NOISE**2 * detail.shape[1]

    def near(rows):
        gap = torch.cdist(detail[rows], detail).square()
        copies = _SAME**2 * (contrast[rows, None] + contrast) / 2 + noise
        frames = (apart[rows, None] + apart) / 2
        return gap < torch.maximum(copies, frames)

    return _linked(len(detail), near)


_SMALLEST = 32  # pixels: the least shorter side of a picture
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
        digests: of the N files, 16 hex digits of SHA-256.
    """

    images: torch.Tensor
    names: list
    rejected: list
    sides: torch.Tensor
    groups: torch.Tensor
    notes: list
    digests: list = ()

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
    found, refused, leftovers = files_below(folder)
    rejected = [Rejected(shown(path), why) for path, why in refused]
    read, names = [], []
    quiet = not (progress and len(found) >= PROGRESS_FROM and sys.stderr.isatty())
    for path in tqdm(found, "reading", disable=quiet, unit="file"):
        name = shown(path.relative_to(folder))
        try:
            read.append(read_picture(path, size, _SMALLEST))
            names.append(_unlike(name, names))
        except Unusable as problem:
            rejected.append(Rejected(name, str(problem)))
    kept, first_of, changes = [], {}, {}
    for number, (pixels, change) in enumerate(_in_eight_bits(read)):
        first = first_of.setdefault(hashlib.sha256(pixels).digest(), number)
        if first != number:
            reason = f"it is the same picture as {names[first]}; one of them is enough."
            rejected.append(Rejected(names[number], reason))
            continue
        kept.append(pixels)
        for word in change:
            changes.setdefault(word, []).append(names[number])
    rows = sorted(first_of.values())
    if len(kept) < fewest:
        raise ValueError(_too_few(folder, len(kept), fewest, rejected))
    images = torch.from_numpy(np.stack(kept)).permute(0, 3, 1, 2).contiguous()
    notes = [
        f"{len(of):,} of those used: {word} ({of[0]}{', ...' if of[1:] else ''})."
        for word, of in sorted(changes.items())
    ]
    if leftovers:
        some = ", ".join(sorted({shown(path.name) for path in leftovers})[:3])
        notes.append(
            f"Left out: {len(leftovers):,} that other programs leave behind ({some})."
        )
    return Folder(
        images, [names[row] for row in rows], sorted(rejected),
        torch.tensor([read[row].side for row in rows]), group_near(images), notes,
        [read[row].digest for row in rows],
    )  # fmt: skip


def _unlike(name, names):
    """A name that is in no list of names: what cannot be printed may look alike."""
    count = names.count(name) and sum(x.startswith(f"{name} (") for x in names) + 2
    return f"{name} ({count})" if count else name


def _in_eight_bits(pictures):
    """Pixels as uint8 (size, size, 3), and what was changed, of every picture in turn.

    Deep pictures of one kind share black and white, so that a dark one stays dark.
    """
    deep = {}
    for picture in pictures:
        if picture.deep:
            deep.setdefault(picture.deep.kind, []).append(picture.deep)
    ranges = {kind: range_of(members) for kind, members in deep.items()}
    for picture in pictures:
        if picture.deep is None:
            yield picture.pixels, picture.changes
        else:
            low, high, word = ranges[picture.deep.kind]
            pixels = eight_bits(picture.pixels, low, high, picture.deep.inverted)
            yield pixels, [*picture.changes, word]


def shown(path):
    """A path in characters that any terminal can print."""
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path)
    )


def split(folder, share=0.15, seed=0, allow_similar=False):
    """Numbers of the pictures to train on, and of those held out.

    Nearly equal pictures stay on the same side, so that none is in training that
    also judges it. A group larger than the share trains whole.

    Args:
        folder: a ``Folder``.
        share: of the pictures to hold out, in (0, 1).
        seed: of the choice.
        allow_similar: where that leaves nothing to hold out, deal one by one all the same.
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
        if allow_similar:
            alone = folder._replace(groups=torch.arange(len(folder.names)))
            return split(alone, share, seed)
        kinds = f" (kinds: {len(groups)})" if len(groups) > 1 else ""
        raise ValueError(
            f"The {len(folder.names):,} pictures are nearly the same as each other{kinds}: "
            "add different ones, so that some can be held out, or train all the same with "
            "allow_similar (in the shell --allow-similar)."
        )
    before = sizes[order].cumsum(0) - sizes[order]
    chosen = groups[order[before < most]]
    held_out = torch.isin(folder.groups, chosen)
    return (~held_out).nonzero()[:, 0], held_out.nonzero()[:, 0]


def _by_reason(rejected, most):
    """A line per rejected file, or where there are many a line per reason."""
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
        path, reason = min(rejected)
        example = f"; for instance {path}: {reason.rstrip('.')}"
    return (
        f"The folder {shown(folder)} holds {usable} usable picture{'s' * (usable != 1)} "
        f"and {len(rejected)} other file{'s' * (len(rejected) != 1)}, and at least "
        f"{fewest} pictures are needed{example}."
    )
