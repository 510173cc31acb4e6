"""Catalogue products: counts, split, true alpha, ground line, shadows, attribution, sums."""

import hashlib
import importlib
import re
import shutil
import sys

import pytest
import torch

from gan_utils.ads.products import GROUND, LIGHTS, PRODUCTS, catalogue, products

MAKE = PRODUCTS.parent / "make"
LICENCES = {"CC0-1.0", "CC-BY-3.0", "CC-BY-3.0-US"}


@pytest.fixture(scope="module")
def shown():
    return products("all")


@pytest.fixture(scope="module")
def records():
    return catalogue()


def test_there_are_250_products_in_ten_categories_of_at_least_twelve(shown, records):
    assert len(records) == len(shown.names) == 250
    assert len(set(shown.names)) == len({r["source"] for r in records}) == 250
    counts = [shown.categories.count(c) for c in set(shown.categories)]
    assert len(counts) == 10
    assert min(counts) >= 12
    assert [r["name"] for r in records] == list(shown.names)


def test_shapes_and_types(shown):
    assert shown.cut_outs.shape == (250, 3, 4, 128, 128)
    assert shown.layers.shape == (250, 3, 1 + LIGHTS, 64, 64)
    assert shown.cut_outs.dtype == shown.layers.dtype == torch.uint8


def test_a_third_of_each_category_is_held_out_by_the_hash_of_the_name(records):
    def digest(record):
        return hashlib.sha256(record["name"].encode()).digest()

    for category in {r["category"] for r in records}:
        members = sorted((r for r in records if r["category"] == category), key=digest)
        count = round(len(members) / 3)
        expected = [True] * count + [False] * (len(members) - count)
        assert [r["held_out"] for r in members] == expected


def test_the_splits_share_no_product_and_agree_with_the_whole(shown, records):
    train, held_out = products("train"), products("held out")
    assert set(held_out.names) == {r["name"] for r in records if r["held_out"]}
    assert set(train.names) == set(shown.names) - set(held_out.names)
    for part in (train, held_out):
        at = [shown.names.index(name) for name in part.names]
        assert torch.equal(part.cut_outs, shown.cut_outs[at])
        assert torch.equal(part.layers, shown.layers[at])
        assert part.categories == tuple(shown.categories[k] for k in at)


def test_alpha_is_real_on_the_edge_only_and_the_border_is_empty(shown):
    alpha = shown.cut_outs[:, :, 3]
    assert (alpha.amax((2, 3)) > 100).all()  # glass is nowhere opaque
    between = ((alpha > 0) & (alpha < 255)).float().mean((2, 3))
    assert (
        (between > 0).any(1).all()
    )  # a box seen from the front may end between pixels
    assert between.median() < 0.05
    assert alpha[..., :4].max() == alpha[..., -4:].max() == alpha[:, :, :4].max() == 0


def test_colour_is_straight_not_multiplied_by_alpha_and_black_where_alpha_is_0(shown):
    rgb, alpha = shown.cut_outs[:, :, :3], shown.cut_outs[:, :, 3:]
    assert rgb[(alpha == 0).expand_as(rgb)].max() == 0
    brightest = rgb.amax(2, keepdim=True)
    thin = (alpha > 0) & (alpha < 40)
    assert (brightest[thin] > alpha[thin]).float().mean() > 0.7


def test_every_product_stands_on_the_ground_line(shown):
    rows = (shown.cut_outs[:, :, 3] > 0).any(-1)  # (N, views, 128)
    lowest = 127 - rows.flip(-1).int().argmax(-1)
    assert lowest.min() >= GROUND - 2  # a sharp tip covers too little of the last row
    assert lowest.max() == GROUND - 1  # row 103 ends at the line 104
    assert (lowest == GROUND - 1).float().mean() > 0.9


def test_the_larger_side_of_the_largest_view_fills_two_thirds(shown):
    alpha = shown.cut_outs[:, :, 3] > 0
    sides = torch.stack([alpha.any(d).sum(-1) for d in (2, 3)]).amax(0)  # (N, views)
    assert ((sides.amax(1) - 0.66 * 128).abs() < 3).all()


def test_the_views_of_a_product_differ(shown):
    front = shown.cut_outs[:, 1].float()
    for view in (0, 2):
        gap = (shown.cut_outs[:, view].float() - front).abs().mean((1, 2, 3))
        assert gap.median() > 3


