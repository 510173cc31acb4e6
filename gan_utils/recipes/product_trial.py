"""What made the checkpoints of lesson 18: lipstick, eyewear, and their judge."""

import torch
from torch.nn.functional import cross_entropy, one_hot

from gan_utils.ads.product_trial import placement
from gan_utils.ads.product_trial import scores as trial_scores
from gan_utils.ads.product_trial.model import (
    EYES,
    LIPS,
    TrialDiscriminator,
    TrialGenerator,
    train_trial,
    window,
    wishes,
)
from gan_utils.ads.product_trial.portraits import (
    frame_colours,
    portraits,
    shade_colours,
)
from gan_utils.ads.product_trial.products import BRANDS, HELD_OUT_SHADES, SHADES
from gan_utils.recipes.classifier import train_classifier

TRAINING_SHADES = [i for i in range(len(SHADES)) if i not in HELD_OUT_SHADES]
TRAINING, TEST, JUDGE = 1500, 300, 3000  # people drawn for each purpose
SEEDS = {"bare": 1, "product": 2, "test": 3, "judge": 4}
"""The people of one set never appear in another."""
DATA = "portraits drawn by gan_utils.ads.product_trial.portraits (MIT)"


def lipstick_trial(train, steps=3000, people=TRAINING):
    """Lesson 18's GAN that puts lipstick on and takes it off. ``train`` is not used."""
    bare = portraits(people, SEEDS["bare"], TRAINING_SHADES).bare
    worn = portraits(people, SEEDS["product"], TRAINING_SHADES)
    wish = wishes(shade_colours()[worn.shade])
    generator, discriminator = TrialGenerator(), TrialDiscriminator()
    network = train_trial(
        generator, discriminator, window(bare, LIPS), window(worn.with_lipstick, LIPS),
        wish, steps, gamma=0.02, watch=_tell(steps),
    )  # fmt: skip
    return network, {
        **lipstick_scores(network), "steps": steps, "batch": 32,
        "parameters": _parameters(network), "data": DATA,
    }  # fmt: skip


@torch.no_grad()
def lipstick_scores(generator, test=None):
    """Error in the lips and elsewhere, overlap of the masks, colour, and both ways back."""
    test = test or portraits(TEST, SEEDS["test"])
    bare, true = window(test.bare, LIPS), window(test.with_lipstick, LIPS)
    lips = window(test.lip_mask, LIPS)
    wish = wishes(shade_colours()[test.shade])
    mask, _ = generator.mask_and_colour(bare, wish)
    worn, nothing = generator(bare, wish), torch.zeros_like(wish)
    inside = trial_scores.error_inside
    scores = {
        "error in the lips": inside(worn, true, lips),
        "error elsewhere in the window": trial_scores.error_outside(worn, true, lips),
        "overlap of the masks": trial_scores.overlap(mask, lips),
        "colour error": trial_scores.colour_error(worn, true, lips).mean(),
        "error after putting on and taking off": inside(
            generator(worn, nothing), bare, lips
        ),
        "error after taking off a true one": inside(
            generator(true, nothing), bare, lips
        ),
    }
    return {name: round(float(value), 4) for name, value in scores.items()}


def eyewear_drawn(train, steps=450, people=TRAINING):
    """The same GAN draws eyewear, a rival of placing it. ``train`` is not used."""
    bare = portraits(people, SEEDS["bare"]).bare
    worn = portraits(people, SEEDS["product"])
    generator = TrialGenerator(facts=FACTS)
    discriminator = TrialDiscriminator((32, 64), facts=FACTS)
    network = train_trial(
        generator, discriminator, window(bare, EYES), window(worn.with_eyewear, EYES),
        eyewear_wishes(worn), steps, watch=_tell(steps),
    )  # fmt: skip
    return network, {
        **drawn_scores(network), "steps": steps, "batch": 32,
        "parameters": _parameters(network), "data": DATA,
    }  # fmt: skip


FACTS = len(BRANDS) + 1


def eyewear_wishes(worn):
    """Wishes for the GAN that draws: frame colour, brand, lens."""
    facts = torch.cat([one_hot(worn.brand, len(BRANDS)), worn.lens[:, None]], 1)
    return wishes(frame_colours()[worn.frame], facts.float())


