import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

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


def test_it_equals_torchmetrics_on_the_same_features():
    class Flatten(torch.nn.Module):
        num_features = 12

        def forward(self, images):
            return images.flatten(1).double()

    torch.manual_seed(0)
    a, b = torch.rand(400, 3, 2, 2), torch.rand(300, 3, 2, 2) ** 2
    judge = FrechetInceptionDistance(feature=Flatten(), normalize=True)
    judge.set_dtype(torch.float64)
    judge.update(a, real=True)
    judge.update(b, real=False)
    ours = metrics.frechet_distance(a.flatten(1), b.flatten(1))
    assert ours == pytest.approx(judge.compute().item(), abs=1e-3)
    assert ours > 0.1


def test_singular_covariances_are_harmless():
    torch.manual_seed(0)
    line = torch.randn(500, 1).double() * torch.ones(1, 8)
    shifted = line + 1
    assert metrics.frechet_distance(line, shifted) == pytest.approx(8, rel=1e-6)
    constant = torch.zeros(100, 8)
    assert metrics.frechet_distance(constant, constant) == 0


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (torch.randn(64, 64), torch.randn(100, 64), "needs more than 64 samples"),
        (torch.randn(100, 4), torch.randn(100, 5), r"\(N, d\) and \(M, d\)"),
        (torch.full((100, 4), float("nan")), torch.randn(100, 4), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        metrics.frechet_distance(a, b)


def test_real_pictures_score_far_better_than_noise_and_damage():
    train = fashion_mnist("train")[0][:2000]
    same = metrics.fid(train)
    noise = metrics.fid(torch.rand(2000, 1, 28, 28) * 2 - 1)
    one_class = metrics.fid(train[fashion_mnist("train")[1][:2000] == 1])
    assert same < 3
    assert noise > 20 * same
    assert one_class > 10 * same


def test_bytes_and_floats_give_the_same_features():
    images = fashion_mnist("test")[0][:10]
    floats = images.float() / 127.5 - 1
    torch.testing.assert_close(
        metrics.image_features(images), metrics.image_features(floats)
    )
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\); got \(10, 784\)"):
        metrics.image_features(floats.flatten(1))


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
