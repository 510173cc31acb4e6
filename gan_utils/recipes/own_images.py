"""The recipe of lesson 22: a GAN of a folder of pictures, the reader's or the sample."""

from gan_utils.augment import Augmented
from gan_utils.data import to_float
from gan_utils.images.folder import read_folder, split
from gan_utils.images.held_out import mixed, record
from gan_utils.images.plan import AUGMENTATIONS, plan, scores
from gan_utils.images.vases import SAMPLE
from gan_utils.networks import ColourDiscriminator, ColourGenerator
from gan_utils.privacy import leakage
from gan_utils.sampling import draw_evenly

PACE = {"rates": (3e-3, 4e-4), "betas": (0.5, 0.99), "constant": 0.4, "decay": 0.998}
_FEWEST_JUDGED = 17  # held-out pictures below which no score is computed


def own_images(train, steps=None, folder=SAMPLE, width=32, allow_similar=False):
    """A folder of pictures (--images FOLDER): size and recipe are chosen for you."""
    pictures = read_folder(folder)
    chosen = plan(
        len(pictures.names), pictures.sides, train.device.type != "cpu",
        train.together.size,
    )  # fmt: skip
    if chosen.size != pictures.images.shape[-1]:
        pictures = read_folder(folder, chosen.size)
    train.say(pictures.report())
    train.say("\n".join(chosen.reasons[: -1 if steps else None]))
    seen, unseen = split(pictures, chosen.held_out, train.seed, allow_similar)
    doubt = mixed(pictures, seen, unseen)
    if doubt:
        train.say(doubt)
    steps = steps or chosen.steps
    generator, discriminator = players(chosen, width)
    generator = train(
        generator, discriminator, steps, data=(pictures.images[seen], None),
        batch_size=chosen.batch_size, **PACE,
    )  # fmt: skip
    ours = folder == SAMPLE
    facts = {
        "data": f"{len(seen)} pictures of "
        + ("data/sample_images, drawn by this project" if ours else "a folder"),
        **record(pictures, seen, unseen), "steps": steps, "batch": chosen.batch_size,
        "latent_dim": generator.latent_dim, "width": width, "size": chosen.size,
        "augmentations": list(chosen.augmentations),
        "licence": "MIT" if ours else "that of the pictures in the folder",
    }  # fmt: skip
    judged = _judged(train, generator, pictures, seen, unseen, doubt)
    return generator, facts | judged


def players(chosen, width=32):
    """The two networks of a plan; D sees augmented pictures."""
    discriminator = ColourDiscriminator(width // 2, chosen.size)
    changes = [AUGMENTATIONS[name] for name in chosen.augmentations]
    discriminator = Augmented(discriminator, *changes) if changes else discriminator
    return ColourGenerator(64, width, chosen.size), discriminator


def in_words(found):
    """Scores as sentences, each figure beside what it is compared with."""
    return (
        f"Fréchet distance to held-out pictures {found['Fréchet distance']:.1f}, and "
        f"{found['of real pictures']:.1f} of training pictures.\n"
        f"{found['precision']:.0%} of the generated pictures lie near held-out ones, and "
        f"{found['recall']:.0%} of the held-out ones near generated ones.\n"
        f"Novelty ratio {found['novelty ratio']:.2f}: well below 1 would mean copies, "
        "or blur."
    )


def _judged(train, generator, pictures, seen, unseen, doubt):
    """Scores for the card, and the leakage report in the folder of the run."""
    if len(unseen) < _FEWEST_JUDGED:
        train.say(
            f"{len(unseen)} held-out pictures are too few to compute a score or a leakage "
            "report: from 80 pictures on there are both."
        )
        return {}
    training, held_out = (to_float(pictures.images[part]) for part in (seen, unseen))
    made = draw_evenly(generator, max(500, len(unseen)))
    found = {k: round(v, 3) for k, v in scores(made, training, held_out).items()}
    train.say(in_words(found))
    if train.folder:
        path = train.folder / "leakage.html"
        report = leakage.write_report(path, generator, training, held_out, doubt=doubt)
        train.say(f"Leakage report: {leakage.in_words(report)} Read {path}")
        found["leakage report"] = report.verdict
    return {"scores": found}
