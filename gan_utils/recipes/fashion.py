"""What made the checkpoints of Fashion-MNIST: generators, and the judge behind the FID."""

import torch
from torch.nn.functional import cross_entropy

from gan_utils import attributes, metrics, penalties
from gan_utils.data import fashion_mnist, to_float
from gan_utils.latent import Direction
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    FeatureNetwork,
    ProjectionDiscriminator,
    StyleGenerator,
)
from gan_utils.recipes.classifier import train_classifier
from gan_utils.sampling import draw

NAMED = (  # name, word at the low end, at the high end, measure, classes that have it
    ("brightness", "dark", "bright", attributes.brightness, range(10)),
    ("pattern", "plain", "patterned", attributes.pattern, (0, 1, 2, 3, 4, 6, 7, 8, 9)),
    ("width", "narrow", "wide", attributes.width, (1, 2, 3, 4, 6, 8)),
    ("height", "low", "high", attributes.height, (5, 7, 8, 9)),
    ("sleeve length", "short", "long", attributes.sleeve_length, (0, 2, 4, 6)),
    ("heel height", "flat", "high", attributes.heel_height, (5, 9)),
    ("flare", "straight", "flared", attributes.flare, (3,)),
    ("leg gap", "closed", "apart", attributes.leg_gap, (1,)),
    ("handle", "none", "tall", attributes.handle_height, (8,)),
)


def quick(train, steps=2000):
    """The small generator of lesson 08: a minute or two on a laptop, to try things out."""
    generator = DCGANGenerator(64, 24, refine=True)
    discriminator = DCGANDiscriminator(16, depth=3)
    network = train(generator, discriminator, steps)
    return network, _facts(network, steps, 24)


def explorer_unconditional(train, steps=30_000, latent_dim=64, width=48):
    """The generator that lessons 00 and 11 explore: the recipe of lesson 08, for longer."""
    generator = DCGANGenerator(latent_dim, width, refine=True)
    discriminator = DCGANDiscriminator(width // 2, depth=3)
    network = train(generator, discriminator, steps)
    return network, _facts(network, steps, width)


def explorer_conditional(train, steps=30_000, latent_dim=64, width=48):
    """The same, told the class of every picture."""
    generator = ConditionalGenerator(latent_dim, width, refine=True)
    discriminator = ProjectionDiscriminator(width // 2, depth=3)
    network = train(generator, discriminator, steps, conditional=True)
    return network, _facts(network, steps, width)


def styles(train, steps=12_000, latent_dim=64, width=32):
    """The style-based generator of lesson 10, told the class, for longer than it lasts."""
    generator = StyleGenerator(latent_dim, width)
    discriminator = ProjectionDiscriminator(24, depth=3)
    network = train(
        generator, discriminator, steps,
        conditional=True, betas=(0.0, 0.99), penalty=slope, every=16,
    )  # fmt: skip
    return network, _facts(network, steps, width)


def named_directions(generator, count=1000):
    """The attributes a person would name, as directions, class by class.

    Args:
        generator: conditional, of the ten classes of Fashion-MNIST; for a style-based one
            the vectors are shifts of w, the same in every layer.
        count: pictures per class to learn from.
    Returns:
        A list of ``latent.Direction``; one name comes once for each class that has it.
        What the generator never varies in a class is left out there.
    """
    found = []
    for label in range(generator.classes):
        rows = _varied(generator, [row for row in NAMED if label in row[4]], label)
        measures = [row[3] for row in rows]
        if not rows:
            continue
        if isinstance(generator, StyleGenerator):
            vectors = _directions_in_w(generator, measures, label, count)
        else:
            vectors, _ = attributes.attribute_directions(
                generator, measures, label, count
            )
        found += [
            Direction(name, low, high, vector, (label,))
            for (name, low, high, _, _), vector in zip(rows, vectors)
        ]
    return found


@torch.no_grad()
def _directions_in_w(generator, measures, label, count, seed=0):
    """As ``attribute_directions``, in w: the likeliest shifts that do what is asked.

    With C the covariance of w in the class and B the slopes of the standardised measures,
    the rows of (C B (B^T C B)^-1)^T: of all V with B^T V = 1 those of least V^T C^-1 V.
    """
    z = torch.randn(
        count, generator.latent_dim, generator=torch.Generator().manual_seed(seed)
    )
    values = attributes.measure_all(measures, draw(generator, z, label))
    w = generator.mapping(z, torch.full((count,), label))
    w, values = w - w.mean(0), (values - values.mean(0)) / values.std(0)
    covariance = torch.cov(w.T)
    slopes = torch.linalg.lstsq(w, values, driver="gelsd").solution
    shifts = covariance @ slopes
    return (shifts @ torch.linalg.pinv(slopes.T @ shifts)).T


def _varied(generator, rows, label, count=200):
    """The rows of ``NAMED`` whose measure is not the same in all pictures of a class."""
    z = torch.randn(
        count, generator.latent_dim, generator=torch.Generator().manual_seed(2)
    )
    values = attributes.measure_all([row[3] for row in rows], draw(generator, z, label))
    return [row for row, spread in zip(rows, values.std(0)) if spread > 1e-6]


def slope(discriminator, real, fake):
    """R1 with the weight of lesson 10."""
    return 0.05 * penalties.r1(discriminator, real)


def feature_network(train, steps=5000, batch_size=128):
    """The classifier behind the FID. It is no GAN: ``train`` is not used."""
    images, labels = fashion_mnist("train")
    network = FeatureNetwork()

    def loss_of(step):
        which = torch.randint(len(images), (batch_size,))
        batch = to_float(images[which])
        if step % 2:
            batch = batch.flip(-1)
        return cross_entropy(network(batch), labels[which], label_smoothing=0.05)

    return train_classifier(network, loss_of, steps, 4e-3), {
        "test accuracy": accuracy(network),
        "steps": steps,
        "batch": batch_size,
    }


@torch.no_grad()
def accuracy(network):
    """Share of the 10,000 test pictures that a classifier names correctly."""
    images, labels = fashion_mnist("test")
    guesses = [network(to_float(batch)).argmax(1) for batch in images.split(500)]
    return (torch.cat(guesses) == labels).float().mean().item()


def _facts(generator, steps, width):
    training_pictures, _ = fashion_mnist("train")
    facts = {
        "FID on the test set": metrics.score(generator),
        "FID of 10,000 training pictures on the test set": metrics.fid(
            training_pictures[:10_000]
        ),
        "steps": steps,
        "batch": 64,
        "latent_dim": generator.latent_dim,
        "width": width,
    }
    if not isinstance(generator, StyleGenerator):
        facts["refine"] = True
    if hasattr(generator, "classes"):
        facts["directions"] = card_entries(named_directions(generator))
    return facts


def card_entries(directions):
    """Directions as a card holds them, to four decimals."""
    return [
        {**one._asdict(), "vector": [round(x, 4) for x in one.vector.tolist()]}
        for one in directions
    ]
