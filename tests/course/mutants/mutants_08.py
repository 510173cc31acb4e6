"""(exercise, text of the solution, wrong text, word the check must say)"""

MUTANTS = [
    ("exercise-1", "return low", "return -low", "turned round"),
    ("exercise-1", "> 2 * gamma", "> gamma", "w^2 each"),
    ("exercise-1", "> 2 * gamma", "> 4 * gamma", "gamma / 2"),
    ("exercise-1", "> 2 * gamma", "< 2 * gamma", "does not minimise"),
    ("exercise-1", "return low", "return low / 2", "does not minimise"),
    ("exercise-1", "return low", "return float('nan')", "finite"),
    ("exercise-1", "return low", "return ...", "not started"),
    ("exercise-2", "every * penalty", "penalty", "multiply by every"),
    ("exercise-2", "every * penalty", "1 / every * penalty", "must stay"),
    ("exercise-2", "% every", "// every", "not 4"),
    ("exercise-2", "next(calls) % every", "next(calls) > 9", "evenly spaced"),
    ("exercise-2", "if next(calls) % every", "if not next(calls) % every", "not 30"),
    (
        "exercise-2",
        "(discriminator, real, fake)\n\n",
        "(discriminator, fake, real)\n\n",
        "in this order",
    ),
    (
        "exercise-2",
        "        if next(calls) % every:\n            return torch.zeros(())\n"
        "        return every * penalty(discriminator, real, fake)",
        "        value = penalty(discriminator, real, fake)\n"
        "        return 0 * value if next(calls) % every else every * value",
        "no time is saved",
    ),
    (
        "exercise-2",
        "    calls = itertools.count()\n",
        "    calls = lazy.__dict__.setdefault('calls', itertools.count())\n"
        "    if next(calls) > 1:\n        next(calls)\n",
        "its own calls",
    ),
    ("exercise-3", "nn.init.zeros_(self.last.weight)", "pass", "begin with F(x) = 0"),
    (
        "exercise-3",
        "nn.init.zeros_(self.last.weight)",
        "for p in self.parameters():\n            nn.init.zeros_(p)",
        "only the last",
    ),
    ("exercise-3", "x + branch", "branch", "missing"),
    (
        "exercise-3",
        "avg_pool2d(x + branch, 2)",
        "nn.functional.relu(avg_pool2d(x + branch, 2))",
        "after",
    ),
    ("exercise-3", "avg_pool2d(x + branch, 2)", "x + branch", "wanted"),
    (
        "exercise-3",
        "avg_pool2d(x + branch, 2)",
        "x + avg_pool2d(branch, 2)",
        "both paths",
    ),
    (
        "exercise-3",
        "nn.init.zeros_(self.last.weight)",
        "nn.init.zeros_(self.last.weight)\n        self.norm = nn.BatchNorm2d(channels)",
        "BatchNorm",
    ),
    (
        "exercise-3",
        "nn.functional.leaky_relu(self.first(x), 0.2)",
        "self.first(x)",
        "linear",
    ),
]
