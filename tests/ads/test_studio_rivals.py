"""Rivals of the studio network: a template's guessed shadows, and the nearest scene."""

import pytest
import torch
from torch.nn.functional import avg_pool2d

from gan_utils.ads.creatives import rivals
from gan_utils.ads.creatives.studio_scenes import render
from gan_utils.ads.products import products


@pytest.fixture(scope="module")
def catalogue():
    held_out = products("held out")
    some = slice(0, None, 4)
    return (
        held_out.cut_outs[some].flatten(0, 1).float() / 255,
        held_out.layers[some].flatten(0, 1).float() / 255,
    )


def test_guessed_shadows_are_better_than_none_and_than_those_of_another_light(
    catalogue,
):
    cut_outs, truth = catalogue
    guess = rivals.guess_shadows(cut_outs)
    assert guess.shape == truth.shape
    assert guess.min() >= 0
    assert guess.max() <= 1
    seen = avg_pool2d(cut_outs[:, 3:], 2) < 0.05

    def error(shadows):
        return ((shadows - truth).abs() * seen)[:, 1:].mean()

    assert 0.65 < error(guess) / error(torch.zeros_like(guess)) < 0.8
    turned = torch.cat([guess[:, :1], guess[:, 1:].roll(4, 1)], 1)
    assert error(guess) < 0.7 * error(turned)


def test_a_template_sees_the_silhouette_alone(catalogue):
    cut_outs = catalogue[0][:7]
    wish = torch.arange(7), torch.arange(7) * 50.0, torch.zeros(7, dtype=torch.int64)
    drawn = rivals.template(cut_outs, *wish)
    grey = torch.cat([cut_outs[:, :3] * 0, cut_outs[:, 3:]], 1)
    for layer, same in zip(drawn, rivals.template(grey, *wish)):
        assert torch.equal(layer, same)
    plain = render(torch.zeros(7, 9, 64, 64), *wish)
    assert (plain.shadow - drawn.shadow).amax((1, 2, 3)).min() > 0.1


@pytest.fixture(scope="module")
def bank(catalogue):
    cut_outs, shadows = catalogue
    count = 40
    sets, lights = torch.arange(count) % 6, torch.arange(count) * 37.0 % 360
    return rivals.make_bank(
        cut_outs[:count], shadows[:count], sets, lights, torch.arange(count)
    )


def test_a_scene_of_the_bank_is_its_own_nearest(catalogue, bank):
    cut_outs = catalogue[0][:40]
    rows = rivals.nearest(cut_outs, bank.sets, bank.lights + 360, bank)
    assert torch.equal(rows, torch.arange(40))
    drawn = rivals.nearest_scene(cut_outs[:4], bank.sets[:4], bank.lights[:4], bank)
    wanted = render(bank.shadows[:4], bank.sets[:4], bank.lights[:4], bank.seeds[:4])
    for layer, same in zip(drawn, wanted):
        assert torch.equal(layer, same)


def test_the_nearest_scene_is_of_the_wanted_set_and_weighs_alpha_and_light(
    catalogue, bank
):
    cut_outs = catalogue[0][40:52]
    sets, lights = torch.arange(12) % 6, torch.full((12,), 350.0)
    rows = rivals.nearest(cut_outs, sets, lights, bank)
    assert torch.equal(bank.sets[rows], sets)
    for n in range(12):
        alpha = avg_pool2d(cut_outs[n : n + 1, 3:], 4)[0, 0]
        turn = (bank.lights - 350).abs()
        score = (bank.alphas - alpha).abs().mean((1, 2))
        score = score + 0.05 / 45 * turn.minimum(360 - turn)
        score[bank.sets != sets[n]] = 9
        assert rows[n] == score.argmin()


def test_a_set_that_the_bank_lacks_is_named(catalogue, bank):
    with pytest.raises(ValueError, match=r"no scene of the sets \[6\]"):
        rivals.nearest(catalogue[0][:2], torch.tensor([1, 6]), torch.zeros(2), bank)
