"""Find pairs of noisy and clean pages in two folders: files of the same name, with one page each."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from isthmus.documents.contract import Rules, decoding
from isthmus.documents.formats import SUFFIXES, find_format, format_named
from isthmus.documents.picture import page_pixels
from isthmus.errors import InputError
from isthmus.system.files import open_input, reason

_SUFFIXES = SUFFIXES - {".pdf"}


@dataclass(frozen=True)
class Pair:
    """The files of a noisy page and its clean page."""

    name: str
    noisy: Path
    clean: Path


def find_pairs(noisy: str | os.PathLike[str], clean: str | os.PathLike[str]) -> tuple[list[Pair], int]:
    """Return the pairs of two folders, in order of their names, and the number of files without a counterpart.

    Suffixes are ignored: page.jpg and page.png are a pair.

    Raises
    ------
    InputError
        If a folder cannot be read, two of its files differ only in their suffixes, or there are no pairs.
    """
    found = [_pages(folder) for folder in (noisy, clean)]
    common = sorted(found[0].keys() & found[1].keys())
    if not common:
        raise InputError(
            f"{os.fspath(noisy)} and {os.fspath(clean)}: have no files of the same name that end in "
            f"{', '.join(sorted(_SUFFIXES))}."
        )
    pairs = [Pair(found[0][name].name, found[0][name], found[1][name]) for name in common]
    return pairs, len(found[0]) + len(found[1]) - 2 * len(common)


def read_grey(path: Path) -> tuple[UInt8[np.ndarray, "h w"], float | None]:
    """Read a page in 8-bit grey, and its dots per inch if the file states them.

    Raises
    ------
    InputError
        If the file is damaged, too large, or has several pages.
    """
    with open_input(path, InputError, "a page") as file, decoding(str(path)):
        format = format_named(find_format(file, str(path)))
        plan = format.plan(file, str(path), Rules())
    if len(plan.places) != 1:
        raise InputError(f"{path}: has {len(plan.places)} pages; files of a pair must have one page.")
    (place,) = plan.places
    if place.problem is not None:
        raise InputError(f"{path}: cannot be compared ({place.problem}).")
    with decoding(str(path)):
        pixels = page_pixels(format.read(str(path), place))
    return pixels if pixels.ndim == 2 else np.asarray(Image.fromarray(pixels).convert("L")), place.dpi


def _pages(folder: str | os.PathLike[str]) -> dict[str, Path]:
    try:
        paths = [
            path
            for path in sorted(Path(folder).iterdir())
            if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        why = "there is no such folder" if isinstance(error, FileNotFoundError) else reason(error)
        why = "it is not a folder" if isinstance(error, NotADirectoryError) else why
        raise InputError(f"{os.fspath(folder)}: cannot be read ({why}).") from error
    stem, count = Counter(path.stem for path in paths).most_common(1)[0] if paths else ("", 0)
    if count > 1:
        raise InputError(f"{os.fspath(folder)}: has {count} files called {stem}, but pairs are found by their names.")
    return {path.stem: path for path in paths}
