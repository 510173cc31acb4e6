"""The explorer of a style-based generator: it stands in w, with a w for each layer."""

import random

import numpy as np
import pytest
import torch
from test_explorer import Listener, random_step, run_code

from gan_utils.checkpoints import load_generator, save_checkpoint
from gan_utils.latent import Direction
from gan_utils.networks import StyleGenerator
from gan_utils.plotting import to_pixels
from gan_utils.widgets.explorer.space import RANGES, WSpace
from gan_utils.widgets.explorer.state import noise

NAMED = [Direction("sleeve", "short", "long", torch.arange(8.0), (0, 4))]


def style_generator():
    torch.manual_seed(5)
    return StyleGenerator(latent_dim=8, width=4).eval()


@pytest.fixture
def styled():
    return Listener(style_generator(), NAMED)


def layers(listener):
    """w of each layer, (5, 8)."""
    return listener.explorer.state.point().view(5, 8)


def drawn(ws):
    with torch.no_grad():
        return to_pixels(style_generator().synthesis(ws[None]))[0, 0].astype(int)


def test_seed_and_class_decide_the_first_picture(styled):
    for seed, label in ((0, 0), (17, 4), (9999, 9)):
        state, shown = styled.steps(("set", "seed", seed), ("set", "class", label))
        with torch.no_grad():
            images = style_generator()(noise(8, seed)[None], torch.tensor([label]))
        assert np.abs(shown.astype(int) - to_pixels(images)[0, 0]).max() <= 1
        assert (state["seed"], state["label"]) == (seed, label)


def test_truncation_leads_to_the_average_of_the_class(styled):
    styled.steps(("set", "class", 3), ("set", "seed", 5))
    whole = layers(styled)
    styled.steps(("set", "truncation", 0))
    mean = layers(styled)
    z = torch.randn(40_000, 8, generator=torch.Generator().manual_seed(99))
    with torch.no_grad():
        w = style_generator().mapping(z, torch.full((40_000,), 3))
    error = 6 * w.std(0) * (1 / 10_000 + 1 / 40_000) ** 0.5
    assert ((mean - w.mean(0)).abs() < error).all()
    styled.steps(("set", "truncation", 0.25))
    torch.testing.assert_close(
        layers(styled), 0.75 * mean + 0.25 * whole, atol=2e-4, rtol=0
    )
    pictures = [
        styled.steps(("set", "seed", s), ("set", "truncation", 0))[1] for s in (1, 2)
    ]
    assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize("name", RANGES)
def test_a_direction_moves_the_layers_of_its_range_by_one_deviation(styled, name):
    styled.steps(("set", "class", 6), ("set", "seed", 2))
    before = layers(styled)
    for k in (1, 2, 3):
        styled.steps(("set", f"{name} {k}", 2))
        shift = (layers(styled) - before) / 2
        styled.steps(("set", f"{name} {k}", 0))
        moved = [i for i in range(5) if shift[i].abs().max() > 1e-3]
        assert tuple(moved) == RANGES[name]
        z = torch.randn(20_000, 8, generator=torch.Generator().manual_seed(9))
        with torch.no_grad():
            w = style_generator().mapping(z, torch.full((20_000,), 6)).double()
        one = shift[moved[0]].double()
        torch.testing.assert_close(
            shift[list(moved)], one.float().expand(len(moved), 8)
        )
        length = (one @ torch.linalg.pinv(torch.cov(w.T), rtol=1e-4) @ one).sqrt()
        assert length.item() == pytest.approx(1, abs=0.1)


def test_the_first_direction_of_a_range_changes_the_average_article_most():
    generator = style_generator().requires_grad_(False)
    space = WSpace(generator)
    mean = space.mean(6).view(1, 5, 8)
    axes = [axis for axis in space.found() if axis.classes == (6,)]
    for name in RANGES:
        moved = [
            mean + axis.vector.view(1, 5, 8) / 20 for axis in axes if axis.group == name
        ]
        changes = [
            generator.synthesis(ws).sub(generator.synthesis(mean)).norm()
            for ws in moved
        ]
        assert changes[0] > changes[1] > changes[2] > 0
        brighter = generator.synthesis(moved[0]) - generator.synthesis(mean)
        assert brighter.sum() > 0


