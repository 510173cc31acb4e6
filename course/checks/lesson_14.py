"""Checks of lesson 14: counting, dealing pictures to ranks, a ring all-reduce."""

import torch

from course.checks.frame import (
    Mistake,
    call,
    check_numbers,
    close,
    exercise,
    sequence,
    tensor,
    whole,
)

COUNTS = {"A": 6_000_000, "B": 7_992_000, "C": 48, "D": 392, "E": 20}
REASONS = {
    "A": "4,000,000 bytes, sent in quarters: 3 go out in either half of the ring",
    "B": "2 * 999/1,000 of the 4,000,000 bytes: it stays below twice their number",
    "C": "a rank holds 96 / 4 = 24 rows, and ranks 0 and 1 come first",
    "D": "a rank holds 64 / 8 = 8 pictures, each with 7 * 7 values a channel",
    "E": "mean and variance: two sums a layer forwards, and two more backwards",
}
SIZES = (1, 2, 3, 4)


@exercise("14.1")
def counts(answer):
    """Five whole numbers about bytes, rows and sums."""
    check_numbers(answer, COUNTS, otherwise=REASONS)


@exercise("14.2")
def deal(function):
    """function(count, rank, size, epoch) gives a rank's pictures of an epoch."""
    whole = _dealt(function, 103, 1, 0)[0]
    if torch.equal(whole, torch.arange(len(whole))):
        raise Mistake("the pictures are not shuffled")
    if torch.equal(whole, _dealt(function, 103, 1, 1)[0]):
        raise Mistake(
            "every epoch has the same order: let the seed depend on the epoch"
        )
    for size in SIZES:
        _check_hands(_dealt(function, 103, size, 2), 103, size)


def _dealt(function, count, size, epoch):
    hands = []
    for rank in range(size):
        before = torch.get_rng_state()
        hand = call(function, count, rank, size, epoch)
        if tensor(hand).dim() != 1 or hand.is_floating_point():
            raise Mistake("return a tensor of indices with one dimension")
        if not torch.equal(before, torch.get_rng_state()):
            raise Mistake(
                "it draws from the common random numbers, and so changes the training: "
                "give randperm a generator of its own"
            )
        torch.rand(rank + 1)  # ranks may have drawn different numbers before
        hands.append(hand)
    return hands


def _check_hands(hands, count, size):
    lengths = {len(hand) for hand in hands}
    if len(lengths) > 1:
        raise Mistake(
            f"with {size} ranks the lengths differ ({sorted(lengths)}): the longer rank "
            "would wait for ever at its last all-reduce"
        )
    dealt = torch.cat(hands)
    if len(dealt.unique()) < len(dealt):
        raise Mistake(
            f"with {size} ranks some pictures are dealt twice: all ranks must cut up "
            "one and the same order"
        )
    if len(dealt) <= count - size:
        raise Mistake(
            f"with {size} ranks only {len(dealt)} of {count} pictures are dealt; no "
            "more may be left over than the division needs"
        )
    if dealt.min() < 0 or dealt.max() >= count:
        raise Mistake(f"indices must lie in 0 ... {count - 1}")


class Post:
    """Carries chunks between ranks, and remembers who sent what to whom."""

    def __init__(self, size, chunk):
        self.size, self.chunk, self.sent = size, chunk, []

    def __call__(self, source, target, values):
        source, target = whole(source, "source"), whole(target, "target")
        if target != (source + 1) % self.size:
            raise Mistake(
                f"rank {source} sends to rank {target}; in a ring it knows only its "
                f"neighbour {(source + 1) % self.size}"
            )
        if not torch.is_tensor(values) or values.numel() != self.chunk:
            raise Mistake("one message carries one chunk, a single tensor of the list")
        self.sent.append(source)
        return values.clone()


@exercise("14.3")
def ring(function):
    """function(parts, send) sums the chunks of all ranks round a ring."""
    for size in (2, 3, 5):
        before = [[torch.randn(4) for _ in range(size)] for _ in range(size)]
        right = [sum(chunks) for chunks in zip(*before)]
        post = Post(size, 4)
        parts = [[chunk.clone() for chunk in part] for part in before]
        _check_sums(call(function, parts, post), right, before)
        if len(post.sent) > 2 * size * (size - 1):
            raise Mistake(
                f"{len(post.sent)} messages for {size} ranks; the ring needs "
                f"{2 * size * (size - 1)}: each of 2 * (size - 1) rounds moves one chunk a rank"
            )
        if not post.sent:
            raise Mistake("nothing was sent: ranks see each other only through send")


def _check_sums(after, right, before):
    """Raise the mistake that explains sums which are not right."""
    size, what = len(right), "the list of parts, a list of chunks for every rank,"
    after = [sequence(part, size, what) for part in sequence(after, size, what)]
    after = [[tensor(c, (4,), "each chunk") for c in part] for part in after]
    same = [
        [close(mine, chunk, atol=1e-4) for mine, chunk in zip(part, right)]
        for part in after
    ]
    if all(map(all, same)):
        return
    if _equal(after, [[chunk / size for chunk in right]] * size):
        raise Mistake("these are means; an all-reduce sums, dividing comes later")
    if _equal(after, _adding_twice(before)):
        raise Mistake(
            "some values are counted twice: in the second half a finished chunk "
            "replaces the old one, it is not added"
        )
    done = sum(map(sum, same))
    if done == size:
        raise Mistake(
            "every sum exists on one rank only: the second half of the rounds must "
            "carry the finished chunks round"
        )
    raise Mistake(
        f"{done} of {size * size} chunks hold the sum of all ranks: in round k rank r "
        "must send the chunk that it received in the round before"
    )


def _equal(parts, others):
    return all(
        close(mine, yours, atol=1e-4)
        for part, other in zip(parts, others)
        for mine, yours in zip(part, other)
    )


def _adding_twice(before):
    """What comes out when the second half adds instead of replacing."""
    size, parts = len(before), [list(part) for part in before]
    for first in (0, 1):
        for step in range(size - 1):
            for rank in range(size):
                after, chunk = (rank + 1) % size, (rank + first - step) % size
                parts[after][chunk] = parts[after][chunk] + parts[rank][chunk]
    return parts
