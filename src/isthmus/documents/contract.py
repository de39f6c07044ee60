"""The interface of a document format, and the plan that it makes of a document."""

import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Any, BinaryIO, Protocol, runtime_checkable

from isthmus.documents.budget import USUAL_MEGAPIXELS, Budget
from isthmus.documents.damage import meaning
from isthmus.documents.picture import Picture
from isthmus.errors import InputError, IsthmusError, OutputError
from isthmus.system.files import reason

File = BinaryIO | BytesIO
Steps = tuple[float, float, float, float]
"""Where a pixel's step to the right leads on the page, and a step down: each to the right and down, in any unit."""
SQUARE: Steps = (1.0, 0.0, 0.0, 1.0)
_MOST_UNLIKE = 4.5  # times: fax has 4 at most


@dataclass(frozen=True)
class Place:
    """The place of one picture in a document; ``key`` is how its format finds it.

    ``turned`` is set for writing, in formats that turn pages as they are drawn: degrees clockwise, or None.
    """

    page: int  # from 1
    width: int
    height: int
    dpi: float | None = None
    key: tuple[int, ...] = ()
    also: tuple[int, ...] = ()  # other pages that show the same picture
    problem: str | None = None  # reason to leave it as it is
    steps: Steps = SQUARE  # of its pixels, on the page
    fixed: str | None = None  # reason not to turn its page
    turned: float | None = None

    @property
    def pages(self) -> tuple[int, ...]:
        """All pages that show the picture."""
        return (self.page, *self.also)


@dataclass(frozen=True)
class Plan:
    """The number of pages of a document, and the places of its pictures.

    If the document is nothing but one picture (``alone``), damage to the picture is damage to the document.
    """

    n_pages: int
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True)
class Rules:
    """Which documents are refused, and whether their pages become black and white (``bilevel``).

    ``max_megapixels`` is for pixels of one byte; for those of n bytes, such as colours, it is an nth.
    """

    max_megapixels: float = USUAL_MEGAPIXELS
    invalidate_signatures: bool = False
    bilevel: bool = False

    def check_size(self, name: str, width: int, height: int, page: int | None = None, *, n_bytes: int = 1) -> None:
        """Refuse a picture that is too large, before any of it is decoded; a pixel has so many bytes."""
        found = f"{_where(name, page)}: is an image of {width} × {height} pixels"
        if width < 1 or height < 1:
            raise InputError(f"{found}.")
        if width * height * n_bytes > self.max_megapixels * 1e6:
            limit = f"the limit of {self.max_megapixels / n_bytes:.3g} megapixels"
            option = "(--max-megapixels)"
            if n_bytes > 1:
                needed = ceil(width * height * n_bytes / 1e6)
                found, option = f"{found} of {n_bytes} bytes", f"of that kind (--max-megapixels {needed} reads it)"
            raise InputError(f"{found}, more than {limit} {option}; it may be a decompression bomb.")

    def budget(self, name: str, size: int) -> Budget:
        """Return the budget of a document of so many bytes."""
        return Budget(name, size, self.max_megapixels)


@runtime_checkable
class Format(Protocol):
    """A document format: a module or an object with these functions."""

    NAME: str
    HOLDS_BILEVEL: bool
    TURNS_PIXELS: bool
    """Whether a page is turned by turning the pixels of its picture; or else ``write`` turns what the page draws."""

    def plan(self, file: File, name: str, rules: Rules) -> Plan:
        """Find the pages without decoding any, and refuse documents that cannot be transformed completely.

        Everything that is read draws from the budget of the document.
        """

    def open_document(self, path: str) -> AbstractContextManager[Any]:
        """Open a document for ``read`` and ``encode``, of any number of pictures."""

    def read(self, opened: Any, place: Place) -> Picture:
        """Decode one picture."""

    def encode(self, opened: Any, place: Place, picture: Picture) -> bytes:
        """Encode a changed picture, for ``write``."""

    def write(
        self, file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File
    ) -> None:
        """Write the document with the encoded pictures in their places, and leave everything else as it was.

        ``encoded`` yields every place of the plan in order, with None if nothing changed there, and with ``turned``
        in formats that turn pages themselves.
        """


def _where(name: str, page: int | None) -> str:
    return name if page is None else f"{name}, page {page}"


def steps_at(across: float, along: float) -> Steps:
    """The steps of pixels with these dots per inch, such as 204 × 98 of a fax; unlikely ones are taken as square."""
    is_likely = min(across, along) > 0 and max(across, along) <= _MOST_UNLIKE * min(across, along)
    return (1 / across, 0.0, 0.0, 1 / along) if is_likely else SQUARE


class DamagedError(InputError):
    """A document, or a picture within it, cannot be decoded; ``brief`` says why in a few words."""

    def __init__(self, where: str, brief: str) -> None:
        super().__init__(f"{where}: is damaged ({brief}).")
        self.where, self.brief = where, brief

    def __reduce__(self) -> tuple[type, tuple[str, str]]:  # errors of worker processes are pickled
        return type(self), (self.where, self.brief)


class LeftAsItIs(Exception):
    """A picture of an unsupported kind; the document is written with this picture unchanged."""


@contextmanager
def decoding(name: str, page: int | None = None, *, writing: bool = False) -> Iterator[None]:
    """Turn any error of a decoder into a ``DamagedError`` of one sentence, in words of our own.

    With ``writing``, errors of the operating system pass through to whoever opened the output.
    """
    where = _where(name, page)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (IsthmusError, MemoryError, LeftAsItIs):
        raise
    except Exception as error:  # decoders raise anything on hostile bytes
        if isinstance(error, OSError) and error.errno:
            if writing:
                raise
            raise InputError(f"{where}: cannot be read ({reason(error)}).") from error
        raise DamagedError(where, meaning(error)) from error


@contextmanager
def temporary_errors() -> Iterator[None]:
    """Turn errors of the operating system about unnamed temporary files into an OutputError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        folder = tempfile.tempdir or "the temporary folder"
        raise OutputError(f"{folder}: a temporary file cannot be written ({reason(error)}).") from error


def copy_whole(file: File, output: File) -> None:
    """Replace the content of the output by that of a file."""
    file.seek(0)
    output.seek(0)
    output.truncate()
    shutil.copyfileobj(file, output, 2**20)
