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
    ("exercise-3", "v - others.T", "v + others.T", "left"),
    (
        "exercise-3",
        "torch.linalg.solve(others @ others.T, others @ v)",
        "(others @ v) / others.square().sum(1)",
        "orthogonal",
    ),
    ("exercise-3", "return v - others.T @ weights", "return v", "unchanged"),
    (
        "exercise-3",
        "return v - others.T @ weights",
        "w = v - others.T @ weights\n    return w / w.norm()",
        "rescale",
    ),
]
