"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "0.85 * 500", "0.15 * 500", "held out"),
    ("exercise-1", "0.85 * 500", "500", "never train"),
    ("exercise-1", "300 * 32 / 425", "300 * 32 / 500", "never dealt"),
    ("exercise-1", "300 * 32 / 425", "300", "shows 32"),
    ("exercise-1", "50_000**2 * 3 / 1e9", "50_000**2 / 1e9", "three bytes"),
    ("exercise-1", "50_000**2 * 3 / 1e9", "50_000**2 * 3", "gigabytes"),
    ("exercise-1", '"D": 0.0', '"D": 1.0', "perfect generator"),
    ("exercise-1", '"D": 0.0', '"D": ...', "not started"),
    ("exercise-2", "min(width, height)", "max(width, height)", "leaves the picture"),
    ("exercise-2", "(width - side) // 2, (height - side) // 2", "0, 0", "middle"),
    ("exercise-2", "top + side", "height", "no square"),
    ("exercise-2", "min(width, height)", "min(width, height) // 2", "larger square"),
    ("exercise-3", "groups.unique()", "torch.arange(len(groups))", "20 %"),
    ("exercise-3", "torch.isin(groups, chosen)", "~torch.isin(groups, chosen)", "others"),
    ("exercise-3", "names[torch.randperm(len(names))]", "names", "side by side"),
    ("exercise-3", "torch.isin(groups, chosen)",
     "torch.rand(len(groups)) < share", "torn"),
    ("exercise-3", "torch.isin(groups, chosen)", "chosen", "one bool"),
]  # fmt: skip
