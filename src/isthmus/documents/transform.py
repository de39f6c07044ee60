"""Documents through a page function: planned, shared out page by page, written aside, checked, and renamed."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from isthmus.documents.contract import File, Format, Place, Plan, Rules
from isthmus.documents.formats import check_output_name, find_format, format_named
from isthmus.documents.review import Review
from isthmus.documents.work import PageFunction, PageReport, Work
from isthmus.documents.workers import Result, WorkersEndedError, ordered
from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.system.files import (
    atomic_write,
    check_writable,
    open_input,
    refuse_same_file,
    sweep_leftovers,
    temporary_file,
)
from isthmus.system.standard_output import standard_output

_GROWN = 1.1  # times as large, from which on it is said


@dataclass(frozen=True)
class DocumentReport:
    """What happened to a document: its pictures in order (a page of a PDF can have several), or why it failed."""

    source: str
    output: str | None
    n_pages: int = 0
    pictures: tuple[PageReport, ...] = ()
    notes: tuple[str, ...] = ()
    error: Exception | None = None
    seconds: float = 0.0

    @property
    def n_changed(self) -> int:
        """How many pictures are not what they were."""
        return sum(picture.changed for picture in self.pictures)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be looked at."""
        return tuple(f"page {picture.page}: {picture.warning}" for picture in self.pictures if picture.warning)


@dataclass(frozen=True)
class Options:
    """How documents are transformed.

    ``pages`` are the numbers of those to be changed, from 1; all by default. ``jobs`` is a number of processes.
    ``progress`` hears of every picture that is done: the name of its document, its plan, and the picture's report.
    """

    pages: Collection[int] | None = None
    rules: Rules = field(default_factory=Rules)
    dry_run: bool = False
    review: Review | None = None
    jobs: int = 1
    progress: Callable[[str, Plan, PageReport], None] | None = None


@dataclass(frozen=True, eq=False)
class _Document:
    source: str
    output: str
    begun: float = field(default_factory=time.monotonic)
    path: str = ""
    format: str = ""
    plan: Plan = field(default_factory=lambda: Plan(0, ()))
    error: Exception | None = None

    @property
    def name(self) -> str:
        return "standard input" if self.source == "-" else self.source


def transform_documents(
    documents: Iterable[tuple[str, str]], function: PageFunction, options: Options | None = None
) -> Iterator[DocumentReport]:
    """Put the pages of documents through a function, and write each document with what became of its pages.

    Parameters
    ----------
    documents : iterable of pairs of str
        Source and output, names of files or ``-`` for standard input and output.
    function : callable
        What is done to each page: ``function(pixels, dpi=…)`` gets 8-bit grey ``(h, w)`` or RGB ``(h, w, 3)`` and
        gives the same shape. With several jobs it must be possible to pickle it.
    options : Options, optional
        Which pages, what is refused, and whether anything is written.

    Yields
    ------
    DocumentReport
        In the order of the documents. What a document fails with is the ``error`` of its report; the others go on.
    """
    options = options or Options()
    failed: set[_Document] = set()
    swept: set[Path] = set()
    with ExitStack() as stack:
        tasks = _tasks(documents, options, failed, stack)
        for document, results in groupby(ordered(function, tasks, options.jobs), key=lambda found: found[0]):
            done = (result for _, work, result in results if work is not None and result is not None)
            try:
                if document.error is not None:
                    raise document.error
                yield _written(document, done, options, swept)
            except WorkersEndedError:
                raise
            except Exception as error:  # also what the page function fails with
                failed.add(document)
                seconds = time.monotonic() - document.begun
                yield DocumentReport(document.source, None, document.plan.n_pages, error=error, seconds=seconds)


def _tasks(
    documents: Iterable[tuple[str, str]], options: Options, failed: set[_Document], stack: ExitStack
) -> Iterator[tuple[_Document, Work | None]]:
    """Each document, planned, and then the pictures of it that are to be changed."""
    for source, output in documents:
        document = _Document(source, output)
        try:
            document = _planned(document, options, stack)
        except Exception as error:
            document = replace(document, error=error)
        yield document, None
        for number, place in enumerate(document.plan.places):
            if document in failed:
                break
            if _is_chosen(place, options) and not _left_by(place, options):
                review = None if options.review is None else options.review.pictures(document.name, number, place)
                yield (
                    document,
                    Work(document.path, document.name, document.format, place, options.rules.bilevel, review,
                         encoded=not options.dry_run),
                )  # fmt: skip


def _is_chosen(place: Place, options: Options) -> bool:
    return options.pages is None or any(page in options.pages for page in (place.page, *place.also))


