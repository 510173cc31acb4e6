"""Studio scenes: layers that add up, chance apart from what the product decides."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from gan_utils.ads.creatives import cast_shadows, palettes
from gan_utils.ads.creatives.chance import uniform
from gan_utils.ads.creatives.studio_scenes import compose, paint, render
from gan_utils.ads.creatives.studio_sets import SETS
from gan_utils.ads.products import LIGHTS, products


@pytest.fixture(scope="module")
def catalogue():
    """Held-out cut-outs (N, 4, 128, 128) and shadow layers (N, 9, 64, 64), in [0, 1]."""
    held_out = products("held out")
    some = slice(0, None, 12)
    return (
        held_out.cut_outs[some].flatten(0, 1).float() / 255,
        held_out.layers[some].flatten(0, 1).float() / 255,
    )


@pytest.fixture(scope="module")
def wish(catalogue):
    """Two products in every set: shadows, sets, lights, seeds."""
    sets = torch.arange(len(SETS)).repeat_interleave(2)
    lights = torch.arange(len(sets)) * 97.0
    return catalogue[1][: len(sets)], sets, lights, 2**40 + torch.arange(len(sets))


@pytest.fixture(scope="module")
def surround(wish):
    return render(*wish)


def test_layers_have_their_shapes_and_ranges(surround):
    shapes = [tuple(layer.shape[1:]) for layer in surround]
    assert shapes == [(c, 128, 128) for c in (3, 1, 1, 3)]
    for layer in surround:
        assert layer.dtype == torch.float32
        assert layer.isfinite().all()
        assert layer.min() >= 0
    assert surround.weights.max() <= 1
    torch.testing.assert_close(
        surround.weights.sum(1), torch.ones(14, 128, 128), atol=1e-6, rtol=0
    )
    assert surround.shadow.min() >= 0.02
    assert surround.light[:10].amax((1, 2, 3)).min() > 0.9
    assert surround.light.max() < 2
    torch.testing.assert_close(surround.light, surround.shadow * surround.pattern)


def test_the_same_seed_gives_the_same_scene_alone_and_among_others(wish, surround):
    for once, again in zip(surround, render(*wish)):
        assert torch.equal(once, again)
    order = torch.tensor([9, 3, 12])
    for kept, drawn in zip(surround, render(*(field[order] for field in wish))):
        torch.testing.assert_close(drawn, kept[order], atol=1e-4, rtol=1e-4)


def test_another_seed_changes_what_is_open_and_nothing_else(wish, surround):
    shadows, sets, lights, seeds = wish
    other = render(shadows, sets, lights, seeds + 1)
    assert torch.equal(other.shadow, surround.shadow)
    moved = {}
    for layer in ("weights", "pattern", "glow"):
        gap = (getattr(other, layer) - getattr(surround, layer)).abs().amax((1, 2, 3))
        moved[layer] = [
            name for k, name in enumerate(SETS) if (gap[sets == k] > 0.01).any()
        ]
    assert moved["pattern"] == list(SETS)
    assert moved["weights"] == ["plinth", "evening", "arch"]
    assert moved["glow"] == ["window", "leaves", "evening", "arch"]


def darkness(shadows, number, light):
    """What the product takes from the scene's light, (N, 1, 128, 128)."""
    count = len(shadows)
    rest = (
        torch.full((count,), number),
        torch.full((count,), float(light)),
        torch.arange(count),
    )
    return (render(shadows * 0, *rest).shadow - render(shadows, *rest).shadow).clamp(
        min=0
    )


def centre(image):
    """Row and column of the middle of mass, (N,) each."""
    mass = image.sum((1, 2, 3))
    rows = (image * cast_shadows.Y).sum((1, 2, 3)) / mass
    return rows, (image * cast_shadows.X).sum((1, 2, 3)) / mass


@pytest.mark.parametrize("name", [name for name in SETS if name != "plinth"])
def test_the_shadow_falls_away_from_the_lamp(catalogue, name):
    shadows, number = catalogue[1], list(SETS).index(name)
    right, behind, left, camera = (
        centre(darkness(shadows, number, light)) for light in (0, 90, 180, 270)
    )
    assert (right[1] < left[1] - 1).float().mean() > 0.9
    assert (behind[0] > camera[0] + 1).float().mean() > 0.9


