"""Which format a document has, by its first bytes; its name must agree."""

import re
from importlib import import_module
from pathlib import Path
from typing import cast

from isthmus.documents.contract import File, Format
from isthmus.errors import InputError, ParameterError
from isthmus.system.extras import require
from isthmus.system.magic import Kind, kind_of

_SUFFIXES = {
    "png": (".png",),
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "tiff": (".tif", ".tiff"),
    "webp": (".webp",),
    "bmp": (".bmp", ".dib"),
    "pnm": (".pnm", ".pbm", ".pgm", ".ppm"),
    "pdf": (".pdf",),
}
SUFFIXES = frozenset(suffix for of_format in _SUFFIXES.values() for suffix in of_format)
_NAMES = "PNG, JPEG, TIFF, WebP, BMP, PBM, PGM, PPM or PDF"
_KINDS = {Kind.PNG: "png", Kind.JPEG: "jpeg", Kind.TIFF: "tiff"}
_WEAK_MAGIC = (  # text can begin like these
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"BM.{24}", re.DOTALL), "bmp"),
    (re.compile(rb"P[1-6]\s"), "pnm"),
    (re.compile(rb".{0,1019}%PDF-", re.DOTALL), "pdf"),  # readers allow for bytes before the header
)


def format_named(name: str) -> Format:
    """A format by the name of its module, which is imported now.

    Raises
    ------
    MissingExtraError
        If what it reads with is not installed.
    """
    if name == "pdf":
        require("pdf")
    return cast(Format, import_module(f"isthmus.documents.{name}"))


def format_name(name: str) -> str:
    """What people call a format."""
    return "WebP" if name == "webp" else name.upper()


def find_format(file: File, name: str) -> str:
    """The name of the module for a document.

    Raises
    ------
    InputError
        If the file is empty, of no known format, or of another one than its name says.
    """
    file.seek(0)
    start = file.read(1024)
    file.seek(0)
    if not start:
        raise InputError(f"{name}: is empty.")
    kind = kind_of(start)
    found = _KINDS.get(kind) if kind in _KINDS else next((f for magic, f in _WEAK_MAGIC if magic.match(start)), None)
    if found is None:
        raise InputError(f"{name}: is {'' if kind is None else f'{kind}, and '}not {_NAMES}.")
    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES and suffix not in _SUFFIXES[found]:
        raise InputError(
            f"{name}: holds {format_name(found)}, whatever its name says; rename it to end in {_SUFFIXES[found][0]}."
        )
    return found


def check_output_name(output: str, format: str) -> None:
    """Refuse a name for the output that says another format than the input has, which it keeps."""
    suffix = Path(output).suffix.lower()
    if suffix in SUFFIXES and suffix not in _SUFFIXES[format]:
        raise ParameterError(
            f"The output has the format of the input, and its name must end in {' or '.join(_SUFFIXES[format])}. "
            f"Got {output} instead."
        )
