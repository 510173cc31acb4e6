import matplotlib.pyplot as plt
import torch

from gan_utils import privacy_figures as figures
from gan_utils.privacy import customers


def fake_results():
    attacks = {key: {"auc": [0.7, 0.6, 0.8], "tpr": [0.1, 0.05, 0.2]}
               for key, _ in figures.ATTACKS.values()}  # fmt: skip
    other = {k: {"auc": [0.9, 0.8, 1.0], "tpr": [0.3, 0.2, 0.4]} for k in attacks}
    run = {"W1": 0.04, "correlation error": 0.03, "answer AUC": [0.7, 0.6, 0.8],
           "attack on D": [0.5, 0.4, 0.6], "CPU seconds": 20.0, "W1, real": 0.004,
           "answer AUC, real": [0.74, 0.7, 0.8]}  # fmt: skip
    return {
        "sweep": {"N=10, seed 0": {"9": attacks}, "N=10, seed 1": {"9": other},
                  "N=100, seed 0": {"9": other}},
        "table": {"epsilon none, seed 0": run,
                  "epsilon none, seed 1": {**run, "W1": 0.06}},
    }  # fmt: skip


def test_recorded_figures_are_means_over_seeds():
    measured = fake_results()
    found = figures.recorded_attack(measured, 10, 9, "D")
    torch.testing.assert_close(found, torch.tensor([0.8, 0.7, 0.9]))
    found = figures.recorded_attack(measured, 100, 9, "D", "tpr")
    torch.testing.assert_close(found, torch.tensor([0.3, 0.2, 0.4]))
    assert (
        round(figures.recorded_table(measured, "table", "none", "W1").item(), 4) == 0.05
    )
    found = figures.recorded_table(measured, "table", "none", "answer AUC").item()
    assert round(found, 4) == 0.7
    table = figures.cost_table(measured, ["none"])
    assert "<td>0.050</td>" in table
    assert "<td>20</td>" in table
    assert "<td>(real rows)</td><td>0.004</td>" in table


def test_recorded_pictures_come_back_with_their_promise():
    shown = bytes([0] * 7_839 + [255]).hex()
    runs = {"a": {"epsilon": None, "FID": 36.3, "samples": shown},
            "b": {"epsilon": 4.645, "FID": 52.5, "samples": shown}}  # fmt: skip
    found = figures.recorded_pictures({"pictures": runs})
    assert list(found) == ["no noise, FID 36", "ε = 4.6, FID 52"]
    epsilon, fid, pictures = found["ε = 4.6, FID 52"]
    assert (epsilon, fid, pictures.shape) == (4.645, 52.5, (10, 1, 28, 28))
    assert pictures.flatten()[[0, -1]].tolist() == [-1, 1]


def test_figures_hold_what_they_say():
    measured = fake_results()
    figure = figures.sweep_figure(measured, (10, 100), 9)
    assert [axes.get_ylabel() for axes in figure.axes][0] == "AUC"
    assert len(figure.axes[0].containers) == len(figures.ATTACKS)
    rows = customers.simulate(50)
    assert len(figures.columns_figure(rows, {"made": rows}).axes) == 4
    assert figures.logit_figure(torch.zeros(5), torch.ones(5)).axes
    plt.close("all")


def test_tables_name_their_columns_and_escape():
    assert "50%" not in figures.table_of(["a<b"], [["<i>"]])
    assert "&lt;i&gt;" in figures.table_of(["a<b"], [["<i>"]])
    assert figures.customer_table(customers.simulate(3)).count("<tr>") == 4
    sides = torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])
    assert "1.00 (" in figures.attack_table({"sure": sides})
    ceiling = figures.ceiling_table((0.1, 4.0), 1e-5)
    assert "54.6" in ceiling
    assert "86%" in ceiling