def test_a_product_on_a_plinth_darkens_its_top(catalogue):
    shadows = catalogue[1][:6]
    right, left = (
        centre(cast_shadows.cast(shadows, torch.full((6,), a))) for a in (0.0, 180.0)
    )
    assert (right[1] < left[1] - 1).all()
    plinth = list(SETS).index("plinth")
    sets, seeds = torch.full((6,), plinth), torch.arange(6)
    drawn = render(shadows, sets, torch.zeros(6), seeds)
    below = drawn.weights[:, 2, 104:].amax((1, 2))
    assert torch.equal(below, torch.ones(6))  # accent: the plinth carries the product


def test_a_small_turn_of_the_lamp_is_a_small_change(catalogue):
    shadows = catalogue[1]
    turn = torch.arange(len(shadows)) * 31.0
    for start in (turn, torch.full_like(turn, 359.5), torch.full_like(turn, 44.5)):
        one, other = (cast_shadows.cast(shadows, start + step) for step in (0.0, 1.0))
        assert (one - other).abs().amax() < 0.16
        assert (one - other).abs().mean() < 0.003


def test_a_lamp_at_one_of_the_eight_casts_that_layer(catalogue):
    shadows = catalogue[1]
    for k in range(LIGHTS):
        lights = torch.full((len(shadows),), 45.0 * k - 720 * (k % 2))
        layer = shadows[:, 1 + k : 2 + k]
        wanted = interpolate(layer, size=128, mode="bilinear", align_corners=False)
        got = cast_shadows.cast(shadows, lights)
        torch.testing.assert_close(got, wanted, atol=2e-3, rtol=0)


def rods(directions):
    """Shadow layers of a thin pole at (64, 100), one row per layer: (1, 9, 64, 64)."""
    y, x = torch.meshgrid(*[torch.arange(64) * 2 + 1.0] * 2, indexing="ij")
    layers = [(((x - 64) / 3) ** 2 + ((y - 100) / 2) ** 2 < 1).float()]
    for degrees in directions:
        a = torch.deg2rad(torch.tensor(float(degrees)))
        ux, uy = -a.cos(), a.sin()
        dx, dy = x - 64, (y - 100) / cast_shadows.DEPTH
        along, aside = dx * ux + dy * uy, dx * uy - dy * ux
        layers.append(torch.exp(-((aside / 7) ** 2)) * (along > -5) * (along < 40))
    return torch.stack(layers)[None]


