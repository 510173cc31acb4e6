"""Networks that are told the class: a generator and a discriminator."""

import torch
from torch import nn

from gan_utils.networks import strided_convolutions


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation whose scale and shift are looked up by class.

    Maps features (batch, channels, height, width) and classes (batch,) to the former's
    shape. Every class starts at scale 1 and shift 0.

    Source:
        Dumoulin et al. 2017, arXiv:1610.07629, equation 5.
    """

    def __init__(self, channels, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Embedding(classes, channels)
        self.shift = nn.Embedding(classes, channels)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, features, labels):
        scale, shift = self.scale(labels), self.shift(labels)
        return self.norm(features) * scale[..., None, None] + shift[..., None, None]


class ConditionalGenerator(nn.Module):
    """z and a class -> picture: ``DCGANGenerator`` with class-conditional BatchNorm.

    Maps z (batch, latent_dim) and labels (batch,), int64 in [0, classes), to pictures
    (batch, 1, 28, 28) in [-1, 1]; ``refine`` as for ``DCGANGenerator``.
    """

    def __init__(self, latent_dim=64, width=64, classes=10, refine=False):
        super().__init__()
        self.latent_dim, self.classes, self.refine = latent_dim, classes, refine
        self.dense = nn.Linear(latent_dim + classes, 2 * width * 7 * 7, bias=False)
        self.norm_7 = ConditionalBatchNorm(2 * width, classes)
        self.up_14 = nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False)
        self.norm_14 = ConditionalBatchNorm(width, classes)
        if refine:
            self.conv_14 = nn.Conv2d(width, width, 3, padding=1, bias=False)
            self.norm_conv_14 = ConditionalBatchNorm(width, classes)
        self.up_28 = nn.ConvTranspose2d(width, 1, 4, 2, 1)

    def forward(self, z, labels):
        one_hot = nn.functional.one_hot(labels, self.classes).to(z.dtype)
        features = self.dense(torch.cat([z, one_hot], 1)).unflatten(1, (-1, 7, 7))
        features = self.norm_7(features, labels).relu()
        features = self.norm_14(self.up_14(features), labels).relu()
        if self.refine:
            features = self.norm_conv_14(self.conv_14(features), labels).relu()
        return self.up_28(features).tanh()


class ProjectionDiscriminator(nn.Module):
    """Picture and class -> logit: psi(h(x)) + <e(y), h(x)>.

    Maps images (batch, 1, 28, 28) in [-1, 1] and labels (batch,) to logits (batch,).

    Source:
        Miyato and Koyama 2018, arXiv:1802.05637, equation 3.
    """

    def __init__(self, width=64, classes=10, depth=2):
        super().__init__()
        layers, features = strided_convolutions(width, depth)
        self.body = nn.Sequential(*layers)
        self.score = nn.Linear(features, 1)
        self.embedding = nn.Embedding(classes, features)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, images, labels):
        features = self.body(images)
        return self.score(features)[:, 0] + (self.embedding(labels) * features).sum(1)
