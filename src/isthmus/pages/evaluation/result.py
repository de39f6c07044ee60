"""The results of an evaluation: measures of each page, and summaries by method and group, as tables and files."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from rich.table import Table

from isthmus.pages.evaluation.measures import character_error_rate, word_error_rate
from isthmus.pages.evaluation.pairs import unpaired_note
from isthmus.pages.evaluation.tables import markdown, rich_table
from isthmus.report.formats import csv_text, json_text
from isthmus.words import counted


@dataclass(frozen=True)
class Cleaned:
    """The measures of one page cleaned by one method.

    ``lost`` of ``components`` small components are lost; ``strokes_kept`` and so on are those of ``StrokesKept``.
    ``colour_difference`` is that of coloured marks, NaN if the clean page has none.
    ``altered`` and ``letters_lost`` of ``letters`` letters are altered and lost; all are 0 without their places.
    ``text`` and ``expected`` are the text that OCR read on the page and on its clean page; None without OCR.
    """

    page: str
    group: str
    method: str
    pixels: int
    rmse: float
    psnr: float
    ssim: float
    lost: int
    components: int
    uqi: float
    strokes_kept: int
    strokes: int
    gaps_kept: int
    gaps: int
    parts_kept: int
    parts: int
    seconds: float
    colour_difference: float = math.nan
    text: str | None = None
    expected: str | None = None
    altered: int = 0
    letters_lost: int = 0
    letters: int = 0


@dataclass(frozen=True)
class Summary:
    """The measures of one method over several pages.

    RMSE is pooled over all pixels; PSNR, SSIM, UQI and the difference of colours are means over pages (of those with
    coloured marks); the others are totals divided by the number of small components, characters and megapixels. NaN
    stands for a measure without data.
    """

    method: str
    group: str | None
    pages: int
    rmse: float
    psnr: float
    ssim: float
    uqi: float
    components_lost: float
    strokes_lost: float
    gaps_lost: float
    topology_changed: float
    letters_altered: float
    letters_lost: float
    characters_misread: float
    words_misread: float
    colour_difference: float
    seconds_per_megapixel: float


@dataclass(frozen=True)
class Column:
    """A measure in tables: its heading, the format of its cells, and ``min`` or ``max`` if that is the best value."""

    field: str
    heading: str
    cell: Callable[[float], str]
    best: Callable[[Iterable[float]], float] | None = None


def _number(form: str, factor: float = 1) -> Callable[[float], str]:
    return lambda value: "–" if math.isnan(value) else "∞" if math.isinf(value) else format(value * factor, form)


COLUMNS = (
    Column("rmse", "RMSE", _number(".4f"), min),
    Column("psnr", "PSNR, dB", _number(".2f"), max),
    Column("ssim", "SSIM", _number(".4f"), max),
    Column("uqi", "UQI", _number(".4f"), max),
    Column("letters_altered", "letters altered per 10,000", _number(".1f", 10_000), min),
    Column("letters_lost", "lost per 10,000", _number(".1f", 10_000), min),
    Column("strokes_lost", "strokes lost, %", _number(".2f", 100)),
    Column("gaps_lost", "gaps lost, %", _number(".2f", 100)),
    Column("topology_changed", "topology changed, %", _number(".2f", 100)),
    Column("components_lost", "small parts lost, %", _number(".2f", 100)),
    Column("colour_difference", "colour of marks, ΔE2000", _number(".1f"), min),
    Column("characters_misread", "characters misread, %", _number(".2f", 100), min),
    Column("words_misread", "words misread, %", _number(".2f", 100), min),
    Column("seconds_per_megapixel", "s a megapixel", _number(".2f")),
)


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The result of ``evaluate_pages``: the measures of several methods on pages.

    Attributes
    ----------
    pages : tuple of Cleaned
        Each page cleaned by each method.
    methods : tuple of str
        In order: "untouched", "background division", "adaptive threshold", and the available networks.
    missing : dict of str
        A message for each network that is missing.
    unpaired : int
        Number of files without a counterpart, which were left out.
    """

    pages: tuple[Cleaned, ...]
    methods: tuple[str, ...]
    missing: dict[str, str]
    unpaired: int = 0

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of pages, in order; empty if there is only one."""
        names = sorted({page.group for page in self.pages})
        return tuple(names) if len(names) > 1 else ()

    @cached_property
    def summaries(self) -> dict[tuple[str, str | None], Summary]:
        """Summaries by method and group; the group None stands for all pages."""
        keys = [(method, group) for group in (None, *self.groups) for method in self.methods]
        return {key: self._summary(*key) for key in keys}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The measures that have a value for any method."""
        lines = [self.summaries[method, None] for method in self.methods]
        return tuple(column for column in COLUMNS if any(not math.isnan(getattr(x, column.field)) for x in lines))

    @property
    def heading(self) -> str:
        """The number of pages and megapixels, in a line."""
        first = [page for page in self.pages if page.method == self.methods[0]]
        megapixels = sum(page.pixels for page in first) / 1e6
        return f"{counted(len(first), 'page')}, {megapixels:.1f} megapixels."

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on missing networks, files and OCR, in sentences."""
        notes = [*self.missing.values(), *unpaired_note(self.unpaired)]
        if all(page.text is None for page in self.pages):
            notes.append("The pages were not read by OCR: tesseract is not installed, or was not requested.")
        return tuple(notes)

    def cells(self, group: str | None = None) -> list[list[tuple[str, bool]]]:
        """The table of a group with a row per method: each cell, and whether it is the best of its column."""
        lines = [self.summaries[method, group] for method in self.methods]
        rows = [[(line.method, False)] for line in lines] + [[(name, False)] for name in self.missing]
        for column in self.columns:
            values = [getattr(line, column.field) for line in lines]
            known = [value for value in values if not math.isnan(value)]
            best = column.best(known) if column.best is not None and known else None
            cells = [(column.cell(value), value == best) for value in values] + [("–", False)] * len(self.missing)
            for row, cell in zip(rows, cells, strict=True):
                row.append(cell)
        return rows

    def group_cells(self) -> list[list[tuple[str, bool]]]:
        """RMSE by method (rows) and group (columns)."""
        best = {g: min(self.summaries[method, g].rmse for method in self.methods) for g in self.groups}
        rows = []
        for method in self.methods:
            by_group = [(self.summaries[method, g].rmse, best[g]) for g in self.groups]
            rows.append([(method, False), *((f"{rmse:.4f}", rmse == least) for rmse, least in by_group)])
        return rows

    def tables(self) -> list[Table]:
        """Tables for rich: all pages, and RMSE by group if there are groups."""
        return [rich_table(headings, rows) for headings, rows in self._tables()]

    def to_markdown(self) -> str:
        """The tables and notes, with the best cell of each column in bold."""
        tables = [markdown(headings, rows) for headings, rows in self._tables()]
        return "\n\n".join([self.heading, *tables, *self.notes]) + "\n"

    def to_csv(self) -> str:
        """One line per page and method, with all digits."""
        lines = [self._line(page) for page in self.pages]
        return csv_text(lines[0], (line.values() for line in lines))

    def to_json(self) -> str:
        """The summaries by method and group, and every page and method, with all digits."""
        summaries, pages = [asdict(line) for line in self.summaries.values()], [self._line(page) for page in self.pages]
        return json_text({"summaries": summaries, "missing": self.missing, "unpaired": self.unpaired, "pages": pages})

    def __repr__(self) -> str:
        line = self.summaries[self.methods[-1], None]
        return f"<Evaluation of {self.heading[:-1]}: {line.method} has an RMSE of {line.rmse:.4f}>"

    def _tables(self) -> Iterator[tuple[list[str], list[list[tuple[str, bool]]]]]:
        """Headings and rows of all pages, and of RMSE by group if there are groups."""
        yield ["", *(column.heading for column in self.columns)], self.cells()
        if self.groups:
            yield ["RMSE", *self.groups], self.group_cells()

    def _summary(self, method: str, group: str | None) -> Summary:
        pages = [page for page in self.pages if page.method == method and group in (None, page.group)]
        pixels = np.array([page.pixels for page in pages], float)
        components = sum(page.components for page in pages)
        letters = sum(page.letters for page in pages)
        texts = [page.text for page in pages if page.text is not None]
        colours = [page.colour_difference for page in pages if not math.isnan(page.colour_difference)]
        expected = [page.expected for page in pages if page.expected is not None]
        return Summary(
            method=method,
            group=group,
            pages=len(pages),
            rmse=math.sqrt(np.average([page.rmse**2 for page in pages], weights=pixels)),
            psnr=float(np.mean([page.psnr for page in pages])),
            ssim=float(np.mean([page.ssim for page in pages])),
            uqi=float(np.mean([page.uqi for page in pages])),
            strokes_lost=_lost(sum(page.strokes_kept for page in pages), sum(page.strokes for page in pages)),
            gaps_lost=_lost(sum(page.gaps_kept for page in pages), sum(page.gaps for page in pages)),
            topology_changed=_lost(sum(page.parts_kept for page in pages), sum(page.parts for page in pages)),
            letters_altered=sum(page.altered for page in pages) / letters if letters else math.nan,
            letters_lost=sum(page.letters_lost for page in pages) / letters if letters else math.nan,
            words_misread=word_error_rate(texts, expected) if texts else math.nan,
            components_lost=sum(page.lost for page in pages) / components if components else math.nan,
            characters_misread=character_error_rate(texts, expected) if texts else math.nan,
            colour_difference=float(np.mean(colours)) if colours else math.nan,
            seconds_per_megapixel=float(sum(page.seconds for page in pages) / pixels.sum() * 1e6),
        )

    def _line(self, page: Cleaned) -> dict[str, str | float | None]:
        numbers = asdict(page)
        text, expected = numbers.pop("text"), numbers.pop("expected")
        return numbers | {"characters_misread": None if text is None else character_error_rate([text], [expected])}


def _lost(kept: int, total: int) -> float:
    return 1 - kept / total if total else math.nan
