"""Three rivals of the GAN: a VAE, a pixel LSTM, and the training that all families share.

Each model has ``loss(images)``, a scalar that it minimises, from grey levels (batch, 1,
side, side) in [0, 255], and ``sample(count)``, pictures in [-1, 1]. The third rival,
flow matching, is in ``flow``.
"""

import math

import torch
from torch import nn
from torch.nn.functional import logsigmoid, pad

from gan_utils.data import fashion_mnist
from gan_utils.training import set_rate

LEVELS = 256
_NARROWEST = -7.0  # smallest log of a bell's scale


def to_unit(k, levels=LEVELS):
    """Grey levels as float32 in [-1, 1]."""
    return k.float() * (2 / (levels - 1)) - 1


def from_unit(x, levels=LEVELS):
    """The nearest grey levels, int64; values outside [-1, 1] go to the first or last."""
    return ((x + 1) * ((levels - 1) / 2)).round().clamp(0, levels - 1).long()


def log_prob(k, mean, log_scale, levels=LEVELS):
    """log P(k) under a logistic distribution that is rounded to grey levels.

    P(k) = S(b) - S(a), S the sigmoid, b and a the upper and lower edge of level k, minus
    the mean, over the scale; the first level has a = -infinity, the last b = +infinity, so
    the levels' probabilities sum to 1. S(b) - S(a) = S(b) S(-a) (1 - e^(a - b)) is stable.

    Args:
        k: grey levels; mean, log_scale: float tensors that broadcast against it.
    Returns:
        Tensor of the broadcast shape, nats, <= 0.
    Source:
        Salimans et al. 2017, arXiv:1701.05517, equation 2.
    """
    log_scale = log_scale.clamp_min(_NARROWEST)
    slope, half = (-log_scale).exp(), 1 / (levels - 1)
    centred = to_unit(k, levels) - mean
    below_upper = logsigmoid(slope * (centred + half))
    above_lower = logsigmoid(-slope * (centred - half))
    width = (-torch.expm1(-2 * half * slope)).log()
    below_upper = below_upper.where(k < levels - 1, 0)
    above_lower = above_lower.where(k > 0, 0)
    return below_upper + above_lower + width.where((k > 0) & (k < levels - 1), 0)


def draw_levels(mean, log_scale, levels=LEVELS):
    """Grey levels drawn from the rounded logistic distribution, int64."""
    uniform = torch.rand_like(mean).clamp(1e-6, 1 - 1e-6)
    noise = uniform.log() - (-uniform).log1p()
    return from_unit(mean + log_scale.clamp_min(_NARROWEST).exp() * noise, levels)


def mixture_log_prob(k, parameters, levels=LEVELS):
    """log of a weighted sum of bells: sum_i w_i P_i(k).

    Args:
        k: (...); parameters: (..., 3 * bells): logits of weights, means, log-scales.
    Returns:
        (...), nats.
    """
    logits, means, log_scales = parameters.chunk(3, -1)
    each = log_prob(k[..., None], means, log_scales, levels)
    return (logits.log_softmax(-1) + each).logsumexp(-1)


def mixture_draw(parameters, levels=LEVELS):
    """Grey levels (...) from parameters (..., 3 * bells): choose a bell, then draw."""
    logits, means, log_scales = parameters.chunk(3, -1)
    noise = -torch.empty_like(logits).exponential_().log()  # Gumbel: argmax is a draw
    chosen = (logits + noise).argmax(-1, keepdim=True)
    return draw_levels(
        means.gather(-1, chosen)[..., 0], log_scales.gather(-1, chosen)[..., 0], levels
    )


def bits_per_dimension(nats, dimensions):
    """From minus a log-probability in nats per picture to bits per pixel."""
    return nats / (dimensions * math.log(2))


def train(model, progress, rate, batch_size=64, betas=(0.9, 0.99)):
    """Minimise ``model.loss`` on Fashion-MNIST; the rate goes as in ``training.GANLoop``.

    Args:
        model: see the top of this file; trained in place.
        progress: yields the share of the training that is done, once a step.
        rate: Adam's learning rate, constant for half the training, then falling to 0.
    Returns:
        The model in eval mode, and the number of steps.
    """
    images, _ = fashion_mnist("train")
    model.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam(model.parameters(), rate, betas, fused=True)
    steps = 0
    for share in progress:
        set_rate(optimiser, rate, share)
        loss = model.loss(images[torch.randint(len(images), (batch_size,))])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
    return model.eval(), steps


def count_parameters(*networks):
    """Numbers that training may change, over all networks."""
    return sum(p.numel() for network in networks for p in network.parameters())


