"""Process one picture of a document: decode it, apply the page function, and encode the result if it changed."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from isthmus.documents.contract import DamagedError, LeftAsItIs, Place, decoding
from isthmus.documents.formats import format_named
from isthmus.documents.picture import (
    Colour,
    Grey,
    Picture,
    bilevel_picture,
    changed_picture,
    changed_share,
    page_pixels,
)
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.documents.turning import turn_of, turned_picture, turned_pixels
from isthmus.errors import IsthmusError
from isthmus.system.files import FileState, unchanged

_LEAST_CHANGE = 0.0005  # share of the pixels of a page; where fewer change, the page keeps its bytes


@dataclass(frozen=True)
class Remarked:
    """New pixels of a page, and sentences about them for its report.

    ``lines`` is the direction of its lines, to the right and down: the page is turned until they are straight.
    ``not_turned`` is why they are not known, if they were looked for.
    """

    pixels: Grey | Colour
    remarks: tuple[str, ...] = ()
    lines: tuple[float, float] | None = None
    not_turned: str | None = None


@runtime_checkable
class PageFunction(Protocol):
    """A function from the pixels of a page, 8-bit grey or RGB, to new pixels of the same shape, perhaps with remarks.

    ``dpi`` is None if the file does not state its resolution. It may raise ``LeftAsItIs``.
    """

    def __call__(self, pixels: Grey | Colour, /, *, dpi: float | None) -> Grey | Colour | Remarked: ...


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
    alone: bool = False  # the document is nothing but this picture
    whole: bool = True  # the page has no other picture
    inspector: Inspector | None = None
    encoded: bool = True  # False in dry runs

    def report(self, note: str | None = None) -> PageReport:
        """The report on a picture that has not been changed."""
        place = self.place
        return PageReport(place.page, place.width, place.height, changed=False, note=note, number=self.number)


class Source:
    """The document that the last picture came from, which stays open for the next one."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._key: tuple[str, str, FileState] | None = None
        self._opened: Any = None

    def of(self, work: Work) -> Any:
        """Return the opened document of a picture."""
        key = work.format, work.path, work.state
        if key != self._key:
            self.close()
            self._opened = self._stack.enter_context(format_named(work.format).open_document(work.path))
            self._key = key
        return self._opened

    def close(self) -> None:
        """Close the document, if one is open."""
        self._key = self._opened = None
        self._stack.close()


def try_picture(function: PageFunction, work: Work, source: Source) -> tuple[bytes | None, PageReport] | Exception:
    """Return the encoded picture, or None if it stays as it is, and the report; or the exception if that fails."""
    try:
        return _process(function, work, source)
    except LeftAsItIs as left:
        return None, work.report(str(left))
    except DamagedError as damaged:
        left_out = f"an image that is damaged ({damaged.brief}) is left as it is"
        return damaged if work.alone else (None, work.report(left_out))
    except (IsthmusError, MemoryError) as error:
        return error
    except Exception as error:
        error.add_note(f"{work.name}, page {work.place.page}")
        return error


def _process(function: PageFunction, work: Work, source: Source) -> tuple[bytes | None, PageReport]:
    begun, place = time.monotonic(), work.place
    if place.problem is not None:
        return None, work.report(place.problem)
    format = format_named(work.format)
    with decoding(work.name, place.page), unchanged(work.path, work.name, work.state):
        picture = format.read(source.of(work), place)
        pixels = page_pixels(picture)
    given = pixels.view()
    given.flags.writeable = False
    found = function(given, dpi=place.dpi)
    returned = found if isinstance(found, Remarked) else Remarked(found)
    after = returned.pixels
    if after.shape != pixels.shape or after.dtype != np.uint8:
        raise TypeError(f"A page function must return {pixels.shape} of uint8. Got {after.shape} of {after.dtype}.")
    to_bilevel = work.bilevel and picture.kind != "bilevel"
    new = bilevel_picture(after) if to_bilevel else None
    written = after if new is None else page_pixels(new)
    share = changed_share(pixels, written)
    if not to_bilevel and share < _LEAST_CHANGE:
        after, written, share = pixels, pixels, 0.0
    is_cleaned = to_bilevel or share > 0
    report = replace(work.report(picture.note), changed_share=share, remarks=returned.remarks)
    report = _turned(report, returned, work)
    turn = report.turned if format.TURNS_PIXELS and report.turned else 0.0  # of the pixels
    report = replace(report, changed=is_cleaned or turn != 0)
    if work.inspector is not None:
        report = work.inspector.page(work.name, report, pixels, after, written)
    report = replace(report, seconds=time.monotonic() - begun)
    if not (is_cleaned or turn) or not work.encoded:
        return None, report
    if new is not None:
        new = bilevel_picture(turned_pixels(after, turn, place.steps)) if turn else new
    else:
        new = changed_picture(picture, pixels, after)
        if not turn and _equal(new.samples, picture.samples) and _same_palette(new, picture):
            return None, replace(report, changed=False, changed_share=0.0)
        new = turned_picture(new, turn, place.steps) if turn else new
    del picture, pixels, given, found, returned, after, written  # large pages need their memory
    with decoding(work.name, place.page), unchanged(work.path, work.name, work.state):
        data = format.encode(source.of(work), place, new)
    return data, replace(report, seconds=time.monotonic() - begun)


def _turned(report: PageReport, returned: Remarked, work: Work) -> PageReport:
    """The report with the angle to turn the page by, or the reason to leave it as it lies."""
    if returned.lines is None:
        return replace(report, not_turned=returned.not_turned)
    place = work.place
    turn, problem = turn_of(returned.lines, returned.pixels, place.steps, fixed=place.fixed, is_whole=work.whole)
    return replace(report, turned=turn, not_turned=problem)


def _same_palette(new: Picture, old: Picture) -> bool:
    return new.palette is None or old.palette is None or np.array_equal(new.palette, old.palette)


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two pages are equal, compared row by row, since a comparison needs as much memory as a page."""
    return all(map(np.array_equal, first, second))
