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
    ("exercise-3", "generator(z).detach()", "generator(z)", "detach"),
    (
        "exercise-3",
        "discriminator(real), discriminator(fake)",
        "discriminator(fake), discriminator(real)",
        "swapped",
    ),
    ("exercise-3", "d_loss = loss", "d_loss = -loss", "sign"),
    ("exercise-3", "    opt_d.zero_grad()\n", "", "zero_grad"),
    ("exercise-3", "    opt_d.step()\n", "", "did not move"),
    ("exercise-3", "return d_loss.detach()", "return d_loss.item()", "tensor"),
    ("exercise-4", "for _ in range(d_per_g)", "for _ in range(1)", "d_per_g"),
    (
        "exercise-4",
        "    for _ in range(steps):\n",
        "    z = sample_z()\n    sample_z = lambda: z\n    for _ in range(steps):\n",
        "drawn once",
    ),
    (
        "exercise-4",
        "        for _ in range(d_per_g):\n",
        "        real = sample_real()\n        for _ in range(d_per_g):\n"
        "            sample_real = lambda real=real: real\n",
        "real batch",
    ),
    (
        "exercise-4",
        "d_step(sample_real(), sample_z())",
        "d_step(sample_z(), sample_real())",
        "first",
    ),
    (
        "exercise-4",
        "g_losses.append(g_step(sample_z()))",
        "g_step(sample_z())",
        "losses",
    ),
]
