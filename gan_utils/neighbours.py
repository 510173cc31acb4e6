"""Nearest neighbours and k-means for thousands of samples."""

import torch

from gan_utils.manifold import CHUNK, feature_pair


def nearest(points, others, k=1):
    """The k nearest of ``others`` for every point, exact where the distance is 0.

    Args:
        points: (N, d); others: (M, d), M >= k.
    Returns:
        distances (N, k) rising, and rows of ``others`` (N, k).
    Raises:
        ValueError: shapes differ, fewer than k others, or a value is not finite.
    """
    points, others = feature_pair(points, others, 1, "a nearest neighbour")
    if len(others) < k:
        raise ValueError(f"a neighbour {k} needs {k} other samples; got {len(others)}")
    middle = others.mean(0)  # rounding is smallest around 0
    distances, rows, single = [], [], (others - middle).float()
    for chunk in points.split(CHUNK):
        near = (
            torch.cdist((chunk - middle).float(), single).topk(k, largest=False).indices
        )
        exact = (chunk[:, None] - others[near]).norm(dim=-1)
        order = exact.sort(1)
        distances.append(order.values)
        rows.append(near.gather(1, order.indices))
    return torch.cat(distances), torch.cat(rows)


def k_means(points, cells, seed=0, rounds=20):
    """Centres of a partition of points by Lloyd's algorithm, begun at random points.

    Args:
        points: (N, d) float64; cells: how many centres, at most N.
        seed: of the first centres; rounds: of the algorithm.
    Returns:
        Centres (cells, d).
    """
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(seed))
    centres = points[order[:cells]].clone()
    for _ in range(rounds):
        owner = nearest(points, centres)[1][:, 0]
        for cell in range(cells):
            if (owner == cell).any():
                centres[cell] = points[owner == cell].mean(0)
    return centres
