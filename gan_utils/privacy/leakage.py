"""Does a generator give its training pictures away? A one-page report for any of ours.

Examples:
  python3 -m gan_utils.privacy.leakage explorer_unconditional data/fashion-mnist
  python3 -m gan_utils.privacy.leakage runs/mine/mine.safetensors pictures --held-out kept_back

The report compares samples with training pictures and with as many pictures that the
generator never saw. Without the second kind nothing can be said: closeness to the data is
what a generator is for. Which pictures it never saw is read from the card beside the
weights; a card that does not list them never leads to "no sign of copying".
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import torch

from gan_utils.checkpoints import load_generator, read_card
from gan_utils.data import fashion_mnist, to_float
from gan_utils.images.folder import group_near, read_folder
from gan_utils.images.held_out import SHORT, TRAINED, is_recorded, mixed, recorded
from gan_utils.metrics import image_features
from gan_utils.privacy import leakage_page
from gan_utils.privacy.copying import (
    Copies,
    DataCopying,
    authenticity,
    data_copying,
    neighbour_shares,
)
from gan_utils.privacy.membership import Interval, auc, nearest_score, share_of, tpr_at
from gan_utils.privacy.repeats import CHANCE, STRICT, Repeats, repeats
from gan_utils.sampling import draw

COPIES = "copies"
NO_SIGN = "no sign of copying found"
CANNOT_TELL = "cannot tell: too few pictures"
IN_DOUBT = "cannot tell: the held-out pictures are in doubt"
_WEAK_ATTACK = 0.6  # an AUC that must be ruled out before we say "no sign"
FEWEST = 50  # pictures on each side, samples too, below which we cannot tell
MOST = 10_000  # pictures of each side that are compared
SIDE = 32  # pixels; larger pictures are compared after averaging down to this


class Figures(NamedTuple):
    """What one way of looking at the pictures found."""

    copies: Copies
    test: DataCopying
    authentic: Interval
    control: Interval
    attack: Interval
    strict: Interval
    found: Interval
    repeats: Repeats


def pixels(images):
    """Pictures as rows of numbers, averaged down to at most 32 x 32 pixels."""
    side = max(images.shape[-2:])
    if side > SIDE:
        size = [max(1, round(s * SIDE / side)) for s in images.shape[-2:]]
        images = torch.nn.functional.adaptive_avg_pool2d(images, size)
    return images.flatten(1)


def views(images):
    """The ways of looking at these pictures: {name: function to features}."""
    views = {"pixels": pixels}
    if images.shape[1:] == (1, 28, 28):
        views["features"] = image_features
    return views


def _equally_many(training, held_out, seed):
    """Both sides in random order, at most MOST of each; how many of each can be compared
    as equally many; and how many held-out pictures were training ones."""
    known = {picture.numpy().tobytes() for picture in training}
    new = [i for i, x in enumerate(held_out) if x.numpy().tobytes() not in known]
    twins, held_out = len(held_out) - len(new), held_out[new]
    size = min(len(training), len(held_out), MOST)
    if size < 2:
        raise ValueError(
            "a report needs at least 2 training pictures and 2 others that are not among "
            f"them; got {len(training)} and {len(new)}"
        )
    chance = torch.Generator().manual_seed(seed)
    cut = [
        x[torch.randperm(len(x), generator=chance)[:MOST]] for x in (training, held_out)
    ]
    return *cut, size, twins


def measure(samples, all_training, all_held_out, seed):
    """All figures of one way of looking at the pictures.

    Both sides are cut to equal numbers, but for the search of repeated pictures.
    """
    size = min(len(all_training), len(all_held_out))
    training, held_out = all_training[:size], all_held_out[:size]
    shares = [
        share_of(round(authenticity(x, training) * len(x)), len(x))
        for x in (samples, held_out)
    ]
    scores = [nearest_score(x, samples) for x in (training, held_out)]
    return Figures(
        neighbour_shares(samples, training, held_out, splits=2_000, seed=seed),
        data_copying(samples, training, held_out, seed=seed),
        *shares, auc(*scores), auc(*scores, confidence=STRICT), tpr_at(*scores),
        repeats(samples, all_training, all_held_out),
    )  # fmt: skip


def _verdict_of(figures, fewest, doubt=""):
    """Accuse when any figure is beyond chance; else say whether it could have been."""
    for found in figures.values():
        copies = found.copies
        beyond_chance = min(copies.p, copies.close_p, found.repeats.p) <= CHANCE
        if beyond_chance or found.strict.low > 0.5:
            return COPIES
    if doubt:
        return IN_DOUBT
    unsure = any(found.attack.high > _WEAK_ATTACK for found in figures.values())
    return CANNOT_TELL if unsure or fewest < FEWEST else NO_SIGN


class Report(NamedTuple):
    """The verdict, the figures by way of looking, counts, and where the page lies."""

    verdict: str
    figures: dict
    counts: dict
    path: Path


def in_words(report):
    """The verdict of a ``Report`` as a sentence, with what could have gone unseen."""
    verdict = f"{report.verdict[0].upper()}{report.verdict[1:]}."
    if report.verdict == NO_SIGN:
        return f"{verdict} {leakage_page.unseen(report.figures, report.counts)}"
    return verdict


def write_report(
    path, generator, training, held_out, *, count=1_000, seed=0, doubt="", remarks=()
):
    """Measure whether a generator copies its training pictures, and write a page about it.

    Training and held-out pictures are cut to equal numbers, at random: of two crowds the
    larger has the nearer neighbour by its size alone. Held-out pictures that also occur
    among the training ones are left out.

    Args:
        path: of the HTML file to write; it needs no other file.
        generator: maps z (batch, latent_dim), and classes if it has ``classes``, to
            pictures; it must have ``latent_dim``.
        training: the pictures it trained on, (N, C, H, W) float in [-1, 1].
        held_out: pictures of the same kind that it never saw, likewise.
        count: how many samples to draw, at least 2.
        seed: of the samples, the subsets and the re-splits.
        doubt: a sentence why the held-out pictures may be none; then the verdict is never
            "no sign".
        remarks: more sentences for the page.
    Returns:
        ``Report``; its verdict is "copies", "no sign of copying found", "cannot tell: too
        few pictures" or "cannot tell: the held-out pictures are in doubt". None of them
        means that the pictures are private.
    Raises:
        ValueError: shapes, ranges or numbers are not as above.
        OSError: the file cannot be written.
    """
    _check(training, "training"), _check(held_out, "held_out")
    if training.shape[1:] != held_out.shape[1:]:
        raise ValueError(
            "training and held-out pictures must have one shape; got "
            f"{tuple(training.shape[1:])} and {tuple(held_out.shape[1:])}"
        )
    samples = _draw(generator, count, seed)
    if samples.shape[1:] != training.shape[1:]:
        raise ValueError(
            f"the generator draws pictures of the shape {tuple(samples.shape[1:])}, the "
            f"training pictures have {tuple(training.shape[1:])}: are these its own?"
        )
    total = len(training)
    training, held_out, size, twins = _equally_many(training, held_out, seed)
    figures = {
        name: measure(view(samples), view(training), view(held_out), seed)
        for name, view in views(training).items()
    }
    counts = {"samples": count, "training": total, "pictures": size, "twins": twins}
    verdict = _verdict_of(figures, min(count, size), doubt)
    remarks = [*([doubt] if doubt else []), *remarks]
    page = leakage_page.page(
        verdict, figures, counts, samples, training[:size], held_out[:size], remarks
    )
    path = Path(path)
    path.write_text(page, encoding="utf-8")
    return Report(verdict, figures, counts, path)


def _draw(generator, count, seed):
    """``count`` samples on the CPU, checked."""
    if not isinstance(getattr(generator, "latent_dim", None), int):
        raise ValueError("the generator needs latent_dim, the numbers in its z")
    if count < 2:
        raise ValueError(f"count must be at least 2 samples; got {count}")
    chance = torch.Generator().manual_seed(seed)
    z = torch.randn(count, generator.latent_dim, generator=chance)
    labels = None
    if hasattr(generator, "classes"):
        labels = torch.randint(generator.classes, (count,), generator=chance)
    samples = draw(generator, z, labels)
    if not samples.isfinite().all():
        raise ValueError("the generator draws NaN or infinity; its training broke")
    return samples


def _check(images, name):
    if (
        not torch.is_tensor(images)
        or images.dim() != 4
        or not images.is_floating_point()
    ):
        kind = (
            f"{images.dtype} {tuple(images.shape)}" if torch.is_tensor(images) else ""
        )
        raise ValueError(
            f"{name} must be a float tensor (N, C, H, W) in [-1, 1]; "
            f"got {kind or type(images).__name__}"
        )
    if not images.isfinite().all() or (images.numel() and images.abs().max() > 1.001):
        raise ValueError(
            f"{name} must hold finite values in [-1, 1]; use data.to_float"
        )


def main(arguments=None):
    """Write a report as the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m gan_utils.privacy.leakage", allow_abbrev=False, epilog=__doc__.split("\n\n", 1)[1],
        description=__doc__.split("\n\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("weights", help="a .safetensors file with its card, or a shipped checkpoint")
    add("folder", help="of the training pictures")
    add("--held-out", help="folder of pictures kept out of training")
    add("--output", default="report.html", help="the page to write")
    add("--count", type=int, default=1_000, help="samples to draw")
    add("--seed", type=int, default=0, help="of samples and subsets")
    options = parser.parse_args(arguments)
    try:
        generator = load_generator(options.weights)
        training, held_out, doubt, remarks = _pictures(options, generator)
        report = write_report(
            options.output, generator, training, held_out,
            count=options.count, seed=options.seed, doubt=doubt, remarks=remarks,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        print(f"leakage: {error}", file=sys.stderr)
        return 1
    for sentence in (*remarks, doubt):
        if sentence:
            print(sentence)
    print(f"{in_words(report)} Read {options.output}")
    return 0


def _pictures(options, generator):
    """Training and held-out pictures as the generator draws them, a doubt, and remarks."""
    path = Path(options.folder)
    if (path / "train-images-idx3-ubyte.gz").is_file():
        sides = tuple(to_float(fashion_mnist(x, path)[0]) for x in ("train", "test"))
        return *sides, "", []
    shape = _draw(generator, 2, 0).shape
    folder, card = read_folder(path, shape[-1]), read_card(options.weights)
    if options.held_out:
        other = read_folder(options.held_out, shape[-1], fewest=2)
        *sides, remarks = _apart(folder, other, card)
        doubt = ""
    else:
        seen, unseen, remarks = recorded(folder, card)
        doubt = mixed(folder, seen, unseen)
        sides = folder.images[seen], folder.images[unseen]
    sides = tuple(to_float(side) for side in sides)
    if shape[1] == 1:
        sides = tuple(side.mean(1, keepdim=True) for side in sides)
    return *sides, doubt, remarks


def _apart(folder, other, card):
    """Pictures of a training folder and of another one, and remarks on what is left out.

    Out of the other folder goes what was trained on, and near copies of that.
    """
    seen, remarks = torch.arange(len(folder.names)), []
    trained = set(folder.digests)
    if is_recorded(card):
        seen, _, remarks = recorded(folder, card)
        trained = {folder.digests[row] for row in seen}
        short = set(card[TRAINED].split())
        trained |= {digest for digest in other.digests if digest[:SHORT] in short}
    training = folder.images[seen]
    groups = group_near(torch.cat([training, other.images]))
    near = torch.isin(groups[len(training) :], groups[: len(training)])
    near |= torch.tensor([digest in trained for digest in other.digests])
    if near.any():
        remarks = [
            *remarks,
            f"{int(near.sum()):,} pictures of the held-out folder were trained on or are "
            "near copies of such, and are left out.",
        ]
    return training, other.images[~near], remarks


if __name__ == "__main__":
    sys.exit(main())
