"""A comparison as text for people: a plain table, Markdown and HTML."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from isthmus.report.formats import markdown_table

MODELS = {"pca": "PCA", "random": "random", "isthmus": "Isthmus"}
_GROUPS = {"variance_explained": "variance explained, %", "error": "mean squared error", "seconds": "seconds to fit"}


@dataclass(frozen=True)
class Cells:
    """The table that people read: a line a code size, and a column a model within each group of columns."""

    groups: tuple[str, ...]
    models: tuple[str, ...]
    lines: list[list[str]]  # the code size, then a cell a group and model
    best: list[list[bool]]  # whether a cell has the lowest error of its line; only errors and shares are ranked


def cells(code_sizes: Sequence[int], by_size: Callable[[str, str], Mapping[int, float]]) -> Cells:
    """The cells, rounded for reading; ``by_size`` gives a model's values of a column by code size."""
    lines, best = [], []
    errors = {model: by_size(model, "error") for model in MODELS}
    values = {(column, model): by_size(model, column) for column in _GROUPS for model in MODELS}
    for size in code_sizes:
        lowest = min(errors[model][size] for model in MODELS)
        lines.append([str(size), *(_cell(column, value[size]) for (column, _), value in values.items())])
        best.append([False, *(column != "seconds" and errors[model][size] == lowest for column, model in values)])
    return Cells(tuple(_GROUPS.values()), tuple(MODELS.values()), lines, best)


def number(value: float) -> str:
    """Four digits, or three with an exponent."""
    text = f"{value:#.4g}".rstrip(".") if value else "0"
    return f"{value:.2e}" if "e" in text else text


def _cell(column: str, value: float) -> str:
    if column == "variance_explained":
        return "–" if math.isnan(value) else f"{100 * value:.2f}"
    if column == "error":
        return number(value)
    return f"{value:.3f}" if value < 100 else f"{value:.0f}"


def plain(heading: str, table: Cells, sentence: str, mark: Callable[[str], str] = str) -> str:
    """Aligned columns under two lines of headers; ``mark`` makes the lowest errors stand out."""
    header = ["codes", *(model for _ in table.groups for model in table.models)]
    widths = [max(map(len, column)) for column in zip(header, *table.lines, strict=True)]
    n_models = len(table.models)
    for i, group in enumerate(table.groups):
        first = 1 + i * n_models
        missing = len(group) - sum(widths[first : first + n_models]) - (n_models - 1)
        widths[first] += max(0, missing)

    def joined(cells: list[str], best: Sequence[bool]) -> str:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        aligned = [mark(cell) if is_best else cell for cell, is_best in zip(aligned, best, strict=True)]
        groups = [" ".join(aligned[i : i + n_models]) for i in range(1, len(aligned), n_models)]
        return "   ".join([aligned[0], *groups])

    spans = [sum(widths[i : i + n_models]) + n_models - 1 for i in range(1, len(widths), n_models)]
    top = "   ".join([" " * widths[0], *(g.rjust(span) for g, span in zip(table.groups, spans, strict=True))])
    lines = [joined(header, [False] * len(header)), *map(joined, table.lines, table.best)]
    return "\n".join([heading, "", top, *lines, "", sentence])


def markdown(heading: str, table: Cells, sentence: str) -> str:
    """A table of GitHub's Markdown; the lowest errors in bold."""
    titles = ["codes", *(f"{model}: {group}" for group in table.groups for model in table.models)]
    rows = [
        [f"**{cell}**" if is_best else cell for cell, is_best in zip(cells, best, strict=True)]
        for cells, best in zip(table.lines, table.best, strict=True)
    ]
    return "\n".join([heading, "", markdown_table(titles, ["---:"] * len(titles), rows), "", sentence, ""])


def html_table(heading: str, table: Cells, sentence: str) -> str:
    """A table for notebooks; the lowest errors in bold."""
    top = "".join(f'<th colspan="{len(table.models)}">{html.escape(group)}</th>' for group in table.groups)
    names = "".join(f"<th>{html.escape(model)}</th>" for _ in table.groups for model in table.models)
    body = ""
    for cells, best in zip(table.lines, table.best, strict=True):
        marked = [f"<b>{cell}</b>" if is_best else cell for cell, is_best in zip(cells, best, strict=True)]
        body += f"<tr>{''.join(f'<td>{cell}</td>' for cell in marked)}</tr>"
    return (
        f"<p>{html.escape(heading)}</p><table><thead><tr><th></th>{top}</tr><tr><th>codes</th>{names}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{html.escape(sentence)}</p>"
    )
