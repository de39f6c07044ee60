"""Read the text of a page with tesseract, if it is installed."""

import os
import shutil
import subprocess

from PIL import Image

from isthmus.documents.encodings import saved
from isthmus.documents.picture import Grey
from isthmus.errors import InputError, ParameterError


def can_read() -> bool:
    """Whether tesseract is installed."""
    return shutil.which("tesseract") is not None


def check_language(language: str) -> None:
    """Raise ParameterError if tesseract lacks a language, or one of several such as "deu+fra"."""
    listed = _tesseract("--list-langs").stdout.decode(errors="replace").splitlines()[1:]
    for part in language.split("+"):
        if part not in listed:
            raise ParameterError(f"tesseract has no data for the language {part!r}; it has {', '.join(listed)}.")


def text_of(page: Grey, *, language: str = "eng", dpi: float | None = None) -> str:
    """The text of a page; ``InputError`` if tesseract fails."""
    image = saved(Image.fromarray(page), "PNG", compress_level=1)
    resolution = [] if dpi is None else ["--dpi", str(round(dpi))]
    found = _tesseract("stdin", "stdout", "-l", language, *resolution, content=image)
    if found.returncode:
        said = found.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {found.returncode}"]
        raise InputError(f"tesseract cannot read a page of {page.shape[1]} × {page.shape[0]} pixels: {said[-1]}")
    return found.stdout.decode(errors="replace")


def _tesseract(*arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # Several threads of tesseract only wait for each other.
    environment = {"OMP_THREAD_LIMIT": "1", **os.environ}
    return subprocess.run(["tesseract", *arguments], input=content, capture_output=True, env=environment, check=False)
