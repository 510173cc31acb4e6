"""(exercise, text of the solution, wrong text, word the check must say)"""

SOFTPLUS_REAL = "softplus(-real_logits).mean()"
SOFTPLUS_FAKE = "softplus(fake_logits).mean()"
MUTANTS = [
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.6 / (0.2 + 0.6)", "generated points"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2 / 0.6", "ratio"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2", "sum"),
    ("exercise-1", "0.2 / (0.2 + 0.6)", "0.2 + 0.6", "p/(p + q)"),
    ("exercise-2", "(from_p + from_q) / 2", "from_p + from_q", "1/2"),
    ("exercise-2", "(from_p + from_q) / 2", "from_p / 2", "both p and q"),
    ("exercise-2", "m = (p + q) / 2", "m = q", "m"),
    ("exercise-2", "torch.log(", "torch.log2(", "bits"),
    ("exercise-2", "(p / m)", "(m / p)", "m"),
    ("exercise-2", ").sum() * dx\n    from_q", ").sum()\n    from_q", "dx"),
    ("exercise-3", SOFTPLUS_REAL, f"-{SOFTPLUS_REAL}", "not -V"),
    (
        "exercise-3",
        f"{SOFTPLUS_REAL} + {SOFTPLUS_FAKE}",
        f"-({SOFTPLUS_REAL} + {SOFTPLUS_FAKE})",
        "sign",
    ),
    (
        "exercise-3",
        f"{SOFTPLUS_REAL} + {SOFTPLUS_FAKE}",
        "softplus(real_logits).mean() + softplus(-fake_logits).mean()",
        "swapped",
    ),
    ("exercise-3", "mean()", "sum()", "mean"),
    (
        "exercise-3",
        f"{SOFTPLUS_REAL} + {SOFTPLUS_FAKE}",
        "-(real_logits.sigmoid().log() + (1 - fake_logits.sigmoid()).log()).mean()",
        "softplus",
    ),
    ("exercise-4", "softplus(-fake_logits)", "-softplus(fake_logits)", "saturating"),
    ("exercise-4", "softplus(-fake_logits)", "-softplus(-fake_logits)", "sign"),
    ("exercise-4", "softplus(-fake_logits)", "softplus(fake_logits)", "detect"),
    ("exercise-4", "mean()", "sum()", "mean"),
    (
        "exercise-4",
        "softplus(-fake_logits)",
        "-fake_logits.sigmoid().log()",
        "infinite",
    ),
]
