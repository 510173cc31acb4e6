"""Lesson 16's table: policies judged on held-out users, in ten simulated audiences.

Run from the root: ``python benchmarks/personalised.py`` writes results/personalised.json;
about a CPU minute a seed. Everything is simulated; see data/scenes/audience.md.
"""

import json
import platform
import time
from pathlib import Path

import torch

from gan_utils.ads.clicks import campaign, code_gan, surrogate
from gan_utils.ads.clicks import policies as bandits
from gan_utils.ads.clicks import policies as off_policy
from gan_utils.ads.clicks.audience import COMBINATIONS
from gan_utils.ads.clicks.log import best_by_segment, best_single
from gan_utils.ads.creatives.networks import BannerGenerator
from gan_utils.ads.creatives.typesetting import outcomes
from gan_utils.checkpoints import load_checkpoint, read_card

RESULT = Path(__file__).resolve().parent / "results" / "personalised.json"
SEEDS = range(10)
BATCH = 4_000  # impressions between two updates
STEADY, DRIFTED = 30, 20  # batches before and after the audience changes its tastes
REWARDS = (0.0, 0.3, 1.0, 3.0)
CANDIDATES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def painter():
    """Lesson 15's shipped generator."""
    width = read_card("banner_generator")["width"]
    return load_checkpoint(BannerGenerator(width=width), "banner_generator")


def generators(world, belief, seed):
    """{reward: a generator trained on the log's clicks}."""
    features, codes = campaign.clicked(world.log)
    made = {}
    for reward in REWARDS:
        torch.manual_seed(seed)
        made[reward] = code_gan.train(features, codes, belief.mean.view(7, -1), reward)
    return made


def of_segment(rates, users):
    """For every user the column with the highest mean rate in the user's segment: (N,)."""
    groups = range(int(users.segments.max()) + 1)
    best = [rates[users.segments == k].mean(0).argmax() for k in groups]
    return torch.stack(best)[users.segments]


def policies(world, belief, made, users, turned, seed):
    """{policy: numbers (N, K) of the creatives that it shows}."""
    library, tastes = world.library, belief.tastes(users)
    truth = world.model.click_rates(users, COMBINATIONS)
    predicted = belief.rates(users)
    plain, tuned = (
        turned[code_gan.propose(made[reward], users, 16, seed)] for reward in (0.0, 1.0)
    )
    random = torch.Generator().manual_seed(seed)
    anything = turned[torch.randint(len(turned), tuned.shape, generator=random)]
    ranked = code_gan.ranked_first
    chosen = {
        "best single ad": best_single(world.log).expand(len(tastes)),
        "best ad by segment": best_by_segment(world.log)[users.segments],
        "library, ranked for each user": library[predicted[:, library].argmax(1)],
        "16 at random, ranked": ranked(anything, tastes),
        "16 of the click GAN, ranked": ranked(plain, tastes),
        "16 of the tuned GAN, ranked": ranked(tuned, tastes),
        "all 4,032, ranked by segment": turned[of_segment(predicted[:, turned], users)],
        "all 4,032, ranked": turned[predicted[:, turned].argmax(1)],
        "oracle, library": library[truth[:, library].argmax(1)],
        "oracle, all 4,032": truth.argmax(1),
    }
    return {
        "uniform": library.expand(len(tastes), -1),
        "click GAN": plain,
        "tuned GAN": tuned,
        **{name: numbers[:, None] for name, numbers in chosen.items()},
    }


def hacking(world, belief, made, users, turned, seed):
    """{source: {K: (predicted, true)}}: the click rate of the first of K ranked."""
    tastes, random = belief.tastes(users), torch.Generator().manual_seed(seed)
    most = max(CANDIDATES)
    shape = (len(tastes), most)
    sources = {
        "at random": turned[torch.randint(len(turned), shape, generator=random)],
        "tuned GAN": turned[code_gan.propose(made[1.0], users, most, seed)],
    }
    found = {}
    for name, proposals in sources.items():
        for count in CANDIDATES:
            first = code_gan.ranked_first(proposals[:, :count], tastes)[:, None]
            creatives = COMBINATIONS[first]
            score = (surrogate.one_hot(creatives[:, 0]) * tastes).sum(1)
            found.setdefault(name, {})[count] = (
                torch.sigmoid(score + belief.offset).mean().item(),
                world.model.click_rates(users, creatives).mean().item(),
            )
    return found


