"""Say that a picture was generated: a tag in the file, a label, a hidden pattern, a seal.

A page is a Pillow picture in RGB; content is the bytes of a file.
"""

import hashlib
import hmac
import io
import json
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from gan_utils.ads.creatives.lettering import FONT

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""What IPTC calls pictures that a trained model made."""

_LABEL = "AI-generated"
_PERIOD = 128  # pixels after which the hidden pattern repeats
_STRENGTH = 2.0  # its standard deviation, of 255 levels of grey
_BAND = (0.06, 0.2)  # its frequencies, in cycles a pixel; 0.5 is the finest
THRESHOLD = 6.5  # of the detector's peak, in standard deviations of all places
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    Iptc4xmpExt:DigitalSourceType="{source}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
_PROPERTY = re.compile(r"""DigitalSourceType(?:="|>)([^"<]+)""")


def save(page, kind, tag=None, facts=None, **options):
    """A picture as the bytes of a file, with or without a tag that says how it was made.

    The tag is an XMP packet with the IPTC property DigitalSourceType.

    Args:
        page: a Pillow picture.
        kind: "PNG", "JPEG" or "WEBP"; options: for Pillow, for instance quality=75.
        tag: an IPTC source type, for instance ``SOURCE_TYPE``; None writes none.
        facts: what else to say in a PNG, {name: anything that JSON can hold}.
    Raises:
        ValueError: facts for a file that is not a PNG.
    Source:
        IPTC Photo Metadata Standard; ISO 16684-1 (XMP).
    """
    if facts and kind != "PNG":
        raise ValueError(f'facts can be written into a "PNG" only; got {kind!r}')
    packet = _PACKET.format(source=tag)
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        if tag is not None:
            options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet)
        if facts:
            told = json.dumps(facts, ensure_ascii=False)
            options["pnginfo"].add_itxt("facts", told)
    elif tag is not None:
        options["xmp"] = packet.encode()
    buffer = io.BytesIO()
    page.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content):
    """The picture in the bytes of a file, its metadata in ``info``.

    Raises:
        ValueError: the bytes are no picture.
    """
    try:
        page = Image.open(io.BytesIO(content))
        page.load()
    except OSError as error:
        raise ValueError(f"these bytes are no picture: {error}") from error
    return page


def read_tag(content):
    """The DigitalSourceType in a file's XMP packet, or None.

    Raises:
        ValueError: the bytes are no picture.
    """
    info = opened(content).info
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or ""
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else packet
    found = _PROPERTY.search(text)
    return found and found[1]


def read_facts(content):
    """The facts in a PNG's bytes, {} where there are none.

    Raises:
        ValueError: the bytes are no picture.
    """
    return json.loads(opened(content).info.get("facts", "{}"))


def labelled(page):
    """A copy with the words "AI-generated" in its lower left corner."""
    copy = page.convert("RGB")
    pen, size = ImageDraw.Draw(copy), copy.height / 33
    place, font = (size / 2, copy.height - size / 2), ImageFont.truetype(FONT, size)
    left, top, right, bottom = pen.textbbox(place, _LABEL, font, "ld")
    pad = size / 5
    pen.rectangle((left - pad, top - pad, right + pad, bottom + pad), "#222222")
    pen.text(place, _LABEL, "white", font, "ld")
    return copy


def label_is_there(page):
    """Whether the label can be seen where ``labelled`` puts it, at any size.

    The correlation of the corner with that of a labelled grey page is over 1/2.
    """
    plain = Image.new("RGB", page.size, "#777777")
    target = np.asarray(labelled(plain).convert("L"), float)
    box = target != np.asarray(plain.convert("L"), float)
    seen = np.asarray(page.convert("L"), float)[box]
    if seen.std() == 0:
        return False
    return bool(np.corrcoef(seen, target[box])[0, 1] > 0.5)


def _band(height, width):
    """1 where the frequency of a Fourier coefficient lies in _BAND, else 0."""
    y, x = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    radius = np.hypot(y, x)
    return (radius > _BAND[0]) & (radius < _BAND[1])


def hidden_pattern(key):
    """The secret pattern (_PERIOD, _PERIOD) of a key: mean 0, standard deviation 1."""
    seed = int.from_bytes(hashlib.sha256(key).digest()[:8], "big")
    noise = np.random.default_rng(seed).normal(size=(_PERIOD, _PERIOD))
    pattern = np.fft.ifft2(np.fft.fft2(noise) * _band(_PERIOD, _PERIOD)).real
    return pattern / pattern.std()


def watermarked(page, key):
    """A copy with the key's pattern added, tile beside tile, too faint to notice.

    Source:
        Cox, Kilian, Leighton and Shamoon 1997, "Secure spread spectrum watermarking for
        multimedia", IEEE Transactions on Image Processing 6(12); tiles after Kutter 1998.
    """
    pixels = np.asarray(page.convert("RGB"), float)
    repeats = [-(-side // _PERIOD) for side in pixels.shape[:2]]
    tiles = np.tile(hidden_pattern(key), repeats)[: len(pixels), : pixels.shape[1]]
    marked = pixels + _STRENGTH * tiles[..., None]
    return Image.fromarray(marked.round().clip(0, 255).astype(np.uint8))


def watermark_score(page, key):
    """How clearly the key's pattern stands out, over all shifts of the picture.

    The picture's band is cut at two standard deviations, folded into one tile, and
    correlated with the pattern at each of _PERIOD^2 shifts; the result is the largest
    correlation in standard deviations of all. Over ``THRESHOLD`` means marked.
    """
    grey = np.asarray(page.convert("L"), float)
    height, width = grey.shape
    grey = np.fft.ifft2(np.fft.fft2(grey - grey.mean()) * _band(height, width)).real
    grey = grey.clip(-2 * grey.std(), 2 * grey.std())
    padded = np.zeros([-(-side // _PERIOD) * _PERIOD for side in grey.shape])
    padded[:height, :width] = grey
    folded = padded.reshape(-1, _PERIOD, padded.shape[1] // _PERIOD, _PERIOD).sum(
        (0, 2)
    )
    spectrum = np.fft.fft2(folded) * np.fft.fft2(hidden_pattern(key)).conj()
    field = np.fft.ifft2(spectrum).real
    return float((field.max() - field.mean()) / field.std())


def marks_in(content, key):
    """Which marks are found in the bytes of a file: (tag, label, watermark), each a bool."""
    page = opened(content).convert("RGB")
    found = watermark_score(page, key) > THRESHOLD
    return read_tag(content) is not None, label_is_there(page), found


def seal(page, facts, key):
    """A signature over the pixels and the facts: change either, and it fits no more.

    HMAC-SHA256 with a shared key, as a stand-in for the public-key signature of C2PA.

    Args:
        page: a Pillow picture; facts: what JSON can hold; key: secret bytes.
    Returns:
        64 hexadecimal digits.
    """
    claim = json.dumps([page.mode, page.size, facts], sort_keys=True).encode()
    return hmac.new(key, claim + page.tobytes(), hashlib.sha256).hexdigest()
