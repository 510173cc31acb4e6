"""Which kinds of files there are, by name and by how they begin."""

import re

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ENDINGS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG",
    ".mpo": "JPEG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP", ".tif": "TIFF",
    ".tiff": "TIFF",
}  # fmt: skip
FOREIGN = (".heic", ".heif", ".avif", ".svg", ".psd", ".eps", ".pdf", ".ico", ".jxl",
           ".dng", ".cr2", ".nef", ".arw")  # fmt: skip
_INSIDE = (  # what a file is, by how it begins: pattern, name, whether it is a picture
    (rb"\x89PNG", "PNG", True), (rb"\xff\xd8\xff", "JPEG", True),
    (rb"RIFF....WEBP", "WEBP", True), (rb"GIF8", "GIF", True), (rb"BM.{4}\0{4}", "BMP", True),
    (rb"II[*+]\0|MM\0[*+]", "TIFF", True),
    (rb"....ftyp(hei|hev|mif1|msf1)", "HEIC", True), (rb"....ftypavi", "AVIF", True),
    (rb"....ftypcrx", "CR3", True), (rb"....ftyp", "a film", False),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "JPEG XL", True),
    (rb"\0\0\0\x0cjP|\xffO\xffQ", "JPEG 2000", True), (rb"8BPS", "PSD", True),
    (rb"\0\0\x01\0", "ICO", True), (rb"P[1-7]\s", "PPM", True),
    (rb"v/1\x01", "OpenEXR", True), (rb"DDS ", "DDS", True), (rb"SIMPLE ", "FITS", True),
    (rb"\s*(<\?xml.{0,500})?<(?i:svg)", "SVG", True), (rb"%PDF", "PDF", True),
    (rb"%!PS", "PostScript", True), (rb"\xd7\xcd\xc6\x9a", "WMF", True),
    (rb".{128}DICM", "DICOM", True), (rb"PK\x03\x04|Rar!|7z\xbc|\x1f\x8b", "an archive", False),
    (rb"RIFF....AVI|\x1aE\xdf\xa3", "a film", False),
    (rb"\s*<(?i:!doctype html|html)", "a web page", False),
    (rb"\x7fELF|MZ.{0,3}\0", "a program", False),
)  # fmt: skip


class Unusable(Exception):
    """Why a file is not used, in one sentence."""


def no_picture(ending, begin):
    """Why a file that no decoder knows is not used; it says what the file truly is."""
    kind, picture = next(
        ((name, picture) for pattern, name, picture in _INSIDE
         if re.match(pattern, begin, re.DOTALL)),
        (None, False),
    )  # fmt: skip
    if kind == "TIFF":
        return "it is a TIFF of a kind that is not read, or damaged: save it as PNG."
    if kind in FORMATS:
        return f"it is damaged or cut off (the beginning is that of {kind})."
    advice = ": save it as PNG or JPEG." if picture else "."
    if ending in ENDINGS:
        other = f"but {kind}{advice}" if kind else "nor another kind that is read."
        return f"it is no {ENDINGS[ending]} inside{',' * (not kind)} {other}"
    if ending in FOREIGN:
        name = ending[1:].upper()
        truly = f" ({kind} inside)" if kind and kind != name else ""
        return f"it is no picture of a kind that is read{truly}: save {name} as PNG or JPEG."
    kinds = ", ".join(FORMATS)
    truly = f" but {kind}" if kind else ""
    return f"it is no picture of a kind that is read ({kinds}){truly}{advice}"
