import errno
import json
import multiprocessing
import os
import subprocess

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from gan_utils import attributes, checkpoints, metrics
from gan_utils.checkpoints import (
    CHECKPOINTS,
    load_checkpoint,
    load_generator,
    read_card,
    save_checkpoint,
    shipped_directions,
)
from gan_utils.networks import DCGANGenerator, FeatureNetwork
from gan_utils.recipes import fashion
from gan_utils.recipes.catalogue import RECIPES


def test_every_card_tells_how_its_weights_were_made():
    cards = sorted(CHECKPOINTS.glob("*.json"))
    assert len(cards) == len(list(CHECKPOINTS.glob("*.safetensors"))) >= 2
    for path in cards:
        card = json.loads(path.read_text())
        assert {"command", "seed", "steps", "hardware", "CPU seconds"} <= set(card)
        recipe = card["command"].split()[3]
        assert recipe in RECIPES


def test_the_explorers_weights_stay_below_6_mb():
    names = ("explorer_conditional", "explorer_unconditional", "feature_network")
    sizes = [(CHECKPOINTS / f"{name}.safetensors").stat().st_size for name in names]
    assert sum(sizes) < 6e6


def test_all_weights_together_stay_below_25_mb():
    assert sum(p.stat().st_size for p in CHECKPOINTS.glob("*.safetensors")) < 25e6


def test_the_feature_network_scores_what_its_card_says():
    accuracy = fashion.accuracy(load_checkpoint(FeatureNetwork(), "feature_network"))
    assert accuracy == pytest.approx(
        read_card("feature_network")["test accuracy"], abs=0.002
    )
    assert accuracy > 0.92


@pytest.mark.parametrize(
    "name", ["explorer_conditional", "explorer_unconditional", "styles"]
)
def test_every_generator_scores_what_its_card_says(name):
    fid = read_card(name)["FID on the test set"]
    assert metrics.score(load_generator(name)) == pytest.approx(fid, rel=0.03)


def test_the_named_directions_in_the_card_do_what_they_say():
    generator = load_generator("explorer_conditional")
    named = shipped_directions("explorer_conditional")
    assert len({direction.name for direction in named}) >= 6
    for label in range(generator.classes):
        rows = [row for row in fashion.NAMED if label in row[4]]
        found = [direction for direction in named if direction.classes == (label,)]
        assert [direction.name for direction in found] == [row[0] for row in rows]
        vectors = torch.stack([direction.vector for direction in found])
        measures = [row[3] for row in rows]
        change, rising = attributes.effects(
            generator, vectors, measures, label, count=60
        )
        own = change.diagonal()
        assert (own > 1).all()
        assert rising.mean() > 0.7
        share = (change / own[:, None] - torch.eye(len(own))).abs()
        assert share.mean() < 0.25


def test_the_named_directions_of_the_styles_do_what_they_say():
    generator = load_generator("styles").requires_grad_(False)
    named = shipped_directions("styles")
    trousers = 1  # their directions leak most
    z = torch.randn(60, 64, generator=torch.Generator().manual_seed(1))
    for label in range(generator.classes):
        rows = [row for row in fashion.NAMED if label in row[4]]
        found = [direction for direction in named if direction.classes == (label,)]
        assert [direction.name for direction in found] == [row[0] for row in rows]
        measures = [row[3] for row in rows]

        def measured(w, measures=measures):
            pictures = generator.synthesis(w[:, None].expand(-1, 5, -1))
            return attributes.measure_all(measures, pictures)

        w = generator.mapping(z, torch.full((len(z),), label))
        walks = [measured(w + 2 * d.vector) - measured(w - 2 * d.vector) for d in found]
        change = torch.stack([walk.mean(0) for walk in walks]) / measured(w).std(0)
        own = change.diagonal()
        assert (own > 1).all()
        share = (change / own[:, None] - torch.eye(len(own))).abs()
        assert share.mean() < (0.5 if label == trousers else 0.2)


def test_round_trip(tmp_path):
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    network(torch.randn(8, 3))
    save_checkpoint(network, "tiny", {"seed": 1}, tmp_path)
    twin = load_checkpoint(
        nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), "tiny", tmp_path
    )
    assert not twin.training
    for key, value in network.state_dict().items():
        assert torch.equal(value, twin.state_dict()[key])
    assert read_card("tiny", tmp_path)["seed"] == 1


