"""Checks of lesson 9: a conditional step mended, a D that sees wrong labels, draws counted."""

import torch
from torch import nn
from torch.nn.functional import softplus

from course.checks.frame import (
    Mistake,
    call,
    compare,
    exercise,
    gradient,
    number,
    sequence,
    tensor,
)

CLASSES = 10
REAL_LOGIT, FAKE_LOGIT = 0.8, -0.5  # of a discriminator that serves the check


class _Painter(nn.Module):
    """A generator whose pictures show their class as a number, and a half more."""

    def __init__(self):
        super().__init__()
        self.extra, self.asked = nn.Parameter(torch.tensor(0.5)), []

    def forward(self, z, labels):
        self.asked.append(labels.detach().clone())
        return _pictures(labels) + self.extra


def _pictures(labels):
    return labels.float()[:, None, None, None].repeat(1, 1, 28, 28)


class _Inspector(nn.Module):
    """A discriminator that notes what kind of pictures it saw, of which class, told what."""

    def __init__(self):
        super().__init__()
        self.weight, self.seen = nn.Parameter(torch.tensor(1.0)), []

    def forward(self, images, labels):
        value = images[:, 0, 0, 0]
        generated = (value - value.floor()) > 0.25
        shown = value.detach().floor().long()
        self.seen.append((bool(generated.any()), shown, labels.detach().clone()))
        return self.weight * torch.where(
            generated, FAKE_LOGIT + 0 * value, REAL_LOGIT + 0 * value
        )


@exercise("9.1")
def mended(function):
    """function(generator, discriminator, images, labels) -> d_loss and g_loss."""
    generator, discriminator = _Painter(), _Inspector()
    labels = torch.randint(CLASSES, (500,))
    images = _pictures(labels)
    hint = "the names it may use are its four arguments and the settings"
    found = call(function, generator, discriminator, images, labels, hint=hint)
    names = ("d_loss", "g_loss")
    d_loss, g_loss = sequence(found, 2, "what the function returns")
    values = [number(loss, name) for loss, name in zip((d_loss, g_loss), names)]
    if sorted(generated for generated, *_ in discriminator.seen) != [False, True, True]:
        raise Mistake(
            "D should look at one real batch and at two generated ones, one for each loss"
        )
    for generated, shown, told in discriminator.seen:
        if shown.shape != told.shape or not torch.equal(shown, told):
            raise Mistake(
                "D is told another class than the one that G was asked for"
                if generated
                else "D is told labels that belong to other pictures: take both from the "
                "same rows"
            )
    if any((asked == asked[0]).all() for asked in generator.asked):
        raise Mistake("G is asked for one class only; ask for those of the real batch")
    on_real, on_fake = torch.tensor(REAL_LOGIT), torch.tensor(FAKE_LOGIT)
    fake = softplus(on_fake).item()
    right = softplus(-on_real).item() + fake
    usual = [(-right, "the sign of d_loss: D descends, so minimise -V")]
    otherwise = "d_loss is -E log D(x, y) - E log(1 - D(G(z, y), y))"
    compare(values[0], right, usual, otherwise, atol=1e-3)
    usual = [(fake, "the sign of g_loss: G is told to lose"),
             (-fake, "this g_loss saturates: take -E log D(G(z, y), y)")]  # fmt: skip
    otherwise = "g_loss is -E log D(G(z, y), y)"
    compare(values[1], softplus(-on_fake).item(), usual, otherwise, atol=1e-3)
    gradient(
        g_loss, generator.extra, "g_loss does not reach G: detach belongs to d_loss"
    )


@exercise("9.2")
def best_with_wrong_labels(function):
    """function(p, q) -> D*(x, y) when real pictures with a wrong label count as generated."""
    p = torch.rand(4, 50) + 0.05
    q = torch.rand(4, 50) + 0.05
    p, q = p / p.sum(1, keepdim=True), q / q.sum(1, keepdim=True)
    result = tensor(call(function, p.clone(), q.clone()), (4, 50), "what it returns")
    others = (p.sum(0) - p) / 3
    right = p / (p + (q + others) / 2)
    usual = [
        (p / (p + q), "this D never sees a wrong label; a third term is missing"),
        (p / (p + q + others), "the last two means count half each"),
        (p / (p + others), "the generated pictures are missing"),
        (p / (p + (q + p.mean(0)) / 2),
         "a wrong label is one of the *other* classes; your mean includes y itself"),
        (p / (p + (q + 3 * others) / 2),
         "this is the sum over the other classes; one of them is drawn, so take the mean"),
        (1 - right, "turned round: D answers with the share of real, rightly labelled ones"),
        (p / ((q + others) / 2), "this is a ratio of densities; D is a probability"),
        (torch.logit(right), "this is the logit; D is a probability"),
    ]  # fmt: skip
    otherwise = "for one x and y, minimise -p log D - (q + m)/2 log(1 - D) over D"
    compare(result, right, usual, otherwise)


@exercise("9.3")
def draws(function):
    """function(asked, seen) -> draws for one picture that fits: rejection, asking."""
    asked = torch.arange(CLASSES).repeat_interleave(200)
    errors = torch.rand(len(asked)) < torch.linspace(0.05, 0.4, CLASSES)[asked]
    seen = torch.where(errors, torch.randint(CLASSES, asked.shape), asked)
    given = call(function, asked.clone(), seen.clone())
    names = ("the draws by rejection", "the draws by asking")
    pair = sequence(given, 2, "what it returns")
    found = [tensor(x, (CLASSES,), name) for x, name in zip(pair, names)]
    share = seen.bincount(minlength=CLASSES) / len(seen)
    fits = asked == seen
    kept = torch.stack([fits[asked == k].float().mean() for k in range(CLASSES)])
    precise = torch.stack([fits[seen == k].float().mean() for k in range(CLASSES)])
    swapped = "rejection comes first, asking second"
    for name, values, right, usual in (
        (names[0], found[0], share, [(1 / kept, swapped)]),
        (names[1], found[1], kept,
         [(1 / precise, "divide by the pictures asked for, not by those seen as that class"),
          (1 / share, swapped)]),
    ):  # fmt: skip
        usual = [
            *usual,
            (right, "this is the share that fits; count the draws for one that fits"),
            (1 / right - 1, "these are the draws thrown away; the kept one counts too"),
        ]
        usual = [(wrong, f"{name}: {reason}") for wrong, reason in usual]
        compare(values, 1 / right, usual, f"{name} should be one over the share", 1e-3)
