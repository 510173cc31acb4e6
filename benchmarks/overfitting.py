"""How few pictures are too few for a GAN? ``python -m benchmarks.overfitting``.

Two parts, written to results/overfitting.json; what is there already is kept, so the
command goes on where it stopped, and ``--seconds`` ends it after the run that passes the
limit.

sweep: a small DCGAN on N = 100, 300, 1,000, 10,000 and all 60,000 pictures, with and
    without differentiable augmentation, judged eight times along the training.
leaks: shorter runs whose augmentation is sound or wrong; what of it the samples show.
"""

import argparse
import functools
import json
import platform
import time
from pathlib import Path

import torch
from torch.nn.functional import avg_pool2d

from gan_utils import metrics
from gan_utils.augment import Augmented, cutout, translation
from gan_utils.data import fashion_mnist, to_float
from gan_utils.metrics import precision_recall
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.privacy.copying import data_copying, neighbour_shares
from gan_utils.sampling import draw_evenly
from gan_utils.training import GANLoop

_SQUARE, _EVEN = 8, 0.1  # side of a hole that is looked for; mean |x| of an even grey
_EDGE = 0.2  # mean |x| of an outermost line that is grey
_TOE_LEFT = torch.tensor(
    [7, 9]
)  # sneakers and ankle boots, which real pictures show so
RESULTS = Path(__file__).resolve().parent / "results" / "overfitting.json"
COUNTS = (100, 1_000, 60_000, 10_000, 300)  # training pictures of the sweep
STEPS, EVERY, BATCH = 2_400, 300, 32  # steps of a run, between two looks; pictures
SAMPLES = 1_000  # generated pictures at every look
SIDE, MOST = 1_000, 10_000  # pictures on each side of a comparison; at the last look
HALF = 5_000  # test pictures that choose a step; as many others judge the choice
PACE = {"rates": (4e-3, 4e-3), "betas": (0.5, 0.99), "constant": 1.0, "decay": 0.99}
SOUND = (translation, cutout)
LEAK_COUNT, LEAK_STEPS = 10_000, 1_200


def grey_squares(images):
    """Share of pictures with a square of 8 x 8 pixels that is an even middle grey.

    That is what a cutout leaves behind; few real pictures have one.

    Args:
        images: (N, C, H, W) in [-1, 1], at least 8 x 8 pixels.
    Returns:
        A float in [0, 1].
    """
    grey = avg_pool2d(images.abs().mean(1, keepdim=True), _SQUARE, 1)
    return (grey.amin((1, 2, 3)) < _EVEN).double().mean().item()


def grey_edges(images):
    """Share of pictures with an outermost row or column of middle grey.

    That is what a translation leaves behind; the edges of Fashion-MNIST are black.

    Args:
        images: (N, C, H, W) in [-1, 1].
    Returns:
        A float in [0, 1].
    """
    grey = images.abs().mean(1)
    lines = (grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1])
    darkest = torch.stack([line.mean(1) for line in lines]).amin(0)
    return (darkest < _EDGE).double().mean().item()


def turned_shoes(images):
    """Share of sneakers and ankle boots whose toe points to the right.

    A shoe is higher, so brighter, at its heel. The shipped classifier says what is a
    shoe. Nearly every real one points to the left.

    Args:
        images: (N, 1, 28, 28) in [-1, 1].
    Returns:
        A float in [0, 1], nan without a shoe.
    """
    features = metrics.image_features(images)
    classes = metrics.feature_network().head(features).argmax(1)
    shoes = images[torch.isin(classes, _TOE_LEFT)]
    left, right = (half.sum((1, 2, 3)) for half in shoes.chunk(2, dim=3))
    return (left > right).double().mean().item()


def flip(images, probability):
    """Mirror each picture with a probability, left to right."""
    turned = torch.rand(len(images), 1, 1, 1) < probability
    return torch.where(turned, images.flip(3), images)


LEAKS = {  # what D sees of (real, generated) pictures
    "none": ((), ()),
    "both sides": (SOUND, SOUND),
    "real side only": (SOUND, ()),
    "flip 1/4": (((functools.partial(flip, probability=0.25)),),) * 2,
    "flip 1/2": (((functools.partial(flip, probability=0.5)),),) * 2,
}


def players(changes):
    """Generator, bare discriminator and the discriminator that sees changed pictures."""
    generator = DCGANGenerator(64, 16, refine=True)
    discriminator = DCGANDiscriminator(16, depth=3)
    seen = Augmented(discriminator, *changes) if changes else discriminator
    return generator, discriminator, seen


def picture_sets(count, seed):
    """All training pictures, and equally many held-out ones, at most MOST."""
    train, test = (to_float(fashion_mnist(part)[0]) for part in ("train", "test"))
    order = torch.randperm(60_000, generator=torch.Generator().manual_seed(seed))
    size = min(count, MOST)
    held_out = train[order[-size:]] if count < 60_000 else test[:size]
    return train[order[:count]], held_out


