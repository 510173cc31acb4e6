"""Networks for banners: paint one from attributes, judge it, read it back."""

import torch
from torch import nn

from gan_utils.ads.creatives.scene import ATTRIBUTES
from gan_utils.networks import halving

SIZES = tuple(len(values) for values in ATTRIBUTES.values())
CODES = sum(SIZES)


def one_hot(attributes):
    """Attributes (N, 5) as zeros and ones (N, 28), a block with one 1 per column."""
    columns = [
        nn.functional.one_hot(column, size)
        for column, size in zip(attributes.unbind(1), SIZES)
    ]
    return torch.cat(columns, 1).float()


class AttributeBatchNorm(nn.Module):
    """BatchNorm whose scale and shift are sums over the attributes' codes.

    Maps features (N, channels, H, W) and codes (N, 28) to the former's shape; every
    combination starts at scale 1 and shift 0, also those that training never shows.

    Source:
        Dumoulin et al. 2017, arXiv:1610.07629, equation 5, with a sum in place of a row.
    """

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.scale, self.shift = (
            nn.Linear(CODES, channels, bias=False) for _ in range(2)
        )
        nn.init.zeros_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, features, codes):
        scale, shift = self.scale(codes), self.shift(codes)
        return (
            self.norm(features) * (1 + scale[..., None, None]) + shift[..., None, None]
        )


class BannerGenerator(nn.Module):
    """z and attributes -> banner.

    Maps z (N, latent_dim) and attributes (N, 5), int64, or codes (N, 28), float, to
    pictures (N, 3, 64, 64) in [-1, 1].

    Args:
        latent_dim: numbers in z.
        width: channels at 32x32; twice as many at 16x16, four times at 8x8.
    """

    def __init__(self, latent_dim=64, width=24):
        super().__init__()
        self.latent_dim = latent_dim
        self.dense = nn.Linear(latent_dim + CODES, 4 * width * 8 * 8, bias=False)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(n, n // 2, 4, stride=2, padding=1, bias=False)
            for n in (4 * width, 2 * width)
        )
        self.norms = nn.ModuleList(AttributeBatchNorm(n * width) for n in (4, 2, 1))
        self.paint = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)

    def forward(self, z, attributes):
        codes = attributes if attributes.is_floating_point() else one_hot(attributes)
        features = self.dense(torch.cat([z, codes], 1)).unflatten(1, (-1, 8, 8))
        features = self.norms[0](features, codes).relu()
        for up, norm in zip(self.ups, self.norms[1:]):
            features = norm(up(features), codes).relu()
        return self.paint(features).tanh()


class Packed(nn.Module):
    """Several answers of a generator to one wish, as one sample for D.

    Maps z (N, pack * latent_dim) and attributes (N, 5) to (N, 3 * pack, 64, 64): the
    pictures one behind the other, as channels.

    Args:
        generator: a ``BannerGenerator``; it is trained, and can be taken out again.
        pack: answers to one wish; 1 changes nothing.
    Source:
        Lin et al. 2018 (PacGAN), arXiv:1712.04086, section 3, with a condition.
    """

    def __init__(self, generator, pack=2):
        super().__init__()
        self.generator, self.pack = generator, pack
        self.latent_dim = pack * generator.latent_dim

    def forward(self, z, attributes):
        each = z.unflatten(1, (self.pack, -1)).flatten(0, 1)
        wishes = attributes.repeat_interleave(self.pack, 0)
        return packed(self.generator(each, wishes), self.pack)


def packed(images, pack=2):
    """Every ``pack`` pictures in a row as one sample: (N, 3, H, W) -> (N/pack, 3*pack, H, W)."""
    return images.unflatten(0, (-1, pack)).flatten(1, 2)


class BannerDiscriminator(nn.Module):
    """Banner and attributes -> logit: psi(h(x)) + <sum of e(attribute), h(x)>.

    Maps images (N, 3 * pack, 64, 64) in [-1, 1] and attributes (N, 5) to logits (N,).

    Args:
        width: channels of the first of four convolutions; each further one doubles them.
        pack: pictures that are judged together.
        told: False leaves the attributes out, for an unconditional GAN.
    Source:
        Miyato and Koyama 2018, arXiv:1802.05637, equation 3, one term for each attribute.
    """

    def __init__(self, width=16, pack=1, told=True):
        super().__init__()
        self.told = told
        self.body = nn.Sequential(*halving(width, 4, 3 * pack), nn.Flatten())
        features = 8 * width * 4 * 4
        self.score = nn.Linear(features, 1)
        self.embedding = nn.Linear(CODES, features, bias=False)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, images, attributes):
        features = self.body(images)
        logits = self.score(features)[:, 0]
        if not self.told:
            return logits
        return logits + (self.embedding(one_hot(attributes)) * features).sum(1)


class BannerReader(nn.Module):
    """Banner -> what each attribute seems to be: the evaluator, trained apart.

    Maps images (N, 3, 64, 64) in [-1, 1] to a list of five logits, (N, values) each;
    ``features`` returns the 64 numbers before them.
    """

    feature_dim = 64

    def __init__(self, width=16):
        super().__init__()
        self.body = nn.Sequential(
            *halving(width, 3),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(4 * width * 8 * 8, self.feature_dim),
            nn.ReLU(),
        )
        self.heads = nn.ModuleList(nn.Linear(self.feature_dim, n) for n in SIZES)

    def features(self, images):
        return self.body(images)

    def forward(self, images):
        features = self.features(images)
        return [head(features) for head in self.heads]

    def read(self, images):
        """The most likely value of every attribute: int64 (N, 5)."""
        return torch.stack([logits.argmax(1) for logits in self(images)], 1)
