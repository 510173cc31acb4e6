"""How much do GANs give away, and what does privacy cost? ``python -m benchmarks.privacy``.

Four parts, written to results/privacy.json; what is there already is kept, so the command
goes on where it stopped, and ``--seconds`` ends it after the run that passes the limit.

sweep: a DCGAN on N = 100, 300, 1,000, 10,000 pictures; attacks on D and on samples.
table: a GAN on 20,000 simulated customers, D trained by DP-SGD at several epsilons.
small: the same on 300 customers, where memorising is easy; attacks on D.
pictures: Fashion-MNIST with D trained by DP-SGD, at two levels of noise and without.
"""

import argparse
import copy
import json
import platform
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import softplus

from gan_utils import losses, metrics
from gan_utils.data import fashion_mnist, to_float
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator, mlp_discriminator
from gan_utils.privacy import customers
from gan_utils.privacy.differential import (
    epsilon_of,
    noise_for,
    poisson_batch,
    private_step,
)
from gan_utils.privacy.leakage import pixels
from gan_utils.privacy.membership import auc, monte_carlo_score, nearest_score, tpr_at
from gan_utils.sampling import draw
from gan_utils.training import EMA, d_step, g_step

RESULTS = Path(__file__).resolve().parent / "results" / "privacy.json"
COUNTS = (100, 300, 1_000, 10_000)  # training pictures of the sweep
STOPS = (600, 3_000)  # steps after which the sweep is attacked
SAMPLES = 2_000  # generated pictures that an attacker sees
OTHERS = 1_000  # held-out pictures, twice: for the attack and for its control
DELTA = 1e-5
TABLE = {"records": 20_000, "rate": 0.01, "steps": 2_000, "clip": 1.0, "d_per_g": 3}
EPSILONS = (None, 4.0, 1.5, 0.6)
SMALL = {"records": 300, "rate": 0.2, "steps": 3_000, "clip": 1.0, "d_per_g": 3}
PICTURES = {"records": 60_000, "rate": 256 / 60_000, "steps": 5_000, "clip": 1.0,
            "d_per_g": 1, "rates": (2e-3, 2e-3)}  # fmt: skip
NOISES = (None, 0.7, 1.5)  # noise multipliers on pictures


def attack_figures(generator, discriminator, members, others, more):
    """Every attack on one GAN: [AUC, low, high] and the true-positive rate likewise."""
    discriminator.eval()
    chance = torch.Generator().manual_seed(1)
    z = torch.randn(SAMPLES, generator.latent_dim, generator=chance)
    samples = draw(generator, z)
    with torch.no_grad():
        of_d = [discriminator(x) for x in (members, others, more)]
    scores = {"D": of_d[:2], "control": of_d[1:]}
    for view, name in ((pixels, "pixels"), (metrics.image_features, "features")):
        seen, sides = view(samples), [view(members), view(others)]
        scores[f"nearest, {name}"] = [nearest_score(x, seen) for x in sides]
        counted = monte_carlo_score(torch.cat(sides), seen)
        scores[f"Monte Carlo, {name}"] = counted.split([len(x) for x in sides])
    discriminator.train()
    return {
        name: {"auc": rounded(auc(*sides)), "tpr": rounded(tpr_at(*sides))}
        for name, sides in scores.items()
    } | {"FID": round(metrics.fid(samples), 2)}


def rounded(interval):
    return [round(x, 4) for x in interval]


def sweep_run(count, seed):
    """Train on ``count`` pictures and attack on the way; {steps: figures}."""
    images = to_float(fashion_mnist("train")[0])
    order = torch.randperm(60_000, generator=torch.Generator().manual_seed(seed))
    members, others, more = (
        images[order[a:b]]
        for a, b in ((0, count), (20_000, 20_000 + OTHERS), (30_000, 30_000 + OTHERS))
    )
    torch.manual_seed(seed)
    generator, discriminator = DCGANGenerator(64, 24), DCGANDiscriminator(24)
    opt_g, opt_d = (
        torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.99))
        for network in (generator, discriminator)
    )
    found = {}
    for step in range(1, STOPS[-1] + 1):
        real = members[torch.randint(count, (64,))]
        z = torch.randn(2, 64, generator.latent_dim)
        d_step(generator, discriminator, opt_d, real, z[0], losses.non_saturating)
        g_step(generator, discriminator, opt_g, z[1], losses.non_saturating)
        if step in STOPS:
            found[str(step)] = attack_figures(
                generator, discriminator, members[:1_000], others, more
            )
    return found


def pair_loss(apply, real, fake):
    """D's loss on one real and one generated example."""
    return softplus(-apply(real)) + softplus(apply(fake))