def _left_by(place: Place, options: Options) -> list[int]:
    """The pages that show a picture and are not to be changed."""
    return [] if options.pages is None else [page for page in (place.page, *place.also) if page not in options.pages]


def _planned(document: _Document, options: Options, stack: ExitStack) -> _Document:
    """Everything that can be refused is refused here, before any work."""
    source, output, name = document.source, document.output, document.name
    if source == "-":
        path = stack.enter_context(_standard_input())
    else:
        path = source
        if output != "-" and not options.dry_run:
            refuse_same_file(source, output)
    with open_input(path, InputError, "a document") as file:
        format_name = find_format(file, name)
        format = format_named(format_name)
        if output != "-":
            check_output_name(output, format_name)
        if options.rules.bilevel and not format.HOLDS_BILEVEL:
            raise ParameterError(f"{name}: is {format.NAME}, in which there is no black and white (--bilevel).")
        plan = format.plan(file, name, options.rules)
    beyond = [page for page in options.pages or () if not 1 <= page <= plan.n_pages]
    if beyond:
        pages = "1 page" if plan.n_pages == 1 else f"{plan.n_pages} pages"
        raise ParameterError(f"{name}: has {pages}, and no page {beyond[0]}.")
    if output != "-" and not options.dry_run:
        check_writable(output)
    return replace(document, path=path, format=format_name, plan=plan)


def _written(document: _Document, results: Iterator[Result], options: Options, swept: set[Path]) -> DocumentReport:
    plan, reports, growth = document.plan, list[PageReport](), 1.0

    def encoded() -> Iterator[tuple[Place, bytes | None]]:
        for place in plan.places:
            data = None
            if _is_chosen(place, options) and (left := _left_by(place, options)):
                note = f"is also on page {left[0]}, which is to stay as it is"
                reports.append(PageReport(place.page, place.width, place.height, changed=False, note=note))
            elif _is_chosen(place, options):
                result = next(results)
                if isinstance(result, Exception):
                    raise result
                data, report = result
                reports.append(report)
                if options.progress is not None:
                    options.progress(document.source, plan, report)
            yield place, data

    format = format_named(document.format)
    if options.dry_run:
        for _ in encoded():
            pass
    else:
        with open_input(document.path, InputError, "a document") as file, _output(document.output, swept) as output:
            format.write(file, document.name, plan, encoded(), output)
            _check(format, output, document)
            growth = output.seek(0, os.SEEK_END) / file.seek(0, os.SEEK_END)
    seconds = time.monotonic() - document.begun
    written = None if options.dry_run else document.output
    notes = plan.notes if growth <= _GROWN else (*plan.notes, f"the file has become {growth:.1f} times as large")
    report = DocumentReport(document.source, written, plan.n_pages, tuple(reports), notes, seconds=seconds)
    if options.review is not None:
        options.review.document(document.name, plan, reports)
    return report


def _check(format: Format, output: File, document: _Document) -> None:
    """Refuse to give the output its name unless it opens, and has as many pages and pictures of the same sizes."""
    output.flush()
    try:
        found = format.plan(output, document.output, Rules(float("inf"), invalidate_signatures=True))
    except InputError as error:
        raise OutputError(f"{document.output}: did not come out whole, and is not written ({error})") from error
    before, after = (
        [(place.page, place.width, place.height) for place in plan.places] for plan in (document.plan, found)
    )
    if found.n_pages != document.plan.n_pages or before != after:
        raise OutputError(f"{document.output}: did not come out with the pages of the input, and is not written.")


@contextmanager
def _output(name: str, swept: set[Path]) -> Iterator[File]:
    """A file that can be read back, and arrives under its name, or on standard output, when it is whole."""
    path = Path(name)
    if name == "-" or (path.exists() and not path.is_file() and not path.is_dir()):  # a pipe, or a device
        with tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            with standard_output() if name == "-" else atomic_write(name) as stream:
                shutil.copyfileobj(file, stream, 2**20)
        return
    folder = path.absolute().parent
    if folder not in swept:
        swept.add(folder)
        sweep_leftovers(folder)
    with atomic_write(name) as file:
        yield file


@contextmanager
def _standard_input() -> Iterator[str]:
    """Standard input as a file with a name, since pages are found by going back and forth."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input: is closed.")
    folder = tempfile.gettempdir()
    sweep_leftovers(folder)
    with temporary_file(folder) as (file, path):
        shutil.copyfileobj(sys.stdin.buffer, file, 2**20)
        file.flush()
        yield path
