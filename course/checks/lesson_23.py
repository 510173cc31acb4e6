"""Checks of lesson 23: eight patients, each judged by what the mended program does."""

from functools import partial

import torch
from PIL import Image

from course.checks.frame import Mistake, call, choice, exercise, tensor
from course.clinic.examine import diagnosed, examine_mended, rows, sound
from course.clinic.programs import BATCH, checkpoint, players
from gan_utils.ads import provenance


@exercise("23.1")
def patient_1(suspect, program):
    """The gradient must reach G, and D's step must leave G alone."""
    diagnosed(1, suspect)
    sound(program)


@exercise("23.2")
def patient_2(suspect, program):
    """The optimiser must hold the weights that were loaded."""
    diagnosed(2, suspect)
    chart = examine_mended(program, 6)
    saved = torch.cat([v.flatten() for k, v in checkpoint().items() if "weight" in k])
    now = chart.generator.state_dict().items()
    now = torch.cat([v.flatten() for k, v in now if "weight" in k])
    if not (now - saved).norm() <= 0.3 * saved.norm():
        raise Mistake("G does not start from the saved weights; load them all the same")
    if chart.end("g_motion") == 0:
        raise Mistake("G has a gradient, and its weights still do not move")
    sound(program)


@exercise("23.3")
def patient_3(suspect, program):
    """D must learn 1 for real and 0 for generated, G must ask for 1."""
    diagnosed(3, suspect)
    chart = examine_mended(program, 50)
    if chart.end("d_real") > 0.9 and chart.end("d_fake") > 0.9:
        raise Mistake("D is still told that generated pictures are real")
    if chart.end("d_real") < 0.1 and chart.end("d_fake") < 0.1:
        raise Mistake("now D is told that real pictures are generated")
    sound(program)


@exercise("23.4")
def patient_4(suspect, program):
    """Each logit must meet its own label."""
    diagnosed(4, suspect)
    chart = examine_mended(program, 50)
    if abs(chart.end("d_real") - chart.end("d_fake")) < 0.05:
        raise Mistake(
            "D still answers the same to all; print (labels * logits).shape: "
            f"it should have {2 * BATCH} entries"
        )
    sound(program)


@exercise("23.5")
def patient_5(suspect, program):
    """Real and generated pictures must both fill [-1, 1]."""
    diagnosed(5, suspect)
    real = examine_mended(program, 1).real
    if real.min() >= 0:
        raise Mistake("the real pictures still have no value below 0; tanh goes to -1")
    if real.min() < -1.01 or real.max() > 1.01:
        raise Mistake(
            f"the real pictures span [{real.min():.3g}, {real.max():.3g}], not [-1, 1]"
        )
    sound(program)


@exercise("23.6")
def patient_6(suspect, program):
    """The copy must be an average, with running statistics that fit."""
    diagnosed(6, suspect)
    chart = examine_mended(program, 60)
    if not chart.extra or not isinstance(chart.extra[0], torch.nn.Module):
        raise Mistake("yield the copy as the fifth value, as the patient does")
    ema = chart.extra[0]
    pairs = list(zip(ema.parameters(), chart.generator.parameters()))
    for average, trained in pairs:
        tensor(average, tuple(trained.shape), "each weight of the copy")
    if len(pairs) != len(list(chart.generator.parameters())):
        raise Mistake("the copy has fewer weights than G; start from a deepcopy of it")
    if any(a.data_ptr() == b.data_ptr() for a, b in pairs):
        raise Mistake("the copy shares its memory with G: it is G; deepcopy it")
    if max((a - b).abs().max() for a, b in pairs) == 0:
        raise Mistake("the copy's weights equal those of G; they should be an average")
    trained = chart.generator.state_dict()
    for name, value in ema.state_dict().items():
        gap = (value - trained[name]).float().norm()
        if "running" in name and not gap <= 0.6 * trained[name].norm():
            raise Mistake(f"the copy's {name} is far from that of G")
    sound(program)


@exercise("23.7")
def patient_7(suspect, program):
    """Every batch must be a mixture, and every picture must have its turn."""
    diagnosed(7, suspect)
    levels = torch.arange(10).repeat_interleave(64)
    pictures = (25 * levels).byte()[:, None, None, None].expand(-1, 1, 28, 28)
    generator, discriminator = players()
    run = rows(program, generator, discriminator, pictures.clone())
    batches = torch.stack([next(run)[0][:, 0, 0, 0] for _ in range(30)])
    classes = [len(batch.unique()) for batch in batches]
    if len(batches.unique()) < 10:
        raise Mistake(
            "some kinds of pictures never come; choose among len(pictures) indices"
        )
    if min(classes) < 5:
        raise Mistake(
            f"there is a batch of {min(classes)} of ten kinds; mix before you cut"
        )
    if all(torch.equal(b.sort().values, batches[0].sort().values) for b in batches[1:]):
        raise Mistake("every batch holds the same pictures")
    sound(program)


@exercise("23.8")
def patient_8(suspect, program):
    """The film must stay, and no graph with it."""
    diagnosed(8, suspect)
    chart = examine_mended(program, 12)
    film = chart.extra[0] if chart.extra else None
    if not isinstance(film, list) or len(film) != 12:
        raise Mistake("the film should have one entry a step; keep it, without graphs")
    pictures = [tensor(entry, name="each entry of the film") for entry in film]
    if chart.signs["held_mb"][-1] > 1 or film[-1].grad_fn is not None:
        raise Mistake(
            f"graphs still hold {chart.signs['held_mb'][-1]:.1f} MB: each entry of the "
            "film keeps the graph that made it"
        )
    if not (pictures[-1] - pictures[-2]).abs().mean() <= 0.2:
        raise Mistake("the film should follow the same latents from step to step")
    sound(program)


@exercise("23.9")
def verifier(verify):
    """verify(page, facts, signature, key): whether nobody changed pixels or facts."""
    page = Image.effect_noise((20, 30), 90).convert("RGB")
    facts, key = {"made by": "studio", "model": "G"}, b"a secret"
    signature = provenance.seal(page, facts, key)
    other = page.copy()
    other.putpixel((3, 4), (1, 2, 3))
    if not _verdict(verify, page, facts, signature, key):
        raise Mistake("an untouched picture is refused; the answer should be True")
    refused = partial(_refused, verify)
    refused("one pixel was changed", other, facts, signature, key)
    refused("the facts were changed", page, {**facts, "model": "C"}, signature, key)
    refused("another key signed it", page, facts, signature, b"another")
    refused("the signature was cut", page, facts, signature[:32], key)


def _verdict(verify, *case):
    return choice(call(verify, *case), (True, False), "the answer")


def _refused(verify, reason, *case):
    if _verdict(verify, *case):
        raise Mistake(f"it is accepted although {reason}; the answer should be False")
