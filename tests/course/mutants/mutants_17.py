"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", '"A": 0.5 * 48 / 2', '"A": 0.5', "pixels"),
    ("exercise-1", '"A": 0.5 * 48 / 2', '"A": 0.5 * 48', "quarter"),
    ("exercise-1", '"A": 0.5 * 48 / 2', '"A": 0.5 * 64 / 2', "width"),
    ("exercise-1", '"B": -0.5', '"B": 0.5', "takes"),
    ("exercise-1", '"C": 1', '"C": 0', "similarity"),
    ("exercise-1", "16 * 12", "1", "a patch"),
    ("exercise-1", "16 * 12", "64 * 48", "halve"),
    ("exercise-1", '"C": 1', '"C": ...', "not started"),
    ("exercise-2", "flow.diff(dim=3).abs().mean() + ", "", "missing"),
    ("exercise-2", " + flow.diff(dim=2).abs().mean()", "", "missing"),
    ("exercise-2", "flow.diff(dim=3).abs()", "flow.diff(dim=1).abs()", "axis 1"),
    ("exercise-2", ".abs()", "", "opposite sign"),
    ("exercise-2", ".abs()", ".square()", "squares"),
    ("exercise-2", ".mean()", ".sum()", "means"),
    ("exercise-3", ".clamp(min=1)", "", "division by 0"),
    ("exercise-3", "off.sum((1, 2, 3)) / area", "off.mean((1, 2, 3))", "area"),
    ("exercise-3", "off.sum((1, 2, 3)) / area", "off.sum() / area.sum()", "(4,)"),
    ("exercise-3", ".abs().mean(1, True)", ".mean(1, True)", "opposite sign"),
    ("exercise-3", ".mean(1, True)", ".sum(1, True)", "three colours"),
]  # fmt: skip
