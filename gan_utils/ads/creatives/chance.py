"""Random numbers that belong to a scene and not to its place in a batch."""

import torch

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def uniform(seeds, count, stream=0):
    """Numbers in [0, 1), the same for the same seed on every machine.

    Number j of stream s belongs to seed i by SplitMix64's mixing of the three, so a batch
    needs no loop and a scene looks the same alone and among others.

    Args:
        seeds: (N,) int64, any.
        count: how many numbers per seed, at most 1,024.
        stream: 0 or more; another stream gives other numbers for the same seeds.
    Returns:
        (N, count) float32, multiples of 2^-24.
    Raises:
        ValueError: seeds is not (N,) int64.
    Source:
        Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
    """
    if seeds.ndim != 1 or seeds.dtype != torch.int64:
        raise ValueError(
            f"seeds must be (N,) int64; got {seeds.dtype} of shape {tuple(seeds.shape)}"
        )
    place = torch.arange(count, device=seeds.device) + 1024 * stream
    mixed = _mix(_mix(seeds)[:, None] + (place + 1) * _signed(_GOLDEN))
    return _shift(mixed, 40).float() / 2**24


def _mix(x):
    """SplitMix64's finaliser: one changed bit changes half of all bits."""
    x = (x ^ _shift(x, 30)) * _signed(_FIRST)
    x = (x ^ _shift(x, 27)) * _signed(_SECOND)
    return x ^ _shift(x, 31)


def _shift(x, bits):
    """To the right, with zeros coming in: int64's own shift repeats the sign."""
    return (x >> bits) & (2 ** (64 - bits) - 1)


def _signed(word):
    """An unsigned word of 64 bits as the int64 of the same bits."""
    return word - 2**64 if word >= 2**63 else word
