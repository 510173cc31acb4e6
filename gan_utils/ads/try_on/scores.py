"""How good a try-on is: structure, error on the garment, texture, identity."""

import torch
from torch.nn.functional import avg_pool2d, conv2d

from gan_utils.ads.try_on.figures import HEIGHT, WIDTH, grid, joints
from gan_utils.ads.try_on.garments import TOP_MARGIN, flat_width
from gan_utils.ads.try_on.model import warp


def ssim(pictures, others):
    """Structural similarity, one number for each pair.

    mean over places of (2 m n + c1)(2 s_mn + c2) / ((m^2 + n^2 + c1)(s_m^2 + s_n^2 + c2)),
    means, variances and covariance under a Gaussian window of 11 x 11 pixels, with a
    standard deviation of 1.5, that lies inside the picture; c1 = (0.01 L)^2 and
    c2 = (0.03 L)^2 for values that span L = 2.

    Args:
        pictures, others: (N, channels, H, W) in [-1, 1].
    Returns:
        (N,) in [-1, 1]; 1 for equal pictures.
    Raises:
        ValueError: the shapes differ, or the window does not fit.
    Source:
        Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment: from error
        visibility to structural similarity", equation 13.
    """
    if pictures.shape != others.shape or min(pictures.shape[-2:]) < 11:
        raise ValueError(
            "ssim needs two batches of one shape, at least 11 pixels wide and high; "
            f"got {tuple(pictures.shape)} and {tuple(others.shape)}"
        )
    x = torch.arange(11, device=pictures.device) - 5
    line = torch.exp(-(x**2) / (2 * 1.5**2))
    line = (line / line.sum())[None, None]

    def mean(values):
        values = conv2d(values.flatten(0, 1)[:, None], line[..., None])
        values = conv2d(values, line[:, :, None])
        return values.unflatten(0, pictures.shape[:2])[:, :, 0]

    m, n = mean(pictures), mean(others)
    variances = mean(pictures**2) - m**2, mean(others**2) - n**2
    covariance = mean(pictures * others) - m * n
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    top = (2 * m * n + c1) * (2 * covariance + c2)
    bottom = (m**2 + n**2 + c1) * (sum(variances) + c2)
    return (top / bottom).mean((1, 2, 3))


def garment_error(pictures, batch):
    """Mean absolute error where the true picture shows cloth, (N,) in [0, 2]."""
    off = ((pictures - batch.truth).abs().mean(1, True) * batch.worn).sum((1, 2, 3))
    return off / batch.worn.sum((1, 2, 3)).clamp(min=1)


def _identity_error(pictures, batch):
    """Mean absolute error outside the mask, (N,) in [0, 2]: face, hair, background."""
    outside = 1 - batch.mask
    off = ((pictures - batch.truth).abs().mean(1, True) * outside).sum((1, 2, 3))
    return off / outside.sum((1, 2, 3))


def texture_energy(pictures, batch):
    """Mean square of the picture's Laplacian on the cloth, its edge apart, (N,) >= 0.

    Every pixel four times, minus its four neighbours: 0 on plain cloth, large on fine
    patterns. Blur lowers it. It does not see whether the pattern is the right one.
    """
    kernel = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]).to(pictures)
    edges = conv2d(pictures.flatten(0, 1)[:, None], kernel[None, None], padding=1)
    edges = edges.unflatten(0, pictures.shape[:2])[:, :, 0].square().mean(1, True)
    neighbours = conv2d(batch.worn, torch.ones(1, 1, 3, 3).to(pictures), padding=1)
    inner = (neighbours > 8.99).float()
    return (edges * inner).sum((1, 2, 3)) / inner.sum((1, 2, 3)).clamp(min=1)


def scores(pictures, batch):
    """The numbers of one row of the lesson's tables, means over the batch.

    Returns:
        {"SSIM", "error on the garment", "texture", "texture error", "identity error"};
        texture is the mean energy of the pictures over that of the truth, 1 is right;
        texture error the mean distance of the two, picture by picture, over the same.
    """
    energy, right = texture_energy(pictures, batch), texture_energy(batch.truth, batch)
    return {
        "SSIM": ssim(pictures, batch.truth).mean().item(),
        "error on the garment": garment_error(pictures, batch).mean().item(),
        "texture": (energy.mean() / right.mean()).item(),
        "texture error": ((energy - right).abs().mean() / right.mean()).item(),
        "identity error": _identity_error(pictures, batch).mean().item(),
    }


def compose(batch, picture):
    """The person outside the mask, another picture inside it."""
    return batch.person + batch.mask * picture


def mean_picture(training):
    """The mean true picture of a training ``Scene``, (1, 3, 64, 48)."""
    return training.pictures["truth"].float().mean(0, True) / 127.5 - 1


def mean_colour(scene, training):
    """The garment's mean colour where training figures wear cloth, else the mean picture."""
    batch, usual = scene.batch(), mean_picture(training)
    colour = (batch.garment * batch.cut).sum((2, 3)) / batch.cut.sum((2, 3))
    worn = training.pictures["worn"].float().mean(0, True) / 255
    where = (worn > 0.5).float()
    return compose(batch, usual + where * (colour[..., None, None] - usual))


def paste(scene, training):
    """Copy and paste: the flat garment moved and scaled so that shoulders and hips meet.

    It is told the joints of the figures and the measures of the garments. Beside the garment
    the mask is filled with the mean picture.
    """
    batch = scene.batch()
    flow = torch.stack(
        [_paste_flow(f, g) for f, g in zip(scene.figures, scene.garments)]
    )
    moved = warp(torch.cat([batch.garment, batch.cut], 1), flow)
    cloth, cut = moved.split((3, 1), 1)
    usual = mean_picture(training)
    return compose(batch, usual + cut * (cloth - usual))


def _paste_flow(figure, garment):
    """The flow (2, 64, 48) that lays a flat garment on a figure without bending it."""
    x, y = grid(1)
    found = joints(figure)
    dx, dy = x - found.neck[0], y - found.neck[1]
    across = dx * found.across[0] + dy * found.across[1]
    down = -(dx * found.up[0] + dy * found.up[1])
    half, _, hip = found.widths
    wider = sum(flat_width(garment, v) for v in (0, 1)) / (half + hip + 1.2)
    place_x = WIDTH / 2 + garment.zoom * wider * across
    place_y = TOP_MARGIN + garment.zoom * down
    flow = [(place_x - x) * 2 / WIDTH, (place_y - y) * 2 / HEIGHT]
    return torch.stack([torch.as_tensor(part, dtype=torch.float32) for part in flow])


def nearest_neighbour(scene, training):
    """The training picture with the most similar garment and pose, inside the mask."""
    mine, theirs = (_key(s.batch()) for s in (scene, training))
    closest = torch.cdist(mine, theirs).argmin(1)
    return compose(scene.batch(), training.batch(closest).truth)


def _key(batch):
    """What the search compares: garment and pose, four times smaller."""
    compared = torch.cat([batch.garment, batch.cut, batch.pose], 1)
    return avg_pool2d(compared, 4).flatten(1)