def test_between_two_layers_a_pole_has_one_shadow_and_not_two():
    shadows = rods(range(0, 360, 45))
    for degrees in (22.5, 157.5, 300.0):
        got = cast_shadows.cast(shadows, torch.tensor([degrees]))
        wanted = interpolate(rods([degrees]), size=128, mode="bilinear")[:, 1:]
        two = interpolate(shadows, size=128, mode="bilinear")
        k = int(degrees // 45)
        mixed = (two[:, 1 + k] + two[:, 1 + (k + 1) % 8])[:, None] / 2
        error = (got - wanted).abs().mean()
        assert error < 0.35 * (mixed - wanted).abs().mean()
        assert error < 0.2 * wanted.mean()


def test_a_shadow_climbs_the_wall_as_rays_do():
    light, wall, height = 300.0, 70.0, 21.0  # the lamp: at the camera, to the right
    a = np.radians(light)
    ray = np.array([-np.cos(a), -np.sin(a)]) * cast_shadows.REACH  # right, away
    x, y = cast_shadows.landing(torch.tensor([light]), wall, bend=1e-3)
    x, y = torch.broadcast_tensors(x, y)
    row = wall - height * cast_shadows.HEIGHT  # on the wall, so high above the ground
    place = int(row)  # the pixel whose middle is place + 0.5
    high = (wall - place - 0.5) / cast_shadows.HEIGHT
    assert x[0, 0, place, 64].item() == pytest.approx(64.5 + high * ray[0], abs=1e-3)
    behind = high * ray[1] * cast_shadows.DEPTH
    assert y[0, 0, place, 64].item() == pytest.approx(wall - behind, abs=1e-3)
    assert y[0, 0, 90, 64] == 90.5


def test_compose_is_the_picture_and_keeps_the_product_bit_for_bit(catalogue, surround):
    cut_outs, colours = catalogue[0][:14], palettes.random_palettes(torch.arange(14))
    images = compose(surround, colours, cut_outs)
    weights, glow, x = (
        a.double().numpy() for a in (surround.weights, surround.glow, cut_outs)
    )
    light = surround.shadow.double().numpy() * surround.pattern.double().numpy()
    paints = sum(
        weights[:, [k]] * colours.double().numpy()[:, k, :, None, None]
        for k in range(3)
    )
    scene = np.minimum(paints * light + glow, 1)
    wanted = x[:, 3:] * x[:, :3] + (1 - x[:, 3:]) * scene
    np.testing.assert_allclose(images.numpy(), wanted, atol=1e-5)
    solid = (cut_outs[:, 3:] == 1).expand_as(images)
    assert solid.float().mean() > 0.05
    assert torch.equal(images[solid], cut_outs[:, :3][solid])
    assert images.min() >= 0
    assert images.max() <= 1
    np.testing.assert_allclose(
        paint(surround, colours).numpy(), paints * light + glow, atol=1e-5
    )


def test_layers_do_not_know_the_palette_so_another_one_recolours(surround):
    black, white = torch.zeros(14, 3, 3), torch.ones(14, 3, 3)
    torch.testing.assert_close(paint(surround, black), surround.glow)
    torch.testing.assert_close(
        paint(surround, white), surround.light + surround.glow, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        (0, lambda a: a[:, :8], r"shadows must be float \(14, 9, 64, 64\)"),
        (0, lambda a: (a * 255).byte(), "torch.uint8"),
        (0, lambda a: a * 255, r"shadows must be in \[0, 1\]; got 0 to 255"),
        (1, lambda a: a + 3, "sets must be int64 from 0 to 6"),
        (1, lambda a: a.float(), "sets must be int64"),
        (1, lambda a: a[:3], r"sets must be \(14,\)"),
        (2, lambda a: a * torch.nan, "lights must be finite degrees"),
        (2, lambda a: a[:, None], r"lights must be \(14,\)"),
        (3, lambda a: a.float(), r"seeds must be \(N,\) int64; got torch.float32"),
        (3, lambda a: a[:1], r"seeds must be \(14,\)"),
    ],
)
def test_a_wrong_wish_is_refused_in_one_sentence(wish, field, wrong, says):
    wish = [wrong(a) if k == field else a for k, a in enumerate(wish)]
    with pytest.raises(ValueError, match=says) as refused:
        render(*wish)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("colours", "cut_outs", "says"),
    [
        (torch.ones(14, 3), torch.ones(14, 4, 128, 128), r"palettes must be float"),
        (torch.ones(14, 3, 3) * 2, torch.ones(14, 4, 128, 128), r"palettes must be in"),
        (torch.ones(14, 3, 3), torch.ones(14, 3, 128, 128), r"cut_outs must be float"),
        (torch.ones(14, 3, 3), -torch.ones(14, 4, 128, 128), r"cut_outs must be in"),
        (torch.ones(14, 3, 3), torch.ones(1, 4, 128, 128), r"\(14, 4, 128, 128\)"),
    ],
)
def test_a_wrong_palette_or_cut_out_is_refused(surround, colours, cut_outs, says):
    with pytest.raises(ValueError, match=says):
        compose(surround, colours, cut_outs)


def test_random_palettes_are_varied_and_never_a_named_one():
    drawn = palettes.random_palettes(torch.arange(4000))
    assert drawn.shape == (4000, 3, 3)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert torch.equal(drawn[7:9], palettes.random_palettes(torch.tensor([7, 8])))
    backdrop = drawn[:, 0]
    value, least = backdrop.amax(1), backdrop.amin(1)
    assert 0.12 < (value < 0.56).float().mean() < 0.30
    assert 0.12 < ((value - least) / value > 0.34).float().mean() < 0.30
    assert all(backdrop.argmax(1).bincount(minlength=3) > 800)
    assert len(palettes.PALETTES) == 8
    for named in palettes.PALETTES.values():
        assert named.shape == (3, 3)
        assert (drawn - named).abs().amax((1, 2)).min() > 0.03


def mix(x):
    """SplitMix64's finaliser on Python's unbounded whole numbers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def test_chance_is_splitmix():
    seeds = [0, 1, -1, 2**62, -(2**63)]
    got = uniform(torch.tensor(seeds), 3, stream=5)
    for seed, row in zip(seeds, got.tolist()):
        for j, number in enumerate(row):
            state = mix(seed % 2**64) + (5 * 1024 + j + 1) * 0x9E3779B97F4A7C15
            assert number == (mix(state % 2**64) >> 40) / 2**24
    many = uniform(torch.arange(20_000), 4)
    assert abs(many.mean() - 0.5) < 0.005
    assert torch.corrcoef(many.T).fill_diagonal_(0).abs().max() < 0.03
    assert abs(torch.corrcoef(torch.stack([many[1:, 0], many[:-1, 0]]))[0, 1]) < 0.03
