"""Clean the pages of documents."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from isthmus.documents.budget import USUAL_MEGAPIXELS
from isthmus.documents.contract import Rules
from isthmus.documents.picture import Colour, Grey
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.documents.transform import Options, transform_documents
from isthmus.documents.work import Remarked
from isthmus.pages.removed import removed
from isthmus.pages.review import Review
from isthmus.pages.skew import find_skew

_LARGEST = 14  # the limit of a page at the scale of the network is this part of the limit: A1


@dataclass(frozen=True)
class Cleaner:
    """The page function that cleans; it is picklable, and imports the networks when it cleans its first page."""

    network: str = "pages"
    strength: float = 1.0
    dpi: float | None = None
    max_megapixels: float = USUAL_MEGAPIXELS
    deskew: bool = False

    def __call__(self, pixels: Grey | Colour, /, *, dpi: float | None) -> Remarked:
        if self.strength == 0:
            return self._with_lines(Remarked(pixels))
        from isthmus.pages.cleaning import cleaned_page  # noqa: PLC0415 — imports the networks

        most = self.max_megapixels / _LARGEST
        cleaned = cleaned_page(
            pixels, network=self.network, dpi=self.dpi, stated=dpi, strength=self.strength, max_megapixels=most
        )
        return self._with_lines(Remarked(cleaned.pixels, cleaned.remarks))

    def _with_lines(self, page: Remarked) -> Remarked:
        """The direction of the lines of the cleaned page, if it is to be turned straight."""
        if not self.deskew:
            return page
        skew = find_skew(page.pixels)
        return replace(page, lines=skew.lines, not_turned=skew.problem)


@dataclass(frozen=True)
class RemovalInspector:
    """Reports what cleaning removed from each page, and adds the pages to a review."""

    review: Review | None = None

    def page(
        self, document: str, report: PageReport, before: Grey | Colour, after: Grey | Colour, written: Grey | Colour
    ) -> PageReport:
        """Measure what was removed and what is left of letters, and save the pictures for the review."""
        found = removed(before, after, written)
        letters = found.letters
        if self.review is not None:
            pale = None if letters is None else letters.boxes
            self.review.save(document, report.number, before, written, pale, turned=report.turned or 0.0)
        report = replace(report, removed=found.share, warning=found.warning)
        if letters is None or not letters.letters:
            return report
        return replace(
            report, letters=letters.letters, marks=letters.count, gone=letters.gone, where=letters.where,
            contrast_kept=letters.kept,
        )  # fmt: skip

    def document(self, report: DocumentReport) -> None:
        """Add a finished document to the review."""
        if self.review is not None:
            self.review.add(report)


def clean_document(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    network: str = "pages",
    strength: float = 1.0,
    dpi: float | None = None,
    pages: Iterable[int] | None = None,
    bilevel: bool = False,
    deskew: bool = False,
    dry_run: bool = False,
    review: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    max_megapixels: float = 250,
    invalidate_digital_signatures: bool = False,
) -> DocumentReport:
    """Remove stains, folds, shadows and show-through from the pages of a document, and keep everything else.

    Parameters
    ----------
    source, output : path
        PNG, JPEG, TIFF, WebP, BMP, PBM, PGM, PPM or PDF; the output has the format of the source. ``"-"`` is standard
        input or output.
    network : str, default "pages"
        The network that cleans; see ``isthmus.clean``.
    strength : float, default 1.0
        Share of the change that is made, from 0 to 1; with 0 nothing is cleaned.
    dpi : float, optional
        Dots per inch of the pages, from 10 to 10,000, for documents that do not state them, or state them wrongly.
    pages : iterable of int, optional
        Numbers of the pages to clean, from 1. Default: all pages. The others stay as they are.
    bilevel : bool, default False
        Make pages black and white.
    deskew : bool, default False
        Turn pages so that their lines are straight. The report says by how many degrees, or why not; with
        ``strength=0`` pages are only turned.
    dry_run : bool, default False
        Clean and report, but write no output.
    review : path, optional
        Folder for pictures of each page before, after and with what was removed in red; open its ``index.html``.
    jobs : int, default 1
        Number of processes. With more than one, a script needs ``if __name__ == "__main__":``.
    max_megapixels : float, default 250
        Pages with more pixels are refused before they are decoded. The limit is for grey; it is a third of that for
        colours, and a fourteenth at the 150 dpi of the network, above which pages are left as they are.
    invalidate_digital_signatures : bool, default False
        Clean signed PDFs too, which invalidates their signatures.

    Returns
    -------
    DocumentReport
        For each page, how much was removed, and a warning if that might have been text.

    Raises
    ------
    InputError
        If the source is missing, damaged, too large or of another format. Nothing is written.
    ProtectedError
        If the source is an encrypted or a signed PDF.
    OutputError
        If the output cannot be written. A previous output stays.
    MissingExtraError
        If the source is a PDF, and the extra ``pdf`` is not installed.
    """
    options = Options(
        pages=None if pages is None else frozenset(pages),
        rules=Rules(max_megapixels, invalidate_digital_signatures, bilevel),
        dry_run=dry_run,
        inspector=RemovalInspector(None if review is None else Review(os.fspath(review))),
        jobs=jobs,
    )
    pair = (os.fspath(source), os.fspath(output))
    (report,) = transform_documents([pair], Cleaner(network, strength, dpi, max_megapixels, deskew), options)
    if report.error is not None:
        raise report.error
    return report
