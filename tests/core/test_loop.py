"""GANLoop against a plain step written out by hand, and what a step may cost."""

import copy
import gc

import pytest
import torch
from tiny_runs import pictures, resident_kb, tiny_run
from torch.utils._python_dispatch import TorchDispatchMode

from gan_utils import losses
from gan_utils.data import to_float
from gan_utils.engine.cuda_graph import Replay
from gan_utils.networks import (
    ConditionalGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    ProjectionDiscriminator,
)
from gan_utils.penalties import gradient_penalty, r1
from gan_utils.training import EMA, GANLoop, Objective, set_rate

BATCH = 16


def players(depth=3, conditional=False):
    torch.manual_seed(0)
    if conditional:
        return ConditionalGenerator(8, 4), ProjectionDiscriminator(4, depth=depth)
    return DCGANGenerator(8, 4), DCGANDiscriminator(4, depth=depth)


def batches(count, conditional=False):
    torch.manual_seed(1)
    real = to_float(pictures(BATCH * count)).split(BATCH)
    labels = [(torch.randint(10, (BATCH,)),) if conditional else () for _ in real]
    return [(x, torch.randn(BATCH, 8), *y) for x, y in zip(real, labels)]


def five_r1(discriminator, real, fake):
    return 5 * r1(discriminator, real)


class ByHand:
    """The same game in the words of lesson 05: two passes over D, no fused Adam."""

    def __init__(self, generator, discriminator, loss, penalty=None, decay=None,
                 rates=(4e-3, 4e-3), betas=(0.5, 0.99)):  # fmt: skip
        self.generator, self.discriminator = generator, discriminator
        self.loss, self.penalty, self.decay = loss, penalty, decay
        self.opt_g, self.opt_d = (
            torch.optim.Adam(network.parameters(), rate, betas, fused=False, foreach=False)
            for network, rate in zip((generator, discriminator), rates)
        )  # fmt: skip
        self.average = [p.detach().clone() for p in generator.parameters()]

    def step(self, real, z, *given):
        def judge(pictures):
            return self.discriminator(pictures, *given)

        fake = self.generator(z, *given)
        d_loss = self.loss.d_loss(judge(real), judge(fake.detach()))
        extra = self.penalty(judge, real, fake.detach()) if self.penalty else 0
        self.opt_d.zero_grad()
        (d_loss + extra).backward()
        self.opt_d.step()
        fake_logits = judge(fake)
        pairs = (judge(real),) if self.loss.g_loss is losses.relativistic_g_loss else ()
        g_loss = self.loss.g_loss(fake_logits, *pairs)
        self.opt_g.zero_grad()
        g_loss.backward()
        self.opt_g.step()
        if self.decay:
            for mean, new in zip(self.average, self.generator.parameters()):
                mean.mul_(self.decay).add_(new.detach(), alpha=1 - self.decay)
        return torch.stack([d_loss, g_loss]).detach()


GAMES = {
    "BatchNorm": {},
    "no BatchNorm": {"depth": 1},
    "penalty": {"depth": 1, "penalty": five_r1},
    "penalty and BatchNorm": {"penalty": five_r1},
    "both pictures in the penalty": {"depth": 1, "penalty": gradient_penalty},
    "relativistic": {"loss": losses.relativistic},
    "relativistic, made anew": {"loss": losses.LossPair(*losses.relativistic)},
    "relativistic, no BatchNorm": {"depth": 1, "loss": losses.relativistic},
    "hinge": {"depth": 1, "loss": losses.hinge},
    "conditional": {"conditional": True},
    "conditional, no BatchNorm": {"conditional": True, "depth": 1},
    "conditional with a penalty": {"conditional": True, "penalty": five_r1},
    "moving average": {"decay": 0.8},
    "other rates": {"rates": (1e-3, 2e-3), "betas": (0.0, 0.9)},
}


def first_moments(optimiser):
    """(1 - beta1) times the gradients of the first step."""
    return [entry["exp_avg"] for entry in optimiser.state_dict()["state"].values()]


def assert_alike(found, expected, rtol=1e-3):
    """Close, measured against the largest number of each tensor, or rounding of a zero."""
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(
            x, y, rtol=rtol, atol=1e-4 * y.abs().max().item() + 1e-7
        )


