"""Formulas as MathML, which browsers show by themselves: no script, no network, no font."""

import re
from xml.etree import ElementTree

from latex2mathml.converter import convert

FIRST = {  # what the converter does not know, said in words that it does
    r"\\arg\b": r"\\operatorname{arg}\\,",
    r"\\Pr\b": r"\\operatorname{Pr}",
    r"\\([bB]igg?)[lr]?\\(?:\||[lr]?Vert)": "‖",
    r"\\([bB]igg?)[lr]?\|": "|",
}
MATHML = "http://www.w3.org/1998/Math/MathML"
RELATIONS = {"&#x0007E;": "&#x0223C;"}  # a tilde that stands for "is drawn from"
CAPITALS = {"double-struck": 0x1D538, "script": 0x1D49C, "bold": 0x1D400}
EARLIER = {  # letters that Unicode had before it had the whole alphabet
    ("double-struck", "C"): "ℂ", ("double-struck", "N"): "ℕ", ("double-struck", "P"): "ℙ",
    ("double-struck", "Q"): "ℚ", ("double-struck", "R"): "ℝ", ("double-struck", "Z"): "ℤ",
    ("script", "B"): "ℬ", ("script", "E"): "ℰ", ("script", "F"): "ℱ", ("script", "H"): "ℋ",
    ("script", "I"): "ℐ", ("script", "L"): "ℒ", ("script", "M"): "ℳ", ("script", "R"): "ℛ",
}  # fmt: skip
SPACE = '<mspace width="0.167em" />'
NAMED = r"<mi>(?:log|exp|sin|cos|tan|tanh|ln|det|dim)</mi>"
BEFORE = re.compile(rf"(</(?:mi|mn|msub|msup|msubsup|mfrac|mstyle)>)(?={NAMED})")
AFTER = re.compile(rf"({NAMED})(?=<m(?:i|n|sub|sup|frac|style|sqrt)\b)")
STYLED = re.compile(r'<mi mathvariant="(double-struck|script|bold)">([A-Za-z])</mi>')


def mathml(tex, block=False):
    """A formula in TeX as a MathML element.

    Args:
        tex: the source without dollars.
        block: displayed on a line of its own.
    Returns:
        A string. Letters of special alphabets are their Unicode characters, since browsers
        have dropped the attribute that used to ask for them.
    Raises:
        ValueError: a command is left that no browser would show.
    """
    source = tex.strip()
    for pattern, better in FIRST.items():
        source = re.sub(pattern, better, source)
    found = convert(source, display="block" if block else "inline")
    for sign, better in RELATIONS.items():
        found = found.replace(f"<mi>{sign}</mi>", f"<mo>{better}</mo>")
    found = AFTER.sub(rf"\1{SPACE}", BEFORE.sub(rf"\1{SPACE}", found))
    found = STYLED.sub(_letter, found)
    found = _limits_below(found) if block else found
    left = re.search(r"\\[A-Za-z|]+", found)
    if left:
        raise ValueError(
            f"{left[0]} in the formula {tex!r} cannot be shown: rewrite it"
        )
    return found


def _limits_below(found):
    """What a displayed min or max runs over belongs below it."""
    ElementTree.register_namespace("", MATHML)
    tree = ElementTree.fromstring(found)
    for element in tree.iter(f"{{{MATHML}}}msub"):
        if element[0].text in ("min", "max", "sup", "inf", "lim"):
            element.tag = f"{{{MATHML}}}munder"
    return ElementTree.tostring(tree, encoding="unicode")


def _letter(match):
    style, letter = match.groups()
    if (style, letter) in EARLIER:
        return f"<mi>{EARLIER[style, letter]}</mi>"
    place = ord(letter) - ord("A") if letter.isupper() else ord(letter) - ord("a") + 26
    return f"<mi>{chr(CAPITALS[style] + place)}</mi>"
