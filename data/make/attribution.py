"""Who made each model and under which licence, from the package's own fields."""

import re
from pathlib import Path

_LIBRARY_LICENCE = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0-US",
}
_HOLDER = {"KatorLegaz": "Andrew Kator & Jennifer Legaz"}
_TEXTS = {"CC0-1.0": "CC0", "CC-BY-3.0": "CC-BY-3.0", "CC-BY-3.0-US": "CC-BY-3.0-USA"}
_LONG = {
    "CC0-1.0": "CC0 1.0 Universal",
    "CC-BY-3.0": "Creative Commons Attribution 3.0 Unported",
    "CC-BY-3.0-US": "Creative Commons Attribution 3.0 United States",
}
_PAGE = """# Attribution

Every picture in this folder was rendered by us from a 3D model by somebody else, found in
Debian's package `sweethome3d-furniture` 1.8-1 (Sweet Home 3D). Emmanuel Puybaret / eTeks
cleaned the models of Blend Swap and converted them to OBJ. We scaled and turned the models, lit
them, and drew pictures of 128 pixels with their shadows. Neither the creators nor eTeks endorse
this course. This page is written by `data/make/products.py` from the package's own fields.

| licence | products | text |
|---|---|---|
{totals}

The work and its number are the title and number on Blend Swap, where the model's licence file gives
them. A model whose own licence file asks for attribution counts as CC BY, whatever library it
came in.

{tables}
"""


def licence_of(library, name, entry):
    """The identifier (SPDX) of the licence of a model.

    The stricter one of what the library says and what the model's own file says.
    """
    licence = _LIBRARY_LICENCE[name]
    own = library.own_licences(entry)
    if licence == "CC0-1.0" and "Creative Commons Attribution" in own:
        return "CC-BY-3.0"
    return licence


def licence_texts(source):
    """The three licences as Debian's copyright file gives them: name to text.

    Raises:
        FileNotFoundError: the package has no copyright file.
        ValueError: a licence is not in it.
    """
    found = sorted(Path(source).rglob("sweethome3d-furniture/copyright"))
    if not found:
        raise FileNotFoundError(
            f"{source} holds no doc/sweethome3d-furniture/copyright"
        )
    paragraphs = re.split(r"\n\s*\n", found[0].read_text("utf-8"))
    texts = {}
    for name, theirs in _TEXTS.items():
        start = f"License: {theirs}\n"
        match = [p for p in paragraphs if p.startswith(start)]
        if not match:
            raise ValueError(f"{found[0]} does not hold the text of {theirs}")
        lines = match[0].removeprefix(start).splitlines()
        lines = [
            "" if line.strip() == "." else line.removeprefix(" ") for line in lines
        ]
        texts[name] = "\n".join(line.rstrip() for line in lines) + "\n"
    return texts


def attribution_page(products, libraries):
    """ATTRIBUTION.md: a table for each category with every product's model and creator."""
    count = {key: sum(p.licence == key for p in products) for key in _LONG}
    totals = "\n".join(
        f"| {_LONG[key]} | {number} | [text](LICENSE.{key}.txt) |"
        for key, number in count.items()
    )
    tables = []
    for category in dict.fromkeys(p.category for p in products):
        members = [p for p in products if p.category == category]
        rows = [_row(p, row, libraries[p.library]) for row, p in enumerate(members)]
        head = "| row | product | model | work | creator | licence |\n|---|---|---|---|---|---|"
        tables.append("\n".join([f"## {category.capitalize()}\n", head, *rows]))
    return _PAGE.format(totals=totals, tables="\n\n".join(tables))


def _row(product, row, library):
    work = library.work(product.entry)
    creator = product.entry.creator
    if holder := _HOLDER.get(product.library):
        creator = f"{creator} ({holder})"
    cells = (row, product.name, product.source, work, creator, product.licence)
    return "| " + " | ".join(str(c).replace("|", "/") for c in cells) + " |"