@pytest.mark.parametrize("name", GAMES)
def test_a_step_is_the_plain_step_written_by_hand(name):
    game = dict(GAMES[name])
    conditional, depth = game.pop("conditional", False), game.pop("depth", 3)
    networks = players(depth, conditional)
    loss = game.pop("loss", losses.non_saturating)
    plain = ByHand(*copy.deepcopy(networks), loss, **game)
    loop = GANLoop(*networks, loss=loss, **game)
    assert loop.objective.one_pass == (depth == 1)
    for number, batch in enumerate(batches(3, conditional)):
        torch.manual_seed(number)  # the penalties draw numbers
        expected = plain.step(*batch)
        torch.manual_seed(number)
        found = loop.step(0.0, *batch)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
        assert not found.requires_grad  # else whoever keeps it keeps the whole graph
        if number == 0:
            assert_alike(first_moments(loop.opt_d), first_moments(plain.opt_d))
            assert_alike(first_moments(loop.opt_g), first_moments(plain.opt_g))
            assert_alike(loop.generator.buffers(), plain.generator.buffers())
            assert_alike(loop.discriminator.buffers(), plain.discriminator.buffers())
    for mine, other in (
        (loop.generator, plain.generator), (loop.discriminator, plain.discriminator),
    ):  # fmt: skip
        for x, y in zip(mine.parameters(), other.parameters(), strict=True):
            # Adam divides by the gradient's size: where that is rounding, so is the step
            if x.numel() > 1:  # D's last bias does not matter to the relativistic loss
                assert (x - y).abs().median() < 1e-5
    if loop.ema:
        for x, y in zip(loop.ema.average.parameters(), plain.average, strict=True):
            assert (x - y).abs().median() < 1e-5
        assert loop.sampler is loop.ema.average
    else:
        assert loop.sampler is loop.generator
    assert loop.steps == 3


def test_the_moving_average_follows_its_formula_and_copies_buffers():
    source, average = torch.nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3)
    source.weight.data.fill_(2.0)
    ema = EMA(average, source, decay=0.75)
    assert torch.equal(average.weight, source.weight)
    source.weight.data.fill_(4.0)
    source.running_mean.fill_(7.0)
    source.num_batches_tracked.fill_(9)
    ema.update()
    assert torch.equal(average.weight.data, torch.full((3,), 2.5))
    assert torch.equal(average.running_mean, source.running_mean)
    assert average.num_batches_tracked == 9
    assert not average.weight.requires_grad
    assert source.weight.requires_grad


def test_the_objective_returns_the_loss_with_and_without_the_penalty():
    _, discriminator = players(depth=1)
    objective = Objective(
        discriminator, losses.hinge, lambda d, real, fake: d(real).sum() * 0 + 3.0
    )
    real, fake = torch.zeros(4, 1, 28, 28), torch.ones(4, 1, 28, 28)
    both = objective(real, fake)
    expected = losses.hinge.d_loss(discriminator(real), discriminator(fake))
    torch.testing.assert_close(both, torch.stack([expected + 3, expected]))
    slopes = torch.autograd.grad(both[1], discriminator.parameters())
    assert not any(slope.any() for slope in slopes)  # the second is only for the log


def test_a_lazy_penalty_is_paid_now_and_then_and_in_full():
    paid = []

    def penalty(discriminator, real, fake):
        paid.append(loop.steps)
        return 2 * r1(discriminator, real)

    loop = GANLoop(*players(), penalty=penalty, every=3)
    for batch in batches(7):
        loop.step(0, *batch)
    assert paid == [1, 4, 7]  # counted with the step that pays
    lazy = Objective(players()[1], losses.non_saturating, five_r1, every=4)
    full = Objective(players()[1], losses.non_saturating, five_r1)
    real, fake = batches(2)[0][0], batches(2)[1][0]
    (with_lazy, plain), (with_full, _) = lazy(real, fake), full(real, fake)
    torch.testing.assert_close(with_lazy - plain, 4 * (with_full - plain))
    lazy.due = False
    torch.testing.assert_close(*lazy(real, fake))
    assert with_full > plain


def test_a_lazy_penalty_goes_on_where_it_was():
    loop = GANLoop(*players(), penalty=five_r1, every=3)
    loop.steps = 5  # as restored from a snapshot
    seen = []
    for batch in batches(4):
        loop.step(0, *batch)
        seen.append(loop.own_objective.due)
    assert seen == [False, True, False, False]


