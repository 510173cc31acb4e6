"""How lesson 17 shows its results: a table, and the bars of the ablations."""

import json

import matplotlib.pyplot as plt
import torch

from gan_utils import plotting
from gan_utils.data import ROOT

RESULT = ROOT / "benchmarks" / "results" / "try_on.json"
BASELINES = ("nearest neighbour", "copy and paste", "mean colour", "mean picture")
PANELS = {
    "SSIM": ("SSIM", "unpaired"),
    "texture": ("texture", "unpaired"),
    "identity error": ("identity error", "unpaired"),
    "garment error, new pattern": ("error on the garment", "unseen pattern"),
}
"""The panels of ``show_parts``: {title: (score, test set)}."""


def print_scores(results):
    """Print {method: scores} as a table, a row a method."""
    names = list(next(iter(results.values())))
    heads = [name.replace("error on the garment", "garment error") for name in names]
    print(" " * 24 + "".join(f"{head:>16}" for head in heads))
    for method, found in results.items():
        print(f"{method:24}" + "".join(f"{found[name]:16.3f}" for name in names))


def of(name, key, test_set="unpaired"):
    """A score of every run of one method in the benchmark's file, as a tensor."""
    bench = json.loads(RESULT.read_text())
    if name in bench["baselines"]:
        return torch.tensor([bench["baselines"][name][test_set][key]])
    return torch.tensor([run[test_set][key] for run in bench["runs"][name]])


def show_parts():
    """Bars of the trained versions and the baselines, one panel a score; dots are runs."""
    trained = list(json.loads(RESULT.read_text())["runs"])
    names = [*trained, *BASELINES][::-1]
    figure, axes = plt.subplots(1, len(PANELS), figsize=(11.5, 3.2), sharey=True)
    for axis, (title, wanted) in zip(axes, PANELS.items()):
        for row, name in enumerate(names):
            values = of(name, *wanted)
            colour = plotting.FAKE if name in trained else plotting.NEUTRAL
            axis.barh(row, values.mean(), color=colour, height=0.65)
            axis.plot(values, [row] * len(values), "k.", markersize=4)
        axis.set(title=title, yticks=range(len(names)), yticklabels=names)
        axis.grid(False, axis="y")
    for axis in axes[:2]:
        axis.axvline(1, color=plotting.REAL)
        axis.set_xlim(0, 1.05)
    plotting.show(
        figure,
        "Bars for five trained versions and four baselines: SSIM, texture, "
        "identity error, and the error on the garment for an unseen pattern",
    )
