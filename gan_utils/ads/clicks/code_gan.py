"""Lesson 16's GAN: a user vector -> the attributes of an advertisement."""

import torch
from torch import nn
from torch.nn.functional import gumbel_softmax, softplus

from gan_utils.ads.clicks.audience import COMBINATIONS, FEATURES, numbers
from gan_utils.ads.creatives.networks import CODES, SIZES, one_hot
from gan_utils.training import set_rate

LATENT_DIM = 8
LEARNING_RATE, BETAS = 2e-3, (0.5, 0.99)
R1_WEIGHT = 0.3


def layers(inputs, outputs, width=64):
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, outputs),
    )  # fmt: skip


class CodeGenerator(nn.Module):
    """z (N, 8) and features (N, 6) -> codes (N, 28), a 1 in each of five blocks.

    The 1 is drawn from a softmax; gradients pass as if the softmax had come out.

    Source:
        Jang, Gu and Poole 2017, arXiv:1611.01144, the straight-through estimator.
    """

    def __init__(self):
        super().__init__()
        self.net = layers(LATENT_DIM + len(FEATURES), CODES)

    def forward(self, z, features):
        blocks = self.net(torch.cat([z, features], 1)).split(SIZES, 1)
        return torch.cat([gumbel_softmax(block, hard=True) for block in blocks], 1)


class CodeDiscriminator(nn.Module):
    """Codes (N, 28) and features (N, 6) -> logits (N,): was this one clicked by such a user?"""

    def __init__(self):
        super().__init__()
        self.net = layers(CODES + len(FEATURES), 1)

    def forward(self, codes, features):
        return self.net(torch.cat([codes, features], 1))[:, 0]


def train(features, codes, tastes=None, reward=0.0, steps=1_500, batch=256):
    """Train on clicked impressions; uses torch's global random state.

    Args:
        features: (N, 6), who clicked.
        codes: (N, 28), on which creative.
        tastes: (7, 28) weights of a surrogate, for the reward.
        reward: how strongly the generator also seeks high predicted log-odds.
        steps, batch: of Adam; its rate falls to 0 over the second half.
    Returns:
        The generator.
    Raises:
        ValueError: nobody clicked.
    """
    if len(codes) == 0:
        raise ValueError("the GAN learns from clicks, and the log holds none")
    generator, discriminator = CodeGenerator(), CodeDiscriminator()
    opt_g, opt_d = (
        torch.optim.Adam(network.parameters(), LEARNING_RATE, BETAS)
        for network in (generator, discriminator)
    )
    for step in range(steps):
        for optimiser in (opt_g, opt_d):
            set_rate(optimiser, LEARNING_RATE, step / steps)
        which = torch.randint(len(codes), (batch,))
        user, real = features[which], codes[which].clone().requires_grad_()
        fake = generator(torch.randn(batch, LATENT_DIM), user)
        real_logits = discriminator(real, user)
        (slope,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
        d_loss = softplus(-real_logits).mean()
        d_loss = d_loss + softplus(discriminator(fake.detach(), user)).mean()
        d_loss = d_loss + R1_WEIGHT / 2 * slope.square().sum(1).mean()
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        g_loss = softplus(-discriminator(fake, user)).mean()
        if reward:
            liked = tastes[0] + user @ tastes[1:]
            g_loss = g_loss - reward * (liked * fake).sum(1).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
    return generator


@torch.no_grad()
def propose(generator, users, count, random=None):
    """Creatives for every user: numbers (N, count), rows of ``COMBINATIONS``.

    Args:
        generator: a ``CodeGenerator``.
        users: N of them.
        count: creatives each, drawn independently.
        random: seed of z and of the choice in each block; global state by default.
    """
    with torch.random.fork_rng(devices=[], enabled=random is not None):
        if random is not None:
            torch.manual_seed(random)
        features = users.features.repeat_interleave(count, 0)
        codes = generator(torch.randn(len(features), LATENT_DIM), features)
    chosen = torch.stack([block.argmax(1) for block in codes.split(SIZES, 1)], 1)
    return numbers(chosen).view(-1, count)


def ranked_first(proposals, tastes):
    """The proposal (N,) of N rows (N, K) that a taste (N, 28) for codes puts first."""
    codes = one_hot(COMBINATIONS)[proposals]
    score = (codes @ tastes[..., None])[..., 0]
    return proposals.gather(1, score.argmax(1, keepdim=True))[:, 0]
