import math

import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from gan_utils import metrics, toy
from gan_utils.data import fashion_mnist


def gaussian(count, mean, scale):
    return torch.randn(count, len(mean), dtype=torch.float64) * torch.tensor(
        scale
    ) + torch.tensor(mean)


def test_two_gaussians_have_the_closed_form():
    torch.manual_seed(0)
    a = gaussian(200_000, [0.0, 0.0], [1.0, 2.0])
    b = gaussian(200_000, [3.0, -1.0], [2.0, 0.5])
    closed = 9 + 1 + (2 - 1) ** 2 + (0.5 - 2) ** 2
    assert metrics.frechet_distance(a, b) == pytest.approx(closed, rel=0.01)
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-8)


class Flatten(torch.nn.Module):
    """Pixels as features, so that torchmetrics needs no Inception."""

    num_features = 12

    def forward(self, images):
        return images.flatten(1).double()


def fed(judge, a, b):
    judge.set_dtype(torch.float64)
    judge.update(a, real=True)
    judge.update(b, real=False)
    return judge.compute()


def test_fid_equals_torchmetrics_on_the_same_features():
    torch.manual_seed(0)
    a, b = torch.rand(400, 3, 2, 2), torch.rand(300, 3, 2, 2) ** 2
    theirs = fed(FrechetInceptionDistance(feature=Flatten(), normalize=True), a, b)
    ours = metrics.frechet_distance(a.flatten(1), b.flatten(1))
    assert ours == pytest.approx(theirs.item(), abs=1e-3)
    assert ours > 0.1


def test_squared_mmd_equals_torchmetrics_on_the_same_features():
    torch.manual_seed(0)
    a, b = torch.rand(350, 3, 2, 2), torch.rand(350, 3, 2, 2) ** 2
    judge = KernelInceptionDistance(
        feature=Flatten(), normalize=True, subsets=1, subset_size=350
    )
    theirs = fed(judge, a, b)[0].item()
    assert metrics.squared_mmd(a.flatten(1), b.flatten(1)) == pytest.approx(
        theirs, abs=1e-6
    )
    assert theirs > 0.1


def test_squared_mmd_is_the_published_sum_over_pairs():
    a, b = torch.randn(7, 3).double(), torch.randn(5, 3).double() + 1

    def kernel(x, y):
        return (float(x @ y) / 3 + 1) ** 3

    def within(x):
        pairs = [(i, j) for i in range(len(x)) for j in range(len(x)) if i != j]
        return sum(kernel(x[i], x[j]) for i, j in pairs) / len(pairs)

    across = sum(kernel(x, y) for x in a for y in b) / 35
    expected = within(a) + within(b) - 2 * across
    assert metrics.squared_mmd(a, b) == pytest.approx(expected, rel=1e-9)


def test_kid_is_unbiased_and_its_error_honest():
    torch.manual_seed(0)
    runs = torch.tensor(
        [
            metrics.kernel_distance(torch.randn(400, 4), torch.randn(400, 4))
            for _ in range(200)
        ]
    )
    assert abs(runs[:, 0].mean()) < 4 * runs[:, 0].std() / math.sqrt(200)
    assert runs[:, 1].mean() == pytest.approx(runs[:, 0].std().item(), rel=0.25)
    assert (runs[:, 0] < 0).float().mean() > 0.2
    shifted = metrics.kernel_distance(torch.randn(400, 4), torch.randn(400, 4) + 1)
    assert shifted[0] > 10 * shifted[1]
    torch.manual_seed(1)
    again = metrics.kernel_distance(torch.ones(40, 4), torch.ones(40, 4))
    assert again == (0, 0)


