"""Find pairs of noisy and clean pages in two folders: files of the same name, with one page each."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from isthmus.documents.contract import Rules, decoding
from isthmus.documents.formats import SUFFIXES, find_format, format_named
from isthmus.documents.picture import Grey, grey_pixels, page_pixels
from isthmus.errors import InputError
from isthmus.pages.scale import known_dpi
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
    """
    before, after = _pages(noisy), _pages(clean)
    common = sorted(before.keys() & after.keys())
    if not common:
        folders, ends = f"{os.fspath(noisy)} and {os.fspath(clean)}", ", ".join(sorted(_SUFFIXES))
        raise InputError(f"{folders}: have no files of the same name that end in {ends}.")
    pairs = [Pair(before[name].name, before[name], after[name]) for name in common]
    return pairs, len(before) + len(after) - 2 * len(common)


def read_grey(path: Path) -> tuple[Grey, float | None]:
    """Read the only page of a file in 8-bit grey, and its dots per inch if the file states credible ones."""
    with open_input(path, InputError, "a page") as file, decoding(str(path)):
        format = format_named(find_format(file, str(path)))
        plan = format.plan(file, str(path), Rules())
    if len(plan.places) != 1:
        raise InputError(f"{path}: has {len(plan.places)} pages; files of a pair must have one page.")
    (place,) = plan.places
    if place.problem is not None:
        raise InputError(f"{path}: cannot be compared ({place.problem}).")
    with decoding(str(path)), format.open_document(str(path)) as opened:
        return grey_pixels(page_pixels(format.read(opened, place))), known_dpi(place.dpi)


def _pages(folder: str | os.PathLike[str]) -> dict[str, Path]:
    try:
        visible = [path for path in sorted(Path(folder).iterdir()) if not path.name.startswith(".")]
        paths = [path for path in visible if path.suffix.lower() in _SUFFIXES and path.is_file()]
    except OSError as error:
        why = "there is no such folder" if isinstance(error, FileNotFoundError) else reason(error)
        why = "it is not a folder" if isinstance(error, NotADirectoryError) else why
        raise InputError(f"{os.fspath(folder)}: cannot be read ({why}).") from error
    stem, count = Counter(path.stem for path in paths).most_common(1)[0] if paths else ("", 0)
    if count > 1:
        raise InputError(f"{os.fspath(folder)}: has {count} files called {stem}, but pairs are found by their names.")
    return {path.stem: path for path in paths}
