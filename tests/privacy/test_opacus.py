"""Opacus, the library for DP-SGD, as an independent judge of gan_utils.privacy.differential."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_utils.networks import mlp_discriminator
from gan_utils.privacy.differential import ORDERS, epsilon_of, noise_for, private_step

pytest.importorskip("opacus")
pytestmark = [
    pytest.mark.filterwarnings("ignore:Full backward hook"),
    pytest.mark.filterwarnings("ignore:Optimal order is the largest"),
]
EXAMPLES, CLIP = 24, 0.4


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(36, 1), nn.Flatten(-2),
    )  # fmt: skip


@pytest.fixture(params=["a table", "pictures"])
def game(request):
    """A discriminator and a batch of real and of generated examples."""
    torch.manual_seed(0)
    if request.param == "a table":
        return mlp_discriminator(5, 16), torch.randn(2, EXAMPLES, 5)
    return convolutional(), torch.randn(2, EXAMPLES, 1, 8, 8)


def loss(apply, real, fake):
    return softplus(-apply(real)) + softplus(apply(fake))


def by_opacus(network, real, fake, clip, expected):
    """A twin of the network after one step of Opacus without noise."""
    from opacus import GradSampleModule
    from opacus.optimizers import DPOptimizer

    twin = copy.deepcopy(network)
    samples = [[] for _ in twin.parameters()]
    wrapped = GradSampleModule(twin)
    optimiser = DPOptimizer(
        torch.optim.SGD(wrapped.parameters(), lr=0.1), noise_multiplier=0.0,
        max_grad_norm=clip, expected_batch_size=expected,
    )  # fmt: skip
    for sign, batch in ((-1, real), (1, fake)):
        softplus(sign * wrapped(batch)).mean().backward()
        for kept, weight in zip(samples, wrapped.parameters()):
            kept.append(weight.grad_sample)
            weight.grad_sample = None
    for kept, weight in zip(samples, wrapped.parameters()):
        weight.grad_sample = sum(kept)  # real and generated belong to one example
    optimiser.step()
    return twin


@pytest.mark.parametrize("clip", [CLIP, 1e6])
def test_one_step_moves_the_weights_as_opacus_does(game, clip):
    network, (real, fake) = game
    theirs = by_opacus(network, real, fake, clip, expected=EXAMPLES)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    before = copy.deepcopy(network)
    norms = private_step(
        network, optimiser, loss, (real, fake), clip=clip, noise=0.0, expected=EXAMPLES
    )
    assert (norms > CLIP).float().mean() > 0.5  # the bound is felt
    moved = zip(network.parameters(), theirs.parameters(), before.parameters())
    for ours, other, old in moved:
        torch.testing.assert_close(ours, other, atol=1e-6, rtol=1e-4)
        assert (ours - old).abs().max() > 1e-5


@pytest.mark.parametrize(("rate", "noise", "steps", "delta"), [
    (0.01, 1.0, 3_000, 1e-5), (0.05, 2.0, 500, 1e-6), (0.002, 0.8, 20_000, 1e-5),
    (0.2, 4.0, 1_000, 1e-7),
])  # fmt: skip
def test_the_accountants_agree(rate, noise, steps, delta):
    from opacus.accountants import RDPAccountant

    judge = RDPAccountant()
    judge.history = [(noise, rate, steps)]
    ours = epsilon_of(rate, noise, steps, delta)
    same_orders = judge.get_epsilon(delta, alphas=list(ORDERS))
    assert ours == pytest.approx(same_orders, rel=1e-6)
    broken = judge.get_epsilon(delta)  # it tries orders like 5.3 too: a finer search
    assert broken * (1 - 1e-9) <= ours <= 1.02 * broken


def test_the_tightest_accountant_promises_no_more_than_ours_and_not_much_less():
    """PRV follows the whole loss, so its epsilon is smaller: ours is on the safe side."""
    from opacus.accountants import PRVAccountant

    judge = PRVAccountant()
    judge.history = [(1.0, 0.01, 3_000)]
    tight, ours = judge.get_epsilon(1e-5), epsilon_of(0.01, 1.0, 3_000, 1e-5)
    assert tight < ours < 1.25 * tight


def test_both_choose_the_same_noise_for_a_promise():
    from opacus.accountants.utils import get_noise_multiplier

    theirs = get_noise_multiplier(
        target_epsilon=2.0, target_delta=1e-5, sample_rate=0.01, steps=2_000,
        accountant="rdp", epsilon_tolerance=1e-3,
    )  # fmt: skip
    assert noise_for(2.0, 0.01, 2_000, 1e-5) == pytest.approx(theirs, rel=0.01)


def test_the_package_does_not_wait_for_opacus():
    code = "import sys, gan_utils, gan_utils.privacy.differential; sys.exit('opacus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
