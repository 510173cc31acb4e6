"""Makes data/products: catalogue products as cut-outs with the shadows that they cast.

    apt-get download sweethome3d-furniture=1.8-1
    dpkg-deb -x sweethome3d-furniture_1.8-1_all.deb SOURCE
    python data/make/products.py SOURCE

writes data/products from the unpacked Debian package, the same bytes on every run with
the same compiler and Pillow. ``--turntable FOLDER`` writes instead the same products at
64 pixels from 24 angles. Needs numpy, Pillow and g++; products.txt says what is drawn.
"""

import argparse
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from attribution import attribution_page, licence_of, licence_texts
from meshes import Entry, Library
from PIL import Image
from studio import LIGHTS, Studio

HERE = Path(__file__).resolve().parent
VIEWS = {"left": -35.0, "front": 0.0, "right": 35.0}  # degrees, where the front looks
SIZE, LAYER_SIZE = 128, 64  # pixels along a side
TURNTABLE_SIZE, TURNTABLE_VIEWS = 64, 24
HELD_OUT = 1 / 3
LEFT_OUT = "left out"


@dataclass
class Product:
    """A line of products.txt with what the package says about its model."""

    name: str
    category: str
    library: str
    key: str
    entry: Entry
    licence: str
    held_out: bool = False

    @property
    def source(self):
        return f"{self.library}/{self.key}"


def read_list(path=HERE / "products.txt"):
    """The chosen products and what was left out.

    Returns:
        chosen: dictionary from category to a list of (name, "library/entry").
        left_out: dictionary from "library/entry" to the reason.
    Raises:
        ValueError: a line is neither a [category], "name = entry" nor a comment.
    """
    chosen, left_out, section = {}, {}, None
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        line = line.split("#")[0].strip()
        if heading := re.fullmatch(r"\[(.+)\]", line):
            section = heading[1]
        elif pair := re.fullmatch(r"(.+?) = (\S+)", line):
            if section == LEFT_OUT:
                raise ValueError(f"{path.name}, line {number}: expected entry: reason")
            chosen.setdefault(section, []).append((pair[1], pair[2]))
        elif section == LEFT_OUT and ": " in line:
            reason, entries = line.split(": ", 1)
            left_out |= dict.fromkeys(entries.split(), reason)
        elif line:
            raise ValueError(f"{path.name}, line {number}: cannot read {line!r}")
    return chosen, left_out


def hold_out(names):
    """A third of the names, decided by their SHA-256 sums: a set."""
    order = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return set(order[: round(len(order) * HELD_OUT)])


def find_products(libraries):
    """All products of products.txt in order, as a list of ``Product``.

    Raises:
        ValueError: a name appears twice, an entry is not in the package, or an entry of
            the package is neither chosen nor left out.
    """
    chosen, left_out = read_list()
    products = []
    for category, lines in chosen.items():
        held_out = hold_out([name for name, _ in lines])
        for name, source in lines:
            library, key = source.split("/")
            entry = libraries[library].entries.get(key)
            if entry is None:
                raise ValueError(f"{source} ({name}) is not in the package")
            licence = licence_of(libraries[library], library, entry)
            product = Product(name, category, library, key, entry, licence)
            product.held_out = name in held_out
            products.append(product)
    _check(products, left_out, libraries)
    return products


def _check(products, left_out, libraries):
    sources = [p.source for p in products] + list(left_out)
    there = {f"{name}/{key}" for name, lib in libraries.items() for key in lib.entries}
    for what, seen in (("name", [p.name for p in products]), ("entry", sources)):
        twice = {word for word in seen if seen.count(word) > 1}
        if twice:
            raise ValueError(f"products.txt gives a {what} twice: {sorted(twice)}")
    if forgotten := there.symmetric_difference(sources):
        raise ValueError(
            f"neither chosen nor left out, or unknown: {sorted(forgotten)}"
        )


def draw(product, libraries):
    """Cut-outs uint8 (views, 128, 128, 4) and layers uint8 (views, 9, 64, 64)."""
    mesh = libraries[product.library].mesh(product.entry)
    studio = Studio(mesh, VIEWS.values())
    views = range(len(VIEWS))
    cut_outs = np.stack([studio.cut_out(v, SIZE) for v in views])
    return cut_outs, np.stack([studio.shadows(v, LAYER_SIZE) for v in views])