def rewards(world, belief, made, users, turned, seed):
    """{reward: one sample's and the first of 16's true rate, kinds among 16}."""
    found = {}
    for reward, generator in made.items():
        offers = turned[code_gan.propose(generator, users, 16, seed)]
        first = code_gan.ranked_first(offers, belief.tastes(users))[:, None]
        kinds = sum(len(row.unique()) for row in offers[:500]) / 500
        found[reward] = {
            "one sample": campaign.judged(world.model, users, offers)["clicks"],
            "first of 16": campaign.judged(world.model, users, first)["clicks"],
            "kinds among 16": kinds,
        }
    return found


def off_log(world, belief, users):
    """{policy: {estimator: (rate, error), "truth": rate}} from the log held back."""
    log, library = world.held_back, world.library
    every = belief.rates(log.users, COMBINATIONS[library])
    of_shown = every.gather(1, log.shown[:, None])[:, 0]
    best = best_by_segment(world.log)
    rows = {
        "best ad by segment": (best[:, None] == library)
        .int()
        .argmax(1)[log.users.segments],
        "library, ranked for each user": every.argmax(1),
    }
    found = {}
    for name, row in rows.items():
        weight = len(library) * (row == log.shown).float()
        of_policy = every.gather(1, row[:, None])[:, 0]
        truth = world.model.click_rates(log.users, COMBINATIONS[library[row]][:, None])
        found[name] = {
            "model": (of_policy.mean().item(), 0.0),
            "IPS": off_policy.ips(log.clicks, weight),
            "SNIPS": off_policy.snips(log.clicks, weight),
            "doubly robust": off_policy.doubly_robust(
                log.clicks, weight, of_shown, of_policy
            ),
            "truth": truth.mean().item(),
        }
    return found


def live_policies(world, belief, generator, turned):
    """Five policies that serve the same live traffic."""
    best = best_by_segment(world.log)

    def offered(users, random):
        seed = int(torch.randint(2**31, (), generator=random))
        return turned[code_gan.propose(generator, users, 16, seed)]

    def widely(users, random):
        shape = (len(users.segments), 16)
        anything = turned[torch.randint(len(turned), shape, generator=random)]
        return torch.cat([offered(users, random), anything], 1)

    def first(users, random):
        return code_gan.ranked_first(offered(users, random), belief.tastes(users))

    return {
        "best ad by segment": bandits.Fixed(lambda users, _: best[users.segments]),
        "LinUCB on the library": bandits.LinUCB(world.log),
        "generate, rank": bandits.Fixed(first),
        "generate, rank, bandit": bandits.Thompson(belief, offered),
        "the same, forgetting": bandits.Thompson(belief, widely, memory=0.9),
    }


def measure(seed, turned):
    """Everything for one audience."""
    world, users = campaign.start(seed), campaign.held_out_users(seed)
    belief = surrogate.fit_surrogate(world.log)
    made = generators(world, belief, seed)
    shown = policies(world, belief, made, users, turned, seed)
    table = {
        name: campaign.judged(world.model, users, numbers)
        for name, numbers in shown.items()
    }
    live = bandits.run_live(
        live_policies(world, belief, made[1.0], turned),
        STEADY * [world.model] + DRIFTED * [world.model.drifted()],
        BATCH,
        torch.Generator().manual_seed(20_000 + seed),
    )
    return {
        "seed": seed,
        "policies": table,
        "ideal click GAN": campaign.ideal_gan(world.model, users, world.library),
        "rewards": rewards(world, belief, made, users, turned, seed),
        "hacking": hacking(world, belief, made, users, turned, seed),
        "off-policy": off_log(world, belief, users),
        "live": {name: rates.tolist() for name, rates in live.rates.items()},
        "live oracle": live.best.tolist(),
    }


def main():
    """Measure ten audiences, saving after each."""
    torch.set_num_threads(1)
    turned = outcomes(painter())
    right = COMBINATIONS[turned] == COMBINATIONS
    done = {
        "command": "python benchmarks/personalised.py",
        "machine": platform.machine(),
        "torch": torch.__version__,
        "impressions a batch": BATCH,
        "batches before drift": STEADY,
        "painted as ordered": right.float().mean(0).tolist(),
        "runs": [],
    }
    for seed in SEEDS:
        begin = time.process_time()
        done["runs"].append(measure(seed, turned))
        seconds = time.process_time() - begin
        rates = {
            name: round(100 * row["clicks"], 2)
            for name, row in done["runs"][-1]["policies"].items()
        }
        print(f"seed {seed}, {seconds:.0f} CPU s: {rates}", flush=True)
        RESULT.write_text(json.dumps(rounded(done)) + "\n")


def rounded(value):
    """The same with five significant figures, for a smaller file."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {str(key): rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(entry) for entry in value]
    return value


if __name__ == "__main__":
    main()
