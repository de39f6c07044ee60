"""What the end of a file's name says about its format, so that no file lies about what is in it."""

import os
from pathlib import Path

from isthmus.errors import OutputError
from isthmus.words import printable, shown

PAGE = (".html", ".htm")

# Suffixes that people and programs take for a format.
KNOWN = frozenset((
    ".csv", ".tsv", ".gz", ".parquet", ".pq", ".feather", ".arrow", ".npy", ".npz", ".xlsx", ".xls", ".ods",
    ".json", ".jsonl", ".md", ".txt", ".html", ".htm", ".xml", ".toml", ".yaml", ".svg", ".png", ".jpg",
    ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".pbm", ".pgm", ".ppm", ".pnm", ".pdf", ".docx",
    ".zip", ".tar", ".xz", ".zst", ".bz2", ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".onnx", ".h5",
    ".hdf5", ".keras", ".mat", ".rds", ".sqlite", ".db", ".study", ".py", ".ipynb",
))  # fmt: skip


def check_suffix(path: str | os.PathLike[str], suffixes: tuple[str, ...], what: str) -> None:
    """Refuse a name that ends in another suffix than these; names without a suffix are allowed, and devices.

    Raises
    ------
    OutputError
        If it does; the message begins with ``what`` is written, such as "a report is an HTML page".
    """
    suffix = Path(path).suffix.lower()
    if suffix and suffix not in suffixes and not os.fspath(path).startswith(("/dev/", "/proc/")):
        ends = " or ".join(suffixes)
        raise OutputError(f"{printable(os.fspath(path))}: {what}, and its name must end in {ends}.")


def refuse_known_suffix(path: str | os.PathLike[str], what: str) -> None:
    """Refuse a name whose suffix stands for another format; the message begins with ``what`` is written."""
    suffix = Path(path).suffix.lower()
    if suffix in KNOWN:
        raise OutputError(
            f"{printable(os.fspath(path))}: {what}, which {shown(suffix)} does not stand for; choose another name."
        )
