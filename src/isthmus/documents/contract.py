"""What a format of documents can do, and what it says about a document."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Protocol, runtime_checkable

from isthmus.documents.picture import Picture
from isthmus.errors import InputError, IsthmusError
from isthmus.system.files import reason

File = BinaryIO | BytesIO


@dataclass(frozen=True)
class Place:
    """Where one picture of a document is: its page from 1, its size, and what its format finds it by."""

    page: int
    width: int
    height: int
    dpi: float | None = None
    key: tuple[int, ...] = ()
    also: tuple[int, ...] = ()  # other pages that show the same picture
    problem: str | None = None  # why it must be left as it is


@dataclass(frozen=True)
class Plan:
    """The pages of a document, and the places of the pictures on them."""

    n_pages: int
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What a document may be like."""

    max_megapixels: float = 250
    invalidate_signatures: bool = False
    bilevel: bool = False

    def check_size(self, name: str, width: int, height: int, page: int | None = None) -> None:
        """Refuse a picture that is too large, before anything of it is decoded."""
        where = name if page is None else f"{name}, page {page}"
        if width < 1 or height < 1:
            raise InputError(f"{where}: is an image of {width} × {height} pixels.")
        if width * height > self.max_megapixels * 1e6:
            raise InputError(
                f"{where}: is an image of {width} × {height} pixels, more than the {self.max_megapixels:g} megapixels "
                "that are read (--max-megapixels); it may be a decompression bomb."
            )


@runtime_checkable
class Format(Protocol):
    """One format of documents; each is a module with these functions."""

    NAME: str
    HOLDS_BILEVEL: bool

    def plan(self, file: File, name: str, rules: Rules) -> Plan:
        """Find the pages without decoding any; whatever cannot be cleaned whole is refused here."""

    def read(self, path: str, place: Place) -> Picture:
        """Decode one picture."""

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        """Encode what became of a picture, for ``write``."""

    def write(
        self, file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File
    ) -> None:
        """Write the document with the encoded pictures in their places, and everything else as it was.

        ``encoded`` gives every place of the plan in turn, with None where nothing changed.
        """


@contextmanager
def decoding(name: str, page: int | None = None, *, writing: bool = False) -> Iterator[None]:
    """Make a sentence of whatever a library says about a damaged file.

    While an output is written, too, what the system says is left to whoever has opened that.
    """
    where = name if page is None else f"{name}, page {page}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (IsthmusError, MemoryError):
        raise
    except OSError as error:
        if error.errno and writing:
            raise
        if error.errno:
            raise InputError(f"{where}: cannot be read ({reason(error)}).") from error
        raise InputError(f"{where}: is damaged ({_brief(error)}).") from error
    except Exception as error:  # decoders raise anything on hostile bytes
        raise InputError(f"{where}: is damaged ({_brief(error)}).") from error


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text[:200] if text else type(error).__name__


class LeftAsItIs(Exception):
    """A picture of a kind that is not understood; the document is written with it as it was."""