def test_shadows_lie_where_the_lamp_is_not(shown):
    layers = shown.layers.double()
    across = torch.arange(64.0, dtype=torch.double)
    total = layers.sum((3, 4))
    x = (layers.sum(3) * across).sum(3) / total  # (N, views, 9): centres of the shadows
    y = (layers.sum(4) * across).sum(3) / total
    right, behind, left, front = (1 + k for k in (0, 2, 4, 6))
    assert (x[..., right] < x[..., left] - 0.3).all()
    assert (y[..., front] < y[..., behind]).float().mean() > 0.99  # a racket lies flat
    assert (y[..., front] < y[..., behind] - 2).float().mean() > 0.9
    assert (layers[:, :, 0].amax((2, 3)) > 40).all()  # contact, under every product


def test_every_product_is_attributed(records):
    page = (PRODUCTS / "ATTRIBUTION.md").read_text("utf-8")
    rows = [
        line.strip("| ").split(" | ") for line in page.splitlines() if line[:2] == "| "
    ]
    found = {row[1]: row for row in rows if len(row) == 6}
    assert {r["licence"] for r in records} == LICENCES
    for r in records:
        number, _, model, _, creator, licence = found[r["name"]]
        assert (int(number), model, licence) == (r["row"], r["source"], r["licence"])
        assert creator.startswith(r["creator"])
        assert r["creator"] or r["licence"] == "CC0-1.0"
    assert not re.search(r"https?://", page)


def test_licences_lie_beside_the_pictures(records):
    for licence in LICENCES:
        text = (PRODUCTS / f"LICENSE.{licence}.txt").read_text("utf-8")
        assert len(text) > 5000
        assert "Creative Commons" in text
    assert not any(r["source"].startswith(("Scopia", "Reallusion")) for r in records)


def test_sums_name_every_file_but_the_card_and_the_folder_is_small():
    lines = (PRODUCTS / "SHA256SUMS").read_text().splitlines()
    named = {line.split()[1] for line in lines}
    files = {p for p in PRODUCTS.rglob("*") if p.is_file()}
    files -= {PRODUCTS / "SHA256SUMS", PRODUCTS / "CARD.md"}
    assert named == {p.relative_to(PRODUCTS).as_posix() for p in files}
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((PRODUCTS / name).read_bytes()).hexdigest() == digest
    assert sum(p.stat().st_size for p in files) < 5_000_000


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(PRODUCTS, tmp_path / "products")


@pytest.mark.parametrize(
    "name", ["catalogue.json", "cut_outs/plants.webp", "layers/plants.webp"]
)
def test_a_damaged_file_is_named_with_its_remedy(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(OSError, match=rf"{name} is damaged or altered .*git checkout"):
        products("train", copy)


def test_a_missing_file_is_named_with_its_remedy(copy):
    (copy / "layers" / "plants.webp").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"plants.webp is missing: .*git checkout"
    ):
        products("train", copy)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'test'"):
        products("test")


@pytest.fixture(scope="module")
def make():
    """The modules of the making command, without compiling anything."""
    sys.path.insert(0, str(MAKE))
    try:
        yield {name: importlib.import_module(name) for name in ("meshes", "products")}
    finally:
        sys.path.remove(str(MAKE))


def test_the_list_of_the_command_is_what_was_made(make, records):
    chosen, left_out = make["products"].read_list()
    listed = [(c, *pair) for c, lines in chosen.items() for pair in lines]
    assert listed == [(r["category"], r["name"], r["source"]) for r in records]
    assert len(left_out) == 400 - 250
    assert set(left_out).isdisjoint(r["source"] for r in records)
    assert all(len(reason) > 3 for reason in left_out.values())


def test_polygons_with_notches_are_cut_without_overlap(make):
    def area(points):
        turned = [*points[1:], points[0]]
        return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, turned)) / 2

    notched = [(0, 0, 1), (4, 0, 1), (4, 4, 1), (2, 1, 1), (0, 4, 1)]
    for points in (notched, notched[::-1], notched[2:] + notched[:2]):
        cut = make["meshes"].triangles(points)
        parts = [area([points[k] for k in triangle]) for triangle in cut]
        assert len(cut) == 3
        assert sum(map(abs, parts)) == abs(sum(parts)) == abs(area(points)) == 10
