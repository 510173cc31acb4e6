"""The second judge sees what the first sees, and is no copy of it."""

import pytest
import torch

from gan_utils.checkpoints import CHECKPOINTS, load_checkpoint, read_card
from gan_utils.data import fashion_mnist, to_float
from gan_utils.recipes.fashion import accuracy
from gan_utils.recipes.second_judge import SecondJudge, second_fid, second_judge


def test_it_learns_in_a_few_steps(capsys):
    torch.manual_seed(0)
    network, facts = second_judge(None, steps=60, batch_size=32)
    assert facts["test accuracy"] > 0.5
    assert not network.training
    assert "step 0 of 60" in capsys.readouterr().out


def test_the_shipped_one_is_small_and_as_accurate_as_its_card_says():
    assert (CHECKPOINTS / "second_judge.safetensors").stat().st_size < 1e6
    network = load_checkpoint(SecondJudge(), "second_judge")
    assert accuracy(network) == pytest.approx(
        read_card("second_judge")["test accuracy"], abs=0.002
    )


def test_real_pictures_are_near_and_damaged_ones_far():
    real = to_float(fashion_mnist("train")[0][:2000])
    noisy = (real + 0.5 * torch.randn(real.shape)).clamp(-1, 1)
    one_class = real[fashion_mnist("train")[1][:2000] == 0].repeat(10, 1, 1, 1)
    near = second_fid(real)
    assert 0 < near < min(second_fid(noisy), second_fid(one_class)) / 10
