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


_POLISHED, _POLISH_STEPS = (
    3,
    20,
)  # starts that the second method goes on with, steps each


def invert(generator, picture, steps=100, starts=16, labels=None, **options):
    """Find z with G(z) like the picture; see ``inversion`` for arguments and method.

    Returns:
        The best ``Inversion`` after the last step.
    """
    *_, last = inversion(generator, picture, steps, starts, labels, **options)
    return last


def inversion(
    generator, picture, steps=100, starts=16, labels=None, lr=0.1, prior=0.02, seed=0
):
    """Search for z from several starts at once; yields after every step.

    Each start minimises mean((G(z) - picture)^2) + prior * max(0, |z| / sqrt(d) - 1)^2.
    The second term only holds z to lengths that Gaussian noise has. A start is the best
    of 32 random z. First ``steps`` steps of Adam with a falling step size, all starts side
    by side; then 20 Levenberg-Marquardt steps for each of the best three.

    Args:
        generator: in eval mode; its weights are not changed.
        picture: (1, H, W) in [-1, 1].
        steps, starts: >= 1.
        labels: for a conditional generator: a class, or one for each start.
        lr: the first step size of Adam.
        prior: weight of the second term.
        seed: of the random starts.
    Yields:
        The best ``Inversion`` so far, ``total_steps(steps, starts)`` times: the error
        never rises.
    Raises:
        ValueError: the picture's shape is not that of the generator, labels are missing,
            or steps or starts are below 1.
    Source:
        Zhu et al. 2016, arXiv:1609.03552, section 3.1; Marquardt 1963,
        doi:10.1137/0111030.
    """
    if steps < 1 or starts < 1:
        raise ValueError(f"steps and starts must be >= 1; got {steps} and {starts}")
    classes = getattr(generator, "classes", None)
    if classes is not None and labels is None:
        raise ValueError("a conditional generator needs labels: a class or one a start")
    fixed = torch.as_tensor(0 if labels is None else labels).expand(starts)
    z = _starts(generator, picture, fixed, seed).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=lr, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, lr / 20)
    found = None
    for step in range(1, steps + 1):
        error = _residuals(generator, z, fixed, picture, prior).square().sum(1)
        z.grad = torch.autograd.grad(error.sum(), z)[0]
        optimiser.step()
        schedule.step()
        k = error.argmin()
        now = _report(generator, z[k].detach(), fixed[k], picture, classes, step)
        found = _better(found, now)
        yield found
    for k in error.argsort()[:_POLISHED]:
        for point in _marquardt(generator, z[k].detach(), fixed[k], picture, prior):
            step += 1
            now = _report(generator, point, fixed[k], picture, classes, step)
            found = _better(found, now)
            yield found


def total_steps(steps, starts):
    """How often ``inversion`` yields."""
    return steps + _POLISH_STEPS * min(starts, _POLISHED)


def _better(found, now):
    """Of two inversions the one with the smaller error, at the later one's step."""
    kept = found is not None and found.error <= now.error
    return found._replace(step=now.step) if kept else now


def _residuals(generator, z, labels, picture, prior):
    """What is squared and summed, (N, H * W + 1), for z (N, latent_dim)."""
    off = (make(generator, z, labels) - picture).flatten(1)
    excess = (z.norm(dim=1, keepdim=True) / z.shape[1] ** 0.5 - 1).relu()
    return torch.cat([off / off.shape[1] ** 0.5, excess * prior**0.5], 1)


@torch.no_grad()
def _marquardt(generator, z, label, picture, prior, h=1e-2):
    """Levenberg-Marquardt from one z (latent_dim,), slopes by differences of width h."""
    moves, damping = h * torch.eye(len(z)), 0.1

    def residuals(points):
        return _residuals(generator, points, label.expand(len(points)), picture, prior)

    here = residuals(z[None])[0]
    for _ in range(_POLISH_STEPS):
        slopes = (residuals(z + moves) - here) / h  # (latent_dim, residuals)
        gram = slopes @ slopes.T
        ridge = damping * gram.diagonal() + 1e-9
        trial = z - torch.linalg.solve(gram + ridge.diag(), slopes @ here)
        there = residuals(trial[None])[0]
        better = there.square().sum() < here.square().sum()
        damping = damping / 4 if better else damping * 4
        if better:
            z, here = trial, there
        yield z


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
def _report(generator, z, label, picture, classes, step):
    made = make(generator, z[None], label[None])[0]
    error = (made - picture).square().mean().sqrt().item()
    return Inversion(
        z.clone(), None if classes is None else label.item(), made, error, step
    )
