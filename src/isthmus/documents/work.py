"""One picture of a document: decoded, put through the page function, and encoded where it changed."""

import time
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from isthmus.documents.contract import LeftAsItIs, Place, decoding
from isthmus.documents.formats import format_named
from isthmus.documents.picture import Colour, Grey, bilevel_picture, changed_picture, page_pixels
from isthmus.documents.removed import removed
from isthmus.documents.review import Pictures
from isthmus.errors import IsthmusError


@runtime_checkable
class PageFunction(Protocol):
    """What is done to pages: 8-bit grey or RGB in, the same shape out; ``dpi`` is None where the file does not say."""

    def __call__(self, pixels: Grey | Colour, /, *, dpi: float | None) -> Grey | Colour: ...


@dataclass(frozen=True)
class Work:
    """A picture that is to be cleaned."""

    path: str
    name: str
    format: str
    place: Place
    bilevel: bool = False
    review: Pictures | None = None
    encoded: bool = True  # False in dry runs


@dataclass(frozen=True)
class PageReport:
    """What happened to one picture: the share of its pixels that were dirt, and marks like letters that went."""

    page: int
    width: int
    height: int
    changed: bool
    removed: float = 0.0
    marks: int = 0
    warning: str | None = None
    note: str | None = None
    seconds: float = 0.0


def do(function: PageFunction, work: Work) -> tuple[bytes | None, PageReport]:
    """The encoded picture, or None where it stays as it is, and the report."""
    begun, place = time.monotonic(), work.place
    report = PageReport(place.page, place.width, place.height, changed=False, note=place.problem)
    if place.problem is not None:
        return None, report
    format = format_named(work.format)
    try:
        with decoding(work.name, place.page):
            picture = format.read(work.path, place)
            pixels = page_pixels(picture)
    except LeftAsItIs as left:
        return None, replace(report, note=str(left))
    given = pixels.copy()
    given.flags.writeable = False
    cleaned = function(given, dpi=place.dpi)
    if cleaned.shape != pixels.shape or cleaned.dtype != np.uint8:
        raise TypeError(f"A page function must give {pixels.shape} of uint8. Got {cleaned.shape} of {cleaned.dtype}.")
    same = np.array_equal(cleaned, pixels)
    to_bilevel = work.bilevel and picture.kind != "bilevel"
    if work.review is not None:
        shown = page_pixels(bilevel_picture(cleaned)) if to_bilevel else cleaned
        work.review.save(pixels, shown if shown.shape == pixels.shape else np.repeat(shown[..., None], 3, axis=2))
    found = removed(pixels, cleaned)
    report = replace(
        report,
        changed=not same or to_bilevel,
        removed=found.share,
        marks=found.marks,
        warning=f"{found.marks} marks as large as letters were removed" if found.might_be_text else None,
        seconds=time.monotonic() - begun,
    )
    if not report.changed or not work.encoded:
        return None, report
    new = bilevel_picture(cleaned) if to_bilevel else changed_picture(picture, pixels, cleaned)
    if not to_bilevel and np.array_equal(new.samples, picture.samples):
        return None, replace(report, changed=False)
    data = format.encode(work.path, place, new)
    return data, replace(report, seconds=time.monotonic() - begun)


def attempt(function: PageFunction, work: Work) -> tuple[bytes | None, PageReport] | Exception:
    """``do``, with what went wrong as its result."""
    try:
        return do(function, work)
    except (IsthmusError, MemoryError) as error:
        return error
    except Exception as error:
        error.add_note(f"{work.name}, page {work.place.page}")
        return error
