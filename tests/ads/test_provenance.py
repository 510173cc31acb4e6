"""Tags, labels, watermarks and seals: what is read back, and what is lost."""

import numpy as np
import pytest
from PIL import Image

from gan_utils.ads import provenance as mark
from gan_utils.ads.provenance import SOURCE_TYPE

KEY = b"a key"


@pytest.fixture(scope="module")
def page():
    """Smooth colours with some edges, 384 x 320."""
    y, x = np.mgrid[0:320, 0:384]
    planes = [
        128 + 90 * np.sin(x / 40),
        128 + 80 * np.cos(y / 55),
        40 + (x > 200) * 120,
    ]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_tag_is_read_back_from_every_format_and_absent_by_default(page, kind):
    assert mark.read_tag(mark.save(page, kind, tag=SOURCE_TYPE)) == SOURCE_TYPE
    assert mark.read_tag(mark.save(page, kind)) is None


def test_a_second_save_drops_the_tag(page):
    once = mark.save(page, "PNG", tag=SOURCE_TYPE)
    assert mark.read_tag(mark.save(mark.opened(once), "JPEG")) is None


def test_the_property_may_stand_in_an_element_too(page):
    packet = (
        b"<x><Iptc4xmpExt:DigitalSourceType>abc</Iptc4xmpExt:DigitalSourceType></x>"
    )
    assert mark.read_tag(mark.save(page, "JPEG", xmp=packet)) == "abc"


def test_facts_are_read_back_from_a_png_with_and_without_a_tag(page):
    facts = {"wish": "Stiefel für 50 €", "z": [1, 2]}
    for tag in (None, SOURCE_TYPE):
        content = mark.save(page, "PNG", tag, facts)
        assert mark.read_facts(content) == facts
        assert mark.read_tag(content) == tag
        assert mark.read_facts(mark.save(mark.opened(content), "JPEG")) == {}
    with pytest.raises(ValueError, match="JPEG"):
        mark.save(page, "JPEG", facts=facts)


def test_bytes_that_are_no_picture_are_refused():
    with pytest.raises(ValueError, match="no picture"):
        mark.read_tag(b"GIF89a, or not")


def test_the_label_is_seen_where_it_is_also_after_scaling(page):
    labelled = mark.labelled(page)
    assert labelled.size == page.size
    assert labelled is not page
    assert mark.label_is_there(labelled)
    assert mark.label_is_there(labelled.resize((192, 160)).resize((384, 320)))
    assert not mark.label_is_there(page)
    assert not mark.label_is_there(labelled.crop((0, 0, 384, 280)))
    assert not mark.label_is_there(Image.new("RGB", (200, 200), "red"))


def test_the_pattern_is_a_function_of_the_key_with_unit_spread():
    pattern = mark.hidden_pattern(KEY)
    assert np.array_equal(pattern, mark.hidden_pattern(KEY))
    assert pattern.std() == pytest.approx(1)
    assert abs(pattern.mean()) < 1e-12
    other = mark.hidden_pattern(b"another")
    assert abs((pattern * other).mean()) < 0.1


def test_the_watermark_is_faint_found_and_only_by_its_key(page):
    marked = mark.watermarked(page, KEY)
    change = np.asarray(marked, float) - np.asarray(page, float)
    assert 1 < change.std() < 3
    assert np.abs(change).max() < 12
    assert mark.watermark_score(marked, KEY) > 2 * mark.THRESHOLD
    assert mark.watermark_score(marked, b"another") < mark.THRESHOLD
    assert mark.watermark_score(page, KEY) < mark.THRESHOLD


def test_the_watermark_outlives_jpeg_and_any_crop(page):
    marked = mark.watermarked(page, KEY)
    jpeg = mark.opened(mark.save(marked, "JPEG", quality=50))
    assert mark.watermark_score(jpeg, KEY) > mark.THRESHOLD
    for box in ((1, 0, 384, 320), (37, 61, 300, 299)):
        assert mark.watermark_score(marked.crop(box), KEY) > mark.THRESHOLD


def test_the_seal_fits_pixels_facts_and_key_and_nothing_else(page):
    signature = mark.seal(page, {"a": 1, "b": 2}, KEY)
    assert len(signature) == 64
    assert mark.seal(page.copy(), {"b": 2, "a": 1}, KEY) == signature
    other = page.copy()
    other.putpixel((0, 0), (0, 0, 0))
    turned = Image.frombytes("RGB", page.size[::-1], page.tobytes())
    for case in ((other, {"a": 1, "b": 2}, KEY), (page, {"a": 1, "b": 3}, KEY),
                 (page, {"a": 1, "b": 2}, b"x"), (turned, {"a": 1, "b": 2}, KEY)):  # fmt: skip
        assert mark.seal(*case) != signature


def test_marks_in_says_which_of_the_three_a_file_holds(page):
    marked = mark.labelled(mark.watermarked(page, KEY))
    tagged = mark.save(marked, "PNG", tag=SOURCE_TYPE)
    assert mark.marks_in(tagged, KEY) == (True, True, True)
    assert mark.marks_in(mark.save(marked, "PNG"), KEY) == (False, True, True)
    assert mark.marks_in(tagged, b"another") == (True, True, False)
    cut = marked.crop((0, 0, 384, 280))
    assert mark.marks_in(mark.save(cut, "PNG"), KEY) == (False, False, True)
    assert mark.marks_in(mark.save(page, "WEBP"), KEY) == (False, False, False)
