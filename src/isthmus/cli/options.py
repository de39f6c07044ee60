"""Options that several commands share, and how their texts are read."""

from pathlib import Path
from typing import Annotated

import typer

from isthmus.errors import ParameterError

_HEADERS = {"auto": None, "yes": True, "no": False}


def formats() -> tuple[str, ...]:
    """Return the names of the formats, for completion."""
    from isthmus.tables import FORMATS

    return FORMATS


# fmt: off
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, as 'isthmus fit' writes it.")]
Table = Annotated[str, typer.Argument(
    metavar="TABLE", help="CSV, TSV (also .gz), Parquet, Feather, NPY or NPZ; '-' is standard input.")]
Output = Annotated[str, typer.Option("-o", "--output", help="Table to write; '-' is standard output.")]
Format = Annotated[str | None, typer.Option("--format", autocompletion=formats,
    help="Format of '-' or of a name that does not tell it: csv, csv.gz, tsv, tsv.gz, parquet, feather, npy, npz.")]
Header = Annotated[str | None, typer.Option("--header", autocompletion=lambda: _HEADERS,
    help="Whether the first row of a CSV or TSV names the columns: yes or no.  [default: by what it looks like]")]
OutputFormat = Annotated[str | None, typer.Option("--output-format", autocompletion=formats,
    help="Format of the output, where its name does not tell; that of the input for '-'.")]
NoLimits = Annotated[bool, typer.Option("--no-limits",
    help="Read tables and model files however much memory they take; for files you trust.")]
Columns = Annotated[list[str] | None, typer.Option(
    help="Columns to use (repeat, or separate by commas).  [default: all]")]
Exclude = Annotated[list[str] | None, typer.Option(help="Columns to leave out.")]
Keep = Annotated[list[str] | None, typer.Option(
    "--keep", help="Column to carry along as it is (repeat, or separate by commas).")]
# fmt: on


def names(values: list[str] | None) -> list[str]:
    """Return column names from repeated options with one or several names each; quotes protect commas in names."""
    import csv

    return [name for value in values or () for name in next(csv.reader([value], skipinitialspace=True), [])]


def checked_format(format: str | None) -> str | None:
    """Return the format of a table; raise a ParameterError if it is unknown."""
    if format is not None and format not in formats():
        raise ParameterError(f"--format must be one of {', '.join(formats())}. Got {format!r} instead.")
    return format


def checked_header(text: str | None) -> bool | None:
    """Return whether a table has a header, and None where it has to be found out; raise a ParameterError otherwise."""
    if text is not None and text not in _HEADERS:
        raise ParameterError(f"--header must be yes or no. Got {text!r} instead.")
    return None if text is None else _HEADERS[text]
