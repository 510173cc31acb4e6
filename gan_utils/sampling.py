"""Draw pictures from a generator: in batches, in eval mode, without gradients."""

import torch


@torch.no_grad()
def draw(generator, z, labels=None, batch=250):
    """Pictures of a generator, on the processor; its mode is put back afterwards.

    Args:
        generator: maps z (and labels) to pictures; on any device.
        z: latents (N, latent_dim).
        labels: for a generator that takes them, one row for each z; or one class, a
            number, for all of them.
        batch: pictures in one forward pass.
    Returns:
        (N, C, H, W), float, in the order of z.
    """
    device = next(iter(generator.parameters()), z).device
    if isinstance(labels, int):
        labels = torch.full((len(z),), labels)
    columns = [z] if labels is None else [z, labels]
    batches = zip(*(column.split(batch) for column in columns))
    training = generator.training
    generator.eval()
    try:
        made = [generator(*(x.to(device) for x in rows)).cpu() for rows in batches]
    finally:
        generator.train(training)
    return torch.cat(made).float()


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