def look(generator, discriminator, members, others, few):
    """Every measure at one moment of a training.

    Args:
        generator; discriminator: what it is without augmentation.
        members, others: equally many training and held-out pictures.
        few: how many held-out pictures choose the step.
    """
    samples = draw_evenly(generator, SAMPLES, seed=1)
    features = metrics.image_features(samples)
    choosing, judging = metrics.reference_features().split(HALF)
    precision, recall = precision_recall(judging[:SAMPLES], features)
    discriminator.eval()
    with torch.no_grad():
        logits = [discriminator(x[:SIDE]) for x in (members, others, samples)]
    discriminator.train()
    sides = [x.flatten(1) for x in (samples, members, others)]
    shares, test = neighbour_shares(*sides, splits=1), data_copying(*sides)
    return {
        "FID": metrics.frechet_distance(features, judging),
        "FID, choosing": metrics.frechet_distance(features, choosing[:few]),
        "precision": precision, "recall": recall,
        "D of training, held out, generated": [x.sigmoid().mean().item() for x in logits],
        "their logits": [x.mean().item() for x in logits],
        "their share above 0": [(x > 0).float().mean().item() for x in logits],
        "neighbour ratio": shares.ratio, "neighbour share": shares.share,
        "C_T": test.z,
    }  # fmt: skip


def rounded(value):
    """The same, with four digits after the point."""
    if isinstance(value, dict):
        return {key: rounded(x) for key, x in value.items()}
    return [rounded(x) for x in value] if isinstance(value, list) else round(value, 4)


def sweep_run(count, changes, seed, steps=STEPS):
    """Train on ``count`` pictures and look every EVERY steps: {step: measures}."""
    training, others = picture_sets(count, seed)
    torch.manual_seed(seed)
    generator, bare, seen = players(changes)
    loop, found = GANLoop(generator, seen, **PACE), {}
    for step in range(1, steps + 1):
        real = training[torch.randint(count, (BATCH,))]
        loop.step(0.0, real, torch.randn(BATCH, generator.latent_dim))
        if step % EVERY == 0:
            size = min(count, MOST if step == steps else SIDE)
            with torch.random.fork_rng(devices=[]):
                found[str(step)] = rounded(look(
                    loop.sampler, bare, training[:size], others[:size],
                    min(count, HALF),
                ))  # fmt: skip
    return found


def leak_run(changes, seed):
    """Train with D seeing changed pictures; what of the change the samples show."""
    training, _ = picture_sets(LEAK_COUNT, seed)
    torch.manual_seed(seed)
    generator, _, seen = players(changes[1])
    loop = GANLoop(generator, seen, **PACE)
    only_real = changes[0] if changes[0] != changes[1] else ()
    for _ in range(LEAK_STEPS):
        real = training[torch.randint(LEAK_COUNT, (BATCH,))]
        for change in only_real:
            real = change(real)
        loop.step(0.0, real, torch.randn(BATCH, generator.latent_dim))
    samples = draw_evenly(loop.sampler, SAMPLES, seed=1)
    shown = samples[:12].add(1).mul(127.5).round().byte().flatten().numpy().tobytes()
    return traces(samples) | {"samples": shown.hex()}


def traces(images):
    """What a picture shows of cutout, translation and flip."""
    return rounded({
        "grey squares": grey_squares(images), "grey edges": grey_edges(images),
        "turned shoes": turned_shoes(images), "FID": metrics.fid(images),
    })  # fmt: skip


def jobs(seeds):
    """Every run by name: (part, key, function, arguments), the telling ones first."""
    yield "leaks", "real pictures", real_traces, ()
    for seed in seeds:
        for name, changes in LEAKS.items():
            yield "leaks", f"{name}, seed {seed}", leak_run, (changes, seed)
        yield from sweep_jobs(seed, COUNTS[:2])
    for seed in seeds:
        yield from sweep_jobs(seed, COUNTS[2:])


def sweep_jobs(seed, counts):
    for count in counts:
        for name, changes in (("none", ()), ("augmented", SOUND)):
            key = f"N={count}, {name}, seed {seed}"
            yield "sweep", key, sweep_run, (count, changes, seed)


def real_traces():
    """The same of real pictures, and of real pictures that were changed."""
    images = to_float(fashion_mnist("test")[0][:2_000])
    torch.manual_seed(0)
    return {
        "as they are": traces(images), "cut": traces(cutout(images)),
        "moved": traces(translation(images)), "turned": traces(images.flip(3)),
    }  # fmt: skip


def main():
    """Run what is missing; save after every run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument(
        "--seconds", type=float, default=1e9, help="CPU seconds at most"
    )
    parser.add_argument("--parts", nargs="*", default=["sweep", "leaks"])
    options, started = parser.parse_args(), time.process_time()
    torch.set_num_threads(1)
    done = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    done |= {
        "command": "python -m benchmarks.overfitting", "machine": platform.machine(),
        "torch": torch.__version__, "threads": 1,
        "steps": STEPS, "every": EVERY, "batch": BATCH, "samples": SAMPLES,
    }  # fmt: skip
    for part, key, run, arguments in jobs(range(options.seeds)):
        runs = done.setdefault(part, {})
        if part not in options.parts or key in runs:
            continue
        if time.process_time() - started > options.seconds:
            return
        begin = time.process_time()
        runs[key] = run(*arguments)
        runs[key]["CPU seconds"] = round(time.process_time() - begin, 1)
        RESULTS.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n")
        print(part, key, runs[key]["CPU seconds"], flush=True)


if __name__ == "__main__":
    main()
