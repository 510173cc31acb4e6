"""What made the shipped checkpoints: ``python -m gan_utils.recipes NAME``."""

import argparse
import platform
import time

import torch
from torch.nn.functional import cross_entropy

from gan_utils.checkpoints import save_checkpoint
from gan_utils.data import fashion_mnist, to_float
from gan_utils.losses import non_saturating
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator, FeatureNetwork
from gan_utils.training import EMA, d_step, g_step


def feature_network(steps=5000, batch_size=128):
    """Train the classifier behind the FID; returns it with what its card says."""
    images, labels = fashion_mnist("train")
    network = FeatureNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for step in range(steps):
        which = torch.randint(len(images), (batch_size,))
        batch = to_float(images[which])
        if step % 2:
            batch = batch.flip(-1)
        loss = cross_entropy(network(batch), labels[which], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        _report(step, steps, loss)
    return network.eval(), {
        "test accuracy": accuracy(network),
        "steps": steps,
        "batch": batch_size,
    }


@torch.no_grad()
def accuracy(network):
    """Share of the 10,000 test pictures that a classifier names correctly."""
    images, labels = fashion_mnist("test")
    guesses = [network(to_float(batch)).argmax(1) for batch in images.split(500)]
    return (torch.cat(guesses) == labels).float().mean().item()


def start_generator(steps=25_000, batch_size=64, latent_dim=32, width=48):
    """Train the DCGAN generator that lesson 00 loads; returns its moving average."""
    images, _ = fashion_mnist("train")
    generator, average = (
        DCGANGenerator(latent_dim, width),
        DCGANGenerator(latent_dim, width),
    )
    discriminator = DCGANDiscriminator(width)
    ema = EMA(average, generator)
    optimisers = [
        torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.99))
        for network in (generator, discriminator)
    ]
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(o, lambda s: min(1.0, 2 * (1 - s / steps)))
        for o in optimisers
    ]
    for step in range(steps):
        real = to_float(images[torch.randint(len(images), (batch_size,))])
        z = torch.randn(batch_size, latent_dim)
        d_step(generator, discriminator, optimisers[1], real, z, non_saturating)
        z = torch.randn(batch_size, latent_dim)
        g_loss = g_step(generator, discriminator, optimisers[0], z, non_saturating)
        ema.update()
        for schedule in schedules:
            schedule.step()
        _report(step, steps, g_loss)
    facts = {
        "steps": steps,
        "batch": batch_size,
        "latent_dim": latent_dim,
        "width": width,
    }
    return average.eval(), {"FID on the test set": score(average), **facts}


def score(generator, count=10_000):
    """Our FID of ``count`` pictures from a generator, against the test set."""
    from gan_utils.metrics import fid

    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        z = torch.randn(count, generator.latent_dim)
        return fid(torch.cat([generator(part) for part in z.split(500)]))


def _report(step, steps, loss):
    if step % 500 == 0 or step == steps - 1:
        print(f"step {step:6d} of {steps}, loss {loss.item():.3f}", flush=True)


RECIPES = {"feature_network": feature_network, "start_generator": start_generator}


def main():
    """Train one checkpoint and write it with its card into data/checkpoints."""
    parser = argparse.ArgumentParser(description="make a shipped checkpoint again")
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    begin = time.process_time()
    network, facts = RECIPES[options.name]()
    card = {
        "command": f"python -m gan_utils.recipes {options.name} --seed {options.seed}",
        "network": type(network).__name__,
        **facts,
        "seed": options.seed,
        "CPU seconds": round(time.process_time() - begin),
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "data": "Fashion-MNIST training set (MIT, Zalando SE)",
        "licence": "MIT",
    }
    save_checkpoint(network, options.name, card)
    print(card)


if __name__ == "__main__":
    main()
