"""A comparison as text for people: a plain table, Markdown and HTML."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from isthmus.report.formats import markdown_table

_MODELS = {"pca": "PCA", "random": "random", "isthmus": "Isthmus"}
_GROUPS = {"variance_explained": "variance explained, %", "error": "mean squared error", "seconds": "seconds to fit"}
_N_MODELS = len(_MODELS)

# For each code size: the size, and a cell for each group and model. True marks the lowest error of the line.
Lines: TypeAlias = list[list[tuple[str, bool]]]


def lines(code_sizes: Sequence[int], by_size: Callable[[str, str], Mapping[int, float]]) -> Lines:
    """The cells, rounded for reading; ``by_size`` gives a model's values of a column by code size."""
    columns = [(column, model, by_size(model, column)) for column in _GROUPS for model in _MODELS]
    errors = {model: values for column, model, values in columns if column == "error"}
    found = []
    for size in code_sizes:
        lowest = min(values[size] for values in errors.values())
        best = {model for model, values in errors.items() if values[size] == lowest}
        cells = [(_cell(name, values[size]), name != "seconds" and model in best) for name, model, values in columns]
        found.append([(str(size), False), *cells])
    return found


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


def plain(heading: str, table: Lines, sentence: str, mark: Callable[[str], str] = str) -> str:
    """Aligned columns under two lines of headers; ``mark`` makes the lowest errors stand out."""
    header = [(name, False) for name in ("codes", *[*_MODELS.values()] * len(_GROUPS))]
    widths = [max(len(cell) for cell, _ in column) for column in zip(header, *table, strict=True)]
    starts = range(1, len(widths), _N_MODELS)
    for first, group in zip(starts, _GROUPS.values(), strict=True):
        widths[first] += max(0, len(group) - sum(widths[first : first + _N_MODELS]) - (_N_MODELS - 1))

    def joined(line: list[tuple[str, bool]]) -> str:
        aligned = [cell.rjust(width) for (cell, _), width in zip(line, widths, strict=True)]
        marked = [mark(cell) if is_best else cell for cell, (_, is_best) in zip(aligned, line, strict=True)]
        return "   ".join([marked[0], *(" ".join(marked[i : i + _N_MODELS]) for i in starts)])

    spans = [sum(widths[i : i + _N_MODELS]) + _N_MODELS - 1 for i in starts]
    top = [" " * widths[0], *(group.rjust(span) for group, span in zip(_GROUPS.values(), spans, strict=True))]
    return "\n".join([heading, "", "   ".join(top), *map(joined, [header, *table]), "", sentence])


def markdown(heading: str, table: Lines, sentence: str) -> str:
    """A table of GitHub's Markdown; the lowest errors in bold."""
    titles = ["codes", *(f"{model}: {group}" for group in _GROUPS.values() for model in _MODELS.values())]
    rows = [[f"**{cell}**" if is_best else cell for cell, is_best in line] for line in table]
    return "\n".join([heading, "", markdown_table(titles, ["---:"] * len(titles), rows), "", sentence, ""])


def html_table(heading: str, table: Lines, sentence: str) -> str:
    """A table for notebooks; the lowest errors in bold."""
    top = "".join(f'<th colspan="{_N_MODELS}">{group}</th>' for group in _GROUPS.values())
    names = "".join(f"<th>{model}</th>" for model in _MODELS.values()) * len(_GROUPS)
    body = ""
    for line in table:
        cells = (f"<td><b>{cell}</b></td>" if is_best else f"<td>{cell}</td>" for cell, is_best in line)
        body += f"<tr>{''.join(cells)}</tr>"
    return (
        f"<p>{html.escape(heading)}</p><table><thead><tr><th></th>{top}</tr><tr><th>codes</th>{names}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{html.escape(sentence)}</p>"
    )