def slow_balls(real, fake, k):
    """Published definitions of the four shares, one pair at a time, in NumPy."""

    def radii(x):
        return [
            sorted(np.linalg.norm(p - q) for j, q in enumerate(x) if j != i)[k - 1]
            for i, p in enumerate(x)
        ]

    def hits(centres, points):
        r = radii(centres)
        return np.array(
            [
                [np.linalg.norm(p - c) <= r[i] for i, c in enumerate(centres)]
                for p in points
            ]
        )

    in_real, in_fake = hits(real, fake), hits(fake, real)
    return (
        (in_real.any(1).mean(), in_fake.any(1).mean()),
        (in_real.sum() / (k * len(fake)), in_real.any(0).mean()),
    )


@pytest.mark.parametrize("k", [1, 3, 5])
def test_balls_equal_the_published_definitions(k, monkeypatch):
    torch.manual_seed(k)
    real, fake = torch.randn(60, 3), 0.7 * torch.randn(45, 3) + 0.5
    shares, counts = slow_balls(real.double().numpy(), fake.double().numpy(), k)
    for chunk in (1_000, 7):
        monkeypatch.setattr(metrics, "_CHUNK", chunk)
        assert metrics.precision_recall(real, fake, k) == pytest.approx(shares)
        assert metrics.density_coverage(real, fake, k) == pytest.approx(counts)
    assert len({*shares, *counts}) == 4


def test_equal_clouds_have_their_expected_density_and_coverage():
    torch.manual_seed(0)
    real, fake = torch.randn(3000, 8), torch.randn(3000, 8)
    density, coverage = metrics.density_coverage(real, fake)
    assert density == pytest.approx(1, abs=0.05)
    assert coverage == pytest.approx(1 - 2**-5, abs=0.01)
    precision, recall = metrics.precision_recall(real, fake)
    assert precision == pytest.approx(recall, abs=0.03)


def test_shifted_collapsed_and_copied_clouds():
    torch.manual_seed(0)
    real = torch.randn(1000, 4)
    far = real + 100
    assert metrics.precision_recall(real, far) == (0, 0)
    assert metrics.density_coverage(real, far) == (0, 0)
    collapsed = real[:1].repeat(1000, 1)
    assert metrics.precision_recall(real, collapsed) == (1, 0.001)
    assert metrics.density_coverage(real, collapsed)[1] < 0.02
    assert metrics.precision_recall(real, real.clone()) == (1, 1)


def copies_of_one(count, dim, scale, seed=0):
    """One feature vector ``count`` times, where fast distances round most."""
    row = torch.randn(1, dim, generator=torch.Generator().manual_seed(seed))
    return (scale * row).repeat(count, 1)


@pytest.mark.parametrize("dim", [2, 64, 784])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_copies_of_one_picture_lie_on_the_border_of_each_others_balls(dim, scale):
    real, fake = copies_of_one(200, dim, scale), copies_of_one(300, dim, scale)
    assert metrics.precision_recall(real, fake) == (1, 1)
    assert metrics.density_coverage(real, fake) == (200 / 5, 1)


def test_the_border_belongs_to_a_ball_far_from_zero_and_the_next_number_does_not():
    torch.manual_seed(0)
    real = 1000 + torch.randn(300, 16).double()
    distances, rows = metrics.nearest_neighbours(real, real, 4)
    third = real[rows[:, 3]]  # each lies on the border of one ball around ``real``
    assert metrics.precision_recall(real, third)[0] == 1
    centre, away = torch.zeros(1, 16).double(), torch.zeros(40, 16).double()
    away[:, 0] = 1 + torch.arange(40) * 1e-15
    around, _ = metrics.ball_counts(centre, torch.ones(1).double(), away)
    assert around.tolist() == (away[:, 0] <= 1).long().tolist()


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_copy_is_the_nearest_however_far_apart_the_rest_lies(scale):
    torch.manual_seed(0)
    heaps = scale * torch.tensor([[-1.0], [1.0]]).repeat(150, 8)
    others = heaps + torch.randn(300, 8)
    distances, rows = metrics.nearest_neighbours(others.clone(), others)
    assert torch.equal(rows[:, 0], torch.arange(300))
    assert (distances == 0).all()