def test_damage_strangers_and_absence_each_get_a_sentence(tmp_path):
    save_checkpoint(nn.Linear(3, 2), "tiny", {}, tmp_path)
    with pytest.raises(ValueError, match="does not fit Linear"):
        load_checkpoint(nn.Linear(4, 2), "tiny", tmp_path)
    with pytest.raises(FileNotFoundError, match="in this folder: tiny"):
        read_card("other", tmp_path)
    weights = tmp_path / "tiny.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\xff")
    with pytest.raises(ValueError, match="SHA-256 differs"):
        load_checkpoint(nn.Linear(3, 2), "tiny", tmp_path)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="restore it from a copy"):
        load_checkpoint(nn.Linear(3, 2), "tiny", tmp_path)


# Nothing is half-written


def numbers(value):
    layer = nn.Linear(3, 2)
    for parameter in layer.parameters():
        nn.init.constant_(parameter, value)
    return layer


def saved_value(folder):
    """The number that was saved last, by way of file, card and sum."""
    value = load_checkpoint(nn.Linear(3, 2), "tiny", folder).bias[0].item()
    assert read_card("tiny", folder)["value"] == value
    return value


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", range(1, 9))
def test_a_full_disk_leaves_the_old_weights_and_card(tmp_path, monkeypatch, call):
    save_checkpoint(numbers(1.0), "tiny", {"value": 1.0}, tmp_path)
    calls = 0

    def full_at(function):
        def called(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == call:
                raise FULL
            return function(*arguments, **options)

        return called

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, full_at(getattr(os, name)))
    monkeypatch.setattr(checkpoints, "open", full_at(open), raising=False)
    with pytest.raises(OSError, match="No space left") as error:
        save_checkpoint(numbers(2.0), "tiny", {"value": 2.0}, tmp_path)
    assert str(tmp_path / "tiny") in error.value.filename
    assert saved_value(tmp_path) == (1.0 if call <= 5 else 2.0)  # 5: the first renaming
    monkeypatch.undo()
    save_checkpoint(numbers(3.0), "tiny", {"value": 3.0}, tmp_path)
    assert saved_value(tmp_path) == 3.0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "tiny.json",
        "tiny.safetensors",
    ]


