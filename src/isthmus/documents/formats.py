"""Recognise the format of a document by its first bytes; its suffix must agree."""

import re
from pathlib import Path

from isthmus.documents import tiff
from isthmus.documents.contract import File, Format
from isthmus.documents.jpeg import JPEG
from isthmus.documents.plain_images import BMP, PNM, WebP
from isthmus.documents.png import PNG
from isthmus.errors import InputError, ParameterError
from isthmus.system.extras import require
from isthmus.system.magic import Kind, kind_of
from isthmus.system.suffixes import KNOWN

_IMAGES: dict[str, Format] = {
    "png": PNG(), "jpeg": JPEG(), "tiff": tiff, "webp": WebP(), "bmp": BMP(), "pnm": PNM()
}  # fmt: skip
_SUFFIXES = {
    "png": (".png",), "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"), "tiff": (".tif", ".tiff"), "webp": (".webp",),
    "bmp": (".bmp", ".dib"), "pnm": (".pnm", ".pbm", ".pgm", ".ppm"), "pdf": (".pdf",),
}  # fmt: skip
SUFFIXES = frozenset(suffix for of_format in _SUFFIXES.values() for suffix in of_format)
_NAMES = "PNG, JPEG, TIFF, WebP, BMP, PBM, PGM, PPM or PDF"
_KINDS = {Kind.PNG: "png", Kind.JPEG: "jpeg", Kind.TIFF: "tiff"}
_WEAK_MAGIC = (  # text can begin like these
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"BM.{24}", re.DOTALL), "bmp"),
    (re.compile(rb"P[1-6]\s"), "pnm"),
    (re.compile(rb".{0,1019}%PDF-", re.DOTALL), "pdf"),  # readers accept bytes before the header
)


def format_named(name: str) -> Format:
    """The format with a name; PDF is imported when it is needed, and refused without its libraries."""
    if name != "pdf":
        return _IMAGES[name]
    require("pages")
    from isthmus.documents import pdf  # noqa: PLC0415

    return pdf


def find_format(file: File, name: str) -> str:
    """The name of a document's format; refuse an unsupported format, and another one than the suffix says."""
    file.seek(0)
    start = file.read(1024)
    file.seek(0)
    if not start:
        raise InputError(f"{name}: is empty.")
    kind = kind_of(start)
    found = _KINDS.get(kind) if kind in _KINDS else next((f for magic, f in _WEAK_MAGIC if magic.match(start)), None)
    if found is None:
        raise InputError(f"{name}: is {'' if kind is None else f'{kind}, and '}not {_NAMES}.")
    if not _agrees(name, found):
        format = "PDF" if found == "pdf" else _IMAGES[found].NAME
        raise InputError(f"{name}: holds {format}, despite its name; rename it to end in {_SUFFIXES[found][0]}.")
    return found


def check_output_name(output: str, format: str) -> None:
    """Refuse an output whose suffix names another format than the input's, which the output keeps."""
    if not _agrees(output, format) or Path(output).suffix.lower() in KNOWN - SUFFIXES:
        ends = " or ".join(_SUFFIXES[format])
        rule = f"The output has the format of the input, and its name must end in {ends}"
        raise ParameterError(f"{rule}. Got {output} instead.")


def _agrees(name: str, format: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in _SUFFIXES[format] or suffix not in SUFFIXES
