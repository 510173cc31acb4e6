"""Make ``data/clicks`` from the source distribution of the Open Bandit Pipeline.

    pip download --no-deps --no-binary=:all: --python-version 3.10 obp==0.5.7
    python data/make/clicks.py obp-0.5.7.tar.gz

Writes six logs, three tables of items, CARD.md, LICENSE and SHA256SUMS into ``data/clicks``,
or into the folder named by ``--output``. The arrays are always the same; the bytes of the
files are the same with the same version of zlib, which compresses them.
"""

import argparse
import csv
import hashlib
import io
import re
import tarfile
from collections import Counter
from datetime import datetime
from email.parser import HeaderParser
from pathlib import Path

import numpy as np

SDIST = "obp-0.5.7"
SHA256 = "3060d67fedfcfadf1e7a6f2608987f74412b5eb74d2c567edeb147595c68f2a0"
POLICIES = {"random": "random", "bts": "thompson"}  # the sdist's name: ours
CAMPAIGNS = ("all", "men", "women")
START = datetime.fromisoformat("2019-11-24T00:00:00+00:00")
CARD = """\
# Clicks in a real shop

**What it shows.** Six logs of the Japanese fashion shop ZOZOTOWN, from 24 to 30 November 2019. A box on its pages showed three articles side by side. In each of three
campaigns (all, men, women) it was drawn at random whether the *random* policy or *Bernoulli Thompson sampling* chose them. A row is one article in one of the three places, called an
impression: when, which article, where (0 left, 1 centre, 2 right), whether it was clicked, and the propensity, the probability with which the policy put this article in this place.

| campaign | articles | policy | impressions | clicks | propensity |
|---|---|---|---|---|---|
{table}

`POLICY_CAMPAIGN.npz` holds `seconds` (since 24 November, 00:00 UTC), `item`, `position`, `click`, `propensity`, `user` (four features as codes) and `affinity` (the user's past clicks on every
article; {affine:.1%} of the rows have any). `items_CAMPAIGN.npz` holds for every article `number` (one standardised feature), `codes` (three features as codes), and `clicked` and `passed`, the
parameters of the Beta distributions with which Thompson sampling went into that week. `gan_utils/ads/clicks/real_logs.py` reads them.

**How it was made.** `data/make/clicks.py` reads the source distribution of `{name}` {version} ({home}). Changed by us: times are whole seconds, positions count from 0, hashed features became codes
(their meaning was not published), numbers are stored in fewer bits. No row was left out or added. The publisher calls these logs the small version of its data, and does not say how the rows were drawn from the full one.

**What to know about the propensities.** Those of Thompson sampling are frequencies in 200,000 simulated draws, and the policy went on learning: they change about every five minutes, and after
a day they are far from those of the start. {standins}

**Whom it leaves out.** Everybody who did not visit this shop in that week. Visitors carry no identity, so two rows may be one person, and no interval can allow for it. What the articles looked like is not published.

**What it is not for.** With {fewest} to {most} clicks a log, no model of a person's taste can be learned from it, and none of a picture. It serves to estimate one policy's click rate from another
policy's log, and to see how many impressions a comparison needs. Do not try to find out what the codes stand for: they describe people.

**Licence and citation.** {licence} ([LICENSE](LICENSE)): the licence of the source distribution that contains the logs, which names no other for them.
Its author is given as {author}. When using the data, cite: Yuta Saito, Shunsuke Aihara, Megumi Matsutani and Yusuke Narita 2021, *Open Bandit Dataset and Pipeline: Towards Realistic and Reproducible Off-Policy
Evaluation*, NeurIPS Datasets and Benchmarks, [arXiv:2008.07146](https://arxiv.org/abs/2008.07146).
"""


def text_of(archive, name):
    """One text file of the source distribution."""
    return archive.extractfile(f"{SDIST}/{name}").read().decode("utf-8")


def table_of(archive, name):
    """One CSV file as {column: list of strings}."""
    rows = list(csv.DictReader(io.StringIO(text_of(archive, name))))
    return {key: [row[key] for row in rows] for key in rows[0]}


def codes(values, kinds):
    """Each value's place in the sorted list of kinds, as uint8."""
    place = {kind: i for i, kind in enumerate(sorted(kinds))}
    return np.array([place[value] for value in values], np.uint8)


def log_arrays(table, kinds):
    """The arrays of one log; ``kinds`` are the values of each user feature in all logs."""
    whole = {
        name: np.array(table[column], np.int64)
        for name, column in (("item", "item_id"), ("position", "position"))
    }
    affinities = sorted(
        (key for key in table if "affinity" in key), key=lambda k: int(k.split("_")[-1])
    )
    affinity = np.array([table[key] for key in affinities], float).T
    if not np.array_equal(affinity, affinity.astype(np.uint8)):
        raise SystemExit("affinities are no longer counts below 256; store them wider")
    times = [datetime.fromisoformat(value) - START for value in table["timestamp"]]
    users = [codes(table[f"user_feature_{j}"], kinds[j]) for j in range(4)]
    return {
        "seconds": np.array([time.total_seconds() for time in times]).astype(np.uint32),
        "item": whole["item"].astype(np.uint8),
        "position": (whole["position"] - 1).astype(np.uint8),
        "click": np.array(table["click"], np.uint8),
        "propensity": np.array(table["propensity_score"], np.float32),
        "user": np.stack(users, 1),
        "affinity": affinity.astype(np.uint8),
    }


