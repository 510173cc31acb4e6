import gzip
import shutil
import time

import pytest
import torch

from gan_utils.data import CLASSES, FASHION_MNIST, fashion_mnist, to_float


def test_shapes_types_and_balance():
    for split, count in (("train", 60_000), ("test", 10_000)):
        images, labels = fashion_mnist(split)
        assert images.shape == (count, 1, 28, 28)
        assert images.dtype == torch.uint8
        assert labels.bincount().tolist() == [count // 10] * 10
        assert (images.min(), images.max()) == (0, 255)
    assert len(CLASSES) == 10


def test_known_first_labels_and_mean():
    images, labels = fashion_mnist("train")
    assert labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert images.float().mean().item() == pytest.approx(72.94, abs=0.01)


def test_reading_takes_well_under_a_second():
    times = []
    for _ in range(5):
        begin = time.process_time()
        fashion_mnist("train")
        times.append(time.process_time() - begin)
    assert min(times) < 0.7


def test_floats_are_in_the_range_of_tanh():
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8)
    torch.testing.assert_close(to_float(pixels), torch.tensor([-1.0, -0.6, 1.0]))
    assert pixels.tolist() == [0, 51, 255]


@pytest.fixture
def copy(tmp_path):
    for path in FASHION_MNIST.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


NAME = "t10k-images-idx3-ubyte.gz"


def test_a_missing_file_is_named_with_its_remedy(copy):
    (copy / NAME).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{NAME} is missing: .*git checkout"):
        fashion_mnist("test", copy)


def test_missing_sums_are_named(copy):
    (copy / "SHA256SUMS").unlink()
    with pytest.raises(FileNotFoundError, match="SHA256SUMS is missing"):
        fashion_mnist("test", copy)


def test_a_truncated_file_is_called_truncated(copy):
    content = (copy / NAME).read_bytes()
    (copy / NAME).write_bytes(content[: len(content) // 2])
    with pytest.raises(OSError, match=rf"{NAME} is truncated .*git checkout"):
        fashion_mnist("test", copy)


def test_an_altered_file_is_called_altered(copy):
    raw = bytearray(gzip.decompress((copy / NAME).read_bytes()))
    raw[5000] ^= 1
    (copy / NAME).write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(OSError, match=rf"{NAME} is altered"):
        fashion_mnist("test", copy)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match='"train" or "test"; got \'validation\''):
        fashion_mnist("validation")
