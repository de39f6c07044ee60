"""The results of an evaluation: measures of each page, and summaries by method and group, as tables and files."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from rich.table import Table

from isthmus.pages.evaluation.measures import character_error_rate
from isthmus.report.formats import csv_text, json_text, markdown_table
from isthmus.words import counted


@dataclass(frozen=True)
class Cleaned:
    """The measures of one page cleaned by one method.

    ``lost`` of ``components`` small components are lost. ``text`` and ``expected`` are the text that OCR read on the
    page and on its clean page; None without OCR.
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
    seconds: float
    text: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Summary:
    """The measures of one method over several pages.

    RMSE is pooled over all pixels; PSNR and SSIM are means over pages; the others are totals divided by the number of
    small components, characters and megapixels. NaN stands for a measure without data.
    """

    method: str
    group: str | None
    pages: int
    rmse: float
    psnr: float
    ssim: float
    components_lost: float
    characters_misread: float
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
    Column("components_lost", "small parts lost, %", _number(".2f", 100)),
    Column("characters_misread", "characters misread, %", _number(".2f", 100), min),
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
        return {
            (method, group): self._summary(method, group) for group in (None, *self.groups) for method in self.methods
        }

    @property
    def heading(self) -> str:
        """The number of pages and megapixels, in a line."""
        first = [page for page in self.pages if page.method == self.methods[0]]
        megapixels = sum(page.pixels for page in first) / 1e6
        return f"{counted(len(first), 'page')}, {megapixels:.1f} megapixels."

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on missing networks, files and OCR, in sentences."""
        notes = list(self.missing.values())
        if self.unpaired:
            left = "1 file has" if self.unpaired == 1 else f"{self.unpaired} files have"
            notes.append(f"{left} no counterpart of the same name.")
        if all(page.text is None for page in self.pages):
            notes.append("The pages were not read by OCR: tesseract is not installed, or was not requested.")
        return tuple(notes)

    def cells(self, group: str | None = None) -> list[list[tuple[str, bool]]]:
        """The table of a group with a row per method: each cell, and whether it is the best of its column."""
        rows = []
        lines = [self.summaries[method, group] for method in self.methods]
        best = {column.field: _best(column, lines) for column in COLUMNS}
        for line in lines:
            row = [(line.method, False)]
            for column in COLUMNS:
                value = getattr(line, column.field)
                row.append((column.cell(value), value == best[column.field]))
            rows.append(row)
        rows += [[(name, False), *[("–", False)] * len(COLUMNS)] for name in self.missing]
        return rows

    def group_cells(self) -> list[list[tuple[str, bool]]]:
        """RMSE by method (rows) and group (columns)."""
        best = {g: min(self.summaries[method, g].rmse for method in self.methods) for g in self.groups}
        return [
            [(method, False), *((f"{rmse:.4f}", rmse == best[g]) for g, rmse in self._by_group(method))]
            for method in self.methods
        ]

    def tables(self) -> list[Table]:
        """Tables for rich: all pages, and RMSE by group if there are groups."""
        tables = [_rich(["", *(column.heading for column in COLUMNS)], self.cells())]
        if self.groups:
            tables.append(_rich(["RMSE", *self.groups], self.group_cells()))
        return tables

    def to_markdown(self) -> str:
        """The tables and notes, with the best cell of each column in bold."""
        parts = [self.heading, _markdown(["", *(column.heading for column in COLUMNS)], self.cells())]
        if self.groups:
            parts.append(_markdown(["RMSE", *self.groups], self.group_cells()))
        return "\n\n".join([*parts, *self.notes]) + "\n"

    def to_csv(self) -> str:
        """One line per page and method, with all digits."""
        lines = [self._line(page) for page in self.pages]
        return csv_text(lines[0], (line.values() for line in lines))

    def to_json(self) -> str:
        """The summaries by method and group, and every page and method, with all digits."""
        found = {
            "summaries": [asdict(line) for line in self.summaries.values()],
            "missing": self.missing,
            "unpaired": self.unpaired,
            "pages": [self._line(page) for page in self.pages],
        }
        return json_text(found)

    def __repr__(self) -> str:
        line = self.summaries[self.methods[-1], None]
        return f"<Evaluation of {self.heading[:-1]}: {line.method} has an RMSE of {line.rmse:.4f}>"

    def _by_group(self, method: str) -> list[tuple[str, float]]:
        return [(group, self.summaries[method, group].rmse) for group in self.groups]

    def _summary(self, method: str, group: str | None) -> Summary:
        pages = [page for page in self.pages if page.method == method and group in (None, page.group)]
        pixels = np.array([page.pixels for page in pages], float)
        components = sum(page.components for page in pages)
        read = [(page.text, page.expected) for page in pages if page.text is not None and page.expected is not None]
        return Summary(
            method=method,
            group=group,
            pages=len(pages),
            rmse=math.sqrt(np.average([page.rmse**2 for page in pages], weights=pixels)),
            psnr=float(np.mean([page.psnr for page in pages])),
            ssim=float(np.mean([page.ssim for page in pages])),
            components_lost=sum(page.lost for page in pages) / components if components else math.nan,
            characters_misread=(
                character_error_rate([text for text, _ in read], [right for _, right in read]) if read else math.nan
            ),
            seconds_per_megapixel=float(sum(page.seconds for page in pages) / pixels.sum() * 1e6),
        )

    def _line(self, page: Cleaned) -> dict[str, str | float | None]:
        read = page.text is not None and page.expected is not None
        misread = character_error_rate([page.text or ""], [page.expected or ""]) if read else None
        numbers = {k: v for k, v in asdict(page).items() if k not in {"text", "expected"}}
        return numbers | {"characters_misread": misread}


def _best(column: Column, lines: Sequence[Summary]) -> float | None:
    values = [value for line in lines if not math.isnan(value := getattr(line, column.field))]
    return column.best(values) if column.best is not None and values else None


def _rich(headings: Sequence[str], rows: list[list[tuple[str, bool]]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=not i)
    for row in rows:
        table.add_row(*(f"[bold green]{cell}[/]" if best else cell.replace("[", r"\[") for cell, best in row))
    return table


def _markdown(headings: Sequence[str], rows: list[list[tuple[str, bool]]]) -> str:
    rules = ["---", *["---:"] * (len(headings) - 1)]
    return markdown_table(headings, rules, [[f"**{cell}**" if best else cell for cell, best in row] for row in rows])
