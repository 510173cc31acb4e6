"""(exercise, text of the solution, wrong text, word the check must say)"""

D_LOSS = "softplus(-real_logits).mean() + softplus(fake_logits).mean()"
LOG_D_LOSS = (
    "-torch.log(real_logits.sigmoid()).mean()"
    " - torch.log(1 - fake_logits.sigmoid()).mean()"
)
Z = "torch.randn(BATCH, LATENT_DIM)"

MUTANTS = [
    ("exercise-1", "nn.Linear(256, 784)", "nn.Linear(256, 1_024)", "784"),
    (
        "exercise-1",
        "nn.Linear(256, 784), nn.Tanh()",
        "nn.Linear(256, 784), nn.LeakyReLU(0.2)",
        "tanh",
    ),
    ("exercise-1", "nn.Tanh()", "nn.Sigmoid()", "[0, 1]"),
    ("exercise-1", "nn.Unflatten(1, (1, 28, 28))", "nn.Identity()", "split 784"),
    (
        "exercise-1",
        "nn.Tanh(), ",
        "nn.Tanh(), nn.BatchNorm1d(784, affine=False), nn.Tanh(), ",
        "batch",
    ),
    ("exercise-1", "nn.Flatten(), nn.Linear(784, 256)", "nn.Linear(28, 256)", "row"),
    ("exercise-1", "nn.Flatten(0)", "nn.Sigmoid(), nn.Flatten(0)", "logit"),
    ("exercise-1", Z, "torch.ones(len(real), LATENT_DIM)", "same z"),
    ("exercise-1", Z, "torch.randn(BATCH + 1, LATENT_DIM)", "as many latents"),
    ("exercise-1", D_LOSS, f"-({D_LOSS})", "sign of d_loss"),
    ("exercise-1", D_LOSS, LOG_D_LOSS, "softplus"),
    ("exercise-1", D_LOSS, "softplus(-real_logits).mean()", "only learns from real"),
    ("exercise-1", D_LOSS, "softplus(fake_logits).mean()", "only learns from gen"),
    ("exercise-1", "d_loss.backward()", "(-d_loss).backward()", "sign of d_loss"),
    ("exercise-1", "    opt_d.zero_grad()\n", "", "zero_grad"),
    ("exercise-1", "    opt_g.zero_grad()\n", "", "zero_grad"),
    ("exercise-1", "    opt_d.step()\n", "", "D did not move"),
    ("exercise-1", "    opt_g.step()\n", "    opt_d.step()\n", "G did not move"),
    ("exercise-1", "    opt_g.step()\n", "    opt_g.step()\n    opt_d.step()\n", "move D"),
    ("exercise-1", "softplus(-discriminator(fake))", "softplus(discriminator(fake))", "lose"),
    ("exercise-1", "softplus(-discriminator(fake))", "-softplus(discriminator(fake))", "saturates"),
    ("exercise-1", "softplus(-discriminator(fake))", "-softplus(-discriminator(fake))", "flees"),
    (
        "exercise-1",
        "softplus(-discriminator(fake))",
        "-torch.log(discriminator(fake).sigmoid())",
        "softplus",
    ),
    ("exercise-1", "softplus(-discriminator(fake))", "softplus(-discriminator(fake.detach()))", "G did not move"),
    ("exercise-1", "return d_loss, g_loss", "return -d_loss, g_loss", "return -V"),
    ("exercise-1", "return d_loss, g_loss", "return d_loss", "of 2"),
    ("exercise-2", '"float64": 37.4', '"float64": 53', "bits"),
    ("exercise-2", '"float64": 37.4', '"float64": -37.4', "sign"),
    ("exercise-2", '"bfloat16": 6.2', '"bfloat16": 2**-9', "gap"),
    ("exercise-2", '"float16": 8.3', '"float16": 3.6', "natural"),
    ("exercise-2", '"float16": 8.3', '"float16": ...', "not started"),
    (
        "exercise-3",
        "to_training < to_held_out",
        "to_training > to_held_out",
        "inverted",
    ),
    ("exercise-3", ".float().mean()", ".float().sum()", "mean"),
    ("exercise-3", ".min(1).values", ".min(0).values", "axis"),
    ("exercise-3", ".min(1).values", ".mean(1)", "min"),
    ("exercise-3", ".min(1).values", ".max(1).values", "farthest"),
    ("exercise-3", ".flatten(1)", "", "flatten"),
    (
        "exercise-3",
        "(to_training < to_held_out).float().mean()",
        "to_training.mean() / to_held_out.mean()",
        "ratio",
    ),
]  # fmt: skip
