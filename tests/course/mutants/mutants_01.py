"""(exercise, text of the solution, wrong text, word the check must say)"""

SMOOTHED = "s * p / (p + q)"
REAL, FAKE = "-softplus(-real_logits).mean()", "softplus(fake_logits).mean()"
MUTANTS = [
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.6 / (0.2 + 0.6)", "generated points"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2 / 0.6", "ratio"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2", "sum"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2 + 0.6", "p/(p + q)"),
    ("exercise-2", SMOOTHED, "p / (p + q)", "no effect"),
    ("exercise-2", SMOOTHED, "s * p / (s * p + q)", "missing"),
    ("exercise-2", SMOOTHED, "(1 - s) * p / (p + q)", "swapped"),
    ("exercise-2", SMOOTHED, "((1 - s) * p + q) / (p + q)", "maximum"),
    ("exercise-2", SMOOTHED, "s * p / ((1 - s) * p + q)", "ratio"),
    ("exercise-2", SMOOTHED, "s * q / (p + q)", "not a"),
    ("exercise-3", "(v + math.log(4)) / 2", "v", "this is V"),
    ("exercise-3", "(v + math.log(4)) / 2", "v + math.log(4)", "half"),
    ("exercise-3", "v + math.log(4)", "v - math.log(4)", "sign"),
    ("exercise-3", "v + math.log(4)", "-v + math.log(4)", "-V"),
    ("exercise-3", "(v + math.log(4)) / 2", "v / 2", "missing"),
    ("exercise-3", "(v + math.log(4)) / 2", "v / 2 + math.log(4)", "halved"),
    ("exercise-3", "/ 2", "/ 2 / math.log(2)", "bits"),
    ("exercise-3", "mean()", "sum()", "logits of 0"),
    (
        "exercise-3",
        f"{REAL} - {FAKE}",
        "real_logits.sigmoid().log().mean() + (1 - fake_logits.sigmoid()).log().mean()",
        "infinite",
    ),
]