def test_one_outlier_fools_precision_and_hardly_density():
    torch.manual_seed(0)
    real = torch.cat([torch.randn(500, 2), torch.tensor([[50.0, 0.0]])])
    strays = torch.tensor([[25.0, 0.0]]) + torch.randn(500, 2)
    assert metrics.precision_recall(real, strays)[0] == 1
    assert metrics.density_coverage(real, strays)[0] == pytest.approx(0.2)
    assert metrics.precision_recall(real[:-1], strays)[0] == 0


def test_singular_covariances_are_harmless():
    torch.manual_seed(0)
    line = torch.randn(500, 1).double() * torch.ones(1, 8)
    shifted = line + 1
    assert metrics.frechet_distance(line, shifted) == pytest.approx(8, rel=1e-6)
    constant = torch.zeros(100, 8)
    assert metrics.frechet_distance(constant, constant) == 0


def test_doubled_and_constant_features_change_nothing_that_matters():
    torch.manual_seed(0)
    a, b = torch.randn(500, 5).double(), 1.5 * torch.randn(500, 5).double() + 0.3
    once = metrics.frechet_distance(a, b)
    doubled = [torch.cat([x, x], 1) for x in (a, b)]
    assert metrics.frechet_distance(*doubled) == pytest.approx(2 * once, abs=1e-3)
    constant = [torch.cat([x, torch.full((500, 3), 7.0)], 1) for x in (a, b)]
    assert metrics.frechet_distance(*constant) == pytest.approx(once, abs=1e-3)


MEASURES = {
    "a Fréchet distance": metrics.frechet_distance,
    "a kernel distance": metrics.squared_mmd,
    "10 blocks": metrics.kernel_distance,
    "neighbour 3": metrics.precision_recall,
    "neighbour 5": metrics.density_coverage,
}


@pytest.mark.parametrize(("reason", "measure"), MEASURES.items())
def test_what_makes_no_sense_is_refused(reason, measure):
    fine = torch.randn(100, 64)
    with pytest.raises(ValueError, match=f"{reason}.* needs at least .* got 1 and 100"):
        measure(fine[:1], fine)
    with pytest.raises(ValueError, match=f"{reason}.* needs at least .* got 100 and 0"):
        measure(fine, fine[:0])
    for shape in ((100, 63), (100, 64, 1), (100,)):
        with pytest.raises(ValueError, match=r"must be \(N, d\) and \(M, d\); got"):
            measure(fine, torch.randn(*shape))
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="must be finite"):
            measure(fine, torch.full((100, 64), value))


def test_the_fewest_samples_are_exact():
    features = torch.randn(65, 64)
    assert metrics.frechet_distance(features, features) < 1e-6
    with pytest.raises(ValueError, match="64 dimensions needs at least 65 samples"):
        metrics.frechet_distance(features[:64], features)
    metrics.precision_recall(features[:4], features)
    with pytest.raises(ValueError, match="needs at least 4 samples"):
        metrics.precision_recall(features[:3], features)
    with pytest.raises(ValueError, match="k counts neighbours"):
        metrics.density_coverage(features, features, k=0)
    with pytest.raises(ValueError, match="at least 2 blocks"):
        metrics.kernel_distance(features, features, blocks=1)


def test_the_report_card_holds_what_the_single_measures_say():
    torch.manual_seed(0)
    real, fake = torch.randn(300, 6), 0.8 * torch.randn(200, 6)
    card = metrics.report_card(fake, real)
    assert card["FID"] == metrics.frechet_distance(fake, real)
    assert (card["KID"], card["KID error"]) == metrics.kernel_distance(fake, real)
    assert (card["precision"], card["recall"]) == metrics.precision_recall(real, fake)
    assert (card["density"], card["coverage"]) == metrics.density_coverage(real, fake)
    assert card["precision"] > card["recall"]


