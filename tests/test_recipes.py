"""The recipes of the shipped checkpoints still run, in a few steps."""

import torch

from gan_utils import recipes


def test_the_feature_network_learns_in_a_few_steps(capsys):
    torch.manual_seed(0)
    network, facts = recipes.feature_network(steps=60, batch_size=32)
    assert facts["test accuracy"] > 0.5
    assert not network.training


def test_the_start_generator_moves_and_is_scored(capsys):
    torch.manual_seed(0)
    average, facts = recipes.start_generator(steps=3, batch_size=8, width=4)
    assert facts["FID on the test set"] > 50
    assert facts["latent_dim"] == average.latent_dim == 32
    assert not average.training
    assert "step      2 of 3" in capsys.readouterr().out
