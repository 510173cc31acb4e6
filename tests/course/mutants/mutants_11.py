"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "4: 0.5", "4: 0.25", "square root"),
    ("exercise-1", "100: 0.1", "100: 1.0", "cancel"),
    ("exercise-1", "16: 0.25", "16: 0.4", "variance"),
    ("exercise-1", "4: 0.5", "4: ...", "not started"),
    ("exercise-2", "torch.arange(count)", "torch.arange(1, count + 1)", "first point"),
    ("exercise-2", "2 * torch.pi / count", "2 * torch.pi / (count - 1)", "one step"),
    ("exercise-2", "b - a * (a @ b) / (a @ a)", "b", "length"),
    ("exercise-2", "* a.norm() / across.norm()", "", "length"),
    ("exercise-2", "2 * torch.pi", "torch.pi", "full turn"),
    ("exercise-2", "2 * torch.pi / count", "4 * torch.pi / count", "twice"),
    ("exercise-2", "angle.cos() * a + ", "angle.cos() * a - ", "sign"),
    ("exercise-3", "return v / (b @ v)", "return v", "divide"),
    ("exercise-3", "return v / (b @ v)", "return v / v.norm()", "divide"),
    ("exercise-3", "return v / (b @ v)", "return ...", "not started"),
    ("exercise-3", "torch.linalg.inv(C)", "C", "inverse"),
    ("exercise-3", "torch.linalg.inv(C)", "torch.eye(len(b))", "likely"),
    ("exercise-3", " + strength", " - strength", "sign"),
    ("exercise-3", "strength * others", "0 * others", "do not count"),
    ("exercise-3", "strength * others", "1e3 * others", "exactly 0"),
    (
        "exercise-3",
        "return v / (b @ v)",
        "v = C @ b\n    return v / (b @ v)",
        "do not count",
    ),
]
