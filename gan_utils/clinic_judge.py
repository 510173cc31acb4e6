"""How the clinic of lesson 21 judges an answer: the suspects, and what a sound program does."""

import copy

import torch

from gan_utils import clinic
from gan_utils.claims import Mistake
from gan_utils.clinic_parts import LATENT_DIM, folder, players

SUSPECTS = {
    "cut off": "then the gradient of G would be exactly 0",
    "stale optimiser": "then G would have a gradient, and its weights would not move",
    "labels": "then D would learn a wrong answer, or one answer for both",
    "shapes": "then D would stay at 1/2, as if each picture had every label",
    "range": "then the darkest real pixel would not be at -1",
    "statistics": "then the trained G would be fine, and only its copy would not",
    "order": "then the variety of the real batches would be low",
    "graphs": "then memory would grow, and everything else be normal",
    "strong D": "then D would win, and G would still have a gradient and move",
    "collapse": "then generated variety would be low, and real variety normal",
    "sign of G": "then D(G(z)) would go to 0 while the loss of G is near 0 too",
    "nothing": "then no sign would leave its normal range",
}
RIGHT = dict(enumerate(list(SUSPECTS)[:8], 1))


def diagnosed(number, suspect):
    """Refuse a wrong suspect, and say what it would have shown."""
    if suspect not in SUSPECTS:
        raise Mistake(
            f"{suspect!r} is no suspect; choose among {', '.join(sorted(SUSPECTS))}"
        )
    if suspect != RIGHT[number]:
        raise Mistake(
            f"the diagnosis is not {suspect!r}: {SUSPECTS[suspect]}; "
            "look at the chart again"
        )


def examine_mended(program, steps, **options):
    """The chart of a mended program; its usual errors become sentences."""
    try:
        return clinic.examine(program, steps, every=1, **options)
    except StopIteration:
        raise Mistake("the program ends early; keep its endless loop") from None
    except RuntimeError as error:
        if "second time" in str(error):
            raise Mistake(
                "two losses go backward through the same graph of G: "
                "detach the pictures in D's step, and only there"
            ) from None
        raise


def sound(program, steps=50):
    """What every program must do when it leaves the clinic, whatever it had."""
    chart = examine_mended(program, steps)
    if chart.end("g_gradient") == 0:
        raise Mistake("no gradient reaches G: its norm is 0")
    if chart.end("g_motion") == 0:
        raise Mistake("the weights of G do not move")
    if chart.end("d_motion") == 0:
        raise Mistake("the weights of D do not move")
    lead = chart.end("d_real") - chart.end("d_fake")
    if abs(lead) < 0.02:
        raise Mistake("D answers the same to real and to generated pictures")
    if lead < 0:
        raise Mistake("D learns it upside down: D(G(z)) is above D(x)")
    if abs(chart.end("real_low") + 1) > 0.01:
        raise Mistake(
            f"the darkest real pixel is {chart.end('real_low'):.3g}; G can draw -1"
        )
    if chart.end("real_variety") < 0.8:
        raise Mistake("the real batches have too little variety")
    if chart.end("held_mb") > 1:
        raise Mistake(f"graphs still hold {chart.signs['held_mb'][-1]:.1f} MB")
    if _gain(program) < 0:
        raise Mistake("the step of G lowers D(G(z)); G should raise it")


@torch.no_grad()
def _gain(program, steps=10):
    """By how much the logits of D rise over steps of G, mean of the last ones."""
    generator, discriminator = players()
    z, gains = torch.randn(256, LATENT_DIM), []
    run = program(generator, discriminator, folder())
    for _ in range(steps):
        before = copy.deepcopy(generator)
        with torch.enable_grad():
            next(run)
        gains.append(discriminator(generator(z)) - discriminator(before(z)))
    return torch.stack(gains[2:]).mean()
