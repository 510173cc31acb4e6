"""DeviceBatches: every picture once an epoch, the same batches on any number of ranks."""

import pytest
import torch
from tiny_runs import pictures

from gan_utils.data import to_float
from gan_utils.engine.batches import DeviceBatches
from gan_utils.engine.distributed import Ranks


def batches(count=23, labels=True, **options):
    options = {"batch_size": 4, "latent_dim": 3, "seed": 7, **options}
    labels = torch.arange(count) % 10 if labels else None
    return DeviceBatches(pictures(count), labels, **options)


def test_no_picture_comes_twice_in_an_epoch_and_every_epoch_differs():
    found = batches()  # 23 pictures are 5 batches, 3 wait
    epochs = [
        torch.cat([found.chosen(step) for step in range(first, first + 5)])
        for first in (0, 5, 10)
    ]
    for epoch in epochs:
        assert len(epoch) == len(set(epoch.tolist())) == 20
        assert 0 <= epoch.min() <= epoch.max() < 23
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[1], epochs[2])
    waited = [set(range(23)) - set(epoch.tolist()) for epoch in epochs]
    assert len({*map(frozenset, waited)}) > 1  # not always the same ones


def test_a_batch_is_the_chosen_pictures_with_their_labels_and_normal_latents():
    found = batches(400, batch_size=200, latent_dim=50)
    real, z, labels = found(0)
    which = found.chosen(0)
    assert torch.equal(real, to_float(pictures(400)[which]))
    assert torch.equal(labels, which % 10)
    assert real.dtype == z.dtype == torch.float32
    assert real.is_contiguous(memory_format=torch.channels_last)
    assert -1 <= real.min() < -0.9 < 0.9 < real.max() <= 1
    assert z.shape == (200, 50)
    assert abs(z.mean()) < 0.05
    assert abs(z.std() - 1) < 0.05
    assert not torch.equal(z, found(1)[1])
    assert len(batches(labels=False)(0)) == 2


def test_the_seed_chooses_order_and_latents():
    one, same, other = batches(), batches(), batches(seed=8)
    assert torch.equal(one.chosen(0), same.chosen(0))
    assert not torch.equal(one.chosen(0), other.chosen(0))
    assert all(torch.equal(x, y) for x, y in zip(one(0), same(0)))
    assert not torch.equal(batches()(0)[1], other(0)[1])


def test_a_huge_seed_is_as_good_as_another():
    assert len(batches(seed=2**62)(3)) == 3


@pytest.mark.parametrize("size", [2, 4])
def test_the_shares_of_all_ranks_are_the_batch_of_one_process(size):
    alone = batches()
    together = [batches(ranks=Ranks(rank, size)) for rank in range(size)]
    for step in range(12):
        batch, parts = alone(step), [found(step) for found in together]
        for whole, *pieces in zip(batch, *parts, strict=True):
            assert {len(piece) for piece in pieces} == {4 // size}
            assert torch.equal(torch.cat(pieces), whole)


def test_order_and_latents_go_on_where_they_were():
    whole, half = batches(), batches()
    expected = [whole(step) for step in range(12)]
    for step in range(7):
        half(step)
    state = {name: tensor.clone() for name, tensor in half.state().items()}
    half(7)  # what comes after the state was taken does not count
    later = batches()
    later.load_state(state)
    for step in range(7, 12):
        assert all(torch.equal(x, y) for x, y in zip(later(step), expected[step]))


def test_latents_do_not_depend_on_the_global_generator():
    torch.manual_seed(1)
    one = batches()(0)
    torch.manual_seed(2)
    assert torch.equal(one[1], batches()(0)[1])


@pytest.mark.parametrize(
    ("images", "labels", "options", "words"),
    [
        (torch.zeros(9, 1, 2, 2), None, {}, "must be uint8 .*got torch.float32"),
        (torch.zeros(9, 4, dtype=torch.uint8), None, {}, r"\(N, C, H, W\).*\(9, 4\)"),
        (pictures(9), None, {"batch_size": 10}, "9 pictures do not fill a batch of 10"),
        (pictures(9), None, {"batch_size": 0}, "batch_size must be 1 or more; got 0"),
        (pictures(9), torch.zeros(8), {}, "got 9 pictures and 8 labels"),
    ],
)
def test_what_cannot_be_fed_gets_a_sentence(images, labels, options, words):
    with pytest.raises(ValueError, match=words) as error:
        DeviceBatches(images, labels, **{"batch_size": 4, **options})
    assert "\n" not in str(error.value)


def test_a_batch_that_ranks_cannot_share_gets_a_sentence():
    with pytest.raises(
        ValueError, match="batch of 4 cannot be shared by 3 processes: "
    ):
        batches(ranks=Ranks(0, 3))(0)
