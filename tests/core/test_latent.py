"""Ways through the latent space, against closed forms."""

import math

import pytest
import torch
from torch import nn

from gan_utils import latent
from gan_utils.inversion import inversion, invert, total_steps
from gan_utils.networks import ConditionalGenerator, DCGANGenerator


class Layered(nn.Module):
    """Two dense layers; the activation in between is the identity by default."""

    def __init__(self, weight, between=None, classes=0):
        super().__init__()
        features, width = weight.shape
        self.latent_dim = width - classes
        if classes:
            self.classes = classes
        self.first = nn.Linear(width, features, bias=False)
        self.first.weight.data = weight
        self.between = between or nn.Identity()
        self.last = nn.Linear(features, 16)

    def forward(self, z, labels=None):
        if labels is not None:
            z = torch.cat([z, nn.functional.one_hot(labels, self.classes).float()], 1)
        return self.last(self.between(self.first(z))).tanh().view(-1, 1, 4, 4)


def weight(features, scales, seed=0):
    """A matrix with these singular values, and its right singular vectors as rows."""
    random = torch.Generator().manual_seed(seed)
    u = torch.linalg.qr(torch.randn(features, len(scales), generator=random))[0]
    v = torch.linalg.qr(torch.randn(len(scales), len(scales), generator=random))[0]
    return u @ torch.diag(torch.tensor(scales)) @ v.T, v.T


def randn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# Between two points


@pytest.mark.parametrize("between", [latent.lerp, latent.slerp])
def test_both_ways_begin_and_end_at_their_ends(between):
    start, end = randn(2, 5, 7)
    torch.testing.assert_close(between(start, end, 0.0), start)
    torch.testing.assert_close(between(start, end, 1.0), end)


def test_the_middle_of_a_line_is_the_mean():
    start, end = randn(2, 7)
    torch.testing.assert_close(latent.lerp(start, end, 0.5), (start + end) / 2)


def test_a_quarter_circle_in_the_plane():
    start, end = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    for t in (0.1, 0.5, 0.8):
        a = t * math.pi / 2
        expected = torch.tensor([2 * math.cos(a), 2 * math.sin(a)])
        torch.testing.assert_close(latent.slerp(start, end, t), expected)


def test_slerp_keeps_the_length_and_lerp_does_not():
    start, end = nn.functional.normalize(randn(2, 50, 32), dim=-1)
    t = torch.linspace(0, 1, 50)[:, None]
    ones = torch.ones(50)
    torch.testing.assert_close(latent.slerp(start, end, t).norm(dim=-1), ones)
    assert latent.lerp(start, end, t).norm(dim=-1).min() < 0.85


