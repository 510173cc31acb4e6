"""A log of impressions: who was shown which creative of a library, and who clicked."""

from typing import NamedTuple

import torch

from gan_utils.ads.clicks.audience import COMBINATIONS, Users, draw_users, numbers
from gan_utils.ads.creatives.networks import SIZES


class ClickLog(NamedTuple):
    """Impressions of creatives drawn uniformly from a library.

    users: N of them; shown: (N,) int64, the row of the library; clicks: (N,) 0 or 1;
    library: (L,) int64, each creative's number, a row of ``COMBINATIONS``.
    """

    users: Users
    shown: torch.Tensor
    clicks: torch.Tensor
    library: torch.Tensor

    def rows(self, which):
        """The log of some impressions only: a slice, a mask or indices (K,)."""
        users = Users(*(column[which] for column in self.users))
        return ClickLog(users, self.shown[which], self.clicks[which], self.library)


def draw_library(count, random):
    """Numbers of different creatives, every value of every attribute among them.

    They are drawn at random. Where a value is missing, as happens in small libraries,
    some give way to eight that hold every value between them.

    Args:
        count: how many, from 8 (the number of products) to 4,032.
        random: a ``torch.Generator``.
    Raises:
        ValueError: count is another number.
    """
    fewest, most = max(SIZES), len(COMBINATIONS)
    if not fewest <= count <= most or count != int(count):
        raise ValueError(
            f"a library needs a whole number of creatives from {fewest}, so that every "
            f"value of an attribute is in it, to {most:,}; got {count}"
        )
    order = torch.randperm(most, generator=random)
    held = COMBINATIONS[order[: int(count)]]
    if all(len(column.unique()) == size for column, size in zip(held.T, SIZES)):
        return order[: int(count)]
    # every value of each attribute, in an order of its own
    columns = [torch.randperm(fewest, generator=random) % size for size in SIZES]
    first = numbers(torch.stack(columns, 1))
    others = order[~torch.isin(order, first)]
    return torch.cat([first, others])[: int(count)]


def draw_log(model, library, count, random):
    """Show creatives of a library to users, both drawn at random, and note the clicks.

    Args:
        model: a ``ClickModel``; only ``respond`` is called.
        library: (L,) numbers of creatives.
        count: impressions.
        random: a ``torch.Generator``.
    Returns:
        ``ClickLog``; every creative was shown with probability 1/L, whoever the user.
    """
    users = draw_users(count, random)
    shown = torch.randint(len(library), (count,), generator=random)
    clicks = model.respond(users, COMBINATIONS[library[shown]], random)
    return ClickLog(users, shown, clicks, library)


def rates_by_creative(log):
    """Clicks an impression of every creative of the library: (L,)."""
    size = len(log.library)
    shown = log.shown.bincount(minlength=size)
    clicked = log.shown.bincount(log.clicks, minlength=size)
    return (clicked / shown.clamp(min=1)).float()


def best_single(log):
    """The number of the creative with the most clicks an impression."""
    return log.library[rates_by_creative(log).argmax()]


def best_by_segment(log):
    """The same for every segment: numbers (segments,)."""
    segments = log.users.segments
    parts = [log.rows(segments == k) for k in range(int(segments.max()) + 1)]
    return torch.stack([best_single(part) for part in parts])