def test_a_named_direction_moves_every_layer(styled):
    before = layers(styled)
    state, _ = styled.steps(("set", "sleeve", 0.5))
    shift = (layers(styled) - before) / 0.5
    torch.testing.assert_close(
        shift, torch.arange(8.0).expand(5, 8), atol=1e-3, rtol=1e-3
    )
    assert state["sentence"] == "Generated: T-shirt, seed 0, sleeve +0.5."


def test_mixing_takes_the_last_layers_of_b(styled):
    styled.steps(("set", "class", 2), ("set", "seed", 1), ("keep", "A"))
    first = layers(styled)
    styled.steps(("set", "class", 8), ("set", "seed", 4), ("keep", "B"))
    last = layers(styled)
    for count in range(6):
        state, shown = styled.steps(("set", "mix", count))
        expected = torch.cat([first[: 5 - count], last[5 - count :]])
        assert torch.equal(layers(styled), expected)
        assert np.abs(shown - drawn(expected)).max() <= 1
        assert state["label"] == (8 if count == 5 else 2)
        assert f"last {count} of 5 layers from B" in state["sentence"]
    state, _ = styled.steps(("set", "position", 0.25))
    expected = 0.75 * first + 0.25 * last
    torch.testing.assert_close(layers(styled), expected, atol=1e-4, rtol=0)


def test_another_class_of_a_point_that_is_no_seed_keeps_its_way_off_the_mean(styled):
    styled.steps(("set", "class", 2), ("set", "position", 0.3))
    space = styled.explorer.state.space
    off = styled.explorer.state.point() - space.mean(styled.explorer.state.label)
    styled.steps(("set", "class", 7))
    torch.testing.assert_close(
        styled.explorer.state.point() - space.mean(7), off, atol=2e-4, rtol=0
    )


@pytest.mark.parametrize("name", ["coordinate", "value", "closed form 1"])
def test_what_belongs_to_z_is_no_control(styled, name):
    styled.steps(("set", name, 1))
    assert f"no control {name!r}" in styled.last("alarm")[0]["text"]


def test_random_moves_leave_no_error_and_no_stale_picture(styled):
    choose = random.Random(1)
    for _ in range(200):
        state, shown = styled.steps(random_step(choose, styled.explorer.state))
        assert all(content["kind"] != "alarm" for content, _ in styled.sent)
        styled.sent.clear()
        assert np.abs(shown - drawn(layers(styled))).max() <= 1
        if choose.random() < 0.1:
            assert styled.say("rest", code=True)[-1][0]["strip"]["heading"]


def test_what_is_held_is_found_again_in_w(styled):
    _, held = styled.steps(("set", "class", 1), ("set", "seed", 8))
    styled.say("target", source="shown")
    styled.steps(("set", "seed", 30))
    styled.say("invert")
    state, shown = styled.last("state")
    found = np.frombuffer(shown[0], np.uint8).reshape(28, 28).astype(int)
    assert "the nearest to the picture held" in state["sentence"]
    assert (np.abs(found - held).mean()) < 3
    assert np.abs(found - drawn(layers(styled))).max() <= 1


def test_the_code_makes_exactly_the_picture(tmp_path):
    card = {"network": "StyleGenerator", "latent_dim": 8, "width": 4}
    save_checkpoint(style_generator(), "mine", card, folder=tmp_path)
    listener = Listener(load_generator(tmp_path / "mine.safetensors"))
    _, shown = listener.steps(
        ("set", "mix", 2), ("set", "coarse 1", 1.5), ("set", "fine 2", -2)
    )
    assert (run_code(listener.explorer.code(), tmp_path) == shown).all()
