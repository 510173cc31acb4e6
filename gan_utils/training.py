"""The steps that lesson 02 writes by hand, and the loops of lessons 08 and 12."""

import copy
import functools
import time

import torch
from torch import nn

from gan_utils import losses
from gan_utils.data import fashion_mnist, to_float


class EMA:
    """An exponential moving average of a network's weights, kept in a second network.

    average <- decay * average + (1 - decay) * weights; buffers are copied.

    Args:
        average: a network of the same class; it takes the weights of ``source`` at once.
        source: the network that trains.
        decay: in [0, 1); 0.999 averages over about the last 1,000 steps.
    """

    def __init__(self, average, source, decay=0.999):
        self.average, self.source = average.requires_grad_(False), source
        self.decay = decay
        average.load_state_dict(source.state_dict())
        self.pairs = [list(average.parameters()), list(source.parameters())]

    @torch.no_grad()
    def update(self):
        """Call once after every generator step."""
        torch._foreach_lerp_(*self.pairs, 1 - self.decay)
        for mean, new in zip(self.average.buffers(), self.source.buffers()):
            mean.copy_(new)


class Objective(nn.Module):
    """The discriminator's whole loss as one module: (real, fake, *given) -> (2,).

    The two numbers are the loss with and without the penalty. One forward and one
    backward pass is all that DistributedDataParallel sees, whatever happens inside.

    Args:
        discriminator: maps pictures (and classes) to logits.
        loss: a ``losses.LossPair``.
        penalty: None, or a function (discriminator, real, fake) -> weighted scalar; it
            is computed in float32, since its gradients are small.
        every: of the penalty, as for ``GANLoop``; ``due`` says whether it counts now.
    """

    def __init__(self, discriminator, loss, penalty, every=1):
        super().__init__()
        self.discriminator, self.loss, self.penalty = discriminator, loss, penalty
        self.every, self.due = every, True
        self.one_pass = not any(
            isinstance(part, nn.modules.batchnorm._BatchNorm)
            for part in discriminator.modules()
        )

    def forward(self, real, fake, *given):
        if self.one_pass:  # no BatchNorm: pictures do not see each other
            twice = [torch.cat([y, y]) for y in given]
            real_logits, fake_logits = self.discriminator(
                torch.cat([real, fake.to(real.dtype)]), *twice
            ).chunk(2)
        else:
            real_logits = self.discriminator(real, *given)
            fake_logits = self.discriminator(fake, *given)
        d_loss = self.loss.d_loss(real_logits.float(), fake_logits.float())
        if not (self.penalty and self.due):
            return torch.stack([d_loss, d_loss.detach()])
        with torch.autocast(real.device.type, enabled=False):
            penalty = self.penalty(
                lambda x: self.discriminator(x, *given), real, fake.float()
            )
        return torch.stack([d_loss + self.every * penalty, d_loss.detach()])


