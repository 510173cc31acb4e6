"""Checks of lesson 4: diagnosis, a repaired generator, copied pictures."""

import torch

from gan_utils.claims import Mistake, exercise, given

SYMPTOMS = {
    "A": (
        9,
        "D wins, and G's loss is near 0 as well, so G is content to lose: look at G's sign",
    ),
    "B": (
        3,
        "D cannot tell, yet the pictures are rubbish: ask what D gets to see of a picture",
    ),
    "C": (
        7,
        "the loss of D can fall below 0 only where it is not a cross-entropy: look at its sign",
    ),
    "D": (4, "G serves the latents that it met in training: ask how many there were"),
}


@exercise("4.1")
def diagnosis(answer):
    """The fault's number for each of four symptoms."""
    for letter, (right, reason) in SYMPTOMS.items():
        if letter not in answer:
            raise Mistake(f"the symptom {letter} has no entry")
        if given(answer[letter]) != right:
            raise Mistake(f"symptom {letter} is not fault {answer[letter]}; {reason}")


@exercise("4.2")
def generator(build):
    """build() maps (batch, 64) to separate pictures (batch, 1, 28, 28) in [-1, 1]."""
    network = given(build())
    z = torch.randn(49, 64)
    try:
        pictures = network(z)
    except RuntimeError as error:
        raise Mistake(
            f"the forward pass stops ({error}); it takes 64 numbers and gives 28 * 28 = 784"
        ) from None
    if len(pictures) != 49:
        raise Mistake(
            f"49 latents came out as {len(pictures)} pictures; give the dense layer 784 outputs"
        )
    if pictures.shape != (49, 1, 28, 28):
        raise Mistake(
            f"the shape is {tuple(pictures.shape)}; split 784 values into (1, 28, 28) at the end"
        )
    _check_range(network(100 * z))
    if not torch.allclose(network(z[:5]), pictures[:5], atol=1e-5):
        raise Mistake(
            "a picture depends on the others in its batch; reshape each one alone"
        )


def _check_range(pictures):
    if pictures.abs().max() > 1:
        raise Mistake(
            "values leave [-1, 1] when z is large; the output layer needs a tanh"
        )
    if pictures.min() >= 0:
        raise Mistake(
            "no value is negative: this range is [0, 1], the data's is [-1, 1]; use tanh"
        )


@exercise("4.3")
def copied_share(share):
    """The share of 30 pictures, 24 of them copied, that lie nearer to the training set."""
    training, held_out = torch.randn(20, 1, 28, 28), torch.randn(20, 1, 28, 28)
    training = 1.5 * training
    copied = training[:5].repeat(5, 1, 1, 1)[:24]
    pictures = torch.cat([copied, held_out[10:16]]) + 0.3 * torch.randn(30, 1, 28, 28)
    try:
        value = torch.as_tensor(given(share(pictures, training, held_out))).float()
    except RuntimeError as error:
        raise Mistake(
            f"the code stops ({error}); torch.cdist wants rows, so flatten(1) each picture"
        ) from None
    if value.dim() != 0:
        raise Mistake(f"a share is one number; got the shape {tuple(value.shape)}")
    for wrong, reason in _usual_shares(pictures, training, held_out):
        if torch.isclose(value, wrong, atol=1e-4):
            raise Mistake(reason)
    if not torch.isclose(value, torch.tensor(0.8), atol=1e-4):
        raise Mistake(
            f"24 of 30 pictures are copies, so the share is 0.8; got {value:.3f}"
        )


def _usual_shares(pictures, training, held_out):
    """What the usual mistakes give on the same pictures."""
    a = torch.cdist(pictures.flatten(1), training.flatten(1))
    b = torch.cdist(pictures.flatten(1), held_out.flatten(1))
    nearer = (a.min(1).values < b.min(1).values).float()
    return [
        (
            1 - nearer.mean(),
            "inverted: this is the share nearer to the held-out pictures",
        ),
        (nearer.sum(), "this counts the pictures; a share is the mean"),
        (
            (a.min(0).values < b.min(0).values).float().mean(),
            "the minimum runs along the wrong axis: over the real pictures, for each generated one",
        ),
        (
            (a.mean(1) < b.mean(1)).float().mean(),
            "a copy has one near neighbour: use min, not the mean or the farthest",
        ),
        (
            a.min(1).values.mean() / b.min(1).values.mean(),
            "this is the ratio of distances, not a share",
        ),
    ]
