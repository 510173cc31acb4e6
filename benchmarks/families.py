"""Four families of generative models at equal CPU seconds. ``python -m benchmarks.families``.

A GAN, a VAE, a pixel LSTM and a flow, all on the 60,000 training pictures, with parameter
counts within 10 % of each other, trained for 60 CPU seconds on one thread, from three
seeds. Scores are of 2,500 generated pictures; likelihoods of 500 test pictures. Scoring is
not part of the budget. Writes results/families.json after every run and goes on where it
stopped; ``--seconds`` ends it after the run that passes the limit.
"""

import argparse
import base64
import json
import platform
import time
from pathlib import Path

import torch
from PIL import Image

from gan_utils import metrics
from gan_utils.data import fashion_mnist
from gan_utils.metrics import precision_recall
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.plotting import png_bytes, tile
from gan_utils.rivals import flow, vae_lstm
from gan_utils.rivals.vae_lstm import VAE, PixelLSTM, count_parameters, train
from gan_utils.training import by_cpu_seconds, train_gan

RESULTS = Path(__file__).resolve().parent / "results" / "families.json"
BUDGET = 60.0  # CPU seconds of training
SAMPLES = 2_500  # generated pictures in every score
JUDGED = 500  # test pictures whose likelihood is asked for
STEPS = (1, 2, 4, 8, 16, 32)  # of the flow's sampler, for the curve
FLOW_STEPS = 16  # of the flow's sampler, in the table
BACKWARDS = 32  # Heun steps from a picture to its noise
DRAWS = 64  # of z for the tighter bound of the VAE


def made_gan(seconds):
    """The recipe of lesson 08, unchanged."""
    generator = DCGANGenerator(64, 24, refine=True)
    discriminator = DCGANDiscriminator(16, depth=3)
    network, steps = train_gan(generator, discriminator, by_cpu_seconds(seconds))

    def sample(count):
        with torch.no_grad():
            return network(torch.randn(count, network.latent_dim))

    counts = {"trained": count_parameters(generator, discriminator),
              "to sample": count_parameters(generator)}  # fmt: skip
    return sample, steps, counts, dict


