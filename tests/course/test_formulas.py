import re
from xml.etree import ElementTree

import nbformat
import pytest

from course import lessons
from course.slides.formulas import mathml

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\$)\$([^$]+)\$", re.DOTALL)


def text_of(element):
    return "".join(element.itertext())


def test_letters_of_special_alphabets_are_their_own_characters():
    found = mathml(r"\mathbb E_{x\sim p_\text{data}} \mathcal N \mathbb R \mathcal L")
    assert "mathvariant" not in found
    assert text_of(ElementTree.fromstring(found)) == "𝔼x∼pdata𝒩ℝℒ"


def test_named_functions_keep_their_distance():
    assert "<mspace" in mathml(r"2\log 2")
    assert mathml(r"2\log 2").count("<mspace") == 2
    assert mathml(r"\log(2)").count("<mspace") == 0


def test_norms_and_names_that_the_converter_does_not_know():
    found = text_of(ElementTree.fromstring(mathml(r"\big\|x\big\|\arg\max_c \Pr[S]")))
    assert found == "‖x‖argmaxcPr[S]"


def test_display_and_inline():
    assert 'display="block"' in mathml("x", block=True)
    assert 'display="inline"' in mathml("x")


def test_a_displayed_minimum_has_its_player_below():
    assert "<munder><mo>min</mo>" in mathml(r"\min_G \max_D V_1", block=True)
    assert mathml(r"\min_G \max_D V_1", block=True).count("<munder>") == 2
    assert "<munder>" not in mathml(r"\min_G V")


def test_what_cannot_be_shown_is_refused_by_name():
    with pytest.raises(ValueError, match=r"\\\\nosuchcommand"):
        mathml(r"x + \nosuchcommand y")


@pytest.mark.parametrize("path", lessons.find([]), ids=lambda path: path.stem)
def test_every_formula_of_every_lesson_is_well_formed(path):
    formulas = [
        match[1] or match[2]
        for cell in nbformat.read(path, 4).cells
        if cell.cell_type == "markdown"
        for match in FORMULA.finditer(cell.source)
    ]
    assert formulas
    for formula in formulas:
        assert text_of(ElementTree.fromstring(mathml(formula))).strip(), formula
