"""Process one picture of a document: decode it, apply the page function, and encode the result if it changed."""

import time
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from isthmus.documents.contract import LeftAsItIs, Place, decoding
from isthmus.documents.formats import format_named
from isthmus.documents.picture import Colour, Grey, bilevel_picture, changed_picture, page_pixels
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.errors import IsthmusError
from isthmus.system.files import FileState, unchanged


@runtime_checkable
class PageFunction(Protocol):
    """A function from the pixels of a page, 8-bit grey or RGB, to new pixels of the same shape.

    ``dpi`` is None if the file does not state its resolution.
    """

    def __call__(self, pixels: Grey | Colour, /, *, dpi: float | None) -> Grey | Colour: ...


@runtime_checkable
class Inspector(Protocol):
    """Compares pages before and after, and completes their reports. With several jobs it must be picklable."""

    def page(
        self, document: str, report: PageReport, before: Grey | Colour, after: Grey | Colour, written: Grey | Colour
    ) -> PageReport:
        """Compare a page before and after, in the process that transformed it, and return its completed report.

        ``after`` is what the page function returned; ``written`` is grey, black and white, if pages become bilevel.
        """

    def document(self, report: DocumentReport) -> None:
        """Receive the report on a finished document, in the main process."""


@dataclass(frozen=True)
class Work:
    """A picture to process; ``number`` counts the pictures of the document from 1."""

    path: str
    state: FileState
    name: str
    format: str
    place: Place
    number: int
    bilevel: bool = False
    inspector: Inspector | None = None
    encoded: bool = True  # False in dry runs

    def report(self, note: str | None = None) -> PageReport:
        """The report on a picture that has not been changed."""
        place = self.place
        return PageReport(place.page, place.width, place.height, changed=False, note=note, number=self.number)


def try_picture(function: PageFunction, work: Work) -> tuple[bytes | None, PageReport] | Exception:
    """Return the encoded picture, or None if it stays as it is, and the report; or the exception if that fails."""
    try:
        return _process(function, work)
    except (IsthmusError, MemoryError) as error:
        return error
    except Exception as error:
        error.add_note(f"{work.name}, page {work.place.page}")
        return error


def _process(function: PageFunction, work: Work) -> tuple[bytes | None, PageReport]:
    begun, place = time.monotonic(), work.place
    if place.problem is not None:
        return None, work.report(place.problem)
    format = format_named(work.format)
    try:
        with decoding(work.name, place.page), unchanged(work.path, work.name, work.state):
            picture = format.read(work.path, place)
            pixels = page_pixels(picture)
    except LeftAsItIs as left:
        return None, work.report(str(left))
    given = pixels.copy()
    given.flags.writeable = False
    after = function(given, dpi=place.dpi)
    if after.shape != pixels.shape or after.dtype != np.uint8:
        raise TypeError(f"A page function must return {pixels.shape} of uint8. Got {after.shape} of {after.dtype}.")
    to_bilevel = work.bilevel and picture.kind != "bilevel"
    new = bilevel_picture(after) if to_bilevel else None
    report = replace(work.report(), changed=to_bilevel or not np.array_equal(after, pixels))
    if work.inspector is not None:
        written = after if new is None else page_pixels(new)
        report = work.inspector.page(work.name, report, pixels, after, written)
    report = replace(report, seconds=time.monotonic() - begun)
    if not report.changed or not work.encoded:
        return None, report
    if new is None:
        new = changed_picture(picture, pixels, after)
        if np.array_equal(new.samples, picture.samples):
            return None, replace(report, changed=False)
    with unchanged(work.path, work.name, work.state):
        data = format.encode(work.path, place, new)
    return data, replace(report, seconds=time.monotonic() - begun)
