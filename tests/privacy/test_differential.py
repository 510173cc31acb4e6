import math

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_utils.networks import mlp_discriminator
from gan_utils.privacy.differential import (
    ORDERS,
    auc_bound,
    best_attack,
    clipped_sum,
    epsilon_of,
    noise_for,
    poisson_batch,
    private_step,
    renyi_divergence,
)


def by_integration(rate, noise, order):
    """The definition: Rényi divergence of a mixture of two bells from one of them."""
    x = torch.linspace(-40, 60, 400_001, dtype=torch.float64)

    def bell(mean):
        scale = noise * math.sqrt(2 * math.pi)
        return torch.exp(-((x - mean) ** 2) / (2 * noise**2)) / scale

    mixture = (1 - rate) * bell(0) + rate * bell(1)
    ratio = mixture / bell(0).clamp_min(1e-300)
    total = (ratio**order * bell(0)).sum() * (x[1] - x[0])
    return (total.log() / (order - 1)).item()


@pytest.mark.parametrize(("rate", "noise", "order"), [
    (0.1, 2.0, 2), (0.5, 3.0, 5), (0.01, 1.5, 8), (1.0, 2.0, 4),
])  # fmt: skip
def test_the_divergence_is_the_integral_of_its_definition(rate, noise, order):
    found = renyi_divergence(rate, noise, order)
    assert found == pytest.approx(by_integration(rate, noise, order), rel=1e-4)


def test_without_sampling_it_is_that_of_the_gaussian():
    assert renyi_divergence(1, 2.0, 6) == 6 / 8
    assert renyi_divergence(0.999999, 2.0, 6) == pytest.approx(6 / 8, rel=1e-3)
    assert renyi_divergence(0.5, 0, 6) == math.inf


def test_epsilon_grows_with_steps_and_rate_and_falls_with_noise():
    base = epsilon_of(0.01, 1.0, 1_000, 1e-5)
    assert epsilon_of(0.01, 1.0, 4_000, 1e-5) > base
    assert epsilon_of(0.02, 1.0, 1_000, 1e-5) > base
    assert epsilon_of(0.01, 2.0, 1_000, 1e-5) < base
    assert epsilon_of(0.01, 1.0, 0, 1e-5) == 0
    assert epsilon_of(0.01, 0, 10, 1e-5) == math.inf


def test_epsilon_lies_between_the_true_value_and_mironovs_bound():
    """One Gaussian step: the exact delta(epsilon) is known (Balle and Wang 2018)."""
    noise, delta = 2.0, 1e-5
    epsilon = epsilon_of(1, noise, 1, delta)

    def phi(x):
        return 0.5 * math.erfc(-x / math.sqrt(2))

    exact = phi(0.5 / noise - epsilon * noise) - math.exp(epsilon) * phi(
        -0.5 / noise - epsilon * noise
    )
    assert exact < delta  # epsilon is enough
    mironov = min(a / (2 * noise**2) - math.log(delta) / (a - 1) for a in ORDERS)
    assert epsilon < mironov


def test_noise_for_is_the_inverse():
    noise = noise_for(1.5, 0.01, 3_000, 1e-5)
    assert epsilon_of(0.01, noise, 3_000, 1e-5) == pytest.approx(1.5, abs=2e-3)
    with pytest.raises(ValueError, match="fewer steps"):
        noise_for(1e-6, 0.5, 10_000, 1e-5)


NONE = [math.nan, math.inf, -math.inf]
REFUSED = {
    "rate": [*NONE, -0.1, 0, 1.0001, 1e300],
    "noise": [*NONE, -1.0, -1e300],
    "order": [*NONE, 1, 0, -2, 2.5, 1e300],
    "steps": [*NONE, -1, 2.5, 10**400],
    "delta": [*NONE, 0, 1, -1e-5, 1e300],
    "epsilon": [math.nan, -math.inf, -1e-9],
    "fpr": [*NONE, -0.01, 1.01, 1e300],
}
SOUND = {
    "rate": 0.01, "noise": 1.0, "order": 4, "steps": 100, "delta": 1e-5, "epsilon": 1.0,
    "fpr": 0.1,
}  # fmt: skip
CALLS = [
    (renyi_divergence, ("rate", "noise", "order")),
    (epsilon_of, ("rate", "noise", "steps", "delta")),
    (noise_for, ("epsilon", "rate", "steps", "delta")),
    (best_attack, ("fpr", "epsilon", "delta")),
    (auc_bound, ("epsilon", "delta")),
]