def test_slerp_moves_with_constant_speed():
    start, end = nn.functional.normalize(randn(2, 32), dim=-1)
    walk = torch.stack([latent.slerp(start, end, t / 20) for t in range(21)])
    steps = walk.diff(dim=0).norm(dim=-1)
    torch.testing.assert_close(steps, steps[:1].expand(20), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("factor", [1.0, 1.7, -1.0])
def test_slerp_between_points_on_one_line_is_finite_and_straight(factor):
    start = randn(8)
    end = factor * start
    middle = latent.slerp(start, end, 0.25)
    torch.testing.assert_close(middle, start + 0.25 * (end - start))


# Truncation


def test_truncation_moves_towards_the_mean():
    z, mean = randn(2, 6)
    torch.testing.assert_close(latent.truncate(z, 1.0, mean), z)
    torch.testing.assert_close(latent.truncate(z, 0.0, mean), mean)
    torch.testing.assert_close(latent.truncate(z, 0.3), 0.3 * z)


# Directions


def test_closed_form_directions_are_the_right_singular_vectors():
    matrix, vectors = weight(40, [9.0, 6.0, 4.0, 2.0, 1.0])
    found = latent.closed_form_directions(Layered(matrix), 3)
    torch.testing.assert_close((found * vectors[:3]).sum(1).abs(), torch.ones(3))


def test_the_class_columns_of_the_weight_are_left_out():
    matrix, vectors = weight(40, [9.0, 6.0, 4.0])
    labelled = torch.cat([matrix, 50 * randn(40, 2)], 1)
    found = latent.closed_form_directions(Layered(labelled, classes=2), 3)
    torch.testing.assert_close((found * vectors).sum(1).abs(), torch.ones(3))


def test_a_linear_first_layer_has_the_same_principal_directions():
    matrix, vectors = weight(40, [9.0, 6.0, 4.0, 2.0, 1.0])
    found = latent.principal_directions(Layered(matrix), 3, samples=20_000)
    assert (found * vectors[:3]).sum(1).abs().min() > 0.999


def test_classes_do_not_pose_as_a_principal_direction():
    matrix, vectors = weight(40, [9.0, 6.0, 4.0])
    labelled = torch.cat([matrix, 50 * randn(40, 2)], 1)
    found = latent.principal_directions(Layered(labelled, classes=2), 2, 20_000)
    assert (found * vectors[:2]).sum(1).abs().min() > 0.999


def test_principal_directions_see_what_the_activation_cuts_off():
    class DropFirst(nn.Module):
        def forward(self, x):
            return torch.cat([torch.zeros_like(x[:, :1]), x[:, 1:]], 1)

    generator = Layered(torch.diag(torch.tensor([9.0, 6.0, 4.0])), DropFirst())
    found = latent.principal_directions(generator, 1, 5000)
    assert found[0, 1] > 0.99
    assert latent.closed_form_directions(generator, 1)[0, 0] > 0.99


@pytest.mark.parametrize("make", [DCGANGenerator, ConditionalGenerator])
def test_directions_of_the_courses_generators(make):
    torch.manual_seed(0)
    generator = make(latent_dim=12, width=8).eval()
    state = torch.get_rng_state()
    for find in (latent.principal_directions, latent.closed_form_directions):
        found = find(generator, 4)
        assert found.shape == (4, 12)
        torch.testing.assert_close(found.norm(dim=1), torch.ones(4))
        assert (found.gather(1, found.abs().argmax(1, keepdim=True)) > 0).all()
        torch.testing.assert_close(find(generator, 4), found)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_generator_that_does_not_begin_dense_is_refused():
    generator = nn.Sequential(nn.ConvTranspose2d(4, 4, 2))
    generator.latent_dim = 4
    with pytest.raises(ValueError, match=r"must be nn\.Linear"):
        latent.closed_form_directions(generator)


# Back


@pytest.fixture(scope="module")
def generator():
    from gan_utils.checkpoints import load_generator

    return load_generator("explorer_unconditional")


@pytest.mark.parametrize("seed", [101, 105])
def test_inversion_recovers_the_picture_of_a_known_z(generator, seed):
    z = randn(1, 64, seed=seed)
    with torch.no_grad():
        picture = generator(z)[0]
    found = invert(generator, picture)
    assert found.error < 0.04  # 5 of 255 grey levels; other random z: 0.5 to 1
    assert torch.cosine_similarity(found.z, z[0], dim=0) > 0.6  # others: below 0.5
    assert found.error == pytest.approx(
        (generator(found.z[None])[0] - picture).square().mean().sqrt().item(), rel=1e-4
    )
    torch.testing.assert_close(found.picture, generator(found.z[None])[0])
    assert found.label is None
    assert all(p.grad is None for p in generator.parameters())


def test_inversion_approaches_a_real_picture_within_the_length_of_noise(generator):
    from gan_utils.data import fashion_mnist, to_float

    picture = to_float(fashion_mnist("test")[0][2])
    steps = list(inversion(generator, picture, steps=100, starts=4))
    count = total_steps(100, 4)
    assert [found.step for found in steps] == list(range(1, count + 1))
    assert steps[-1].error < 0.6 * steps[0].error
    assert (
        steps[-1].error < 0.9 * steps[99].error
    )  # the second method is worth its time
    assert steps[-1].z.norm() < 1.25 * 64**0.5


def test_inversion_finds_the_class_too():
    torch.manual_seed(0)
    network = ConditionalGenerator(latent_dim=8, width=8, classes=4).eval()
    nn.init.normal_(network.norm_7.shift.weight)
    nn.init.normal_(network.norm_14.shift.weight)
    with torch.no_grad():
        picture = network(randn(1, 8, seed=5), torch.tensor([2]))[0]
    found = invert(network, picture, 100, 8, labels=torch.arange(8) % 4)
    assert found.label == 2
    assert invert(network, picture, 5, 3, labels=1).label == 1
    with pytest.raises(ValueError, match="needs labels"):
        invert(network, picture)


def test_inversion_refuses_another_size(generator):
    with pytest.raises(ValueError, match=r"\(1, 28, 28\).*\(1, 32, 32\)"):
        invert(generator, torch.zeros(1, 32, 32), steps=1)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_so_far_never_gets_worse(seed):
    torch.manual_seed(seed)
    network = DCGANGenerator(latent_dim=6, width=4).eval()
    picture = 2 * torch.rand(1, 28, 28) - 1
    for options in ({}, {"lr": 1.0}, {"prior": 1.0}):
        found = list(inversion(network, picture, 30, 3, seed=seed, **options))
        errors = [one.error for one in found]
        assert errors == sorted(errors, reverse=True)
        assert [one.step for one in found] == list(range(1, len(found) + 1))
        made = network(found[-1].z[None])[0]
        torch.testing.assert_close(found[-1].picture, made)


def test_inversion_needs_a_step_and_a_start(generator):
    for numbers in ({"steps": 0}, {"starts": 0}):
        with pytest.raises(ValueError, match="steps and starts"):
            next(inversion(generator, torch.zeros(1, 28, 28), **numbers))
