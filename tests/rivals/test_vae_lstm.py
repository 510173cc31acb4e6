"""VAE and pixel LSTM against closed forms, sums over every picture, and causality."""

import itertools

import pytest
import torch

from gan_utils.data import fashion_mnist
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.rivals import vae_lstm
from gan_utils.rivals.flow import Flow
from gan_utils.rivals.vae_lstm import VAE, PixelLSTM, count_parameters, train


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def pictures(count=4):
    return torch.randint(256, (count, 1, 28, 28), dtype=torch.uint8)


def test_parameter_counts_lie_within_a_tenth():
    gan = DCGANGenerator(64, 24, refine=True), DCGANDiscriminator(16, depth=3)
    counts = [count_parameters(*networks) for networks in
              (gan, (VAE(),), (PixelLSTM(),), (Flow(),))]  # fmt: skip
    assert max(counts) < 1.1 * min(counts)


def test_the_divergence_is_that_of_two_gaussians():
    vae, images = VAE().eval(), pictures()
    prior = torch.distributions.Normal(0.0, 1.0)
    mean, log_variance = vae.encode(images)
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    right = torch.distributions.kl_divergence(posterior, prior).sum(1)
    torch.testing.assert_close(vae.terms(images)[1], right, rtol=1e-4, atol=1e-4)


def test_the_bound_lies_below_the_likelihood_of_a_vae_with_one_latent_number():
    vae = VAE(latent_dim=1, width=2).eval()
    images = pictures(3)
    with torch.no_grad():
        z = torch.linspace(-6, 6, 1201)[:, None]
        mean, log_scale = vae.decode(z)
        prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[:, 0])
        for picture in images:
            pixels = vae_lstm.log_prob(picture, mean, log_scale).flatten(1).sum(1)
            exact = (pixels + prior).logsumexp(0) + torch.tensor(0.01).log()
            terms = [vae.terms(picture[None]) for _ in range(200)]
            bound = torch.stack([p - kl for p, kl in terms]).mean()
            assert exact - 60 < bound < exact + 1e-3


def test_the_loss_is_the_divergence_minus_the_expected_log_likelihood():
    """By quadrature over the one latent number of a small VAE."""
    vae, image = VAE(latent_dim=1, width=2).eval(), pictures(1)
    with torch.no_grad():
        vae.encoder[-1].bias.copy_(torch.tensor([0.5, -3.0]))  # a narrow posterior
        vae.decoder[0].weight.mul_(5)
        mean, log_variance = vae.encode(image)
        posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
        z = torch.linspace(-6, 6, 2401)[:, None]
        pixels = vae_lstm.log_prob(image, *vae.decode(z)).flatten(1).sum(1)
        weight = posterior.log_prob(z)[:, 0].softmax(0)
        prior = torch.distributions.Normal(0.0, 1.0)
        kl = torch.distributions.kl_divergence(posterior, prior).item()
        right = kl - (weight * pixels).sum()
        losses = torch.stack([vae.loss(image) for _ in range(400)])
        error = losses.std() / 20
        assert error > 0.01  # else the width of the posterior would not matter
        assert abs(losses.mean() - right) < 4 * error
        wide = (posterior.log_prob(z)[:, 0] / 4).softmax(0)  # twice the width
        assert abs(kl - (wide * pixels).sum() - right) > 8 * error


@pytest.mark.parametrize("levels", [2, 4])
def test_the_probabilities_of_all_tiny_pictures_sum_to_one(levels):
    model = PixelLSTM(side=2, levels=levels, down=5, along=4, told=3, bells=2)
    every = torch.tensor(list(itertools.product(range(levels), repeat=4)))
    with torch.no_grad():
        total = model.log_prob(every.view(-1, 1, 2, 2)).logsumexp(0)
    assert abs(total) < 1e-4


def test_samples_of_tiny_pictures_are_as_frequent_as_their_probability():
    model = PixelLSTM(side=2, levels=2, down=5, along=4, told=3, bells=2)
    with torch.no_grad():
        model.head.weight.mul_(20)
        drawn = vae_lstm.from_unit(model.sample(40_000), 2)
        code = (drawn.flatten(1) * torch.tensor([8, 4, 2, 1])).sum(1)
        every = torch.tensor(list(itertools.product(range(2), repeat=4)))
        right = model.log_prob(every.view(-1, 1, 2, 2)).exp()
    share = code.bincount(minlength=16) / len(code)
    assert right.max() > 2 * right.min()  # else the test could not fail
    assert (share - right).abs().max() < 0.01


def test_no_pixel_depends_on_itself_or_on_a_later_one():
    model = PixelLSTM(side=5, levels=256, down=6, along=4, told=3, bells=2)
    image = torch.randint(256, (1, 1, 5, 5))
    other = image.clone()
    other[0, 0, 2, 3] = (image[0, 0, 2, 3] + 100) % 256

    def parameters(x):
        caught = []
        handle = model.head.register_forward_hook(lambda *a: caught.append(a[2]))
        model.log_prob(x)
        handle.remove()
        return caught[0].reshape(25, -1)

    changed = (parameters(image) - parameters(other)).abs().amax(1) > 0
    assert not changed[: 2 * 5 + 3 + 1].any()
    assert changed[2 * 5 + 4]
    assert changed[3 * 5 :].all()


@pytest.mark.parametrize("make", [VAE, PixelLSTM, Flow])
def test_training_lowers_the_loss_and_samples_are_pictures(make):
    model, images = make(), fashion_mnist("test")[0][:64]
    before = model.loss(images).item()
    trained, steps = train(model, iter([0.0] * 12), 4e-3, batch_size=16)
    assert steps == 12
    assert not trained.training
    assert trained is model
    assert model.loss(images).item() < before
    drawn = model.sample(3)
    assert drawn.shape == (3, 1, 28, 28)
    assert drawn.abs().max() <= 1


def test_the_rate_falls_to_nothing_at_the_end():
    """With all the training done but a billionth, a step changes next to nothing."""
    model = VAE()
    before = model.decoder[0].weight.clone()
    train(model, iter([1 - 1e-9] * 2), 4e-3, batch_size=8)
    assert (model.decoder[0].weight - before).abs().max() < 1e-7
