"""Penalties on the slope of the discriminator."""

import torch


def r1(discriminator, real):
    """Half the squared gradient of D's logit at real samples, E[||grad D(x)||^2] / 2.

    Args:
        discriminator: maps samples (..., batch, *features) to logits (..., batch).
        real: samples; for several GANs side by side (copies, batch, features).
    Returns:
        Scalar >= 0, before the weight gamma.
    Source:
        Mescheder et al. 2018, arXiv:1801.04406, equation 9.
    """
    real = real.detach().requires_grad_()
    logits = discriminator(real)
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    squared = slope.square().flatten(logits.dim()).sum(-1)
    return squared.mean(-1).sum() / 2


def r2(discriminator, fake):
    """The same penalty at generated samples, E[||grad D(G(z))||^2] / 2.

    Args:
        discriminator: as for ``r1``.
        fake: generated samples; no gradient flows back into the generator.
    Returns:
        Scalar >= 0, before the weight gamma.
    Source:
        Mescheder et al. 2018, arXiv:1801.04406, equation 10.
    """
    return r1(discriminator, fake)


def gradient_penalty(critic, real, fake):
    """Penalise critic slopes that differ from 1 between real and generated samples.

    E[(||grad f(x)||_2 - 1)^2] at x = e*real + (1 - e)*fake, one e ~ U[0, 1] per sample.

    Args:
        critic: maps samples (batch, *features) to unbounded scores (batch,).
        real, fake: samples of the same shape.
    Returns:
        Scalar >= 0, before the weight.
    Raises:
        ValueError: real and fake differ in shape.
    Source:
        Gulrajani et al. 2017, arXiv:1704.00028, Algorithm 1.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"real and fake must have one shape; got {tuple(real.shape)} and {tuple(fake.shape)}"
        )
    e = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = (e * real + (1 - e) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