class VAE(nn.Module):
    """Variational autoencoder: x -> q(z | x) -> z -> p(x | z), pixels independent given z.

    Args:
        latent_dim: numbers in z.
        width: channels at 14x14; twice as many at 7x7.
    Source:
        Kingma and Welling 2013, arXiv:1312.6114.
    """

    def __init__(self, latent_dim=24, width=24):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * 7 * 7, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * 7 * 7, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 2, 4, stride=2, padding=1),
        )

    def encode(self, images):
        """Mean and log-variance of q(z | x), (batch, latent_dim) each."""
        return self.encoder(to_unit(images)).chunk(2, 1)

    def decode(self, z):
        """Mean and log-scale of every pixel's bell, (batch, 1, 28, 28) each."""
        mean, log_scale = self.decoder(z).chunk(2, 1)
        return mean.tanh(), log_scale - 2

    def terms(self, images):
        """log p(x | z) for one z ~ q(z | x), and KL(q || N(0, I)), nats a picture."""
        mean, log_variance = self.encode(images)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        pixels = log_prob(images, *self.decode(z)).flatten(1).sum(1)
        kl = (mean**2 + log_variance.exp() - log_variance - 1).sum(1) / 2
        return pixels, kl

    def loss(self, images):
        """Minus the evidence lower bound, KL - E_q log p(x | z), nats a picture."""
        pixels, kl = self.terms(images)
        return (kl - pixels).mean()

    def forward(self, z):
        """The mean picture of z, in [-1, 1]."""
        return self.decode(z)[0]

    @torch.no_grad()
    def sample(self, count):
        return self(torch.randn(count, self.latent_dim))


class PixelLSTM(nn.Module):
    """p(x) = product over pixels of p(pixel | all before it), by two LSTMs.

    One walks down the rows and tells each column of the next row what it has seen; the
    other walks along that row. Given the picture, all rows are walked at once.

    Args:
        side: pixels in a row and in a column; levels: grey levels.
        down, along: memory cells of the two LSTMs; told: numbers told to each column.
        bells: logistic bells in the mixture for one pixel.
    Source:
        van den Oord et al. 2016, arXiv:1601.06759, where the ordering is this one.
    """

    above = 2  # pixels to each side, in the row above, that the second LSTM sees

    def __init__(self, side=28, levels=256, down=168, along=48, told=14, bells=5):
        super().__init__()
        self.side, self.levels, self.told = side, levels, told
        self.down = nn.LSTM(side, down, batch_first=True)
        self.tell = nn.Linear(down, side * told)
        self.along = nn.LSTM(told + 2 * self.above + 2, along, batch_first=True)
        self.head = nn.Linear(along, 3 * bells)
        with torch.no_grad():
            self.head.bias[bells : 2 * bells] = torch.linspace(-1, 1, bells)
            self.head.bias[2 * bells :] = -2

    def context(self, rows, state=None):
        """What is known before a row begins, from the rows above it.

        Args:
            rows: (batch, n, side) in [-1, 1], each the row above one that is to come.
        Returns:
            (batch, n, side, told + 5), and the state of the LSTM.
        """
        out, state = self.down(rows, state)
        told = self.tell(out).unflatten(2, (self.side, self.told))
        near = pad(rows, (self.above, self.above), value=-1.0)
        return torch.cat([told, near.unfold(2, 2 * self.above + 1, 1)], 3), state

    def pixel_log_probs(self, images):
        """log p(pixel | all before it), nats, (batch, side, side).

        Args:
            images: grey levels (batch, 1, side, side).
        """
        x = to_unit(images, self.levels)[:, 0]
        known, _ = self.context(pad(x[:, :-1], (0, 0, 1, 0), value=-1.0))
        left = pad(x[:, :, :-1], (1, 0), value=-1.0)[..., None]
        out, _ = self.along(torch.cat([left, known], 3).flatten(0, 1))
        parameters = self.head(out).unflatten(0, x.shape[:2])
        return mixture_log_prob(images[:, 0], parameters, self.levels)

    def log_prob(self, images):
        """log p(x), exactly, nats a picture: the sum over its pixels."""
        return self.pixel_log_probs(images).flatten(1).sum(1)

    def loss(self, images):
        """Minus the log-likelihood, nats a picture."""
        return -self.log_prob(images).mean()

    @torch.no_grad()
    def sample(self, count):
        """Pixel by pixel: every one is drawn before the next can be asked for."""
        rows, state = [torch.full((count, 1, self.side), -1.0)], None
        for _ in range(self.side):
            known, state = self.context(rows[-1], state)
            pixels, walk = [torch.full((count, 1, 1), -1.0)], None
            for column in range(self.side):
                seen = torch.cat([pixels[-1], known[:, :, column]], 2)
                out, walk = self.along(seen, walk)
                k = mixture_draw(self.head(out), self.levels)
                pixels.append(to_unit(k, self.levels)[..., None])
            rows.append(torch.cat(pixels[1:], 2))
        return torch.cat(rows[1:], 1)[:, None]
