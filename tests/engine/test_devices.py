import pytest
import torch

from gan_utils.engine import devices


def test_auto_is_the_accelerator_or_the_processor(monkeypatch):
    here = torch.accelerator.current_accelerator(check_available=True)
    assert devices.device_named("auto") == (here or torch.device("cpu"))
    assert devices.device_named("cpu") == torch.device("cpu")
    mps = torch.device("mps")
    accelerator = lambda check_available: mps  # noqa: E731
    monkeypatch.setattr(torch.accelerator, "current_accelerator", accelerator)
    assert devices.device_named("auto") == mps


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "", "meta", "hpu", "cuda:x", "xla"])
def test_a_device_that_is_not_here_gets_a_sentence(name):
    with pytest.raises(
        ValueError, match="There is no device '.*' here; the best"
    ) as error:
        devices.device_named(name)
    assert "\n" not in str(error.value)


def test_the_processor_is_described():
    processor = torch.device("cpu")
    words = devices.describe(processor)
    count = torch.get_num_threads()
    assert words.endswith(f", {count} thread{'' if count == 1 else 's'}")
    assert len(words.split(",")[0]) > 3


def test_a_gpu_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device}")
    assert devices.describe(torch.device("cuda", 1)) == "GPU cuda:1"
