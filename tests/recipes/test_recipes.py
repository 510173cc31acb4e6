"""The recipes of the shipped checkpoints still run, in a few steps."""

import torch

from gan_utils.engine import cli
from gan_utils.recipes import fashion


def test_the_feature_network_learns_in_a_few_steps(capsys):
    torch.manual_seed(0)
    network, facts = fashion.feature_network(None, steps=60, batch_size=32)
    assert facts["test accuracy"] > 0.5
    assert not network.training
    assert "step 0 of 60" in capsys.readouterr().out


def test_the_explorers_generators_move_and_are_scored():
    for recipe in (fashion.explorer_unconditional, fashion.explorer_conditional):
        torch.manual_seed(0)
        generator, facts = recipe(cli.Training(), steps=3, latent_dim=16, width=4)
        assert facts["FID on the test set"] > 50
        assert 0 < facts["FID of 10,000 training pictures on the test set"] < 0.5
        assert facts["latent_dim"] == generator.latent_dim == 16
        assert not generator.training
