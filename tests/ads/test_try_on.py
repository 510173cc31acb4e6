"""Try-on: the warp, the generator, its losses, its scores, and the shipped weights."""

import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from gan_utils.ads.try_on import scene as scenes
from gan_utils.ads.try_on import scores as baselines
from gan_utils.ads.try_on.model import (
    PatchDiscriminator,
    TryOnGenerator,
    l1_terms,
    step,
    train_try_on,
    warp,
)
from gan_utils.ads.try_on.scores import (
    _identity_error,
    garment_error,
    scores,
    ssim,
    texture_energy,
)
from gan_utils.checkpoints import load_checkpoint, read_card
from gan_utils.engine import cli
from gan_utils.recipes import try_on


@pytest.fixture(scope="module")
def scene():
    return scenes.try_on(24, seed=9)


@pytest.fixture(scope="module")
def batch(scene):
    return scene.batch()


def test_a_flow_of_zero_stays_and_a_flow_to_the_right_moves_left():
    pictures = torch.rand(2, 3, 64, 48)
    torch.testing.assert_close(warp(pictures, torch.zeros(2, 2, 64, 48)), pictures)
    flow = torch.zeros(2, 2, 64, 48)
    flow[0, 0], flow[1, 1] = 2 * 5 / 48, 2 * 3 / 64
    moved = warp(pictures, flow)
    torch.testing.assert_close(
        moved[0, :, :, :-5], pictures[0, :, :, 5:], atol=1e-4, rtol=0
    )
    torch.testing.assert_close(moved[1, :, :-3], pictures[1, :, 3:], atol=1e-4, rtol=0)
    assert torch.allclose(moved[0, :, :, -5:], pictures[0, :, :, -1:], atol=1e-4)


def test_the_generator_keeps_everything_outside_the_mask(batch):
    torch.manual_seed(0)
    generator = TryOnGenerator(4)
    torch.nn.init.normal_(generator.last.weight)
    worn = generator(batch)
    assert _identity_error(worn.picture, batch).max() == 0
    assert worn.picture.shape == batch.truth.shape
    assert worn.picture.min() >= -1
    assert 0 <= worn.cover.min() <= worn.cover.max() <= 1
    without = TryOnGenerator(4, keeps=False)
    assert _identity_error(without(batch).picture, batch).min() > 0


def test_the_answer_does_not_depend_on_the_true_picture(batch):
    generator = TryOnGenerator(4).eval()
    torch.nn.init.normal_(generator.last.weight)
    blank = batch._replace(
        truth=torch.zeros_like(batch.truth), worn=torch.zeros_like(batch.worn)
    )
    assert torch.equal(generator(batch).picture, generator(blank).picture)


def test_without_warping_there_is_no_cloth_and_one_loss_term(batch):
    result = TryOnGenerator(4, warps=False)(batch)
    assert result.cloth is None
    expected = 30 * (result.picture - batch.truth).abs().mean()
    torch.testing.assert_close(l1_terms(result, batch), expected)


def test_a_perfect_answer_costs_nothing(batch):
    perfect = TryOnGenerator(4)(batch)._replace(
        picture=batch.truth, cloth=batch.truth, cover=batch.worn
    )
    assert l1_terms(perfect, batch) == 0


def test_a_patch_sees_eighteen_pixels():
    discriminator = PatchDiscriminator(4)
    batch = scenes.try_on(1).batch()
    picture = batch.truth.clone().requires_grad_()
    out = discriminator(picture, batch)
    assert out.shape == (1, 16, 12)
    out[0, 8, 6].backward()
    rows, columns = picture.grad.abs().sum((0, 1)).nonzero().T
    assert rows.max() - rows.min() == columns.max() - columns.min() == 17


def test_one_step_moves_both_players_and_no_gradient_stays_in_d(batch):
    torch.manual_seed(0)
    generator, discriminator = TryOnGenerator(4), PatchDiscriminator(4)
    opt_g = torch.optim.SGD(generator.parameters(), 0.01)
    opt_d = torch.optim.SGD(discriminator.parameters(), 0.0)
    d_loss, g_loss = step(generator, discriminator, batch, opt_g, opt_d)
    with torch.no_grad():
        real = discriminator(batch.truth, batch)
        fresh = TryOnGenerator(4)(
            batch
        ).picture  # its last layer is 0 whatever the seed
        fake = discriminator(fresh, batch)
    expected = (1 - real).relu().mean() + (1 + fake).relu().mean()
    torch.testing.assert_close(d_loss, expected)
    assert generator.last.weight.abs().sum() > 0
    assert torch.isfinite(g_loss)
    of_d = [p.grad.clone() for p in discriminator.parameters()]
    opt_d.zero_grad()
    ((1 - discriminator(batch.truth, batch)).relu().mean()
     + (1 + discriminator(fresh, batch)).relu().mean()).backward()  # fmt: skip
    for before, parameter in zip(of_d, discriminator.parameters()):
        torch.testing.assert_close(before, parameter.grad)


