"""The playground's game: two networks on a 2-D distribution, without any widget."""

import copy
import math
from typing import NamedTuple

import torch
from torch import nn

from gan_utils import losses, toy, training
from gan_utils.metrics import modes_covered
from gan_utils.networks import mlp, mlp_discriminator

EXTENT = 3.0  # the plane is judged and drawn from -EXTENT to EXTENT
_BETAS = (0.5, 0.99)
_UNITS = 64  # in each of the two hidden layers of both networks
SHOWN = 300  # samples of each kind that are drawn
_JUDGED = 2000  # generated samples on which coverage is measured


class State(NamedTuple):
    """All that the rest of a game depends on, data and settings apart."""

    steps: int
    d_moves: int  # of D since G's last move
    losses: tuple  # of D and of G, the last ones
    random: torch.Tensor
    parts: list  # both networks' weights and both optimisers' memories
    by_hand: bool = False  # whether a button moved one player to get here


class Game:
    """A GAN in the plane that moves step by step.

    ``loss``, ``penalty`` (a function (discriminator, real, fake) -> weighted scalar, or
    None), ``batch_size``, ``d_per_g``, ``lr_d`` and ``lr_g`` may change at any time;
    ``reset`` and ``set_data`` start again from new networks. The game keeps a random
    state of its own: the same seed and the same calls give the same game, whatever else
    draws numbers.

    Args:
        d_step, g_step: functions with the signatures of ``training.d_step`` and
            ``training.g_step``.
        data: a two-dimensional ``toy.Mixture``.
        latent_dim: size of the noise z.
        seed: of the networks and of every batch.
    """

    def __init__(
        self,
        d_step=training.d_step,
        g_step=training.g_step,
        data=None,
        latent_dim=2,
        seed=0,
    ):
        self.d_step, self.g_step = d_step, g_step
        self.latent_dim, self.seed = latent_dim, seed
        self.loss, self.penalty = losses.non_saturating, None
        self.batch_size, self.d_per_g = 128, 1
        self.lr_d = self.lr_g = 10**-2.7  # about 0.002, a notch of the sliders
        self.set_data(data or toy.ring())

    def set_data(self, mixture):
        """Take another distribution and start again.

        Raises:
            ValueError: the mixture is not two-dimensional.
        """
        if mixture.means.shape[1] != 2:
            raise ValueError(f"the data must be 2-D; got {mixture.means.shape[1]}-D")
        self.data = mixture
        self.reset()

    def reset(self):
        """New networks, new optimisers, no history."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            hidden = [_UNITS, _UNITS]
            self.generator = mlp(self.latent_dim, *hidden, 2)
            self.discriminator = mlp_discriminator(
                2, *hidden, activation=lambda: nn.LeakyReLU(0.2)
            )
            self.real = self.data.sample(SHOWN)
            self.z = torch.randn(_JUDGED, self.latent_dim)
            self._random = torch.get_rng_state()
        networks = (self.discriminator, self.generator)
        self.opt_d, self.opt_g = (
            torch.optim.Adam(network.parameters(), betas=_BETAS) for network in networks
        )
        self.steps, self.d_moves = 0, 0
        self.d_loss, self.g_loss = math.nan, math.nan
        self.loss_history, self.coverage_history = [], []

    def state(self):
        """A copy of the game's ``State``."""
        parts = copy.deepcopy([part.state_dict() for part in self._parts()])
        last = self.d_loss, self.g_loss
        return State(self.steps, self.d_moves, last, self._random.clone(), parts)

    def restore(self, state):
        """Put the game into a state that it was in; the histories stay whole."""
        for part, kept in zip(self._parts(), copy.deepcopy(state.parts)):
            part.load_state_dict(kept)
        self.steps, self.d_moves = state.steps, state.d_moves
        self.d_loss, self.g_loss = state.losses
        self._random = state.random.clone()

    def forget_later(self):
        """Cut the histories after the step that the game is at."""
        for history in (self.loss_history, self.coverage_history):
            while history and history[-1][0] > self.steps:
                history.pop()

    def _parts(self):
        return self.generator, self.discriminator, self.opt_d, self.opt_g

    def move_d(self):
        """One discriminator step; returns its loss."""
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random)
            self.opt_d.param_groups[0]["lr"] = self.lr_d
            real = self.data.sample(self.batch_size)
            z = torch.randn(self.batch_size, self.latent_dim)
            players = self.generator, self.discriminator, self.opt_d
            loss = self.d_step(*players, real, z, self.loss, self.penalty)
            self._random = torch.get_rng_state()
        self.d_loss = _number(loss, "d_step")
        self.d_moves += 1
        return self.d_loss

    def move_g(self):
        """One generator step; returns its loss."""
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random)
            self.opt_g.param_groups[0]["lr"] = self.lr_g
            z = torch.randn(self.batch_size, self.latent_dim)
            players = self.generator, self.discriminator, self.opt_g
            loss = self.g_step(*players, z, self.loss)
            self._random = torch.get_rng_state()
        self.g_loss = _number(loss, "g_step")
        self.steps, self.d_moves = self.steps + 1, 0
        self.loss_history.append((self.steps, self.d_loss, self.g_loss))
        return self.g_loss

    def step(self):
        """``d_per_g`` discriminator steps, then one generator step."""
        for _ in range(self.d_per_g):
            self.move_d()
        self.move_g()

    @torch.no_grad()
    def coverage(self):
        """Share of modes that are covered and share of samples on a mode, both in [0, 1].

        The pair is also added to ``coverage_history`` as (step, modes, samples), once a
        step, and not where the game was put back to an earlier one.
        """
        covered, on_mode = modes_covered(self.generator(self.z), self.data)
        shares = covered.item() / len(self.data.means), on_mode.item()
        if not self.coverage_history or self.coverage_history[-1][0] < self.steps:
            self.coverage_history.append((self.steps, *shares))
        return shares

    @torch.no_grad()
    def samples(self):
        """Generated samples (SHOWN, 2), always from the same z."""
        return self.generator(self.z[:SHOWN])

    def pushes(self):
        """Where each shown sample is pushed: minus the slope of G's loss, (SHOWN, 2).

        In units of one sample's own loss, so that the batch size does not matter.
        """
        fake = self.samples().requires_grad_()
        loss = self.loss.g_loss(self.discriminator(fake))
        (slope,) = torch.autograd.grad(loss, fake)
        return -SHOWN * slope

    @torch.no_grad()
    def opinion(self):
        """What D says on a grid over [-EXTENT, EXTENT]^2: 0 generated, 1 real.

        The probability for the two cross-entropy losses, the score (its targets are 0 and
        1) for least squares, and for Wasserstein, whose scores have no scale, the
        sigmoid of the score, counted in spreads from the mean over all samples.

        Returns:
            (48, 48) in [0, 1]; the first row is the bottom one.
        """
        line = torch.linspace(-EXTENT, EXTENT, 48)
        y, x = torch.meshgrid(line, line, indexing="ij")
        scores = self.discriminator(torch.stack([x, y], -1).view(-1, 2))
        if self.loss is losses.least_squares:
            shares = scores.clamp(0, 1)
        elif self.loss is losses.wasserstein:
            ends = self.discriminator(torch.cat([self.real, self.samples()]))
            shares = ((scores - ends.mean()) / (2 * ends.std() + 1e-6)).sigmoid()
        else:
            shares = scores.sigmoid()
        return shares.view(48, 48)

    @torch.no_grad()
    def latent_grid(self):
        """G applied to 13 lines each way of a square grid of z, (26, 41, 2).

        None where z is not two-dimensional.
        """
        if self.latent_dim != 2:
            return None
        across, along = (torch.linspace(-2, 2, n) for n in (13, 41))
        a, b = torch.meshgrid(across, along, indexing="ij")
        z = torch.cat([torch.stack([a, b], -1), torch.stack([b, a], -1)])
        return self.generator(z)


def _number(loss, name):
    """A step's loss as a float.

    Raises:
        TypeError: the step returned something else, for instance nothing.
        ArithmeticError: the loss is not finite.
    """
    if loss is None:
        raise TypeError(f"{name} returned nothing; it should return its loss")
    value = float(loss)
    if not math.isfinite(value):
        raise ArithmeticError(f"{name}'s loss is {value}; try a smaller learning rate")
    return value