@pytest.mark.parametrize(("call", "names"), CALLS)
def test_sound_numbers_are_not_refused(call, names):
    assert call(*(SOUND[name] for name in names)) > 0


@pytest.mark.parametrize(("call", "name", "value"), [
    (call, name, value) for call, names in CALLS for name in names
    for value in REFUSED[name]
    if (call not in (best_attack, auc_bound) or name != "delta" or value not in (0, 1))
])  # fmt: skip
def test_no_guarantee_comes_of_a_number_that_makes_no_sense(call, name, value):
    names = dict(CALLS)[call]
    numbers = [SOUND[other] for other in names]
    numbers[names.index(name)] = value
    with pytest.raises(ValueError, match=f"{name} must be"):
        call(*numbers)


def test_a_target_of_zero_or_infinity_has_no_smallest_noise():
    for epsilon in (0, math.inf):
        with pytest.raises(ValueError, match="epsilon must be"):
            noise_for(epsilon, 0.1, 10, 1e-5)
    with pytest.raises(ValueError, match="fpr must be"):
        best_attack(torch.tensor([0.1, math.nan]), 1.0)


@pytest.mark.parametrize("noise", [1e-3, 1e-100, 1e-160, 1e-200, 5e-324])
@pytest.mark.parametrize("rate", [1, 0.5, 1e-6, 1e-300])
def test_noise_that_vanishes_promises_nothing(rate, noise):
    assert renyi_divergence(rate, noise, 2) > 1e5 or rate < 1e-5
    assert epsilon_of(rate, noise, 1, 1e-5) > 1_000


def test_extreme_numbers_that_make_sense_give_finite_or_infinite_answers():
    assert epsilon_of(1, 1e-6, 10**300, 1e-5) == math.inf
    assert epsilon_of(1e-300, 1e300, 1, 1e-300) >= 0
    assert 0 <= epsilon_of(0.01, 1e300, 1, 1e-5) < 0.1
    assert noise_for(1.0, 0.01, 0, 1e-5) == 0


@pytest.mark.parametrize("epsilon", [800, 1e4, 1e300, math.inf])
def test_without_a_promise_the_best_attack_is_perfect(epsilon):
    assert auc_bound(epsilon) == 1
    assert best_attack(1e-3, epsilon) == 1
    assert auc_bound(epsilon, 1) == 1


def test_an_infinite_epsilon_allows_even_an_attack_without_false_alarms():
    assert best_attack(0.0, math.inf) == 1
    assert best_attack(0.0, 800.0) == 0


@pytest.mark.parametrize(("epsilon", "rate", "steps"), [
    (200, 1.0, 1), (1e4, 1.0, 1), (1e6, 0.5, 10), (0.5, 0.01, 1_000), (3.0, 1.0, 50),
    (1e12, 0.3, 1),
])  # fmt: skip
def test_the_noise_is_enough_and_a_little_less_is_not(epsilon, rate, steps):
    noise = noise_for(epsilon, rate, steps, 1e-5)
    assert epsilon_of(rate, noise, steps, 1e-5) <= epsilon
    assert epsilon_of(rate, 0.99 * noise, steps, 1e-5) > epsilon


def pair_loss(apply, real, fake):
    return softplus(-apply(real)) + softplus(apply(fake))


@pytest.fixture
def small():
    torch.manual_seed(0)
    network = mlp_discriminator(3, 8)
    return network, torch.randn(2, 20, 3)


def test_clipped_gradients_are_those_of_a_loop(small):
    network, (real, fake) = small
    sums, norms = clipped_sum(network, pair_loss, (real, fake), clip=0.5)
    weights = list(network.parameters())
    total, lengths = [torch.zeros_like(w) for w in weights], []
    for x, g in zip(real, fake):
        loss = pair_loss(lambda t: network(t[None])[0], x, g)
        gradients = torch.autograd.grad(loss, weights)
        length = torch.cat([g.flatten() for g in gradients]).norm()
        lengths.append(length)
        for t, g in zip(total, gradients):
            t += g * min(1, 0.5 / length)
    torch.testing.assert_close(norms, torch.stack(lengths))
    torch.testing.assert_close(list(sums.values()), total)
    assert (norms > 0.5).any()