@torch.no_grad()
def drawn_scores(generator, test=None):
    """Error in the product's region of eyewear that a GAN draws."""
    test = test or portraits(TEST, SEEDS["test"])
    drawn = generator(window(test.bare, EYES), eyewear_wishes(test))
    error = trial_scores.error_inside(
        drawn, window(test.with_eyewear, EYES), window(test.eyewear_mask, EYES)
    )
    return {"error in the eyewear": round(error.item(), 4)}


def eyewear_trial(train, steps=1800, people=TRAINING):
    """Lesson 18's finder and placer of eyewear: no pairs, no landmarks, no GAN.

    ``train`` is not used.
    """
    bare = portraits(people, SEEDS["bare"]).bare
    worn = portraits(people, SEEDS["product"])
    pictures, network = placement.catalogue(), placement.EyewearFitting()
    examples = placement.pasted_examples(bare, pictures)
    placement.fit_placement(network.finder, examples, steps, watch=_tell(steps))
    found = placement.placements(network.finder, worn.with_eyewear)
    own = pictures[placement.catalogue_index(worn.brand, worn.frame, worn.lens)]
    examples = placement.taken_off_examples(worn.with_eyewear, own, found, pictures)
    placement.fit_placement(network.placer, examples, steps, watch=_tell(steps))
    return network, {
        **eyewear_scores(network), "steps": steps, "batch": 48,
        "parameters": _parameters(network), "data": DATA,
    }  # fmt: skip


@torch.no_grad()
def eyewear_scores(network, test=None):
    """Error in the product's region, and pixels between the placed and the true middle."""
    test = test or portraits(TEST, SEEDS["test"])
    pictures = placement.catalogue()[
        placement.catalogue_index(test.brand, test.frame, test.lens)
    ]
    chosen = placement.placements(network.placer, test.bare)
    found = placement.placements(network.finder, test.with_eyewear)
    worn = placement.wear(test.bare, pictures, chosen)

    def pixels(places):
        return (places - test.placement)[:, :2].norm(dim=1).mean()

    scores = {
        "error in the eyewear": trial_scores.error_inside(
            worn, test.with_eyewear, test.eyewear_mask
        ),
        "pixels off, placed": pixels(chosen),
        "pixels off, found": pixels(found),
    }
    return {name: round(float(value), 4) for name, value in scores.items()}


def product_evaluator(train, steps=1200, people=JUDGE):
    """Lesson 18's judge of true pictures: brand, frame, shade. ``train`` is not used."""
    seen = portraits(people, SEEDS["judge"])
    network = trial_scores.ProductEvaluator()

    def loss_of(step):
        i = torch.randint(people, (48,))
        shift = torch.randint(-2, 3, (2,)).tolist()
        brand, frame, _ = network(seen.with_eyewear[i].roll(shift, (2, 3)))
        shade = network(seen.with_lipstick[i].roll(shift, (2, 3)))[2]
        loss = cross_entropy(brand, seen.brand[i]) + cross_entropy(frame, seen.frame[i])
        return loss + cross_entropy(shade, seen.shade[i])

    return train_classifier(network, loss_of, steps, 4e-3), {
        **evaluator_scores(network), "steps": steps, "batch": 48,
        "parameters": _parameters(network), "data": DATA,
    }  # fmt: skip


def evaluator_scores(network, test=None):
    """How often the judge names true pictures of people it never saw."""
    test = test or portraits(TEST, SEEDS["test"])
    named = trial_scores.recognised
    return {
        "brand named": round(named(network, test.with_eyewear, test.brand, 0), 4),
        "frame named": round(named(network, test.with_eyewear, test.frame, 1), 4),
        "shade named": round(named(network, test.with_lipstick, test.shade, 2), 4),
    }


def _parameters(network):
    return sum(p.numel() for p in network.parameters())


def _tell(steps):
    def watch(step, *losses):
        if step % 250 == 0 or step == steps - 1:
            print(f"step {step} of {steps}: " + "  ".join(f"{x:.3f}" for x in losses),
                  flush=True)  # fmt: skip

    return watch
