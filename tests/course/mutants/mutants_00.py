"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "(48, 1, 28, 28)", "(48, 784)", "row"),
    ("exercise-1", "(48, 1, 28, 28)", "(48, 28, 28)", "dimension"),
    ("exercise-1", "(48, 1, 28, 28)", "(48, 28, 28, 1)", "channel before"),
    ("exercise-1", "(48, 1, 28, 28)", "(6, 8, 1, 28, 28)", "rows and columns"),
    ("exercise-1", "(48, 1, 28, 28)", "(1, 28, 28)", "batch"),
    ("exercise-1", "(48, LATENT_DIM)", "(LATENT_DIM, 48)", "batch comes first"),
    ("exercise-1", "(48, LATENT_DIM)", "(6, 8)", "64 numbers"),
    ("exercise-1", "(48, LATENT_DIM)", "(6, 8, LATENT_DIM)", "rows and columns"),
    ("exercise-1", "(48, LATENT_DIM)", "(LATENT_DIM,)", "one picture"),
    ("exercise-1", "(48, LATENT_DIM)", "(48, 784)", "one row"),
    (
        "exercise-2",
        "(1 - w) * start + w * end",
        "w * start + (1 - w) * end",
        "reversed",
    ),
    (
        "exercise-2",
        "torch.linspace(0, 1, steps)",
        "(torch.arange(steps) / steps)",
        "arrive",
    ),
    ("exercise-2", "linspace(0, 1, steps)", "linspace(0, 1, steps + 1)", "shape"),
    ("exercise-2", "[:, None]", "[:, None] ** 2", "equally"),
    ("exercise-3", "pictures.var(0).mean()", "pictures.var()", "within one picture"),
    ("exercise-3", "var(0)", "flatten(1).var(1)", "within each"),
    ("exercise-3", "var(0)", "std(0)", "square"),
    ("exercise-3", "mean()", "sum()", "sum"),
    ("exercise-3", "var(0).mean()", "mean(0).var()", "variance first"),
    ("exercise-3", "pictures.var(0).mean()", "pictures.var(0)", "one number"),
]
