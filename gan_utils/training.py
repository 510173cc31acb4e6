"""One discriminator step and one generator step, as lesson 02 writes them by hand."""


def d_step(generator, discriminator, opt_d, real, z, loss, penalty=None):
    """Move the discriminator once; the generator stays as it is.

    Args:
        generator: maps z to samples shaped like ``real``.
        discriminator: maps samples to logits.
        opt_d: optimiser over the discriminator's parameters alone.
        real: a batch of data.
        z: latent noise for as many generated samples.
        loss: a ``losses.LossPair``.
        penalty: None, or a function (discriminator, real, fake) -> weighted scalar.
    Returns:
        The loss as a detached scalar tensor, without the penalty.
    """
    fake = generator(z).detach()
    d_loss = loss.d_loss(discriminator(real), discriminator(fake))
    total = d_loss if penalty is None else d_loss + penalty(discriminator, real, fake)
    opt_d.zero_grad()
    total.backward()
    opt_d.step()
    return d_loss.detach()


def g_step(generator, discriminator, opt_g, z, loss, real=None):
    """Move the generator once; the discriminator's weights stay as they are.

    Args:
        generator, discriminator, z, loss: as for ``d_step``.
        opt_g: optimiser over the generator's parameters alone.
        real: a batch of data, for a loss that compares pairs (``losses.relativistic``).
    Returns:
        The generator's loss as a detached scalar tensor.
    """
    fake_logits = discriminator(generator(z))
    if real is None:
        g_loss = loss.g_loss(fake_logits)
    else:
        g_loss = loss.g_loss(fake_logits, discriminator(real).detach())
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    return g_loss.detach()


class EMA:
    """An exponential moving average of a network's weights, kept in a second network.

    average <- decay * average + (1 - decay) * weights; buffers are copied.

    Args:
        average: a network of the same class; it takes the weights of ``source`` at once.
        source: the network that trains.
        decay: in [0, 1); 0.999 averages over about the last 1,000 steps.
    """

    def __init__(self, average, source, decay=0.999):
        self.average, self.source, self.decay = (
            average.requires_grad_(False),
            source,
            decay,
        )
        average.load_state_dict(source.state_dict())

    def update(self):
        """Call once after every generator step."""
        for mean, new in zip(self.average.parameters(), self.source.parameters()):
            mean.lerp_(new.detach(), 1 - self.decay)
        for mean, new in zip(self.average.buffers(), self.source.buffers()):
            mean.copy_(new)
