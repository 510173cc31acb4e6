"""(exercise, text of the solution, wrong text, word the check must say)"""

CURVATURE = "-(second_moment + second_moment) / 4"
ROOT = "friction / 2 + ((friction / 2) ** 2 - 1 / 4) ** 0.5"
SHARES = "(1.0, 0.0, 0.0)"
MUTANTS = [
    ("exercise-1", "1 + 2**2", "1", "mean²"),
    ("exercise-1", "1 + 2**2", "2**2", "variances"),
    ("exercise-1", CURVATURE, "(second_moment + second_moment) / 4", "negative"),
    ("exercise-1", CURVATURE, "-second_moment / 4", "missing"),
    ("exercise-1", CURVATURE, "-(second_moment + second_moment) / 2", "-1/2"),
    ("exercise-1", CURVATURE, "-1.0", "theta = 2"),
    ("exercise-1", CURVATURE, 'float("nan")', "nan"),
    ("exercise-1", ROOT, ROOT.replace("+", "-"), "faster"),
    ("exercise-1", ROOT, ROOT.replace("friction / 2 +", "-friction / 2 -"), "sign"),
    ("exercise-1", ROOT, ROOT.replace("1 / 4", "1"), "-1/4, not -1"),
    ("exercise-1", ROOT, "friction / 2", "root is missing"),
    ("exercise-1", ROOT, 'float("nan")', "nan"),
    ("exercise-2", SHARES, "(1 / 3, 1 / 3, 1 / 3)", "variety"),
    ("exercise-2", SHARES, "(0.375, 0.3125, 0.3125)", "proportion"),
    ("exercise-2", SHARES, "(0.0, 0.5, 0.5)", "fooled"),
    ("exercise-2", SHARES, "(0.6, 0.5, 0.5)", "sum"),
    ("exercise-2", SHARES, "(0.8, 0.1, 0.1)", "lowers"),
    ("exercise-3", "(1 - beta) * ", "", "1 - beta"),
    ("exercise-3", "s**2 / 2", "s / 2", "not s/2"),
    (
        "exercise-3",
        "(1 - beta) * phi / 2",
        "(1 - beta) * (phi - lr * mean_d) / 2",
        "same",
    ),
    ("exercise-3", "lr=0.1", "lr=0.2", "1/2"),
    ("exercise-3", "calm[-1]", "calm[-1] + 0.01", "first one"),
    ("exercise-3", "calm[-1]", "calm[0]", "borne"),
    ("exercise-3", "calm[-1]", "1.2", "below 1"),
    ("exercise-3", "calm[-1]", "0.3", "more momentum"),
    ("exercise-3", "calm[-1]", "0.9", "farther"),
    ("exercise-3", "calm[-1]", 'float("nan")', "nan"),
]
