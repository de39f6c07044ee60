"""Find pairs of pages in two folders by their names, and read them."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from isthmus.documents.batch import documents_below
from isthmus.documents.contract import LeftAsItIs, Place, Rules, decoding
from isthmus.documents.formats import SUFFIXES, find_format, format_named
from isthmus.documents.picture import Colour, Grey, page_pixels
from isthmus.errors import InputError
from isthmus.pages.scale import known_dpi
from isthmus.system.files import open_input, reason
from isthmus.words import counted


@dataclass(frozen=True)
class Pair:
    """The files of a noisy page and its clean page; ``name`` is that of the noisy one within its folder."""

    name: str
    noisy: Path
    clean: Path


def find_pairs(
    noisy: str | os.PathLike[str], clean: str | os.PathLike[str], *, documents: bool = False
) -> tuple[list[Pair], int]:
    """Return the pairs of two folders and those below, in order of their names, and the number of unpaired files.

    Suffixes are ignored: page.jpg and page.png are a pair. With ``documents`` PDFs count too. Two files are a pair.
    """
    if Path(noisy).is_file() and Path(clean).is_file():
        return [Pair(Path(noisy).name, Path(noisy), Path(clean))], 0
    suffixes = SUFFIXES if documents else SUFFIXES - {".pdf"}
    before, after = _pages(Path(noisy), suffixes), _pages(Path(clean), suffixes)
    common = sorted(before.keys() & after.keys())
    if not common:
        folders = f"{os.fspath(noisy)} and {os.fspath(clean)}"
        raise InputError(f"{folders}: have no files of the same name that end in {', '.join(sorted(suffixes))}.")
    pairs = [Pair(before[name].relative_to(noisy).as_posix(), before[name], after[name]) for name in common]
    return pairs, len(before) + len(after) - 2 * len(common)


def unpaired_note(count: int) -> list[str]:
    """A sentence about files without a counterpart, if there are any."""
    verb = "has" if count == 1 else "have"
    return [f"{counted(count, 'file')} {verb} no counterpart of the same name."] if count else []


@contextmanager
def opened(path: Path) -> Iterator[tuple[tuple[Place, ...], Callable[[Place], Grey | Colour]]]:
    """Open a document: the places of its pictures, and a function that reads one.

    Pictures that cannot be read raise ``InputError``.
    """
    with open_input(path, InputError, "a page") as file, decoding(str(path)):
        format = format_named(find_format(file, str(path)))
        places = format.plan(file, str(path), Rules()).places

    def read(place: Place) -> Grey | Colour:
        page, problem = place.page if len(places) > 1 else None, place.problem
        if problem is None:
            try:
                with decoding(str(path), page):
                    return page_pixels(format.read(document, place))
            except LeftAsItIs as left:
                problem = str(left)
        raise InputError(f"{path}{'' if page is None else f', page {page}'}: cannot be compared ({problem}).")

    with ExitStack() as stack:
        with decoding(str(path)):
            document = stack.enter_context(format.open_document(str(path)))
        yield places, read


def read_page(path: Path) -> tuple[Grey | Colour, float | None]:
    """Read the only page of a file, and its dots per inch if the file states credible ones."""
    with opened(path) as (places, read):
        if len(places) != 1:
            raise InputError(f"{path}: has {len(places)} pages; files of a pair must have one page.")
        return read(places[0]), known_dpi(places[0].dpi)


def _pages(folder: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    """The files of pages below a folder, by their names within it without the suffix."""
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        why = "there is no such folder" if isinstance(error, FileNotFoundError) else reason(error)
        why = "it is not a folder" if isinstance(error, NotADirectoryError) else why
        raise InputError(f"{folder}: cannot be read ({why}).") from error
    paths = [path for path in documents_below(folder, Counter()) if path.suffix.lower() in suffixes]
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise InputError(f"{folder}: has {count} files called {name}, but pairs are found by their names.")
    return dict(zip(names, paths, strict=True))
