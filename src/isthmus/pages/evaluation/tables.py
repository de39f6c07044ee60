"""Tables of an evaluation for terminals and Markdown, with the best cells marked."""

from collections.abc import Sequence

from rich.table import Table

from isthmus.report.formats import markdown_table

Rows = Sequence[Sequence[tuple[str, bool]]]
"""Rows of cells, each with whether it is the best of its column; the first cell names the row."""


def rich_table(headings: Sequence[str], rows: Rows) -> Table:
    """A table for rich."""
    table = Table(box=None, pad_edge=False, header_style="")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=not i)
    for row in rows:
        table.add_row(*(f"[bold green]{cell}[/]" if best else cell.replace("[", r"\[") for cell, best in row))
    return table


def markdown(headings: Sequence[str], rows: Rows) -> str:
    """A table in Markdown."""
    rules = ["---", *["---:"] * (len(headings) - 1)]
    return markdown_table(headings, rules, [[f"**{cell}**" if best else cell for cell, best in row] for row in rows])
