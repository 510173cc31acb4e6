"""Several processes that train one GAN: who they are, and what they share.

Started by torchrun, each process has a rank from 0 to size - 1. Everything that a step
draws is drawn for the whole batch and alike on every rank; each rank then takes its own
slice. So a run does not depend on the number of processes that share its work.
"""

import gc
import os
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import nn


class Ranks(NamedTuple):
    """The place of this process among those that train together."""

    rank: int = 0
    size: int = 1

    @property
    def first(self):
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def share(self, batch):
        """This rank's slice of a batch: rows rank * n/size to (rank + 1) * n/size.

        Raises:
            ValueError: the batch cannot be cut into equal slices.
        """
        if len(batch) % self.size:
            raise ValueError(
                f"a batch of {len(batch)} cannot be shared by {self.size} processes: "
                f"choose a multiple of {self.size}"
            )
        part = len(batch) // self.size
        return batch[self.rank * part : (self.rank + 1) * part]


ALONE = Ranks()


def join(device=None):
    """Join the processes that torchrun started; alone without it.

    After ``--max-restarts`` has started them anew, torchrun's store still holds the
    addresses of the dead (pytorch issue 135712). On one machine every life gets names
    of its own; on several, set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun.

    Args:
        device: a cuda device chooses NCCL, any other gloo.
    Returns:
        The ``Ranks`` of this process.
    """
    if "RANK" not in os.environ:
        return ALONE
    if not dist.is_initialized():
        on_gpu = device is not None and device.type == "cuda"
        store, rank, size = next(dist.rendezvous("env://"))
        if os.environ.get("GROUP_WORLD_SIZE") == "1":  # machines count lives apart
            life = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
            store = dist.PrefixStore(f"life-{life}", store)
        dist.init_process_group(
            "nccl" if on_gpu else "gloo", store=store, rank=rank, world_size=size
        )
    return Ranks(dist.get_rank(), dist.get_world_size())


def leave():
    """Leave the other processes in good order."""
    if not alone():
        gc.collect()  # DistributedDataParallel lies in a cycle, and holds the group
        dist.destroy_process_group()


def alone():
    """Whether this process trains by itself."""
    return not (dist.is_available() and dist.is_initialized())


def local_device():
    """The GPU of this process under torchrun: one GPU a local rank; else the processor."""
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def parallel(module):
    """The module under DistributedDataParallel, or as it is in a single process.

    Buffers are not sent round at each pass: ``SyncedBatchNorm2d`` keeps them alike.
    """
    if alone():
        return module
    if not any(p.requires_grad for p in module.parameters()):
        return module
    return nn.parallel.DistributedDataParallel(module, forward_sync_buffers=False)


def mean_of_ranks(values):
    """The mean over ranks of a tensor without gradient; the tensor itself when alone."""
    if alone():
        return values
    total = values.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()


def agree(value):
    """Whether a whole number is the same on every rank."""
    if alone():
        return True
    found = [None] * dist.get_world_size()
    dist.all_gather_object(found, value)
    return len(set(found)) == 1


class SyncedBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm whose mean and variance run over the batches of all ranks.

    PyTorch's own ``SyncBatchNorm`` does the same on GPUs alone. Every rank must hold as
    many pictures as the others.

    Maps (batch, channels, height, width) to the same shape.
    """

    def forward(self, x):
        if alone() or not self.training:
            return super().forward(x)
        kind, x = x.dtype, x.to(torch.promote_types(x.dtype, torch.float32))
        count = x.numel() // x.shape[1] * dist.get_world_size()
        from torch.distributed._functional_collectives import all_reduce

        everyone = dist.group.WORLD  # gradients of gradients are reduced, too
        mean = all_reduce(x.sum((0, 2, 3)), "sum", everyone) / count
        x = x - mean[:, None, None]
        var = all_reduce(x.square().sum((0, 2, 3)), "sum", everyone) / count
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * count / (count - 1), self.momentum)
        x = x * torch.rsqrt(var + self.eps)[:, None, None]
        if self.affine:
            x = x * self.weight[:, None, None] + self.bias[:, None, None]
        return x.to(kind)


def synchronise_batch_norm(network):
    """Make every BatchNorm of a network run over all ranks; parameters stay the same."""
    if next(network.parameters()).device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(module, name, _synced(child))
    return network


def _synced(norm):
    """The same BatchNorm over all ranks, with the same weights and statistics."""
    made = SyncedBatchNorm2d(norm.num_features, norm.eps, norm.momentum, norm.affine)
    made.load_state_dict(norm.state_dict())
    return made.to(norm.running_mean.dtype).train(norm.training)
