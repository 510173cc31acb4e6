"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "(5, 1, 28, 28)", "(5, 784)", "row"),
    ("exercise-1", "(5, 1, 28, 28)", "(5, 28, 28, 1)", "channel before"),
    ("exercise-1", "(5, 1, 28, 28)", "(1, 28, 28)", "batch"),
    ("exercise-1", "(5, 1, 28, 28)", "(5, LATENT_DIM)", "latent"),
    ("exercise-2", "/ 127.5 - 1", "/ 255", "tanh"),
    ("exercise-2", "pixels.float() / 127.5 - 1", "(pixels * 2) // 255 - 1", "float"),
    ("exercise-2", "/ 127.5 - 1", "/ 128 - 1", "127.5"),
    ("exercise-2", "/ 127.5 - 1", "/ -127.5 + 1", "swapped"),
    (
        "exercise-3",
        "(1 - w) * start + w * end",
        "w * start + (1 - w) * end",
        "reversed",
    ),
    (
        "exercise-3",
        "torch.linspace(0, 1, steps)",
        "(torch.arange(steps) / steps)",
        "arrive",
    ),
    ("exercise-3", "linspace(0, 1, steps)", "linspace(0, 1, steps + 1)", "shape"),
    ("exercise-3", "[:, None]", "[:, None] ** 2", "equally"),
]