def test_training_learns_and_repeats_itself(scene, batch):
    def run():
        torch.manual_seed(3)
        generator = train_try_on(
            TryOnGenerator(8), PatchDiscriminator(4), scene, [k / 30 for k in range(30)]
        )
        return generator(batch).picture

    first = run()
    with torch.no_grad():
        untrained = TryOnGenerator(8)(batch).picture
    errors = [(x - batch.truth).abs().mean() for x in (first, untrained)]
    assert errors[0] < 0.8 * errors[1]
    assert torch.equal(first, run())


def test_ssim_agrees_with_torchmetrics(batch):
    torch.manual_seed(0)
    noisy = (batch.truth + 0.2 * torch.randn_like(batch.truth)).clamp(-1, 1)
    _, full = structural_similarity_index_measure(
        noisy, batch.truth, data_range=2.0, reduction="none", return_full_image=True
    )  # it also places windows across the edge, on a mirrored picture
    theirs = full[..., 5:-5, 5:-5].mean((1, 2, 3))
    torch.testing.assert_close(ssim(noisy, batch.truth), theirs, atol=1e-5, rtol=0)
    assert ssim(batch.truth, batch.truth).min() > 0.99999


def test_ssim_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="at least 11 pixels"):
        ssim(torch.zeros(1, 3, 8, 48), torch.zeros(1, 3, 8, 48))
    with pytest.raises(ValueError, match="two batches of one shape"):
        ssim(torch.zeros(1, 3, 64, 48), torch.zeros(2, 3, 64, 48))


def test_scores_of_the_truth_and_of_a_known_error(batch):
    perfect = scores(batch.truth, batch)
    assert perfect["SSIM"] == pytest.approx(1, abs=1e-5)
    assert perfect["texture"] == pytest.approx(1)
    assert perfect["error on the garment"] == perfect["identity error"] == 0
    brighter = batch.truth + 0.25
    torch.testing.assert_close(garment_error(brighter, batch), torch.full((24,), 0.25))
    torch.testing.assert_close(
        _identity_error(brighter, batch), torch.full((24,), 0.25)
    )


def test_texture_is_the_laplacian_of_the_cloth():
    batch = scenes.try_on(2).batch()
    batch = batch._replace(worn=torch.ones_like(batch.worn))
    ramp = torch.linspace(-1, 1, 48).expand(2, 3, 64, 48)
    board = (torch.arange(64)[:, None] + torch.arange(48)) % 2 * 2.0 - 1
    assert texture_energy(ramp, batch).max() < 1e-6
    torch.testing.assert_close(
        texture_energy(board.expand(2, 3, 64, 48), batch), torch.full((2,), 64.0)
    )


def test_baselines_keep_the_person_and_do_what_they_say(scene, batch):
    training = scenes.try_on(30, seed=1)
    pictures = [
        baselines.compose(batch, baselines.mean_picture(training)),
        baselines.mean_colour(scene, training),
        baselines.paste(scene, training),
        baselines.nearest_neighbour(scene, training),
    ]
    for picture in pictures:
        assert _identity_error(picture, batch).max() == 0
    itself = baselines.nearest_neighbour(scene, scene)
    torch.testing.assert_close(itself, batch.truth)
    assert ssim(pictures[2], batch.truth).mean() > 0.4


def test_pasting_puts_shoulders_on_shoulders(scene, batch):
    covered = []
    for k, (figure, garment) in enumerate(zip(scene.figures, scene.garments)):
        flow = baselines._paste_flow(figure, garment)[None]
        cut = warp(batch.cut[k : k + 1], flow)
        covered.append((cut * batch.worn[k]).sum() / batch.worn[k].sum())
    assert torch.stack(covered).mean() > 0.7


def test_the_shipped_generator_scores_what_its_card_says():
    card = read_card("try_on")
    generator = load_checkpoint(TryOnGenerator(card["width"]), "try_on")
    test = try_on.held_out()
    found = try_on.judge(generator, test)
    for name, value in card["scores, paired"].items():
        assert found[name] == pytest.approx(value, abs=2e-3)
    assert found["SSIM"] > 0.9
    assert found["identity error"] == 0


def test_the_recipe_runs_in_a_few_steps(capsys):
    torch.manual_seed(0)
    generator, facts = try_on.try_on(cli.Training(), steps=2, pairs=20, width=4)
    assert facts["steps"] == 2
    assert facts["scores, paired"]["identity error"] == 0
    assert not generator.training
    assert "step 0 of 2" in capsys.readouterr().out