def test_real_pictures_score_far_better_than_noise_and_damage():
    train = fashion_mnist("train")[0][:2000]
    same = metrics.fid(train)
    noise = metrics.fid(torch.rand(2000, 1, 28, 28) * 2 - 1)
    one_class = metrics.fid(train[fashion_mnist("train")[1][:2000] == 1])
    assert same < 3
    assert noise > 20 * same
    assert one_class > 10 * same


def test_each_fault_shows_in_its_own_measure_and_copies_in_none():
    torch.manual_seed(0)
    images, labels = fashion_mnist("test")
    reference, sound = metrics.image_features(images[:1000]), images[1000:2000]
    noise = (50 * torch.randn(300, 1, 28, 28)).round()
    grainy = sound.clone()
    grainy[:300] = (sound[:300] + noise).clamp(0, 255).byte()
    others = images[1000:][labels[1000:] != 7][:1000]
    faults = {
        "none": sound,
        "copies": fashion_mnist("train")[0][:1000],
        "grain": grainy,
        "no sneakers": others,
        "collapse": sound[:50].repeat(20, 1, 1, 1),
    }
    cards = {
        name: metrics.report_card(metrics.image_features(pictures), reference)
        for name, pictures in faults.items()
    }

    def lost(fault, measure):
        return cards["none"][measure] - cards[fault][measure]

    for measure in ("precision", "recall", "coverage"):
        assert abs(lost("copies", measure)) < 0.05
    assert cards["copies"]["FID"] < 1.5 * cards["none"]["FID"]
    assert lost("grain", "precision") > 0.05 > abs(lost("grain", "recall"))
    assert lost("collapse", "recall") > 0.7 > 0.1 > abs(lost("collapse", "precision"))
    assert lost("no sneakers", "coverage") > 0.04
    assert abs(lost("no sneakers", "recall")) < 0.06


def test_bytes_and_floats_give_the_same_features():
    images = fashion_mnist("test")[0][:10]
    floats = images.float() / 127.5 - 1
    torch.testing.assert_close(
        metrics.image_features(images), metrics.image_features(floats)
    )
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\); got \(10, 784\)"):
        metrics.image_features(floats.flatten(1))
    with pytest.raises(ValueError, match=r"\[-1, 1\]; got values up to 255"):
        metrics.image_features(images.float())
    floats[3, 0, 5, 5] = float("nan")
    with pytest.raises(ValueError, match="must be finite"):
        metrics.frechet_distance(
            metrics.image_features(floats.repeat(10, 1, 1, 1)), torch.randn(100, 64)
        )


def test_modes_are_counted_per_generator():
    torch.manual_seed(0)
    ring = toy.ring(8)
    full = ring.sample(4000)
    collapsed = ring.means[0] + 0.1 * torch.randn(4000, 2)
    off = torch.zeros(4000, 2)
    covered, on_mode = metrics.modes_covered(torch.stack([full, collapsed, off]), ring)
    assert covered.tolist() == [8, 1, 0]
    assert on_mode[0] > 0.99
    assert on_mode[2] == 0


def test_a_handful_of_stray_samples_does_not_cover_a_mode():
    ring = toy.ring(8)
    samples = ring.means[0].repeat(4000, 1)
    samples[:50] = ring.means[1]  # a tenth of the fair share of 500
    assert metrics.modes_covered(samples, ring)[0] == 1
    samples[:150] = ring.means[1]
    assert metrics.modes_covered(samples, ring)[0] == 2


def test_a_mode_where_no_sample_lies_is_not_covered_even_if_none_is_due():
    mixture = toy.Mixture([[-5.0, 0.0], [0.0, 0.0], [5.0, 0.0]], 0.1, [1, 1, 0])
    samples = mixture.means[:2].repeat(100, 1)
    assert metrics.modes_covered(samples, mixture)[0] == 2
