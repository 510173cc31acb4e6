"""The try-on scene: bytes, balance, masks, and garments that bend as they should."""

import time

import numpy as np
import pytest
import torch

from gan_utils.ads.try_on import scene as scenes
from gan_utils.ads.try_on.figures import _arm_coordinates, draw_figures
from gan_utils.ads.try_on.garments import PATTERNS, SEEN, cloth, draw_garments
from gan_utils.ads.try_on.painting import paint_flat
from gan_utils.ads.try_on.scene import KINDS, fashion_garments


@pytest.fixture(scope="module")
def scene():
    return scenes.try_on(60, seed=4)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(scene):
    again, other = scenes.try_on(60, seed=4), scenes.try_on(60, seed=5)
    for name, pictures in scene.pictures.items():
        assert torch.equal(pictures, again.pictures[name])
    assert not torch.equal(scene.pictures["truth"], other.pictures["truth"])
    assert again.figures == scene.figures
    assert again.garments == scene.garments


def test_shapes_and_ranges(scene):
    batch = scene.batch(torch.tensor([3, 5]))
    for name, value in batch._asdict().items():
        channels = 1 if name in ("cut", "mask", "worn") else 3
        assert value.shape == (2, channels, 64, 48), name
        low = 0 if channels == 1 else -1
        assert low <= value.min() <= value.max() <= 1
    assert set(batch.mask.unique().tolist()) == {0.0, 1.0}


def test_people_and_garments_are_balanced():
    random = np.random.default_rng(1)
    people = [figure.person for figure in draw_figures(120, random)]
    assert np.bincount([p.skin for p in people]).tolist() == [12] * 10
    assert np.bincount([p.age for p in people]).tolist() == [40] * 3
    assert 40 < sum(p.long for p in people) < 80
    assert abs(np.mean([p.body for p in people])) < 0.2
    garments = draw_garments(120, random)
    for name, kinds in (("sleeves", 3), ("neck", 3), ("pattern", len(SEEN))):
        counts = np.bincount([getattr(g, name) for g in garments], minlength=kinds)
        assert counts.tolist() == [120 // kinds] * kinds
    assert sum(g.cut for g in garments) == 40


def test_skin_tone_is_independent_of_body_and_garment():
    random = np.random.default_rng(3)
    figures, garments = draw_figures(2_000, random), draw_garments(2_000, random)
    tone = [f.person.skin for f in figures]
    others = [
        [f.person.body for f in figures],
        [f.pose.lean for f in figures],
        [g.fit for g in garments],
        [g.sleeves for g in garments],
    ]
    for other in others:
        assert abs(np.corrcoef(tone, other)[0, 1]) < 0.08


def test_the_mask_and_all_outside_it_ignore_the_garment(scene):
    before, after = scene.batch(), scenes.swapped(scene).batch()
    assert torch.equal(before.mask, after.mask)
    assert torch.equal(before.person, after.person)
    assert (before.truth != after.truth).any()
    assert (after.worn * (1 - after.mask)).max() == 0
    assert 0.15 < before.mask.mean() < 0.5


def test_skin_is_seen_where_sleeves_end():
    random = np.random.default_rng(0)
    figure = draw_figures(1, random)[0]
    plain = draw_garments(1, random)[0]._replace(cut=0, pattern=0, sleeves=0)
    areas = [
        scenes.render([figure], [plain._replace(sleeves=k)]).batch().worn.sum()
        for k in range(3)
    ]
    assert areas[0] + 20 < areas[1]
    assert areas[1] + 20 < areas[2]


def test_stripes_have_the_period_that_the_garment_names():
    garment = draw_garments(1, np.random.default_rng(0))[0]
    garment = garment._replace(pattern=PATTERNS.index("stripes"), period=5.0)
    down = np.arange(0, 40, 0.5, dtype=np.float32) + 0.25
    colours = cloth(garment, np.zeros_like(down), down)
    assert np.allclose(colours[:70], colours[10:80])
    assert not np.allclose(colours[:75], colours[5:80])
    assert np.allclose(colours[0], garment.second, atol=0.01)


def test_a_straight_arm_is_measured_along_and_across():
    arm = tuple(np.array([10.0, y]) for y in (5.0, 15.0, 24.0))
    x, y = np.float32([[12, 9, 10]]), np.float32([[8, 20, 30]])
    along, across = _arm_coordinates(arm, 1, x, y)
    assert np.allclose(along, [[3, 15, 25]])
    assert np.allclose(across, [[2, -1, 0]])


def test_a_hundred_pairs_take_seconds():
    begin = time.process_time()
    scenes.try_on(40, seed=0)
    assert 40 / (time.process_time() - begin) > 50


def test_fashion_mnist_lies_where_a_garment_lies():
    for kind in KINDS:
        flat, cut = fashion_garments(kind, [0, 4], (200, 20, 20))
        assert flat.shape == (2, 3, 64, 48)
        assert cut.shape == (2, 1, 64, 48)
        paper = flat[cut.expand_as(flat) == 0]
        assert torch.allclose(paper, torch.tensor(247 / 127.5 - 1))
        inside = cut[:, 0] == 1
        assert (flat[:, 0][inside] >= flat[:, 1][inside]).all()
        assert 0.1 < cut.mean() < 0.6


def test_errors_say_what_was_wrong():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="patterns must be names"):
        draw_garments(3, random, ("tartan",))
    with pytest.raises(ValueError, match="as many garments as figures"):
        scenes.render(draw_figures(2, random), draw_garments(3, random))
    with pytest.raises(ValueError, match="kind must be one of"):
        fashion_garments("sandal", [0])
    with pytest.raises(ValueError, match="there are 1000 pictures"):
        fashion_garments("coat", [1000])


def test_the_flat_picture_is_larger_than_life_and_on_paper():
    for garment in draw_garments(12, np.random.default_rng(6)):
        picture, inside = paint_flat(garment)
        assert picture[0, 0].tolist() == [247, 247, 247]
        assert 0.12 < (inside > 127).mean() < 0.6
