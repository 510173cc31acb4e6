"""Back from a picture to the latent point that makes one like it."""

from typing import NamedTuple

import torch


class Inversion(NamedTuple):
    """A latent point whose picture resembles a given one.

    Attributes:
        z: (latent_dim,).
        label: its class, or None for an unconditional generator.
        picture: (1, H, W) in [-1, 1], what the generator makes of them.
        error: root mean square difference to the given picture, in [0, 2].
        step: gradient steps taken.
    """

    z: torch.Tensor
    label: int | None
    picture: torch.Tensor
    error: float
    step: int


def make(generator, z, labels=None):
    """``generator(z)``, or ``generator(z, labels)`` where the generator has classes.

    Args:
        z: (batch, latent_dim).
        labels: (batch,) int64, not used by an unconditional generator.
    """
    return generator(z, labels) if hasattr(generator, "classes") else generator(z)


def invert(generator, picture, steps=400, starts=16, labels=None, **options):
    """Find z with G(z) like the picture; see ``inversion`` for arguments and method.

    Returns:
        The ``Inversion`` after the last step.
    """
    *_, last = inversion(generator, picture, steps, starts, labels, **options)
    return last


def inversion(
    generator, picture, steps=400, starts=16, labels=None, lr=0.1, prior=0.02, seed=0
):
    """Gradient descent on z from several starts at once; yields after every step.

    Each start minimises mean((G(z) - picture)^2) + prior * max(0, |z| / sqrt(d) - 1)^2
    with Adam and a falling step size. The second term only holds z to lengths that
    Gaussian noise has. A start is the best of 32 random z.

    Args:
        generator: in eval mode; its weights are not changed.
        picture: (1, H, W) in [-1, 1].
        steps, starts: >= 1.
        labels: for a conditional generator: a class, or one for each start.
        lr: the first step size of Adam.
        prior: weight of the second term.
        seed: of the random starts.
    Yields:
        The best ``Inversion`` among the starts.
    Raises:
        ValueError: the picture's shape is not that of the generator, or labels are missing.
    Source:
        Zhu et al. 2016, arXiv:1609.03552, section 3.1.
    """
    classes = getattr(generator, "classes", None)
    if classes is not None and labels is None:
        raise ValueError("a conditional generator needs labels: a class or one a start")
    fixed = torch.as_tensor(0 if labels is None else labels).expand(starts)
    z = _starts(generator, picture, fixed, seed).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, lr / 20)
    for step in range(1, steps + 1):
        error = (make(generator, z, fixed) - picture).square().mean((1, 2, 3))
        excess = (z.norm(dim=1) / z.shape[1] ** 0.5 - 1).relu().square()
        z.grad = torch.autograd.grad((error + prior * excess).sum(), z)[0]
        optimizer.step()
        schedule.step()
        best = error.argmin().item()
        yield _report(generator, z, fixed, best, picture, classes, step)


def _starts(generator, picture, labels, seed, tries=32):
    """The best of some random z for each start, (starts, latent_dim)."""
    random = torch.Generator().manual_seed(seed)
    shape = (tries, len(labels), generator.latent_dim)
    candidates, errors = torch.randn(shape, generator=random), []
    for z in candidates:
        with torch.no_grad():
            images = make(generator, z, labels)
        if images.shape[1:] != picture.shape:
            raise ValueError(
                f"picture must be {tuple(images.shape[1:])}, as the generator makes them; "
                f"got {tuple(picture.shape)}"
            )
        errors.append((images - picture).square().mean((1, 2, 3)))
    best = torch.stack(errors).argmin(0)
    return candidates[best, torch.arange(len(labels))].clone()


@torch.no_grad()
def _report(generator, z, labels, best, picture, classes, step):
    one = slice(best, best + 1)
    made = make(generator, z[one], labels[one])[0]
    error = (made - picture).square().mean().sqrt().item()
    label = None if classes is None else labels[best].item()
    return Inversion(z[best].detach().clone(), label, made, error, step)
