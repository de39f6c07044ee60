"""Compare pages with their cleaned versions, where no clean page is known: what became of marks like letters."""

import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rich.table import Table

from isthmus.documents.picture import Colour, Grey, changed_share
from isthmus.errors import InputError
from isthmus.pages.evaluation.pairs import Pair, find_pairs, opened, unpaired_note
from isthmus.pages.evaluation.tables import markdown, rich_table
from isthmus.pages.letters_gone import letters_gone
from isthmus.report.formats import csv_text, json_text
from isthmus.system.progress import progress_bar
from isthmus.words import counted

_HEADINGS = ("marks like letters", "became pale", "gone", "contrast kept, %", "pixels changed, %", "where")


@dataclass(frozen=True)
class PageChange:
    """What cleaning changed on one page.

    Of ``letters`` marks like letters, ``pale`` became pale (less than half of their contrast is left), and ``gone`` of
    these are gone (less than a quarter); most were ``where``. ``contrast_kept`` is the mean share of the contrast of
    ``letters`` that is left, NaN without any. ``pixels_changed`` is the share of pixels with another value.
    """

    page: str
    pixels: int
    letters: int
    pale: int
    gone: int
    where: str
    contrast_kept: float
    pixels_changed: float


@dataclass(frozen=True, repr=False)
class Changes:
    """The result of ``evaluate_changes``.

    Attributes
    ----------
    pages : tuple of PageChange
        In the order of their files.
    left_out : tuple of str
        A sentence for each document that could not be compared.
    unpaired : int
        Number of files without a counterpart of the same name.
    """

    pages: tuple[PageChange, ...]
    left_out: tuple[str, ...] = ()
    unpaired: int = 0

    @property
    def heading(self) -> str:
        """The sums over all pages, in a line."""
        letters, pale, gone = (sum(getattr(page, name) for page in self.pages) for name in ("letters", "pale", "gone"))
        worse = counted(sum(page.pale > 0 for page in self.pages), "page")
        found = f"{pale:,} of {letters:,} marks like letters became pale, on {worse}; {gone:,} of them are gone"
        megapixels = sum(page.pixels for page in self.pages) / 1e6
        return f"{counted(len(self.pages), 'page')}, {megapixels:.1f} megapixels: {found}."

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about files that were left out."""
        return (*self.left_out, *unpaired_note(self.unpaired))

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the columns."""
        return ("", *_HEADINGS)

    def cells(self) -> list[list[tuple[str, bool]]]:
        """A row per page: each cell, and False, since no cell is better than others."""
        return [[(cell, False) for cell in _cells(page)] for page in self.pages]

    def tables(self) -> list[Table]:
        """A table for rich."""
        return [rich_table(self.headings, self.cells())]

    def to_markdown(self) -> str:
        """The table and the notes."""
        return "\n\n".join([self.heading, markdown(self.headings, self.cells()), *self.notes]) + "\n"

    def to_csv(self) -> str:
        """One line per page, with all digits."""
        return csv_text(asdict(self.pages[0]), (asdict(page).values() for page in self.pages))

    def to_json(self) -> str:
        """Every page, with all digits, and the notes."""
        return json_text({"pages": [asdict(page) for page in self.pages], "notes": self.notes})

    def __repr__(self) -> str:
        return f"<Changes of {self.heading[:-1]}>"


def evaluate_changes(
    noisy: str | os.PathLike[str], cleaned: str | os.PathLike[str], *, verbose: bool = False
) -> Changes:
    """Find what cleaning took from pages, whatever program cleaned them, without clean pages to compare with.

    Parameters
    ----------
    noisy, cleaned : path
        Folders of images and PDFs, or two files. Files with the same name, except for the suffix, are a pair; they have
        as many pages, of the same sizes in pixels.
    verbose : bool, default=False
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    Changes
        For each page, the marks like letters that became pale or are gone, and where; see
        ``isthmus.pages.letters_gone``. It misses joined letters, and faint ones beside darker print, so a page without
        a mark that became pale can have lost some. Documents that cannot be compared are left out, and named in
        ``notes``.

    Raises
    ------
    InputError
        If there are no pairs, or none can be compared.
    """
    pairs, unpaired = find_pairs(noisy, cleaned, documents=True)
    pages, left_out = [], []
    with progress_bar("documents", len(pairs), shown=verbose) as show:
        for n_done, pair in enumerate(pairs):
            show(n_done, pair.name)
            try:
                pages += [page_change(*found) for found in pages_of(pair)]
            except InputError as error:
                left_out.append(str(error))
    if not pages:
        raise InputError(left_out[0] if left_out else f"{noisy}: has no pages that can be compared.")
    return Changes(tuple(pages), tuple(left_out), unpaired)


def pages_of(pair: Pair) -> Iterator[tuple[str, Grey | Colour, Grey | Colour]]:
    """Each page of a document: its name, and its pixels before and after."""
    with opened(pair.noisy) as (places, read), opened(pair.clean) as (after_places, read_after):
        if len(places) != len(after_places):
            numbers = f"Got {len(places)} and {len(after_places)}"
            raise InputError(f"{pair.name}: must have as many pages before and after cleaning. {numbers} instead.")
        for place, after_place in zip(places, after_places, strict=True):
            name = pair.name if len(places) == 1 else f"{pair.name}, page {place.page}"
            before, after = read(place), read_after(after_place)
            if before.shape[:2] != after.shape[:2]:
                sizes = " and ".join(f"{page.shape[1]} × {page.shape[0]}" for page in (before, after))
                raise InputError(f"{name}: must have the same size before and after cleaning. Got {sizes} pixels.")
            yield name, before, after


def page_change(name: str, before: Grey | Colour, after: Grey | Colour) -> PageChange:
    """Compare a page before and after."""
    found = letters_gone(before, after)
    return PageChange(
        page=name, pixels=before.shape[0] * before.shape[1], letters=found.letters, pale=found.count, gone=found.gone,
        where=found.where, contrast_kept=found.kept, pixels_changed=changed_share(before, after),
    )  # fmt: skip


def _cells(page: PageChange) -> list[str]:
    kept = "–" if math.isnan(page.contrast_kept) else f"{100 * page.contrast_kept:.1f}"
    counts = [f"{number:,}" for number in (page.letters, page.pale, page.gone)]
    return [page.page, *counts, kept, f"{100 * page.pixels_changed:.1f}", page.where]