def made_vae(seconds):
    """A VAE, its bounds, and the score of pictures with drawn instead of mean pixels."""
    model, steps = train(VAE(), by_cpu_seconds(seconds), rate=4e-3)

    def more():
        pictures = fashion_mnist("test")[0][:JUDGED]
        with torch.no_grad():
            single = torch.stack([pixels - kl for pixels, kl in
                                  (model.terms(pictures) for _ in range(DRAWS))])  # fmt: skip
            bound = weighted_bound(model, pictures)
            drawn = [vae_lstm.draw_levels(*model.decode(torch.randn(500, model.latent_dim)))
                     for _ in range(SAMPLES // 500)]  # fmt: skip
        return {
            "bits per dimension": bits(-single.mean(0)),
            "bits per dimension, tighter bound": bits(-bound),
            "FID of drawn pixels": round(
                metrics.fid(vae_lstm.to_unit(torch.cat(drawn))), 2
            ),
        }

    counts = {"trained": count_parameters(model),
              "to sample": count_parameters(model.decoder)}  # fmt: skip
    return model.sample, steps, counts, more


def weighted_bound(model, pictures):
    """log of the mean of p(x, z) / q(z | x) over draws of z (Burda et al. 2015)."""
    mean, log_variance = model.encode(pictures)
    weights = []
    for _ in range(DRAWS):
        noise = torch.randn_like(mean)
        z = mean + (log_variance / 2).exp() * noise
        pixels = vae_lstm.log_prob(pictures, *model.decode(z)).flatten(1).sum(1)
        prior_over_posterior = (noise**2 + log_variance - z**2).sum(1) / 2
        weights.append(pixels + prior_over_posterior)
    return torch.stack(weights).logsumexp(0) - torch.tensor(float(DRAWS)).log()


def made_lstm(seconds):
    """The pixel LSTM; its likelihood is exact."""
    model, steps = train(PixelLSTM(), by_cpu_seconds(seconds), rate=8e-3, batch_size=16)

    def more():
        pictures = fashion_mnist("test")[0][:JUDGED]
        with torch.no_grad():
            return {"bits per dimension": bits(-model.log_prob(pictures))}

    count = count_parameters(model)
    return model.sample, steps, {"trained": count, "to sample": count}, more


def made_flow(seconds):
    """Flow matching; the score at several numbers of steps, and the likelihood."""
    model, steps = train(flow.Flow(), by_cpu_seconds(seconds), rate=4e-3, batch_size=32)

    def more():
        curve = {}
        for count in STEPS:
            chance = torch.Generator().manual_seed(1)
            noise = torch.randn(SAMPLES, 1, 28, 28, generator=chance).split(500)
            drawn = torch.cat([model.carry(part, count) for part in noise])
            curve[str(count)] = round(metrics.fid(flow.quantise(drawn)), 2)
        x = flow.dequantise(fashion_mnist("test")[0][:JUDGED])
        times = flow.late_times(BACKWARDS)
        found = [flow.log_density(model, part, times) for part in x.split(100)]
        nats = 784 * torch.tensor(128.0).log() - torch.cat(
            found
        )  # intervals of 1 / 128
        return {"FID by steps": curve, "bits per dimension": bits(nats)}

    def sample(count):
        return model.sample(count, FLOW_STEPS)

    count = count_parameters(model)
    return sample, steps, {"trained": count, "to sample": count}, more


FAMILIES = {"GAN": made_gan, "VAE": made_vae, "LSTM": made_lstm, "flow": made_flow}


def bits(nats):
    """Mean bits per pixel and its standard error, from nats a picture."""
    each = vae_lstm.bits_per_dimension(nats, 784)
    return [
        round(each.mean().item(), 4),
        round(each.std().item() / len(each) ** 0.5, 4),
    ]


def milliseconds(sample, count, repeats):
    """CPU milliseconds a picture, the median of several draws of ``count``."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        sample(count)
        spent.append((time.process_time() - begin) * 1000 / count)
    return round(sorted(spent)[repeats // 2], 3)


def as_png(pictures):
    """A row of pictures as PNG in 16 grey levels, base64."""
    image = Image.fromarray(tile(pictures, len(pictures))).quantize(16)
    return base64.b64encode(png_bytes(image)).decode()


def measure(name, seed, seconds):
    """Train one model and score it."""
    torch.manual_seed(seed)
    begin = time.process_time()
    sample, steps, counts, more = FAMILIES[name](seconds)
    trained = time.process_time() - begin
    pictures = torch.cat([sample(500) for _ in range(SAMPLES // 500)])
    features = metrics.image_features(pictures)
    precision, recall = precision_recall(metrics.reference_features(SAMPLES), features)
    found = {
        "seed": seed, "steps": steps, "CPU seconds": round(trained, 1),
        "parameters": counts, "FID": round(metrics.fid(pictures), 2),
        "precision": round(precision, 4), "recall": round(recall, 4),
        "ms a picture": milliseconds(sample, 500, 3),
        "ms for one alone": milliseconds(sample, 1, 9),
    }  # fmt: skip
    shown = {"pictures": as_png(pictures[:16])} if seed == 0 else {}
    return found | more() | shown


def main():
    """Run what is missing; save after every run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument(
        "--seconds", type=float, default=1e9, help="CPU seconds at most"
    )
    options, started = parser.parse_args(), time.process_time()
    torch.set_num_threads(1)
    done = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"runs": {}}
    done |= {
        "command": "python -m benchmarks.families", "machine": platform.machine(),
        "torch": torch.__version__, "threads": 1, "budget": BUDGET, "samples": SAMPLES,
        "flow steps": FLOW_STEPS,
    }  # fmt: skip
    for seed in range(options.seeds):
        for name in FAMILIES:
            runs = done["runs"].setdefault(name, [])
            if seed in [run["seed"] for run in runs]:
                continue
            if time.process_time() - started > options.seconds:
                return
            runs.append(measure(name, seed, BUDGET))
            RESULTS.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n")
            print(
                name, {k: v for k, v in runs[-1].items() if k != "pictures"}, flush=True
            )


if __name__ == "__main__":
    main()
