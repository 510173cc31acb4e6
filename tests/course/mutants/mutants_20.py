"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "3 / 4", "1.0", "four pairs"),
    ("exercise-1", "3 / 4", "1 / 4", "gets wrong"),
    ("exercise-1", "3 * 0.1", "0.1", "coin"),
    ("exercise-1", "3 * 0.1", "0.1 * math.log(3)", "exponent"),
    ("exercise-1", "3 / (3 + 9)", "3 / 9", "these are the odds"),
    ("exercise-1", "3 / (3 + 9)", "0.3", "on the odds"),
    ("exercise-1", "5 * 4 / (2 * 2**2)", "4 / (2 * 2**2)", "one step"),
    ("exercise-1", "5 * 4 / (2 * 2**2)", "5 * 4 / (2 * 2)", "2 s^2"),
    ("exercise-1", "3 / 4", "...", "not started"),
    ("exercise-2", "gradients * factors", "gradients", "nothing is clipped"),
    ("exercise-2", ".clamp_max(1)", "", "scaled up"),
    ("exercise-2", "(gradients * factors).sum(0)", "gradients.clamp(-clip, clip).sum(0)",
     "each number"),
    ("exercise-2", "(gradients * factors).sum(0)",
     "gradients.sum(0) * clip / gradients.sum(0).norm()", "before the sum"),
    ("exercise-2", ".sum(0)", ".mean(0)", "mean"),
    ("exercise-2", ".sum(0)", ".sum(1)", "axis 0"),
    ("exercise-2", "(clip / lengths)", "(clip / (lengths - lengths))", "nothing is"),
    ("exercise-2", "(clip / lengths)", "(1 / lengths)", "wide bound"),
    ("exercise-3", " - nearest_score(pictures, reference)", "", "not used"),
    ("exercise-3", "return nearest", "return -nearest", "add"),
    ("exercise-3", " - nearest", " + nearest", "subtract"),
    ("exercise-3", "return nearest_score(pictures, samples) - ", "return ",
     "the samples are not used"),
    ("exercise-3", "return nearest_score(pictures, samples) - nearest_score(pictures, "
     "reference)", "return nearest_score(pictures, reference) - nearest_score(pictures, "
     "samples)", "signs are turned"),
]  # fmt: skip
