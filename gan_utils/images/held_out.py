"""Which pictures a training held out: its card lists them, and every judge reads the list.

A folder changes and a split depends on all that is in it, so nothing is ever split anew
to judge weights. A picture is known by the SHA-256 of its file, whatever its name.
"""

from typing import NamedTuple

import torch

LISTED, TRAINED = "pictures held out", "pictures trained on"  # names in a card
SHORT = 8  # hex digits that tell training pictures apart


class Sides(NamedTuple):
    """What a card and a folder say together.

    Attributes:
        seen, unseen: int64, rows of the pictures trained on and held out, sorted.
        remarks: sentences on pictures that are gone, changed, renamed or new.
    """

    seen: torch.Tensor
    unseen: torch.Tensor
    remarks: list


def record(folder, seen, unseen):
    """Facts for the card of a training.

    Args:
        folder: a ``Folder``; seen, unseen: rows of it.
    Returns:
        A dictionary: how many were held out, names and hashes of these, and the
        beginnings of the hashes of the others in one string.
    """
    seen, unseen = seen.tolist(), unseen.tolist()
    return {
        "held out": len(unseen),
        LISTED: {folder.names[row]: folder.digests[row] for row in unseen},
        TRAINED: " ".join(sorted(folder.digests[row][:SHORT] for row in seen)),
    }


def is_recorded(card):
    """Whether a card lists the pictures of both sides."""
    listed, trained = card.get(LISTED), card.get(TRAINED)
    return (
        isinstance(listed, dict)
        and all(isinstance(digest, str) for digest in listed.values())
        and isinstance(trained, str)
    )


def recorded(folder, card):
    """The two sides of a folder as the card of a training lists them.

    Args:
        folder: a ``Folder``, read from where the training read it.
        card: a dictionary, as ``checkpoints.read_card`` returns it.
    Returns:
        ``Sides``. What is in neither list, since it is new or was changed, is on neither.
    Raises:
        ValueError: the card has no list, or nothing that it lists is in the folder.
    """
    if not is_recorded(card):
        raise ValueError(
            "The card does not list which pictures were held out, so nobody knows what "
            "may judge these weights: train again, or name a folder of pictures that were "
            "kept out of the training."
        )
    listed = {digest: name for name, digest in card[LISTED].items()}
    trained = set(card[TRAINED].split())
    unseen = [row for row, digest in enumerate(folder.digests) if digest in listed]
    seen = [
        row for row, digest in enumerate(folder.digests)
        if digest not in listed and digest[:SHORT] in trained
    ]  # fmt: skip
    for side, rows, total in (
        ("held out", unseen, listed),
        ("trained on", seen, trained),
    ):
        if total and not rows:
            raise ValueError(
                f"None of the {len(total):,} pictures that the card lists as {side} is in "
                "this folder: name the folder that these weights were trained on."
            )
    remarks = _on_the_held_out(folder, listed, unseen)
    if len(seen) < len(trained):
        remarks.append(
            f"{len(trained) - len(seen):,} of {len(trained):,} pictures trained on are "
            "gone or changed since: copies of them cannot be found."
        )
    new = len(folder.names) - len(seen) - len(unseen)
    if new:
        remarks.append(
            f"{new:,} pictures are new or changed since the training, and on neither side."
        )
    return Sides(torch.tensor(seen).long(), torch.tensor(unseen).long(), remarks)


def _on_the_held_out(folder, listed, unseen):
    """Sentences on held-out pictures that are not as they were."""
    found = {folder.digests[row]: folder.names[row] for row in unseen}
    names = set(folder.names)
    lost = [name for digest, name in listed.items() if digest not in found]
    cases = {
        "changed since the training": [name for name in lost if name in names],
        "gone": [name for name in lost if name not in names],
        "renamed, and used all the same": [
            name for digest, name in listed.items() if found.get(digest, name) != name
        ],
    }
    return [
        f"{len(of):,} of {len(listed):,} pictures held out {'are' if of[1:] else 'is'} "
        f"{what} ({', '.join(of[:3])}{', ...' if of[3:] else ''})."
        for what, of in cases.items()
        if of
    ]


def mixed(folder, seen, unseen):
    """A sentence where near copies lie on both sides, as ``allow_similar`` lets them."""
    torn = torch.isin(folder.groups[unseen], folder.groups[seen])
    if not torn.any():
        return ""
    return (
        f"{int(torn.sum()):,} of {len(unseen):,} held-out pictures have near copies among "
        "the training pictures, so that every score flatters and copying cannot be told."
    )