def private_training(generator, discriminator, rows, plan, noise, batch_g=256):
    """Train with D's steps private where ``noise`` is a number, plain where it is None.

    Returns the moving average of the generator, in eval mode.
    """
    ema = EMA(copy.deepcopy(generator), generator, decay=0.995)
    rates = plan.get("rates", (1e-3, 1e-3))
    opt_g, opt_d = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=(0.5, 0.9))
        for network, rate in zip((generator, discriminator), rates)
    )
    for step in range(1, plan["steps"] + 1):
        real = poisson_batch(rows, plan["rate"])
        with torch.no_grad():
            fake = generator(torch.randn(max(2, len(real)), generator.latent_dim))
        fake = fake[: len(real)]
        if noise is None:
            logits = discriminator(real), discriminator(fake)
            loss = losses.discriminator_loss(*logits)
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
        else:
            private_step(
                discriminator, opt_d, pair_loss, (real, fake), clip=plan["clip"],
                noise=noise, expected=plan["rate"] * len(rows),
            )  # fmt: skip
        if step % plan["d_per_g"] == 0:
            z = torch.randn(batch_g, generator.latent_dim)
            g_step(generator, discriminator, opt_g, z, losses.non_saturating)
            ema.update()
    return ema.average.eval()


def table_run(plan, epsilon, seed):
    """Quality and attack of one table GAN."""
    count = plan["records"]
    rows = customers.simulate(count, 1_000 + seed)
    test, more = (customers.simulate(20_000, k + seed) for k in (2_000, 3_000))
    noise = epsilon and noise_for(epsilon, plan["rate"], plan["steps"], DELTA)
    torch.manual_seed(seed)
    generator = customers.TableGenerator()
    discriminator = mlp_discriminator(customers.WIDTH, 64, 64)
    generator = private_training(generator, discriminator, rows, plan, noise)
    with torch.no_grad():
        drawn = generator(torch.randn(20_000, generator.latent_dim))
        members, others, control = (discriminator(x) for x in (rows, test, more))
    return {
        "noise": noise and round(noise, 4),
        "W1": round(customers.marginal_distance(drawn, test), 4),
        "correlation error": round(customers.correlation_error(drawn, test), 4),
        "answer AUC": rounded(customers.response_auc(drawn, test)),
        "answer AUC, real": rounded(customers.response_auc(rows, test)),
        "W1, real": round(customers.marginal_distance(more, test), 4),
        "attack on D": rounded(auc(members, others)),
        "attack on D, tpr": rounded(tpr_at(members, others)),
        "attack on samples": rounded(auc(
            *(nearest_score(x[:2_000], drawn[:5_000]) for x in (rows, test))
        )),
        "control": rounded(auc(control, others)),
    }  # fmt: skip


def pictures_run(noise, seed):
    """FID and attack with DP-SGD, or without where noise is None; D has no BatchNorm."""
    images = to_float(fashion_mnist("train")[0])
    torch.manual_seed(seed)
    layers = DCGANDiscriminator(16).layers
    discriminator = nn.Sequential(
        *(x for x in layers if not isinstance(x, nn.BatchNorm2d))
    )
    generator = DCGANGenerator(32, 16)
    generator = private_training(
        generator, discriminator, images, PICTURES, noise, batch_g=64
    )
    drawn = draw(generator, torch.randn(5_000, generator.latent_dim))
    with torch.no_grad():
        test = to_float(fashion_mnist("test")[0])
        sides = [discriminator(x) for x in (images[:10_000], test)]
    shown = drawn[:10].add(1).mul(127.5).round().byte().flatten().numpy().tobytes()
    spent = noise and epsilon_of(PICTURES["rate"], noise, PICTURES["steps"], DELTA)
    return {
        "epsilon": noise and round(spent, 3),
        "FID": round(metrics.fid(drawn), 1),
        "attack on D": rounded(auc(*sides)),
        "samples": shown.hex(),
    }


def jobs(seeds):
    """Every run by name: (part, key, function, arguments), the quick ones first."""
    for seed in seeds:
        for count in (*COUNTS[::-3], *COUNTS[1:3]):  # the extremes first
            yield "sweep", f"N={count}, seed {seed}", sweep_run, (count, seed)
        for epsilon in EPSILONS:
            key = f"epsilon {epsilon or 'none'}, seed {seed}"
            yield "table", key, table_run, (TABLE, epsilon, seed)
        for epsilon in (None, 10.0):
            key = f"epsilon {epsilon or 'none'}, seed {seed}"
            yield "small", key, table_run, (SMALL, epsilon, seed)
    for noise in NOISES:
        yield "pictures", f"noise {noise or 'none'}, seed 0", pictures_run, (noise, 0)


def main():
    """Run what is missing; save after every run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument(
        "--seconds", type=float, default=1e9, help="CPU seconds at most"
    )
    parser.add_argument(
        "--parts", nargs="*", default=["sweep", "table", "small", "pictures"]
    )
    options, started = parser.parse_args(), time.process_time()
    torch.set_num_threads(1)
    done = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    done |= {
        "command": "python -m benchmarks.privacy", "machine": platform.machine(),
        "torch": torch.__version__, "threads": 1, "delta": DELTA,
        "plans": {"table": TABLE, "small": SMALL, "pictures": PICTURES},
    }  # fmt: skip
    for part, key, run, arguments in jobs(range(options.seeds)):
        runs = done.setdefault(part, {})
        if part not in options.parts or key in runs:
            continue
        if time.process_time() - started > options.seconds:
            return
        begin = time.process_time()
        runs[key] = run(*arguments)
        runs[key]["CPU seconds"] = round(time.process_time() - begin, 1)
        RESULTS.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n")
        print(part, key, runs[key]["CPU seconds"], flush=True)


if __name__ == "__main__":
    main()
