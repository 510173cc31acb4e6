"""(exercise, text of the solution, wrong text, word the check must say)"""

POWER = "(1 + 0.1**2) ** 50"
SHARES = "(1.0, 0.0, 0.0)"
STEP = "psi - lr * (theta + gamma * psi)"
STD = "max(0.0, start_std * (1 - step / steps))"
NOISE = "points + std * torch.randn_like(points)"
COUNT = "torch.bincount(nearest[distance <= reach], minlength=len(means))"
MUTANTS = [
    ("exercise-1", POWER, "1.1**100", "not by 1 + lr"),
    ("exercise-1", POWER, "1.01**100", "square root is missing"),
    ("exercise-1", POWER, "1.0", "circle"),
    ("exercise-1", POWER, "1.01**-50", "outward"),
    ("exercise-1", POWER, "1.5", "compounds"),
    ("exercise-1", POWER, "3.0", "not yet"),
    ("exercise-2", SHARES, "(1 / 3, 1 / 3, 1 / 3)", "variety"),
    ("exercise-2", SHARES, "(0.375, 0.3125, 0.3125)", "proportion"),
    ("exercise-2", SHARES, "(0.0, 0.5, 0.5)", "fooled"),
    ("exercise-2", SHARES, "(0.6, 0.5, 0.5)", "sum"),
    ("exercise-2", SHARES, "(0.8, 0.1, 0.1)", "lowers"),
    ("exercise-3", STEP, "psi - lr * theta", "missing"),
    ("exercise-3", STEP, "psi - lr * (theta - gamma * psi)", "R1 has the wrong sign"),
    ("exercise-3", STEP, "psi + lr * (theta + gamma * psi)", "whole step"),
    (
        "exercise-3",
        STEP,
        "psi + lr * (theta - gamma * psi)",
        "theta has the wrong sign",
    ),
    ("exercise-3", STEP, "psi - lr * theta - gamma * psi", "learning rate"),
    ("exercise-3", STEP, "psi - lr * (theta + gamma / 2 * psi)", "half"),
    ("exercise-3", STEP, "psi - lr * (theta + gamma * psi**2 / 2)", "derivative"),
    ("exercise-4", STD, "start_std", "annealed"),
    ("exercise-4", STD, "start_std * step / steps", "grows"),
    ("exercise-4", STD, "start_std * (1 - step / steps)", "negative"),
    ("exercise-4", STD, "max(0.0, start_std * (1 - step / steps)) ** 2", "start_std"),
    ("exercise-4", "randn_like", "rand_like", "centred"),
    ("exercise-4", NOISE, "points + std * torch.randn(2)", "same noise"),
    ("exercise-4", NOISE, "std * torch.randn_like(points)", "add it"),
    ("exercise-4", NOISE, "points.add_(std * torch.randn_like(points))", "changed"),
    ("exercise-5", "nearest[distance <= reach]", "nearest", "reach"),
    ("exercise-5", "<= reach", "> reach", "turned round"),
    ("exercise-5", ", minlength=len(means)", "", "missing"),
    ("exercise-5", ".min(dim=1)", ".max(dim=1)", "min, not max"),
    ("exercise-5", COUNT, "distance <= reach", "one number per sample"),
]
