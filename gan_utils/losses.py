"""Pairs of losses for the two players, from logits, each player minimising its own.

Logits have the shape (..., batch): the mean is taken over the batch and summed over
leading dimensions, so that several GANs trained side by side stay independent.
"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

from torch.nn.functional import relu, softplus

_PLACED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


class LossPair(NamedTuple):
    """What each player minimises.

    d_loss(real_logits, fake_logits) and g_loss(fake_logits) both return a scalar; where
    the loss is ``paired``, it is g_loss(fake_logits, real_logits).
    """

    d_loss: Callable
    g_loss: Callable

    @property
    def paired(self):
        """Whether g_loss compares pairs: it then takes the real logits, too."""
        given = inspect.signature(self.g_loss).parameters.values()
        return sum(g.default is g.empty and g.kind in _PLACED for g in given) == 2


def _mean(values):
    return values.mean(-1).sum()


def discriminator_loss(real_logits, fake_logits):
    """The discriminator's cross-entropy, -V(D, G).

    -E[log D(x)] - E[log(1 - D(G(z)))] with D = sigmoid(logit), 2 log 2 at logits 0.

    Args:
        real_logits, fake_logits: (..., batch), unbounded.
    Returns:
        Scalar >= 0 in nats.
    Source:
        Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    return _mean(softplus(-real_logits)) + _mean(softplus(fake_logits))


def saturating_loss(fake_logits):
    """The generator's side of the minimax game, E[log(1 - D(G(z)))].

    Args:
        fake_logits: (..., batch), unbounded.
    Returns:
        Scalar <= 0 in nats; the generator minimises it.
    Source:
        Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    return -_mean(softplus(fake_logits))


def non_saturating_loss(fake_logits):
    """The generator loss used in practice, -E[log D(G(z))].

    Args:
        fake_logits: (..., batch), unbounded.
    Returns:
        Scalar >= 0 in nats; the generator minimises it.
    Source:
        Goodfellow et al. 2014, arXiv:1406.2661, section 3, last paragraph.
    """
    return _mean(softplus(-fake_logits))


def least_squares_d_loss(real_logits, fake_logits):
    """E[(D(x) - 1)^2]/2 + E[D(G(z))^2]/2 on unbounded scores (Mao et al. 2016, eq. 9)."""
    return (_mean((real_logits - 1).square()) + _mean(fake_logits.square())) / 2


def least_squares_g_loss(fake_logits):
    """E[(D(G(z)) - 1)^2]/2 on unbounded scores (Mao et al. 2016, arXiv:1611.04076, eq. 9)."""
    return _mean((fake_logits - 1).square()) / 2


def hinge_d_loss(real_scores, fake_scores):
    """E[max(0, 1 - f(x))] + E[max(0, 1 + f(G(z)))]; f's scores saturate at +1 and -1.

    Args:
        real_scores, fake_scores: (..., batch), unbounded.
    Returns:
        Scalar >= 0; 2 at scores 0.
    Source:
        Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16.
    """
    return _mean(relu(1 - real_scores)) + _mean(relu(1 + fake_scores))


def hinge_g_loss(fake_scores):
    """-E[f(G(z))] (Miyato et al. 2018, arXiv:1802.05957, equation 17)."""
    return -_mean(fake_scores)


def relativistic_d_loss(real_logits, fake_logits):
    """E[log(1 + e^(D(G(z)) - D(x)))]: real pictures should score above generated ones.

    Args:
        real_logits, fake_logits: (..., batch), unbounded, paired by position.
    Returns:
        Scalar >= 0 in nats; log 2 where the logits are equal.
    Source:
        Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.1 (RpGAN);
        Huang et al. 2025, arXiv:2501.05441, equation 2.
    """
    return _mean(softplus(fake_logits - real_logits))


def relativistic_g_loss(fake_logits, real_logits):
    """E[log(1 + e^(D(x) - D(G(z))))], the discriminator's loss with the roles swapped.

    Args:
        fake_logits, real_logits: (..., batch), unbounded, paired by position.
    Source:
        As for ``relativistic_d_loss``.
    """
    return _mean(softplus(real_logits - fake_logits))


def wasserstein_d_loss(real_scores, fake_scores):
    """E[f(G(z))] - E[f(x)]; needs a penalty on the slope (Arjovsky 2017, Algorithm 1)."""
    return _mean(fake_scores) - _mean(real_scores)


def wasserstein_g_loss(fake_scores):
    """-E[f(G(z))] (Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1)."""
    return -_mean(fake_scores)


minimax = LossPair(discriminator_loss, saturating_loss)
non_saturating = LossPair(discriminator_loss, non_saturating_loss)
least_squares = LossPair(least_squares_d_loss, least_squares_g_loss)
wasserstein = LossPair(wasserstein_d_loss, wasserstein_g_loss)
hinge = LossPair(hinge_d_loss, hinge_g_loss)
relativistic = LossPair(relativistic_d_loss, relativistic_g_loss)