def test_one_record_moves_the_sum_by_at_most_the_bound(small):
    network, (real, fake) = small
    huge = real.clone()
    huge[0] *= 1e4
    with_it, _ = clipped_sum(network, pair_loss, (huge, fake), clip=0.3)
    without, _ = clipped_sum(network, pair_loss, (huge[1:], fake[1:]), clip=0.3)
    moved = [(with_it[k] - without[k]).flatten() for k in with_it]
    assert torch.cat(moved).norm() <= 0.3 + 1e-4


def test_a_step_without_noise_or_bound_is_the_usual_one_and_noise_has_its_size(small):
    network, batch = small
    optimiser = torch.optim.SGD(network.parameters(), lr=0.0)
    args = {"clip": 1e9, "noise": 0.0, "expected": 20}
    private_step(network, optimiser, pair_loss, batch, **args)
    private = [w.grad.clone() for w in network.parameters()]
    loss = softplus(-network(batch[0])).mean() + softplus(network(batch[1])).mean()
    torch.testing.assert_close(
        private, list(torch.autograd.grad(loss, list(network.parameters())))
    )
    wide = nn.Linear(200, 200)
    optimiser = torch.optim.SGD(wide.parameters(), lr=0.0)
    nothing = torch.zeros(0, 200), torch.zeros(0, 200)
    private_step(wide, optimiser, None, nothing, clip=0.5, noise=3.0, expected=10)
    assert wide.weight.grad.std() == pytest.approx(3 * 0.5 / 10, rel=0.02)


@pytest.mark.parametrize("value", [*NONE, -1.0])
@pytest.mark.parametrize("name", ["clip", "noise", "expected"])
def test_a_private_step_refuses_numbers_that_would_void_its_promise(small, name, value):
    network, batch = small
    before = [w.clone() for w in network.parameters()]
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    numbers = {"clip": 1.0, "noise": 1.0, "expected": 20, name: value}
    with pytest.raises(ValueError, match=f"{name} must be"):
        private_step(network, optimiser, pair_loss, batch, **numbers)
    assert all(map(torch.equal, before, network.parameters()))


def test_an_example_whose_gradient_is_not_finite_does_not_pass_the_clipping(small):
    network, (real, fake) = small
    real[3] = math.nan
    with pytest.raises(ValueError, match="not finite"):
        clipped_sum(network, pair_loss, (real, fake), clip=1.0)
    with pytest.raises(ValueError, match="clip must be"):
        clipped_sum(network, pair_loss, (fake, fake), clip=0.0)


@pytest.mark.parametrize("rate", [*NONE, -0.1, 1.5])
def test_a_rate_that_is_no_probability_draws_no_batch(rate):
    with pytest.raises(ValueError, match="rate must be"):
        poisson_batch(torch.arange(10), rate)


def test_poisson_batches_differ_in_size():
    torch.manual_seed(0)
    sizes = [len(poisson_batch(torch.arange(1_000), 0.1)) for _ in range(400)]
    sizes = torch.tensor(sizes).double()
    assert sizes.mean() == pytest.approx(100, abs=2)
    assert sizes.std() == pytest.approx(90**0.5, rel=0.15)


def test_the_best_attack_has_its_known_points_and_area():
    assert best_attack(0.01, 1.0) == pytest.approx(0.01 * math.e)
    assert best_attack(0.3, 0.0) == pytest.approx(0.3)
    assert best_attack(1.0, 2.0) == 1
    assert best_attack(0.0, 2.0, 0.1) == pytest.approx(0.1)
    assert auc_bound(0) == pytest.approx(0.5)
    assert auc_bound(2) == pytest.approx(1 / (1 + math.exp(-2)))
    fpr = torch.linspace(0, 1, 100_001)
    area = torch.trapezoid(best_attack(fpr, 1.3, 0.05), fpr.double())
    assert auc_bound(1.3, 0.05) == pytest.approx(area.item(), abs=1e-4)


def test_the_bound_is_kept_by_the_gaussian_mechanism():
    """The best attack on one noised sum is a threshold; its ROC lies under the bound."""
    noise, delta = 1.5, 1e-3
    epsilon = epsilon_of(1, noise, 1, delta)
    t = torch.linspace(-6, 8, 200, dtype=torch.float64)
    fpr, tpr = (0.5 * torch.erfc((t - m) / noise / 2**0.5) for m in (0, 1))
    assert (tpr <= best_attack(fpr, epsilon, delta) + 1e-9).all()
