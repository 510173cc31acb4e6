"""(exercise, text of the solution, wrong text, word the check must say)"""

FAKE_FOR_G = "generator(z[1], y)"

MUTANTS = [
    ("exercise-1", "labels[rows]", "labels[:BATCH]", "other pictures"),
    ("exercise-1", "labels[rows]", "labels[rows.flip(0)]", "other pictures"),
    (
        "exercise-1",
        FAKE_FOR_G,
        "generator(z[1], torch.randint(10, (BATCH,)))",
        "asked for",
    ),
    (
        "exercise-1",
        "generator(z[0], y)",
        "generator(z[0], torch.randint(10, (BATCH,)))",
        "asked for",
    ),
    (
        "exercise-1",
        "discriminator(fake, y)",
        "discriminator(fake, y.flip(0))",
        "another",
    ),
    ("exercise-1", "labels[rows]", "labels[rows[:1]].repeat(BATCH)", "other pictures"),
    (
        "exercise-1",
        f"discriminator({FAKE_FOR_G}, y)",
        "fake_logits",
        "one for each loss",
    ),
    (
        "exercise-1",
        "softplus(-discriminator(gen",
        "softplus(discriminator(gen",
        "told to lose",
    ),
    (
        "exercise-1",
        "softplus(-discriminator(gen",
        "-softplus(discriminator(gen",
        "saturates",
    ),
    ("exercise-1", FAKE_FOR_G, f"{FAKE_FOR_G}.detach()", "does not reach G"),
    ("exercise-1", "return d_loss", "return -d_loss", "sign of d_loss"),
    ("exercise-1", "return d_loss, g_loss", "return d_loss", "of 2"),
    ("exercise-2", "(q + others) / 2", "q", "third term"),
    ("exercise-2", "(q + others) / 2", "q + others", "half each"),
    ("exercise-2", "(q + others) / 2", "others", "generated pictures are missing"),
    ("exercise-2", "(p.sum(0) - p) / (len(p) - 1)", "p.mean(0)", "includes y"),
    ("exercise-2", " / (len(p) - 1)", "", "take the mean"),
    ("exercise-2", "return p /", "return 1 - p /", "turned round"),
    ("exercise-2", "p / (p + (q + others) / 2)", "p / ((q + others) / 2)", "ratio"),
    (
        "exercise-2",
        "p / (p + (q + others) / 2)",
        "torch.logit(p / (p + (q + others) / 2))",
        "logit",
    ),
    ("exercise-2", "p / (p + (q", "p / (p + 3 * (q", "minimise"),
    ("exercise-3", "1 / share", "share", "count the draws"),
    ("exercise-3", "1 / share", "1 / share - 1", "thrown away"),
    (
        "exercise-3",
        "asked.bincount(minlength=10) / fits",
        "seen.bincount(minlength=10) / fits",
        "not by those seen",
    ),
    (
        "exercise-3",
        "asked.bincount(minlength=10) / fits",
        "fits / asked.bincount(minlength=10)",
        "asking: this is the share",
    ),
    (
        "exercise-3",
        "1 / share, asked.bincount(minlength=10) / fits",
        "asked.bincount(minlength=10) / fits, 1 / share",
        "comes first",
    ),
    ("exercise-3", "minlength=10)", "minlength=11)", "shape"),
    ("exercise-3", " / len(seen)", "", "one over the share"),
]
