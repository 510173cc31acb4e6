"""Figures of several GANs trained side by side: curves, samples and dots, one a copy."""

import matplotlib.pyplot as plt
import torch

from gan_utils import metrics, plotting


def curve_panels(panels, xlabel, ylabel, every=1, log=False):
    """A panel a set-up and a thin curve a copy; returns the figure.

    Args:
        panels: {title: [(values (records, copies), colour, label or None)]}.
        every: steps between two records, the first at step 0.
        log: a logarithmic vertical axis, else one that starts at 0.
    """
    height = 2.4 if len(panels) > 1 else 2.9
    figure, row = plt.subplots(
        1, len(panels), figsize=(8.4, height), sharey=True, squeeze=False
    )
    for axes, (title, groups) in zip(row[0], panels.items()):
        for values, colour, label in groups:
            x = every * torch.arange(len(values))
            lines = axes.plot(x, values, color=colour, linewidth=0.8)
            lines[0].set_label(label)
        axes.set(xlabel=xlabel)
        axes.set_title(title, fontsize=10)
    if log:
        row[0, 0].set_yscale("log")
    else:
        row[0, 0].set_ylim(bottom=0)
    row[0, 0].set_ylabel(ylabel)
    if next(iter(panels.values()))[0][2]:
        row[0, 0].legend(loc="lower left", ncols=1 if len(panels) > 1 else 3)
    return figure


def orbit_panels(paths, xlabel, ylabel, extent=2.4):
    """The paths of two players in the field of the bilinear game; returns the figure.

    Args:
        paths: {title: (steps, 2, copies)}; the first two copies are drawn.
        extent: the panels reach from -extent to extent.
    """
    figure, panels = plt.subplots(1, len(paths), figsize=(8.4, 2.75), sharey=True)
    x, y = torch.meshgrid(*[torch.linspace(-extent, extent, 9)] * 2, indexing="xy")
    for axes, (title, path) in zip(panels, paths.items()):
        axes.quiver(x, y, y, -x, color="#c4c4c4", width=0.007)
        for k, colour in ((1, "#f3cfa1"), (0, plotting.FAKE)):
            axes.plot(*path[:, :, k].T, color=colour, linewidth=1.2)
            axes.plot(*path[0, :, k], "o", color=colour, markersize=4)
        axes.plot(0, 0, "*", color=plotting.REAL, markersize=10)
        plotting.square(axes, extent)
        axes.set(xlabel=xlabel, ylabel="")
        axes.set_title(title, fontsize=10)
    panels[0].set_ylabel(ylabel)
    return figure


def coverage_panels(covered, total, every, mended=()):
    """Modes covered over training, a panel a set-up and a curve a copy; returns the figure.

    Args:
        covered: {set-up: counts (records, copies)}.
        total: number of modes, drawn as a dotted line.
        every: generator steps between two records.
        mended: the set-ups drawn in green.
    """
    figure, panels = plt.subplots(1, len(covered), figsize=(8.4, 2.4), sharey=True)
    for axes, (name, counts) in zip(panels, covered.items()):
        colour = plotting.GOOD if name in mended else plotting.FAKE
        apart = torch.linspace(-0.012, 0.012, counts.shape[1]) * total
        x = every * torch.arange(1, len(counts) + 1)
        axes.plot(x, counts + apart, color=colour, linewidth=0.8)
        axes.axhline(total, color=plotting.REAL, linestyle=":", linewidth=1.5)
        axes.set(ylim=(-0.04 * total, 1.06 * total), xlabel="generator steps")
        axes.set_title(name, fontsize=10)
    panels[0].set_ylabel(f"modes covered, of {total}")
    return figure


def sample_rows(rows, mixture, extent, shown=200):
    """A row a set-up, a small picture a copy, headed by its mode coverage; returns the figure.

    Args:
        rows: {set-up: samples (copies, N, 2)}.
        mixture: the ``toy.Mixture`` behind the data; its means are drawn in blue.
        extent: the pictures reach from -extent to extent.
        shown: how many samples are drawn; the coverage counts all.
    """
    copies, total = len(next(iter(rows.values()))), len(mixture.means)
    figure, panels = plt.subplots(
        len(rows), copies, figsize=(8.4, 1.05 * len(rows)), squeeze=False
    )
    for line, (name, samples) in zip(panels, rows.items()):
        counts = metrics.modes_covered(samples, mixture)[0]
        for axes, points, count in zip(line, samples, counts):
            axes.scatter(*mixture.means.T, s=7, c=plotting.REAL, linewidths=0)
            axes.scatter(*points[:shown].T, s=1.8, c=plotting.FAKE, linewidths=0)
            axes.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal")
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"{count}/{total}", fontsize=9, loc="center", pad=3)
        line[0].set_ylabel(name)
    return figure


def dot_panels(measured, titles, mended=()):
    """A panel a measure, a row a set-up, a dot a copy; returns the figure.

    Args:
        measured: {set-up: (values (copies,), one for each title)}.
        titles: what the panels measure.
        mended: the set-ups drawn in green.
    """
    figure, panels = plt.subplots(1, len(titles), figsize=(8.4, 2.4), sharey=True)
    for i, (axes, title) in enumerate(zip(panels, titles)):
        for row, (name, values) in enumerate(measured.items()):
            height = row + torch.linspace(-0.2, 0.2, len(values[i]))
            colour = plotting.GOOD if name in mended else plotting.FAKE
            axes.scatter(values[i], height, s=18, c=colour, alpha=0.8, linewidths=0)
        axes.set(
            title=title, yticks=range(len(measured)), ylim=(len(measured) - 0.5, -0.5)
        )
        axes.set_yticklabels(list(measured))
        axes.set_xlim(left=0, right=1.06 * axes.get_xlim()[1])
    return figure