def sheet(rows):
    """Pictures (rows, columns, H, W, ...) as one picture."""
    rows = np.asarray(rows)
    return np.concatenate(np.concatenate(rows.swapaxes(0, 1), 2), 0)


def write_sheets(folder, category, cut_outs, layers):
    """One row per product: its views with alpha, without loss; its layers in grey."""
    name = re.sub(r"\W+", "_", category) + ".webp"
    for part in ("cut_outs", "layers"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet(cut_outs), "RGBA").save(
        folder / "cut_outs" / name, lossless=True, quality=100, method=6, exact=True
    )
    flat = [views.reshape(-1, *views.shape[2:]) for views in layers]
    Image.fromarray(sheet(flat), "L").save(
        folder / "layers" / name, quality=92, method=6
    )


def write_all(folder, products, libraries, source):
    """Draw everything and write sheets, catalogue, attribution, licences and sums."""
    records = []
    for category in dict.fromkeys(p.category for p in products):
        members = [p for p in products if p.category == category]
        drawn = [draw(p, libraries) for p in members]
        write_sheets(folder, category, *zip(*drawn))
        records += [record(p, row) for row, p in enumerate(members)]
        print(f"{category}: {len(members)} products", flush=True)
    head = {"views": VIEWS, "size": SIZE, "layer_size": LAYER_SIZE, "lights": LIGHTS}
    lines = ",\n".join("  " + json.dumps(r, ensure_ascii=False) for r in records)
    text = json.dumps(head)[:-1] + f', "products": [\n{lines}\n]}}\n'
    (folder / "catalogue.json").write_text(text, "utf-8")
    page = attribution_page(products, libraries)
    (folder / "ATTRIBUTION.md").write_text(page, "utf-8")
    for name, text in licence_texts(source).items():
        (folder / f"LICENSE.{name}.txt").write_text(text, "utf-8")
    write_sums(folder)


def record(product, row):
    """What catalogue.json says about a product."""
    return {
        "name": product.name,
        "category": product.category,
        "row": row,
        "held_out": product.held_out,
        "licence": product.licence,
        "creator": product.entry.creator,
        "title": product.entry.title,
        "source": product.source,
    }


def write_sums(folder):
    """SHA256SUMS of every file but itself and the card, as sha256sum writes it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}"
        for p in files
        if p.name not in ("SHA256SUMS", "CARD.md")
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def write_turntable(folder, products, libraries):
    """Every product from 24 angles, 15 degrees apart, beginning with its front.

    turntable.npz holds rgb uint8 (N, 24, 64, 64, 3) on white, alpha uint8 (N, 24, 64, 64),
    angles (24,) in degrees, and names, categories and held_out (N,).
    """
    angles = np.arange(TURNTABLE_VIEWS) * 360 / TURNTABLE_VIEWS
    rgb, alpha = [], []
    for number, product in enumerate(products):
        mesh = libraries[product.library].mesh(product.entry)
        studio = Studio(mesh, angles, steady=True)
        views = [studio.cut_out(v, TURNTABLE_SIZE) for v in range(len(angles))]
        rgba = np.stack(views).astype(np.float32)
        share = rgba[..., 3:] / 255
        rgb.append(np.round(rgba[..., :3] * share + 255 * (1 - share)).astype(np.uint8))
        alpha.append(rgba[..., 3].astype(np.uint8))
        if number % 25 == 0:
            print(f"turntable: {number} of {len(products)}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "turntable.npz",
        rgb=np.stack(rgb),
        alpha=np.stack(alpha),
        angles=angles,
        names=[p.name for p in products],
        categories=[p.category for p in products],
        held_out=[p.held_out for p in products],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help="the unpacked Debian package")
    parser.add_argument(
        "--folder", type=Path, default=HERE.parent / "products", help="where to write"
    )
    parser.add_argument(
        "--turntable", type=Path, help="write turntable.npz here, nothing else"
    )
    options = parser.parse_args()
    names = {
        source.split("/")[0]
        for _, lines in read_list()[0].items()
        for _, source in lines
    }
    libraries = {name: Library(options.source, name) for name in sorted(names)}
    products = find_products(libraries)
    if options.turntable:
        write_turntable(options.turntable, products, libraries)
    else:
        write_all(options.folder, products, libraries, options.source)


if __name__ == "__main__":
    main()
