import pytest
import torch

from gan_utils import attributes
from gan_utils.data import CLASSES, fashion_mnist, to_float


def picture(*boxes, level=0.5):
    """A picture with bright boxes (top, bottom, left, right), ends exclusive."""
    image = torch.full((1, 1, 28, 28), -1.0)
    for top, bottom, left, right in boxes:
        image[:, :, top:bottom, left:right] = level
    return image


def test_a_box_has_its_size_and_brightness():
    box = picture((4, 18, 7, 14))
    assert attributes.product_mask(box).sum() == 14 * 7
    assert attributes.height(box).item() == pytest.approx(14 / 28)
    assert attributes.width(box).item() == pytest.approx(7 / 28)
    assert attributes.brightness(box).item() == pytest.approx(0.5)
    assert attributes.pattern(box).item() == pytest.approx(0, abs=1e-6)


def test_a_checked_box_has_a_pattern():
    box = picture((4, 18, 7, 21))
    box[:, :, 4:18:2, 7:21:2] = 0.1
    assert attributes.pattern(box).item() > 0.05


def test_sleeves_count_rows_at_both_sides():
    torso, left, right = (0, 28, 8, 20), (2, 16, 2, 8), (2, 16, 20, 26)
    assert attributes.sleeve_length(picture(torso)).item() == 0
    long = attributes.sleeve_length(picture(torso, left, right)).item()
    assert long == pytest.approx(14 / 28)
    assert attributes.sleeve_length(picture(torso, left)).item() == pytest.approx(
        7 / 28
    )


def test_a_heel_lifts_the_sole():
    flat = picture((16, 24, 2, 26))
    high = picture((16, 24, 2, 26), (24, 28, 22, 26))
    assert attributes.heel_height(flat).item() == 0
    assert attributes.heel_height(high).item() == 4


def test_flare_is_hem_minus_waist():
    assert attributes.flare(picture((0, 18, 10, 18), (18, 28, 6, 22))).item() == 8
    assert attributes.flare(picture((0, 28, 10, 18))).item() == 0


def test_the_leg_gap_is_between_the_legs_alone():
    legs = picture((0, 10, 8, 20), (10, 28, 8, 12), (10, 28, 15, 20))
    assert attributes.leg_gap(legs).item() == 3
    assert attributes.leg_gap(picture((0, 28, 8, 20))).item() == 0


def test_a_handle_stands_above_the_bag():
    bag = picture((12, 26, 4, 24), (5, 12, 8, 9), (5, 12, 19, 20), (4, 5, 8, 20))
    assert attributes.handle_height(bag).item() == 8
    assert attributes.handle_height(picture((5, 12, 8, 9))).item() == 0
    assert attributes.handle_height(picture((12, 26, 4, 24))).item() == 0


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\)"):
        attributes.width(torch.zeros(3, 28, 28))


@pytest.mark.parametrize(
    ("measure", "more", "less"),
    [
        (attributes.sleeve_length, "pullover", "T-shirt"),
        (attributes.height, "ankle boot", "sneaker"),
        (attributes.heel_height, "sandal", "sneaker"),
        (attributes.width, "pullover", "trousers"),
        (attributes.leg_gap, "trousers", "dress"),
        (attributes.pattern, "sandal", "T-shirt"),
    ],
)
def test_real_products_differ_as_a_person_would_say(measure, more, less):
    images, labels = fashion_mnist("test")
    mean = {
        name: measure(to_float(images[labels == CLASSES.index(name)])).mean()
        for name in (more, less)
    }
    assert mean[more] > mean[less]