def priors(text):
    """{campaign: {"alpha": [...], "beta": [...]}} from the sdist's small YAML file."""
    found, campaign, numbers = {}, {}, []
    for line in text.splitlines():
        if heading := re.fullmatch(r"(\w+):\s*", line):
            campaign = found.setdefault(heading[1], {})
        elif heading := re.fullmatch(r"\s+(\w+):\s*", line):
            numbers = campaign.setdefault(heading[1], [])
        elif entry := re.fullmatch(r"\s+- ([\d.]+)\s*", line):
            numbers.append(float(entry[1]))
    return found


def item_arrays(archive, campaign, prior):
    """The table of a campaign's articles; both policies must describe the same ones."""
    described = []
    for policy in POLICIES:
        table = table_of(
            archive, f"obp/dataset/obd/{policy}/{campaign}/item_context.csv"
        )
        hashed = [table[f"item_feature_{j}"] for j in (1, 2, 3)]  # other hashes in each
        order = [codes_by_appearance(values) for values in hashed]
        number = np.array(table["item_feature_0"], np.float32)
        described.append((number, np.stack(order, 1)))
    if not all(np.array_equal(a, b) for a, b in zip(*described, strict=True)):
        raise SystemExit(f"the policies of {campaign} describe different articles")
    number, order = described[0]
    clicked, passed = (np.array(prior[key], np.float32) for key in ("alpha", "beta"))
    return {"number": number, "codes": order, "clicked": clicked, "passed": passed}


def codes_by_appearance(values):
    """Codes in the order in which the values appear, so that hashes do not matter."""
    place = {value: i for i, value in enumerate(dict.fromkeys(values))}
    return np.array([place[value] for value in values], np.uint8)


def standins(logs):
    """What the card says about Thompson sampling's propensities that are no frequencies."""
    uniform, never = Counter(), []
    for (policy, campaign), log in logs.items():
        if policy == "thompson":
            draws = log["propensity"].astype(float) * 200_000
            odd = log["propensity"][abs(draws - draws.round()) > 0.05]
            uniform[campaign] = int((odd > 1e-3).sum())
            never += [f"{value:.6f} ({campaign})" for value in odd[odd < 1e-3]]
    fallback = " and ".join(
        f"{n} of the campaign {name}" for name, n in uniform.items() if n
    )
    return (
        f"In a few rows ({fallback}) the propensity is exactly one over the number of articles, as if the\n"
        f"policy had fallen back on chance. One is {' and '.join(never)}: less than one draw in 200,000, so it "
        "stands for *never drawn* and is no measured probability."
    )


def card(archive, logs, items):
    """The text of CARD.md, with counts from the arrays and names from the sdist."""
    fields = HeaderParser().parsestr(text_of(archive, "PKG-INFO"))
    lines = []
    for (policy, campaign), log in sorted(logs.items(), key=lambda pair: pair[0][::-1]):
        low, high = log["propensity"].min(), log["propensity"].max()
        span = f"{low:.4f}" if low == high else f"{low:.6f} to {high:.4f}"
        lines.append(
            f"| {campaign} | {len(items[campaign]['number'])} | {policy} | "
            f"{len(log['click']):,} | {log['click'].sum()} | {span} |"
        )
    clicks = [int(log["click"].sum()) for log in logs.values()]
    holders = re.search(r"^\s+Copyright (\d{4}.+)$", text_of(archive, "LICENSE"), re.M)
    return CARD.format(
        table="\n".join(lines),
        affine=np.mean([log["affinity"].any(1).mean() for log in logs.values()]),
        standins=standins(logs), fewest=min(clicks), most=max(clicks),
        name=fields["Name"], version=fields["Version"], home=fields["Home-page"],
        licence=f"{fields['License']} 2.0, © {holders[1]}", author=fields["Author"],
    )  # fmt: skip


def main():
    """Read the archive, check it, and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sdist", type=Path, help=f"{SDIST}.tar.gz")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).resolve().parents[1] / "clicks"
    )
    given = parser.parse_args()
    if hashlib.sha256(given.sdist.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{given.sdist} is not {SDIST}.tar.gz as we read it")
    with tarfile.open(given.sdist) as archive:
        tables = {
            (ours, campaign): table_of(
                archive, f"obp/dataset/obd/{theirs}/{campaign}/{campaign}.csv"
            )
            for theirs, ours in POLICIES.items()
            for campaign in CAMPAIGNS
        }
        kinds = [
            set().union(*(table[f"user_feature_{j}"] for table in tables.values()))
            for j in range(4)
        ]
        logs = {key: log_arrays(table, kinds) for key, table in tables.items()}
        prior = priors(text_of(archive, "obp/policy/conf/prior_bts.yaml"))
        items = {name: item_arrays(archive, name, prior[name]) for name in CAMPAIGNS}
        texts = {
            "CARD.md": card(archive, logs, items),
            "LICENSE": text_of(archive, "LICENSE"),
        }
    write(given.output, logs, items, texts)


def write(folder, logs, items, texts):
    """Everything into the folder, and the sums of the data files last."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"{policy}_{name}.npz": log for (policy, name), log in logs.items()}
    arrays |= {f"items_{name}.npz": table for name, table in items.items()}
    for name, content in arrays.items():
        np.savez_compressed(folder / name, **content)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    sums = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(arrays)
    ]
    (folder / "SHA256SUMS").write_text("".join(sums), newline="\n")
    print(f"{len(arrays)} files in {folder}")


if __name__ == "__main__":
    main()