class GANLoop:
    """Two networks, two optimisers, one step at a time: the loop of lesson 12.

    Both players use the same generated pictures. The learning rates stay constant, then
    fall linearly to 0. Nothing is read back from the device.

    Args:
        generator, discriminator: see ``networks``; trained in place,
            on the device that holds them.
        loss: a ``losses.LossPair``.
        rates: learning rates of generator and discriminator.
        betas: of Adam, for both.
        constant: share of the training before the rates begin to fall, in [0, 1].
        penalty: None, or a function (discriminator, real, fake) -> weighted scalar.
        every: steps from one penalty to the next, which counts as much as all of them.
        decay: of the generator's moving average; None for none.
        precision: None for float32, or ``torch.bfloat16`` for autocast.
        wrap: None, or a function of a module that shares its gradients among processes
            (``engine.distributed.parallel``).
        graph: None, or a class that records the step and replays it
            (``engine.cuda_graph.Replay``): CUDA only, one process.
    Raises:
        ValueError: graph without a CUDA device, in several processes, or with a penalty
            that is not paid at every step.
    """

    def __init__(
        self, generator, discriminator, *, loss=losses.non_saturating,
        rates=(4e-3, 4e-3), betas=(0.5, 0.99), constant=0.5, penalty=None, every=1,
        decay=None, precision=None, wrap=None, graph=None,
    ):  # fmt: skip
        self.generator, self.discriminator = generator, discriminator
        self.loss, self.rates, self.constant = loss, tuple(rates), constant
        self.device = next(generator.parameters()).device
        on_gpu = self.device.type == "cuda"
        players = (generator, discriminator)
        for network in players:
            network.to(memory_format=torch.channels_last).train()
        if on_gpu:  # a tensor, so that a recorded graph reads the rate of the moment
            rates = [torch.tensor(rate, device=self.device) for rate in rates]
        self.opt_g, self.opt_d = (
            torch.optim.Adam(
                network.parameters(), rate, betas, fused=True, capturable=on_gpu
            )
            for network, rate in zip(players, rates)
        )
        self.ema = EMA(copy.deepcopy(generator), generator, decay) if decay else None
        wrap = wrap or (lambda module: module)
        self.draw = wrap(generator)
        self.own_objective = Objective(discriminator, loss, penalty, every)
        self.objective = wrap(self.own_objective)
        if graph and not (on_gpu and self.draw is generator and every == 1):
            raise ValueError(
                "graph needs a CUDA device and a single process, and every=1; leave it out"
            )
        self.autocast = functools.partial(
            torch.autocast, self.device.type, precision or torch.bfloat16,
            enabled=precision is not None, cache_enabled=graph is None,
        )  # fmt: skip
        self.graph = graph
        self.forget_recording()
        self.steps = 0

    def forget_recording(self):
        """Record the CUDA graph anew: its memory was replaced by a restored state."""
        self.play = self.graph(self._play) if self.graph else self._play

    @property
    def sampler(self):
        """The generator to draw from: the moving average where there is one."""
        return self.ema.average if self.ema else self.generator

    def step(self, share, real, z, *given):
        """One step of both players.

        Args:
            share: of the training that is done, in [0, 1]; sets the learning rates.
            real: pictures (batch, C, H, W) in [-1, 1] on the device.
            z: latents (batch, latent_dim).
            given: nothing, or the classes of the real pictures (batch,).
        Returns:
            Tensor (2,) on the device: D's loss without penalty, and G's.
        """
        for optimiser, rate in zip((self.opt_g, self.opt_d), self.rates):
            set_rate(optimiser, rate, share, self.constant)
        self.own_objective.due = self.steps % self.own_objective.every == 0
        self.steps += 1
        return self.play(real, z, *given)

    def _play(self, real, z, *given):
        with self.autocast():
            fake = self.draw(z, *given)
            d_loss, reported = self.objective(real, fake.detach(), *given)
        _descend(self.opt_d, d_loss)
        self.discriminator.requires_grad_(False)  # no gradients for D in G's step
        with self.autocast():
            fake_logits = self.discriminator(fake, *given).float()
            pairs = ()
            if self.loss.paired:
                pairs = (self.discriminator(real, *given).float(),)
        g_loss = self.loss.g_loss(fake_logits, *pairs)
        _descend(self.opt_g, g_loss)
        self.discriminator.requires_grad_(True)
        if self.ema:
            self.ema.update()
        return torch.stack([reported, g_loss]).detach()


def set_rate(optimiser, rate, share, constant=0.5):
    """Set the learning rate: constant at first, then falling linearly to 0.

    rate * min(1, (1 - share) / (1 - constant)).

    Args:
        optimiser: all its parameter groups get the same rate.
        rate: at the start.
        share: of the training that is done, in [0, 1].
        constant: share of the training before the rate begins to fall.
    """
    now = rate * min(1, (1 - share) / max(1 - constant, 1e-9))
    for group in optimiser.param_groups:
        if torch.is_tensor(group["lr"]):  # a recorded CUDA graph reads this tensor
            group["lr"].fill_(now)
        else:
            group["lr"] = now


def _descend(optimiser, loss):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


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
        real: a batch of data, for a loss that is ``paired``.
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


def by_steps(steps):
    """Progress from 0 to 1 in so many steps; prints a line now and then."""
    begin = time.process_time()
    for step in range(steps):
        if step % 1000 == 0:
            print(f"step {step} of {steps}, {time.process_time() - begin:.0f} CPU-s")
        yield step / steps


def by_cpu_seconds(seconds):
    """Progress from 0 to 1 in so many CPU seconds of this process, all threads added."""
    begin = time.process_time()
    while (share := (time.process_time() - begin) / seconds) < 1:
        yield share


def train_gan(
    generator, discriminator, progress, *, conditional=False, batch_size=64, **options
):
    """Train a GAN on Fashion-MNIST by the recipe of lesson 08.

    Each step draws one batch of pictures and one of latents; both players use the same
    generated pictures. ``engine.fit`` does the same with snapshots and on any device.

    Args:
        generator, discriminator: see ``networks``; trained in place.
        progress: yields the share of the training that is done, in [0, 1), once a step.
        conditional: both networks also take the class.
        batch_size: pictures a step.
        options: for ``GANLoop``: loss, rates, betas, constant, penalty, decay.
    Returns:
        The generator, or its moving average, in eval mode; and the number of steps.
    """
    images, labels = fashion_mnist("train")
    loop = GANLoop(generator, discriminator, **options)
    for share in progress:
        which = torch.randint(len(images), (batch_size,))
        real = to_float(images[which]).contiguous(memory_format=torch.channels_last)
        given = (labels[which],) if conditional else ()
        loop.step(share, real, torch.randn(batch_size, generator.latent_dim), *given)
    return loop.sampler.eval(), loop.steps
