"""Draw pictures from a generator: in batches, in eval mode, without gradients."""

import torch


@torch.no_grad()
def draw(generator, z, labels=None, batch=500):
    """Pictures of a generator, on the processor; its mode is put back afterwards.

    Args:
        generator: maps z (and labels) to pictures; on any device.
        z: latents (N, latent_dim).
        labels: None, or classes (N,) for a generator that takes them.
        batch: pictures in one forward pass.
    Returns:
        (N, C, H, W), in the order of z.
    """
    device = next(iter(generator.parameters()), z).device
    given = [()] * -(-len(z) // batch)
    if labels is not None:
        given = [(part.to(device),) for part in labels.split(batch)]
    training = generator.training
    generator.eval()
    try:
        pairs = zip(z.split(batch), given)
        return torch.cat([generator(part.to(device), *y).cpu() for part, y in pairs])
    finally:
        generator.train(training)


def draw_evenly(generator, count, seed=0):
    """``count`` pictures of random latents, every class of a conditional one as often.

    The random state of the caller is left alone.
    """
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.latent_dim, generator=random)
    labels = None
    if hasattr(generator, "classes"):
        labels = torch.arange(count) % generator.classes
    return draw(generator, z, labels)
