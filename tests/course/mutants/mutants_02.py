"""Wrong answers to the exercises of lesson 2, and a word their message must contain."""

MUTANTS = [
    ("exercise-1", "after_d_loss = 6", "after_d_loss = 12", "detach"),
    ("exercise-1", "after_d_loss = 6", "after_d_loss = 3", "two"),
    ("exercise-1", "after_g_loss = 12", "after_g_loss = 6", "through D"),
    ("exercise-1", "after_g_loss = 12", "after_g_loss = 0", "backward"),
    ("exercise-2", "fake = generator(z)", "fake = generator(z).detach()", "detach"),
    ("exercise-2", "g_loss = loss", "g_loss = -loss", "sign"),
    ("exercise-2", "    opt_g.zero_grad()\n", "", "zero_grad"),
    (
        "exercise-2",
        "    opt_g.zero_grad()\n    g_loss.backward()\n",
        "    g_loss.backward()\n    opt_g.zero_grad()\n",
        "wipes",
    ),
    ("exercise-2", "return g_loss.detach()", "return g_loss", "graph"),
    ("exercise-3", "rate_of_d = 0.02", "rate_of_d = 0.003", "out of date"),
    (
        "exercise-3",
        "rate_of_d = 0.02  # fast, so that D is up to date wherever G goes\n"
        "rate_of_g = 0.005",
        "rate_of_d = rate_of_g = 0.003",
        "too slow",
    ),
    ("exercise-3", "rate_of_g = 0.005", "rate_of_g = 0.0001", "hardly moved"),
    (
        "exercise-3",
        "rate_of_d = 0.02  # fast, so that D is up to date wherever G goes\n"
        "rate_of_g = 0.005",
        "rate_of_d = rate_of_g = 0.1",
        "overshoot",
    ),
    ("exercise-3", "rate_of_d = 0.02", "rate_of_d = -0.02", "above 0"),
    ("exercise-3", "rate_of_d = 0.02", "rate_of_d = 20", "at most"),
]
