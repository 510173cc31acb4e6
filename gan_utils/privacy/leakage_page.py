"""The leakage report as one HTML page that needs no other file."""

import html

from gan_utils.metrics import nearest_neighbours
from gan_utils.plotting import data_uri, png_bytes, tile

SHOWN = 12  # closest pairs on the page
HEADLINES = {
    "copies": ("#b2182b", "It copies. Samples stand nearer to the training pictures than "
               "chance allows. Do not publish this generator or its samples without "
               "asking whose pictures these are."),
    "no sign of copying found": ("#1b7837", "We looked and found none. That is less than "
               "proof: other attacks exist, and rare copies can hide among many samples."),
    "cannot tell: the held-out pictures are in doubt": ("#7a5c00", "Nothing speaks for "
               "copying, but pictures that count as held out may have been trained on, or "
               "be near copies of such. Then copying cannot be seen."),
    "cannot tell: too few pictures": ("#7a5c00", "With so few pictures an attack that "
               "often succeeds could not be told from chance. Keep more pictures back."),
}  # fmt: skip
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;
color:#222;background:#fff}h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;
margin-top:2rem}.verdict{border-left:.5rem solid var(--tone);background:#f6f6f6;
padding:.8rem 1.2rem}.verdict b{font-size:1.3rem;color:var(--tone)}table{border-collapse:
collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;
border-bottom:1px solid #ddd}td.n{white-space:nowrap;font-variant-numeric:tabular-nums}
.rows{display:grid;grid-template-columns:9.5rem 1fr;align-items:center;gap:.3rem 1rem}
.rows img{width:100%;image-rendering:pixelated}p.small{color:#555;font-size:.9rem}
"""
NAMES = {"pixels": "pixel by pixel", "features": "by what our feature network sees"}


def unseen(figures, counts):
    """A sentence on what the search of repeated pictures could not have found."""
    found = [figure.repeats for figure in figures.values()]
    fewest = max(figure.fewest for figure in found)
    rest = counts["training"] - found[0].compared
    more = f", and of any of the {rest:,} that were not compared" if rest else ""
    return (
        f"Exact copies of fewer than {fewest} of the {counts['training']:,} training pictures"
        f"{more} could have gone unseen."
    )


def page(verdict, figures, counts, samples, training, held_out, remarks=()):
    """The report as HTML text.

    Args:
        verdict: one of those in ``HEADLINES``; figures: {way of looking: ``leakage.Figures``}.
        counts: numbers of samples, of pictures on each side, and of twins left out.
        samples, training, held_out: pictures (N, C, H, W) in [-1, 1].
        remarks: sentences on the pictures of both sides.
    """
    tone, words = HEADLINES[verdict]
    if verdict == "no sign of copying found":
        words = f"{words} {unseen(figures, counts)}"
    twins = counts["twins"]
    left_out = (
        f" {twins:,} held-out pictures were among the training pictures, too, and are "
        "left out: keep them apart before training."
        if twins
        else ""
    )
    notes = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in remarks)
    tables = "".join(
        f"<h2>Figures, {NAMES[name]}</h2>{_table(found)}"
        for name, found in figures.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Leakage report: {verdict}</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>
<h1>Leakage report</h1>
<p class="small">{counts["samples"]:,} samples, compared with {counts["pictures"]:,}
of {counts["training"]:,} training pictures and as many that the generator never
saw.{left_out}</p>
<div class="verdict" style="--tone:{tone}"><b>{verdict[0].upper()}{verdict[1:]}</b><br>
{words}</div>{notes}
<h2>The closest pairs</h2>{_pairs(samples, training, held_out)}{tables}
<h2>How to read this page</h2>
<p>A good generator draws pictures <i>like</i> its training pictures. Copying is more: being
nearer to those pictures than to others of the same kind. So every figure has a control, the
held-out pictures, in equal number. The range beside 50&nbsp;% is where chance falls in 19 of 20
cases; ranges in brackets are 95&nbsp;% confidence intervals. The page accuses when the share of
nearer samples, the much nearer ones, the guessing or the number of repeated pictures lies where
chance brings it less than once in 1,000; with several figures, a false alarm stays below one in 100.</p>
<h2>What this page does not show</h2>
<p>It does not say that the generator is private, safe or lawful to publish. It tests one kind
of attack, on samples alone; who holds the discriminator, or knows one person's picture, can do
more. It cannot see copies of a face, a logo or a phrase inside an otherwise new picture. Only a
guarantee made during training, such as differential privacy, bounds attacks not yet tried.</p>
</body></html>
"""


def _pairs(samples, training, held_out):
    """The samples nearest to training, for what held-out pictures are near; as rows."""
    flat = [x.flatten(1) for x in (samples, training, held_out)]
    to_training, of_training = nearest_neighbours(flat[0], flat[1])
    to_held_out, of_held_out = nearest_neighbours(flat[0], flat[2])
    ratio = to_training[:, 0] / to_held_out[:, 0].clamp_min(1e-12)
    first = ratio.argsort()[:SHOWN]
    rows = {
        "sample": samples[first],
        "nearest training picture": training[of_training[first, 0]],
        "nearest held-out picture": held_out[of_held_out[first, 0]],
    }
    cells = "".join(
        f"<div>{name}</div>{_image(x, f'{len(x)} pictures in a row: {name}')}"
        for name, x in rows.items()
    )
    return (
        f'<div class="rows">{cells}</div><p class="small">The {len(first)} samples that '
        "stand nearest to a training picture in comparison with the nearest held-out "
        f"picture. Distance ratios, left to right: "
        f"{', '.join(f'{r:.2f}' for r in ratio[first])}. A ratio near 0 is a copy; these "
        "are the most suspicious of all samples, so ratios somewhat below 1 are no "
        "surprise.</p>"
    )


def _image(pictures, alt):
    png = png_bytes(tile(pictures, len(pictures)))
    return f'<img alt="{html.escape(alt)}" src="{data_uri(png)}">'


def _table(found):
    """One way of looking: a row per figure, with its uncertainty and a safe value."""
    copies, test = found.copies, found.test
    rows = [
        ("Samples nearer to a training than to a held-out picture",
         f"{copies.share:.1%}", f"50 %; chance brings {copies.low:.1%} to {copies.high:.1%}"),
        ("Nearest-neighbour ratio: distance to training over distance to held out, median",
         f"{copies.ratio:.3f}", "about 1"),
        ("Samples at less than half the distance to a training picture, and the reverse",
         f"{copies.close} and {copies.mirrored}", "equally few"),
        ("Training pictures that a sample almost repeats, of all of them",
         f"{found.repeats.count:,} of {found.repeats.compared:,}",
         f"{found.repeats.expected:.1f} at most; from {found.repeats.fewest} on it shows"),
        ("Guessing who was in the training set from the samples: area under the curve (AUC)",
         _interval(found.attack), "0.5, a coin"),
        ("Training pictures found while 1 % of the others are accused",
         _interval(found.found, percent=True), "about 1 %"),
        ("Authentic samples: no nearer to a training picture than another one is",
         _interval(found.authentic, percent=True),
         f"as held-out pictures: {_interval(found.control, percent=True)}"),
        ("Data-copying test (C<sub>T</sub>), in standard errors",
         f"{test.z:+.1f} over {test.cells} cells",
         "between &minus;3 and 3; far below &minus;3 is copying or samples blurred "
         "towards the middle, far above 3 is far from the data"),
    ]  # fmt: skip
    body = "".join(
        f'<tr><td>{what}</td><td class="n">{value}</td><td>{safe}</td></tr>'
        for what, value, safe in rows
    )
    head = "<tr><th>figure</th><th>here</th><th>without copying</th></tr>"
    return f"<table>{head}{body}</table>"


def _interval(value, percent=False):
    form = ".1%" if percent else ".3f"
    return f"{value.value:{form}} ({value.low:{form}} to {value.high:{form}})"
