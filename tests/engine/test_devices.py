import pytest
import torch

from gan_utils.engine import devices


def test_auto_is_the_best_device_and_names_are_taken_at_their_word():
    assert devices.device_named("auto") == devices.best_device()
    assert devices.device_named("cpu") == torch.device("cpu")


@pytest.mark.parametrize("cuda", [False, True])
@pytest.mark.parametrize("mps", [False, True])
def test_cuda_comes_before_mps_and_mps_before_the_processor(monkeypatch, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    expected = "cuda:3" if cuda else "mps" if mps else "cpu"
    assert str(devices.best_device()) == expected


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "", "meta", "hpu", "cuda:x", "xla"])
def test_a_device_that_is_not_here_gets_a_sentence(name):
    with pytest.raises(
        ValueError, match="There is no device '.*' here; the best"
    ) as error:
        devices.device_named(name)
    assert "\n" not in str(error.value)


def test_the_processor_is_described_and_needs_no_waiting():
    processor = torch.device("cpu")
    words = devices.describe(processor)
    count = torch.get_num_threads()
    assert words.endswith(f", {count} thread{'' if count == 1 else 's'}")
    assert len(words.split(",")[0]) > 3
    assert devices.wait_for(processor) is None


def test_a_gpu_is_waited_for_and_named(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "synchronize", asked.append)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device}")
    device = torch.device("cuda", 1)
    devices.wait_for(device)
    assert asked == [device]
    assert devices.describe(device) == "GPU cuda:1"
