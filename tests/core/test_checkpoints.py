import json

import pytest
import torch
from torch import nn

from gan_utils import attributes, metrics
from gan_utils.checkpoints import (
    CHECKPOINTS,
    load_checkpoint,
    load_generator,
    read_card,
    save_checkpoint,
    shipped_directions,
)
from gan_utils.networks import FeatureNetwork
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


def test_all_weights_together_stay_below_20_mb():
    assert sum(p.stat().st_size for p in CHECKPOINTS.glob("*.safetensors")) < 20e6


def test_the_feature_network_scores_what_its_card_says():
    accuracy = fashion.accuracy(load_checkpoint(FeatureNetwork(), "feature_network"))
    assert accuracy == pytest.approx(
        read_card("feature_network")["test accuracy"], abs=0.002
    )
    assert accuracy > 0.92


@pytest.mark.parametrize("name", ["explorer_conditional", "explorer_unconditional"])
def test_every_generator_scores_what_its_card_says(name):
    fid = read_card(name)["FID on the test set"]
    assert metrics.score(load_generator(name)) == pytest.approx(fid, rel=0.03)


def test_the_named_directions_in_the_card_do_what_they_say():
    generator = load_generator("explorer_conditional")
    named = shipped_directions("explorer_conditional")
    assert len({direction.name for direction in named}) >= 6
    for label in range(generator.classes):
        rows = [row for row in attributes.NAMED if label in row[4]]
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
    with pytest.raises(FileNotFoundError, match="copy both files anew"):
        load_checkpoint(nn.Linear(3, 2), "tiny", tmp_path)