def die_in_the_middle(folder, call):
    """Save; the process ends without a word at the call-th write, sync or renaming."""
    calls = 0

    def dying(function):
        def called(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == call:
                os._exit(9)
            return function(*arguments, **options)

        return called

    os.fsync, os.replace = dying(os.fsync), dying(os.replace)
    checkpoints.open = dying(open)
    save_checkpoint(numbers(2.0), "tiny", {"value": 2.0}, folder)


def test_a_kill_at_any_moment_leaves_a_whole_pair(tmp_path):
    context = multiprocessing.get_context("forkserver")
    found = []
    for call in range(1, 9):
        folder = tmp_path / str(call)
        save_checkpoint(numbers(1.0), "tiny", {"value": 1.0}, folder)
        child = context.Process(target=die_in_the_middle, args=(folder, call))
        child.start()
        child.join()
        assert child.exitcode == 9
        found.append(saved_value(folder))
        save_checkpoint(numbers(3.0), "tiny", {"value": 3.0}, folder)
        assert saved_value(folder) == 3.0
    assert sorted(found) == found
    assert set(found) == {1.0, 2.0}


# Advice that fits


def refused(path, **options):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        load_generator(path, **options)
    text = str(error.value)
    assert "\n" not in text
    assert str(path.with_suffix("")) in text
    return text


@pytest.fixture
def mine(tmp_path):
    """The weights of a small generator of one's own."""
    torch.manual_seed(0)
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 8}
    save_checkpoint(DCGANGenerator(8, 8), "mine", card, tmp_path)
    load_generator(tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def test_git_is_advised_for_the_courses_own_files_alone(mine, monkeypatch):
    mine.write_bytes(mine.read_bytes()[:-1] + b"\xff")
    text = refused(mine)
    assert "SHA-256" in text
    assert "git checkout" not in text
    shipped = CHECKPOINTS / "own_images.safetensors"
    unlisted = CHECKPOINTS / "published_by_a_reader.safetensors"
    assert "git checkout" not in checkpoints._remedy(unlisted)
    if subprocess.run(["git", "-C", str(CHECKPOINTS), "status"]).returncode == 0:
        expected = "`git checkout -- data/checkpoints/own_images.*`"
        assert expected in checkpoints._remedy(shipped)
    monkeypatch.setenv("PATH", "")
    assert "git checkout" not in checkpoints._remedy(shipped)


# Foreign cards and numbers


ODD = (None, True, 0, -1, 2.5, 10**30, "8", "", [], [8], {}, {"a": 1}, float("nan"))


@pytest.mark.parametrize("field", ["network", "latent_dim", "width", "refine"])
def test_an_odd_value_in_any_field_gets_a_sentence(mine, field):
    text = mine.with_suffix(".json")
    card = json.loads(text.read_text())
    for odd in ODD:
        text.write_text(json.dumps({**card, field: odd}))
        refused(mine)


@pytest.mark.parametrize("odd", [*ODD, "0" * 64])
def test_a_sum_that_is_none_is_not_the_files_sum(mine, odd):
    text = mine.with_suffix(".json")
    text.write_text(json.dumps({**json.loads(text.read_text()), "sha256": odd}))
    assert "SHA-256" in refused(mine)


def test_a_card_that_asks_for_all_the_memory_is_refused_at_once(mine):
    text = mine.with_suffix(".json")
    card = json.loads(text.read_text()) | {"latent_dim": 4096, "width": 4096}
    text.write_text(json.dumps(card))
    assert "does not fit DCGANGenerator" in refused(mine)
    for size in (4096, 65, 1):
        more = {"network": "ColourGenerator", "size": size, "width": 4096}
        text.write_text(json.dumps(card | more))
        refused(mine)


GOOD = {"name": "heel", "low": "flat", "high": "high", "vector": [1.0] * 8}


@pytest.mark.parametrize(
    "directions",
    [
        "heel", 3, {"a": 1}, [None], ["heel"], [3], [[]], [{}],
        [GOOD | {"name": 3}], [GOOD | {"low": None}], [GOOD | {"high": ["up"]}],
        [GOOD | {"vector": [1.0] * 7}], [GOOD | {"vector": "12345678"}],
        [GOOD | {"vector": [float("nan")] * 8}], [GOOD | {"vector": [[1.0] * 8]}],
        [GOOD | {"vector": None}], [GOOD | {"vector": 1}], [GOOD | {"vector": ["1"] * 8}],
        [GOOD | {"vector": [1.0] * 7 + [[1.0]]}], [GOOD | {"vector": [10**400] * 8}],
        [GOOD | {"classes": 9}], [GOOD | {"classes": "9"}], [GOOD | {"classes": [-1]}],
        [GOOD | {"classes": [1.5]}], [GOOD | {"classes": [[9]]}], [GOOD, 3],
    ],
)  # fmt: skip
def test_directions_that_are_none_get_a_sentence(mine, directions):
    text = mine.with_suffix(".json")
    card = json.loads(text.read_text())
    text.write_text(json.dumps({**card, "directions": [GOOD]}))
    assert shipped_directions(mine)[0].name == "heel"
    text.write_text(json.dumps({**card, "directions": directions}))
    with pytest.raises(ValueError, match="direction") as error:
        shipped_directions(mine)
    assert "\n" not in str(error.value)
    assert "mine" in str(error.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["layers.0.weight", "layers.2.running_var"])
@pytest.mark.parametrize("hashed", [True, False])
def test_weights_that_are_no_numbers_are_refused(mine, name, number, hashed):
    generator = DCGANGenerator(8, 8)
    generator.state_dict()[name].view(-1)[3] = number
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 8}
    save_checkpoint(generator, "mine", card, mine.parent)
    if not hashed:
        mine.with_suffix(".json").write_text(json.dumps(card))
    text = refused(mine)
    assert "not finite" in text
    assert name in text
    with pytest.raises(ValueError, match="not finite"):
        load_checkpoint(DCGANGenerator(8, 8), "mine", mine.parent)


@pytest.mark.parametrize("kind", [torch.complex64, torch.int8, torch.float8_e4m3fn])
def test_weights_of_another_kind_of_number_are_refused(mine, kind):
    state = {name: x.to(kind) for name, x in DCGANGenerator(8, 8).state_dict().items()}
    save_file(state, mine)
    mine.with_suffix(".json").write_text(
        json.dumps({"network": "DCGANGenerator", "latent_dim": 8, "width": 8})
    )
    assert "does not fit" in refused(mine)


def test_a_card_nested_too_deeply_is_damaged(mine):
    mine.with_suffix(".json").write_text("[" * 100_000)
    assert "damaged" in refused(mine)
    mine.with_suffix(".json").write_bytes(b"\xff\xfe{}")
    assert "damaged" in refused(mine)


def test_a_checkpoint_without_a_sum_can_be_loaded_by_name(mine):
    text = mine.with_suffix(".json")
    card = json.loads(text.read_text())
    del card["sha256"]
    text.write_text(json.dumps(card))
    load_checkpoint(DCGANGenerator(8, 8), "mine", mine.parent)


def test_negative_variances_are_refused(tmp_path):
    network = DCGANGenerator(8, 4)
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 4}
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var"):
            tensor.fill_(-1)
    checkpoints.save_checkpoint(network, "sick", card, tmp_path)
    with pytest.raises(ValueError, match="negative variances"):
        checkpoints.load_generator(tmp_path / "sick.safetensors")
