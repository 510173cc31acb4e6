"""The recipes of the shipped checkpoints still run, in a few steps."""

import torch

from gan_utils.checkpoints import save_checkpoint, shipped_directions
from gan_utils.engine import cli
from gan_utils.networks import StyleGenerator
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


class Flat(StyleGenerator):
    """Its pictures are the numbers of w."""

    def forward(self, z, labels):
        return self.mapping(z, labels)[:, None, None]


def test_directions_in_w_move_one_measure_each_along_likely_shifts():
    torch.manual_seed(0)
    generator = Flat(latent_dim=8, width=2).requires_grad_(False)
    rows = torch.randn(3, 8)
    measures = [lambda images, row=row: images[:, 0, 0] @ row for row in rows]
    vectors = fashion._directions_in_w(generator, measures, 4, 3000)
    z = torch.randn(3000, 8, generator=torch.Generator().manual_seed(0))
    w = generator.mapping(z, torch.full((3000,), 4))
    effects = rows @ vectors.T / (w @ rows.T).std(0)[:, None]
    torch.testing.assert_close(effects, torch.eye(3), atol=1e-3, rtol=0)
    without = torch.linalg.svd(rows)[2][3:]  # shifts that change no measure
    whitened = torch.linalg.solve(torch.cov(w.T), vectors.T)
    angle = (without @ whitened) / whitened.norm(dim=0)
    assert angle.abs().max() < 1e-3  # so adding one could only make V less likely


def test_a_card_holds_directions_that_can_be_read_again(tmp_path):
    torch.manual_seed(0)
    generator = StyleGenerator(latent_dim=8, width=2).eval()
    found = fashion.named_directions(generator, count=20)
    card = {"network": "StyleGenerator", "latent_dim": 8, "width": 2}
    card["directions"] = fashion.card_entries(found)
    save_checkpoint(generator, "mine", card, folder=tmp_path)
    again = shipped_directions(tmp_path / "mine.safetensors")
    assert [one.name for one in again] == [one.name for one in found]
    torch.testing.assert_close(again[0].vector, found[0].vector, atol=6e-5, rtol=0)
