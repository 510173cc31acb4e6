"""From painting to advertisement: type, contrast, poster, mark."""

import numpy as np
import pytest
import torch

from gan_utils.ads.creatives import typesetting
from gan_utils.ads.creatives.scene import draw_attributes, render
from gan_utils.ads.provenance import labelled
from gan_utils.data import to_float


@pytest.fixture
def wishes():
    drawn = draw_attributes(80, torch.Generator().manual_seed(4))
    return drawn[drawn[:, 2] > 0]


@pytest.fixture
def silent(wishes):
    return to_float(render(typesetting.without_headline(wishes), "test").images)


def test_without_headline_changes_one_column_of_a_copy(wishes):
    before = wishes.clone()
    changed = typesetting.without_headline(wishes)
    assert torch.equal(wishes, before)
    assert (changed[:, 2] == typesetting.SILENT).all()
    assert torch.equal(changed[:, [0, 1, 3, 4]], wishes[:, [0, 1, 3, 4]])


def test_set_type_equals_the_renderers_own_headline_up_to_its_play(wishes, silent):
    typed = typesetting.set_type(silent, wishes)
    own = to_float(render(wishes, "test").images)
    assert (typed - own).abs().mean() < 0.06 < (silent - own).abs().mean() * 2
    nothing = typesetting.set_type(silent, typesetting.without_headline(wishes))
    assert torch.equal(nothing, silent)


def test_contrast_is_near_1_without_letters_and_high_with_them(wishes, silent):
    assert typesetting.headline_contrast(silent, wishes).max() < 2
    assert (
        typesetting.headline_contrast(
            typesetting.set_type(silent, wishes), wishes
        ).min()
        > 3
    )
    with pytest.raises(ValueError, match="needs a headline"):
        typesetting.headline_contrast(silent, typesetting.without_headline(wishes))


def test_contrast_of_black_letters_on_white_is_21(wishes):
    letters = typesetting.headline_masks()[wishes[:, 2], wishes[:, 4]][:, None]
    page = 1 - 2 * (letters > 0.3).float().expand(-1, 3, -1, -1)
    ratio = typesetting.headline_contrast(page, wishes)
    assert ratio.min() > 20.9


def test_letters_match_where_they_are_set_and_not_where_another_word_is(wishes, silent):
    typed = typesetting.set_type(silent, wishes)
    assert typesetting.letter_match(typed, wishes).min() > 0.9
    own = to_float(render(wishes, "test").images)
    assert typesetting.letter_match(own, wishes).median() > 0.85
    other = wishes.clone()
    other[:, 2] = wishes[:, 2] % 6 + 1
    assert typesetting.letter_match(typed, other).median() < 0.6
    assert typesetting.letter_match(silent, wishes).median() < 0.6
    with pytest.raises(ValueError, match="needs a headline"):
        typesetting.letter_match(silent, typesetting.without_headline(wishes))


def test_a_poster_has_its_size(wishes, silent):
    page = typesetting.poster(silent[0], wishes[0], 256)
    assert page.size == (256, 256)
    for image, size in ((silent[:1], 256), (silent[0], 64)):
        with pytest.raises(ValueError, match="128 or more"):
            typesetting.poster(image, wishes[0], size)


def test_the_label_and_the_button_leave_each_other_alone(silent, wishes):
    for layout in range(4):
        wish = wishes[0].clone()
        wish[3], wish[4] = 1, layout
        page = typesetting.poster(silent[0], wish)
        wish[3] = 0
        without = typesetting.poster(silent[0], wish)
        button = np.asarray(page, int) != np.asarray(without, int)
        label = np.asarray(page, int) != np.asarray(labelled(page), int)
        assert button.any()
        assert label.any()
        assert not (button & label).any()
