"""Batches for the training loop: pictures stay on the device as bytes, drawn there."""

import torch

from gan_utils.data import to_float
from gan_utils.engine.distributed import ALONE


class DeviceBatches:
    """Real pictures and latents for every step, drawn on the device.

    Each epoch shuffles the pictures anew and deals them without repeats; what does not
    fill a batch waits for the next epoch. The order depends on seed and epoch alone, so
    it needs no saving; the latents' random generator does (``state``).

    Args:
        images: uint8 (N, C, H, W); moved to the device once.
        labels: None, or int64 (N,).
        batch_size: pictures a step, all processes together.
        latent_dim: numbers in one z.
        seed: of order and latents.
        device: where everything happens.
        ranks: the processes that share the work; every one takes its slice.
    Raises:
        ValueError: images of another kind, fewer than a batch of them, or not as many
            as labels.
    """

    def __init__(
        self, images, labels=None, *, batch_size=64, latent_dim=64, seed=0,
        device="cpu", ranks=ALONE,
    ):  # fmt: skip
        if images.dtype != torch.uint8 or images.dim() != 4:
            raise ValueError(
                f"images must be uint8 (N, C, H, W); got {images.dtype} "
                f"{tuple(images.shape)}"
            )
        if labels is not None and len(labels) != len(images):
            raise ValueError(
                f"every picture needs a label; got {len(images)} pictures and "
                f"{len(labels)} labels"
            )
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more; got {batch_size}")
        if len(images) < batch_size:
            raise ValueError(
                f"{len(images)} pictures do not fill a batch of {batch_size}: take a "
                "smaller batch_size"
            )
        self.images = images.to(device)
        self.labels = None if labels is None else labels.to(device)
        self.batch_size, self.latent_dim, self.seed = batch_size, latent_dim, seed
        self.device, self.ranks = torch.device(device), ranks
        self.noise = torch.Generator(device).manual_seed(seed)
        self.epoch, self.order = None, None

    def __call__(self, step):
        """The batch of a step: (real, z), and the classes where there are labels.

        Args:
            step: counted from 0; calls must follow one another, for the latents.
        Returns:
            real: float32 (batch, C, H, W) in [-1, 1], channels last.
            z: float32 (batch, latent_dim), normal.
        """
        which = self.ranks.share(self.chosen(step))
        real = to_float(self.images[which])
        z = torch.randn(
            self.batch_size, self.latent_dim, generator=self.noise, device=self.device
        )
        batch = (
            real.contiguous(memory_format=torch.channels_last),
            self.ranks.share(z),
        )
        return batch if self.labels is None else (*batch, self.labels[which])

    def chosen(self, step):
        """The indices of a step's pictures, of all ranks together, on the device."""
        epoch, place = divmod(step, len(self.images) // self.batch_size)
        if epoch != self.epoch:
            shuffle = torch.Generator().manual_seed(
                (self.seed * 1_000_003 + epoch) % 2**63
            )
            order = torch.randperm(len(self.images), generator=shuffle)
            self.epoch, self.order = epoch, order.to(self.device)
        return self.order[place * self.batch_size : (place + 1) * self.batch_size]

    def state(self):
        """The state of the latents' random generator: {"noise": uint8 tensor}."""
        return {"noise": self.noise.get_state()}

    def load_state(self, state):
        """Continue with the latents that would have come next."""
        self.noise.set_state(state["noise"].cpu())
