"""Which format a document has, by its first bytes; its name must agree."""

import re
from importlib import import_module
from pathlib import Path
from typing import cast

from isthmus.documents.contract import File, Format
from isthmus.errors import InputError, MissingExtraError, ParameterError

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
_OTHERS = {
    b"GIF8": "a GIF image",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"AT&TFORM": "a DjVu document",
    b"%!PS": "a PostScript document",
    b"8BPS": "a Photoshop document",
    b"\xd0\xcf\x11\xe0": "an office document",
}
_BEGINNINGS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), "tiff"),
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
    try:
        return cast(Format, import_module(f"isthmus.documents.{name}"))
    except ImportError as error:
        raise MissingExtraError('PDFs need pikepdf and pypdfium2: pip install "isthmus[pdf]".') from error


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
    found = next((format for beginning, format in _BEGINNINGS if beginning.match(start)), None)
    if found is None:
        what = next((f"is {what}, and not" for begin, what in _OTHERS.items() if start.startswith(begin)), "is not")
        raise InputError(f"{name}: {what} {_NAMES}.")
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
