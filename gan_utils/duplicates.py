"""Pictures that are nearly the same: found, so that a split can keep them together."""

import torch
from torch.nn.functional import adaptive_avg_pool2d

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
