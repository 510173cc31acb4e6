"""Lesson 19: traces of an augmentation in pictures, recorded runs and their figures."""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d

from gan_utils import metrics, plotting

SQUARE, EVEN = 8, 0.1  # side of a hole that is looked for; mean |x| of an even grey
EDGE = 0.2  # mean |x| of an outermost line that is grey
LINES = {"none": ("without augmentation", plotting.FAKE),
         "augmented": ("augmented", plotting.GOOD)}  # fmt: skip
TOE_LEFT = torch.tensor([7, 9])  # sneakers and ankle boots, which real pictures show so


def grey_squares(images):
    """Share of pictures with a square of 8 x 8 pixels that is an even middle grey.

    That is what a cutout leaves behind; few real pictures have one.

    Args:
        images: (N, C, H, W) in [-1, 1], at least 8 x 8 pixels.
    Returns:
        A float in [0, 1].
    """
    grey = avg_pool2d(images.abs().mean(1, keepdim=True), SQUARE, 1)
    return (grey.amin((1, 2, 3)) < EVEN).double().mean().item()


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
    return (darkest < EDGE).double().mean().item()


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
    shoes = images[torch.isin(classes, TOE_LEFT)]
    left, right = (half.sum((1, 2, 3)) for half in shoes.chunk(2, dim=3))
    return (left > right).double().mean().item()


def recorded(measured, count, name, key):
    """One measure of the recorded sweep along the training.

    Args:
        measured: benchmarks/results/overfitting.json, read.
        count: training pictures; name: "none" or "augmented"; key: of the measure.
    Returns:
        (seeds, looks), or (seeds, looks, 3) for what D says of three kinds.
    """
    runs = [
        run for label, run in measured["sweep"].items()
        if label.startswith(f"N={count}, {name},")
    ]  # fmt: skip
    return torch.tensor(
        [[look[key] for step, look in run.items() if step.isdecimal()] for run in runs]
    )


def recorded_traces(measured, name, key):
    """Traces of one recorded augmentation in the samples, a number a seed: (seeds,)."""
    runs = measured["leaks"].items()
    return torch.tensor(
        [run[key] for label, run in runs if label.startswith(f"{name}, seed")]
    )


def recorded_samples(measured, name, seed=0):
    """The twelve pictures (12, 1, 28, 28) that a recorded run kept, in [-1, 1]."""
    content = bytes.fromhex(measured["leaks"][f"{name}, seed {seed}"]["samples"])
    pixels = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    return pixels.view(-1, 1, 28, 28).float() / 127.5 - 1


def memorised(logits):
    """r_v: how far D's logits of held-out pictures are on the way to generated ones.

    (E D(training) - E D(held out)) / (E D(training) - E D(generated)): 0 without
    over-fitting, 1 where D takes new real pictures for generated ones.

    Args:
        logits: (..., 3), means over training, held-out and generated pictures.
    Source:
        Karras et al. 2020, arXiv:2006.06676, equation 1.
    """
    training, held_out, generated = logits.unbind(-1)
    return (training - held_out) / (training - generated)


def curves_figure(measured, counts, steps):
    """FID along the recorded trainings, a panel a count, a line a seed; the figure."""
    figure, panels = plt.subplots(1, len(counts), figsize=(8.4, 2.8), sharey=True)
    for axes, count in zip(panels, counts):
        for name, (label, colour) in LINES.items():
            lines = axes.plot(
                steps, recorded(measured, count, name, "FID").T, color=colour, lw=1.2
            )
            lines[0].set_label(label)
        axes.set(xlabel="step")
        axes.set_title(f"{count:,} pictures", fontsize=10)
    panels[0].set_ylim(bottom=0)
    panels[0].set_ylabel("FID, held out")
    panels[0].legend(fontsize=8)
    return figure


def sweep_figure(measured, counts, panels):
    """Measures at the end over the number of pictures; returns the figure.

    Args:
        measured, counts: as for ``recorded``.
        panels: {title: function of (measured, count, name) to (seeds,)}.
    """
    size = (2.2 * len(panels), 2.5)
    figure, row = plt.subplots(1, len(panels), figsize=size, squeeze=False)
    for axes, (title, measure) in zip(row[0], panels.items()):
        for name, (label, colour) in LINES.items():
            values = [measure(measured, count, name) for count in counts]
            axes.plot(counts, [v.mean() for v in values], color=colour, label=label)
            for count, found in zip(counts, values):
                axes.plot([count] * len(found), found, ".", color=colour, alpha=0.6)
        axes.set(xscale="log", xlabel="training pictures")
        axes.tick_params(labelsize=8)
        axes.set_title(title, fontsize=10)
    row[0, 0].legend(fontsize=8)
    return figure


def bars_figure(rows, titles):
    """A panel a title, a bar of the mean a row, a dot a run; returns the figure.

    Args:
        rows: {label: (shares in [0, 1] of its runs, a tensor for each title)}, real
            pictures first, in blue.
        titles: what the panels count.
    """
    figure, panels = plt.subplots(
        1, len(titles), figsize=(8.4, 2.4), sharey=True, squeeze=False
    )
    colours = [plotting.REAL] + [plotting.FAKE] * (len(rows) - 1)
    for axes, title, shares in zip(panels[0], titles, zip(*rows.values())):
        axes.barh(list(rows), [x.mean() for x in shares], color=colours, alpha=0.6)
        for at, runs in enumerate(shares):
            axes.plot(runs, [at] * len(runs), ".", color="black", clip_on=False)
        axes.set(xlim=(0, 1), xlabel="share")
        axes.set_title(title, fontsize=10)
    panels[0, 0].invert_yaxis()
    return figure


def flag_figure(rows, alarms):
    """A table of measures whose alarming cells are marked; returns the figure.

    Args:
        rows: {name: {measure: value}}.
        alarms: {measure: function of a value to bool}, one for every column.
    """
    cells = [[f"{row[key]:.2f}" if abs(row[key]) < 10 else f"{row[key]:.0f}"
              for key in alarms] for row in rows.values()]  # fmt: skip
    flags = [[alarms[key](row[key]) for key in alarms] for row in rows.values()]
    figure, axes = plt.subplots(figsize=(8.4, 0.36 * len(rows) + 0.4))
    axes.set_axis_off()
    table = axes.table(
        [[("● " if flag else "") + cell for cell, flag in zip(*pair)]
         for pair in zip(cells, flags)],
        cellColours=[["#f4c7a1" if flag else "white" for flag in line] for line in flags],
        rowLabels=list(rows), colLabels=list(alarms), loc="center", cellLoc="center",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    table.scale(1, 1.5)
    return figure
