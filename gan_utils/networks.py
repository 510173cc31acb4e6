"""Networks that more than one lesson uses."""

import math

import torch
from torch import nn


class StackedLinear(nn.Module):
    """One linear layer for several networks that train side by side.

    Maps (copies, batch, n_in) to (copies, batch, n_out); no copy sees another's weights.
    """

    def __init__(self, copies, n_in, n_out):
        super().__init__()
        bound = n_in**-0.5
        self.weight = nn.Parameter(
            torch.empty(copies, n_in, n_out).uniform_(-bound, bound)
        )
        self.bias = nn.Parameter(torch.empty(copies, 1, n_out).uniform_(-bound, bound))

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)


def mlp(*sizes, copies=None, activation=nn.ReLU):
    """A plain multi-layer perceptron, or ``copies`` of it trained side by side.

    Args:
        sizes: the width of every layer, input and output included.
        copies: None for one network on (batch, sizes[0]), or their number for a stack
            on (copies, batch, sizes[0]).
        activation: the module class between two layers.
    Raises:
        ValueError: fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp needs an input and an output size; got {sizes}")
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers.append(
            StackedLinear(copies, n_in, n_out) if copies else nn.Linear(n_in, n_out)
        )
        layers.append(activation())
    return nn.Sequential(*layers[:-1])


def mlp_discriminator(*sizes, copies=None, activation=nn.ReLU):
    """``mlp(*sizes, 1)`` whose logits have the shape (batch,) or (copies, batch)."""
    return mlp(*sizes, 1, copies=copies, activation=activation).append(nn.Flatten(-2))


class DCGANGenerator(nn.Module):
    """z -> picture: a dense layer to 7x7, then two transposed convolutions to 28x28.

    Maps (batch, latent_dim) to (batch, 1, 28, 28) in [-1, 1].

    Args:
        latent_dim: numbers in z.
        width: channels at 14x14; twice as many at 7x7.
        refine: one more convolution, 3x3, between the two transposed ones.
    Source:
        Radford et al. 2015, arXiv:1511.06434, at the size of Fashion-MNIST.
    """

    def __init__(self, latent_dim=64, width=64, refine=False):
        super().__init__()
        self.latent_dim = latent_dim
        more = []
        if refine:
            convolution = nn.Conv2d(width, width, 3, padding=1, bias=False)
            more = [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * 7 * 7, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *more,
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(z)


def halving(width, depth, channels=3):
    """Convolutions that each halve a picture; BatchNorm after all but the first."""
    layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for _ in range(depth - 1):
        layers += [
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
        ]
        width *= 2
    return layers


def _strided_convolutions(width, depth):
    """The body of a DCGAN discriminator: every layer halves the picture.

    BatchNorm follows all convolutions but the first. Maps (batch, 1, 28, 28) to
    (batch, features) with features = width * 2^(depth - 1) * side^2; side is 7 at
    depth 2 and 3 at depth 3. Returns the list of layers and the number of features.
    """
    features = width * 2 ** (depth - 1) * (28 // 2**depth) ** 2
    return [*halving(width, depth, channels=1), nn.Flatten()], features


class DCGANDiscriminator(nn.Module):
    """Picture -> logit: two or more strided convolutions and a dense layer.

    Maps (batch, 1, 28, 28) in [-1, 1] to logits (batch,).

    Args:
        width: channels of the first convolution; each further one doubles them.
        depth: number of convolutions, 2 to 4.
    """

    def __init__(self, width=64, depth=2):
        super().__init__()
        layers, features = _strided_convolutions(width, depth)
        self.layers = nn.Sequential(*layers, nn.Linear(features, 1), nn.Flatten(0))

    def forward(self, images):
        return self.layers(images)


class FeatureNetwork(nn.Module):
    """A small Fashion-MNIST classifier whose last hidden layer feeds the FID.

    Maps (batch, 1, 28, 28) in [-1, 1] to logits (batch, 10); ``features`` returns the
    64 numbers before the last layer, (batch, 64).
    """

    feature_dim = 64

    def __init__(self, width=32):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.4),
            nn.Linear(2 * width * 7 * 7, self.feature_dim),
            nn.ReLU(),
        )
        self.head = nn.Linear(self.feature_dim, 10)

    def features(self, images):
        return self.body(images)

    def forward(self, images):
        return self.head(self.features(images))


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
        layers, features = _strided_convolutions(width, depth)
        self.body = nn.Sequential(*layers)
        self.score = nn.Linear(features, 1)
        self.embedding = nn.Embedding(classes, features)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, images, labels):
        features = self.body(images)
        return self.score(features)[:, 0] + (self.embedding(labels) * features).sum(1)


class SlowLinear(nn.Linear):
    """A dense layer whose weights are stored ten times as large as they are used.

    So a step of Adam, whose size does not depend on the gradient's, changes them by a tenth.

    Source:
        Karras et al. 2018, arXiv:1812.04948, appendix C (there by a hundredth).
    """

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)
        nn.init.normal_(self.weight, std=10 * math.sqrt(2 / n_in))
        nn.init.zeros_(self.bias)

    def forward(self, x):
        return nn.functional.linear(x, self.weight / 10, self.bias / 10)


class ModulatedConvolution(nn.Module):
    """A convolution whose input channels every picture weighs by its own style.

    K'[o, i] = s[i] K[o, i] with s = A w + b, and K''[o] = K'[o] / ||K'[o]||, so that the
    output keeps unit variance; then noise, bias and leaky ReLU. Scaling input and output
    instead of the kernel is the same. Maps (N, n_in, H, W) and w (N, style_dim) to
    (N, n_out, side, side).

    Args:
        kernel: 4 doubles the side by a transposed convolution; 1 or 3 keep it.
        last: without demodulation, noise and activation.
    Source:
        Karras et al. 2019, arXiv:1912.04958, equations 1 and 3.
    """

    def __init__(self, style_dim, n_in, n_out, side, kernel=3, last=False):
        super().__init__()
        self.up, self.last = kernel == 4, last
        self.seen = 1 / 4 if self.up else 1.0  # share of the kernel that a pixel sees
        scale = (n_in * kernel**2 * self.seen) ** -0.5
        self.weight = nn.Parameter(scale * torch.randn(n_out, n_in, kernel, kernel))
        self.style = nn.Linear(style_dim, n_in)
        nn.init.normal_(self.style.weight, std=style_dim**-0.5)
        nn.init.ones_(self.style.bias)
        self.bias = nn.Parameter(torch.zeros(n_out, 1, 1))
        if not last:
            self.strength = nn.Parameter(torch.zeros(1))
            self.register_buffer("noise", torch.randn(1, 1, side, side))

    def forward(self, x, w):
        style = self.style(w)
        x = style[..., None, None] * x
        if self.up:
            kernel = self.weight.transpose(0, 1)
            x = nn.functional.conv_transpose2d(x, kernel, stride=2, padding=1)
        else:
            x = nn.functional.conv2d(x, self.weight, padding="same")
        if self.last:
            return x + self.bias
        power = style.square() @ self.weight.square().sum((2, 3)).T * self.seen
        x = x * (power + 1e-8).rsqrt()[..., None, None]
        noise = torch.randn_like(x[:, :1]) if self.training else self.noise
        x = x + self.strength * noise + self.bias
        return math.sqrt(2) * nn.functional.leaky_relu(x, 0.2)


class StyleGenerator(nn.Module):
    """z and a class -> w by ``mapping``; a w for each layer -> picture by ``synthesis``.

    Maps z (N, latent_dim) and labels (N,), int64 in [0, classes), to pictures
    (N, 1, 28, 28) in [-1, 1]. In training mode nearly half of the pictures take the w of a
    second z from some layer on (mixing regularisation), and noise is drawn anew; in eval
    mode the noise is the one that was saved with the weights.

    Args:
        latent_dim: numbers in z, and in w.
        width: channels at 14x14; twice as many at 7x7.
    Source:
        Karras et al. 2018, arXiv:1812.04948; 2019, arXiv:1912.04958.
    """

    layer_count = 5

    def __init__(self, latent_dim=64, width=48, classes=10):
        super().__init__()
        self.latent_dim, self.classes, n = latent_dim, classes, latent_dim
        self.to_w = nn.Sequential(
            *(SlowLinear(n + classes, n), nn.LeakyReLU(0.2)),
            *(SlowLinear(n, n), nn.LeakyReLU(0.2)),
        )
        self.constant = nn.Parameter(torch.randn(1, 4 * width, 7, 7))
        sizes = [(4, 2, 7, 1), (2, 2, 7, 3), (2, 1, 14, 4), (1, 1, 14, 3)]
        self.layers = nn.ModuleList(
            ModulatedConvolution(n, a * width, b * width, side, kernel)
            for a, b, side, kernel in sizes
        )
        self.layers.append(ModulatedConvolution(n, width, 1, 28, 4, last=True))

    def mapping(self, z, labels):
        """w (N, latent_dim); of z only the direction counts."""
        z = nn.functional.normalize(z) * math.sqrt(self.latent_dim)
        one_hot = nn.functional.one_hot(labels, self.classes).to(z.dtype)
        return self.to_w(torch.cat([z, one_hot], 1))

    def synthesis(self, ws):
        """Pictures of ws (N, 5, latent_dim), one w for each layer."""
        x = self.constant
        for layer, w in zip(self.layers, ws.unbind(1)):
            x = layer(x, w)
        return x.tanh()

    def forward(self, z, labels):
        ws = self.mapping(z, labels)[:, None].expand(-1, self.layer_count, -1)
        if self.training:
            second = self.mapping(torch.randn_like(z), labels)[:, None]
            last = 2 * self.layer_count
            change = torch.randint(1, last, (len(z), 1, 1), device=z.device)
            layer = torch.arange(self.layer_count, device=z.device)[:, None]
            ws = torch.where(layer < change, ws, second)
        return self.synthesis(ws)


SIZES = (32, 64, 128)  # pixels a side
FIRST = 8  # pixels a side of the dense layer's picture


class ColourGenerator(nn.Module):
    """z -> colour picture: a dense layer to 8x8, then transposed convolutions.

    Maps z (N, latent_dim) to pictures (N, 3, size, size) in [-1, 1].

    Args:
        latent_dim: numbers in z.
        width: channels at half the final size; each halving of the side doubles them.
        size: of a side in pixels: 32, 64 or 128.
    Raises:
        ValueError: another size.
    Source:
        Radford et al. 2015, arXiv:1511.06434.
    """

    def __init__(self, latent_dim=64, width=32, size=64):
        super().__init__()
        self.latent_dim, self.size = latent_dim, _checked(size)
        doublings = int(math.log2(size // FIRST)) - 1
        channels = width * 2**doublings
        layers = [
            nn.Linear(latent_dim, channels * FIRST**2, bias=False),
            nn.Unflatten(1, (channels, FIRST, FIRST)),
        ]
        for n in (channels // 2**k for k in range(doublings)):
            up = nn.ConvTranspose2d(n, n // 2, 4, stride=2, padding=1, bias=False)
            layers += [nn.BatchNorm2d(n), nn.ReLU(), up]
        paint = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)
        layers += [nn.BatchNorm2d(width), nn.ReLU(), paint, nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z):
        return self.layers(z)


class ColourDiscriminator(nn.Module):
    """Colour picture -> logit: convolutions that halve it down to 4x4, and a dense layer.

    Maps pictures (N, 3, size, size) in [-1, 1] to logits (N,).

    Args:
        width: channels of the first convolution; each further one doubles them.
        size: of a side in pixels: 32, 64 or 128.
    Raises:
        ValueError: another size.
    """

    def __init__(self, width=24, size=64):
        super().__init__()
        depth = int(math.log2(_checked(size) // 4))
        features = width * 2 ** (depth - 1) * 4 * 4
        self.layers = nn.Sequential(
            *halving(width, depth), nn.Flatten(), nn.Linear(features, 1), nn.Flatten(0)
        )

    def forward(self, images):
        return self.layers(images)


def _checked(size):
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES} pixels; got {size}")
    return size