def test_the_learning_rates_stay_and_then_fall_linearly_to_zero():
    loop = GANLoop(*players(), rates=(1e-3, 2e-3), constant=0.6)
    batch = batches(1)[0]
    for share, factor in ((0, 1), (0.3, 1), (0.6, 1), (0.7, 0.75), (0.9, 0.25), (1, 0)):
        loop.step(share, *batch)
        found = [o.param_groups[0]["lr"] for o in (loop.opt_g, loop.opt_d)]
        assert found == pytest.approx([1e-3 * factor, 2e-3 * factor], abs=1e-12)
    before = [p.clone() for p in loop.generator.parameters()]
    loop.step(1, *batch)
    assert all(map(torch.equal, before, loop.generator.parameters()))
    always = GANLoop(*players(), constant=1)
    always.step(0.999, *batch)
    assert always.opt_g.param_groups[0]["lr"] == 4e-3


def test_a_rate_on_the_device_is_set_in_place_and_in_every_group():
    """A recorded CUDA graph reads the tensor that it saw, so that must not change."""
    first, second = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    rates = [torch.tensor(0.1), torch.tensor(0.3)]
    groups = [{"params": p, "lr": r} for p, r in zip((first, second), rates)]
    optimiser = torch.optim.Adam(groups, capturable=False, foreach=False)
    set_rate(optimiser, 0.2, 0.75)
    found = [group["lr"] for group in optimiser.param_groups]
    assert [a is b for a, b in zip(found, rates)] == [True, True]
    assert torch.stack(found).tolist() == pytest.approx([0.1, 0.1])


def test_in_each_step_a_player_moves_only_by_its_own_optimiser():
    loop, batches = tiny_run(rates=(4e-3, 0.0), decay=None)
    before = [p.clone() for p in loop.discriminator.parameters()]
    start = [p.clone() for p in loop.generator.parameters()]
    loop.step(0, *batches(0))
    assert all(map(torch.equal, before, loop.discriminator.parameters()))
    assert not any(map(torch.equal, start, loop.generator.parameters()))
    assert all(p.requires_grad for p in loop.discriminator.parameters())


def test_bfloat16_stays_close_to_float32_in_its_first_losses():
    found = []
    for precision in (None, torch.bfloat16):
        loop = GANLoop(*players(), precision=precision, penalty=five_r1, decay=0.9)
        found.append(torch.stack([loop.step(0, *batch) for batch in batches(4)]))
        weights = [*loop.generator.parameters(), *loop.ema.average.parameters()]
        assert {p.dtype for p in weights} == {torch.float32}
        assert {m.dtype for m in first_moments(loop.opt_d)} == {torch.float32}
    exact, rounded = found
    assert not torch.equal(exact, rounded)  # autocast was on
    torch.testing.assert_close(rounded[0], exact[0], rtol=0.02, atol=0.02)
    torch.testing.assert_close(rounded, exact, rtol=0.15, atol=0.05)


def test_a_graph_on_the_processor_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="graph needs a CUDA device and a single"):
        GANLoop(*players(), graph=Replay)


class Reads(TorchDispatchMode):
    """Counts how often numbers are read back from the device."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        names = ("aten::_local_scalar_dense", "aten::is_nonzero", "aten::item")
        self.count += function.name() in names
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize("precision", [None, torch.bfloat16])
def test_nothing_is_read_back_within_a_step(precision):
    loop, batches = tiny_run(precision=precision)
    loop.step(0, *batches(0))
    with Reads() as reads:
        for step in range(1, 8):  # across the beginning of an epoch
            loop.step(step / 8, *batches(step))
    assert reads.count == 0
    with Reads() as reads:
        torch.ones(1).item()
    assert reads.count == 1


def live_tensors():
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def test_memory_does_not_grow_with_the_steps():
    loop, batches = tiny_run()

    def go(first, last):
        for step in range(first, last):
            loop.step(step / 1000, *batches(step))

    go(0, 50)
    tensors = live_tensors()
    before = resident_kb()
    go(50, 350)
    assert live_tensors() == tensors > 50
    assert resident_kb() - before < 10_000
    kept = [loop.step(0, *batches(350)) for _ in range(20)]  # this would be seen
    assert live_tensors() == tensors + len(kept)
