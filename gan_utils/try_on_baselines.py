"""Try-on without a GAN: what a generator must beat. Each gives (N, 3, 64, 48)."""

import torch
from torch.nn.functional import avg_pool2d

from gan_utils.scenes.try_on_figures import HEIGHT, WIDTH, grid, joints
from gan_utils.scenes.try_on_garments import TOP_MARGIN, flat_width
from gan_utils.try_on import warp


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
        [paste_flow(f, g) for f, g in zip(scene.figures, scene.garments)]
    )
    moved = warp(torch.cat([batch.garment, batch.cut], 1), flow)
    cloth, cut = moved.split((3, 1), 1)
    usual = mean_picture(training)
    return compose(batch, usual + cut * (cloth - usual))


def paste_flow(figure, garment):
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


def nearest(scene, training):
    """The training picture with the most similar garment and pose, inside the mask."""
    mine, theirs = (_key(s.batch()) for s in (scene, training))
    closest = torch.cdist(mine, theirs).argmin(1)
    return compose(scene.batch(), training.batch(closest).truth)


def _key(batch):
    """What the search compares: garment and pose, four times smaller."""
    return avg_pool2d(torch.cat([batch.garment, batch.cut, batch.pose], 1), 4).flatten(
        1
    )
