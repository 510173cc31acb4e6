"""(exercise, text of the solution, wrong text, word the check must say)"""

NORM = "(ours.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()"
MOVED = "centre + psi * (ws[:, chosen] - centre)"

MUTANTS = [
    ("exercise-1", '"A": 1', '"A": 2', "cancels"),
    ("exercise-1", '"A": 1', '"A": 3', "A is not 3"),
    ("exercise-1", '"B": 2', '"B": 1', "nothing divides"),
    ("exercise-1", '"C": 1', '"C": 2', "same length"),
    ("exercise-1", '"D": 1', '"D": 3', "cancels"),
    ("exercise-1", '"D": 1', '"D": -1', "has none"),
    ("exercise-2", f" * {NORM}", "", "not demodulated"),
    ("exercise-2", "(2, 3, 4)", "(3, 4)", "leaves out the channels"),
    ("exercise-2", "(2, 3, 4)", "(1, 3, 4)", "norm of its own"),
    ("exercise-2", "(2, 3, 4)", "(1, 2, 3, 4)", "output channels"),
    ("exercise-2", "s[:, None, :, None, None] * kernel", "s[:1, None, :, None, None] * kernel.expand(len(x), -1, -1, -1, -1)", "first one"),
    ("exercise-2", "s[:, None, :, None, None] * kernel", "kernel.expand(len(x), -1, -1, -1, -1)", "style is missing"),
    ("exercise-2", "y.reshape(len(x), -1, *y.shape[2:])", "y", "apart again"),
    ("exercise-2", "y.reshape(len(x), -1, *y.shape[2:])", "y.reshape(-1, len(x), *y.shape[2:])", "shape"),
    ("exercise-2", "groups=len(x)", "groups=1", "your code stops"),
    ("exercise-2", "padding=1", "padding=0", "shape"),
    ("exercise-3", "chosen = list(layers)", "chosen = [0, 2, 4]", "other layers"),
    ("exercise-3", "chosen = list(layers)", "chosen = list(range(5))", "all layers"),
    ("exercise-3", MOVED, "ws[:, chosen] + psi * (centre - ws[:, chosen])", "change nothing"),
    ("exercise-3", MOVED, "psi * ws[:, chosen]", "towards 0"),
    ("exercise-3", MOVED, "centre + psi * ws[:, chosen]", "not taken off"),
    ("exercise-3", MOVED, "psi * (ws[:, chosen] - centre)", "not added again"),
    ("exercise-3", MOVED, "centre", "psi = 0"),
    ("exercise-3", f"ws[:, chosen] = {MOVED}", "pass", "nothing changed"),
    ("exercise-3", "ws, centre = ws.clone(), mean[:, None]", "centre = mean[:, None]", "was changed"),
]  # fmt: skip
