"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", '"A": 9', '"A": 7', "G's sign"),
    ("exercise-1", '"B": 3', '"B": 10', "what D gets to see"),
    ("exercise-1", '"C": 7', '"C": 8', "below 0"),
    ("exercise-1", '"D": 4', '"D": 3', "how many"),
    ("exercise-1", '"D": 4', '"D": ...', "not started"),
    ("exercise-2", "28 * 28)", "1_024)", "784"),
    ("exercise-2", "nn.Tanh()", "nn.LeakyReLU(0.2)", "tanh"),
    ("exercise-2", "nn.Tanh()", "nn.Sigmoid()", "[0, 1]"),
    ("exercise-2", "nn.Tanh()", "nn.Identity()", "tanh"),
    ("exercise-2", "nn.Unflatten(1, (1, 28, 28))", "nn.Identity()", "split 784"),
    ("exercise-2", "(1, 28, 28)", "(28, 28)", "split 784"),
    (
        "exercise-2",
        "nn.Tanh(), ",
        "nn.Tanh(), nn.BatchNorm1d(784, affine=False), nn.Tanh(), ",
        "batch",
    ),
    (
        "exercise-3",
        "to_training < to_held_out",
        "to_training > to_held_out",
        "inverted",
    ),
    ("exercise-3", ".float().mean()", ".float().sum()", "mean"),
    ("exercise-3", ".min(1).values", ".min(0).values", "axis"),
    ("exercise-3", ".min(1).values", ".mean(1)", "min"),
    ("exercise-3", ".min(1).values", ".max(1).values", "farthest"),
    ("exercise-3", ".flatten(1)", "", "flatten"),
    (
        "exercise-3",
        "(to_training < to_held_out).float().mean()",
        "to_training.mean() / to_held_out.mean()",
        "ratio",
    ),
]
