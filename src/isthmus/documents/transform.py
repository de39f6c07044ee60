"""Transform documents: plan each one, process its pictures, write a temporary file, check it, and rename it."""

import os
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from isthmus.documents.contract import File, Format, Place, Plan, Rules, temporary_errors
from isthmus.documents.formats import check_output_name, find_format, format_named
from isthmus.documents.reports import DocumentReport, PageReport, document_name
from isthmus.documents.turning import turned_together
from isthmus.documents.work import Inspector, PageFunction, Work
from isthmus.documents.workers import Result, WorkersEndedError, in_order
from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.system import files
from isthmus.system.standard_output import standard_output
from isthmus.words import counted

_MUCH_LARGER = 1.1  # output size over input size that the report mentions


@dataclass(frozen=True)
class Options:
    """Options of a transformation of documents.

    With ``dry_run`` pages are processed and reported, but no output is written. ``progress`` is called after each
    picture with the source, its plan and the report on the picture.
    """

    pages: Collection[int] | None = None  # numbers from 1; None for all pages
    rules: Rules = field(default_factory=Rules)
    dry_run: bool = False
    inspector: Inspector | None = None
    jobs: int = 1  # processes
    progress: Callable[[str, Plan, PageReport], None] | None = None

    def chooses(self, place: Place) -> bool:
        """Whether any page that shows the picture is to be transformed."""
        return self.pages is None or any(page in self.pages for page in place.pages)

    def page_to_keep(self, place: Place) -> int | None:
        """The first page that shows the picture and is not to be transformed."""
        return None if self.pages is None else next((page for page in place.pages if page not in self.pages), None)


@dataclass(frozen=True, eq=False)
class _Document:
    source: str
    output: str
    name: str
    begun: float = field(default_factory=time.monotonic)
    path: str = ""
    state: files.FileState | None = None  # None if it could not be read
    mode: int = 0o666
    format: str = ""
    plan: Plan = field(default_factory=lambda: Plan(0, ()))
    error: Exception | None = None


def transform_documents(
    documents: Iterable[tuple[str, str]], function: PageFunction, options: Options | None = None
) -> Generator[DocumentReport, None, None]:
    """Pass the pages of documents through a function, and write each document with the new pages.

    Parameters
    ----------
    documents : iterable of (source, output)
        File names, or ``-`` for standard input and output.
    function : callable
        ``function(pixels, dpi=…)`` receives 8-bit grey ``(h, w)`` or RGB ``(h, w, 3)`` and returns an array of the same
        shape. With several jobs it must be picklable.
    options : Options, optional
        Which pages are transformed, which documents are refused, and whether anything is written.

    Yields
    ------
    DocumentReport
        In the order of the documents. If a document fails, its report has the ``error``, and the next one follows.
    """
    options = options or Options()
    failed, swept = set[_Document](), set[Path]()
    with ExitStack() as stack:
        tasks = _tasks(documents, options, failed, stack)
        found = stack.enter_context(closing(in_order(function, tasks, options.jobs)))
        for document, results in groupby(found, key=lambda pair: pair[0]):
            done = (result for _, result in results if result is not None)
            try:
                if document.error is not None:
                    raise document.error
                yield _write(document, done, options, swept)
            except WorkersEndedError:
                raise
            except Exception as error:  # including exceptions of the page function
                failed.add(document)
                seconds = time.monotonic() - document.begun
                yield DocumentReport(document.source, None, document.plan.n_pages, error=error, seconds=seconds)


def _tasks(
    documents: Iterable[tuple[str, str]], options: Options, failed: set[_Document], stack: ExitStack
) -> Iterator[tuple[_Document, Work | None]]:
    """Yield each document with its plan, and then the work on each of its pictures that is to be transformed."""
    for source, output in documents:
        document = _Document(source, output, document_name(source))
        try:
            document = _plan(document, options, stack)
        except Exception as error:
            document = replace(document, error=error)
        yield document, None
        shown = Counter(page for place in document.plan.places for page in place.pages)
        for number, place in enumerate(document.plan.places, 1):
            if document in failed:
                break
            if options.chooses(place) and options.page_to_keep(place) is None:
                assert document.state is not None
                yield document, Work(
                    document.path, document.state, document.name, document.format, place, number,
                    options.rules.bilevel, document.plan.alone, all(shown[page] == 1 for page in place.pages),
                    options.inspector, encoded=not options.dry_run,
                )  # fmt: skip


def _plan(document: _Document, options: Options, stack: ExitStack) -> _Document:
    """Find the pages of a document; everything that can be refused is refused here, before any work."""
    source, output, name = document.source, document.output, document.name
    path = stack.enter_context(_standard_input()) if source == "-" else source
    is_file = output != "-" and not options.dry_run
    if is_file:
        files.refuse_same_file(path, output)
    with files.open_input(path, InputError, "a document") as file:
        state = files.FileState.of(file)
        mode = files.permissions(sys.stdin.buffer if source == "-" else file)
        format_name = find_format(file, name)
        format = format_named(format_name)
        if output != "-":
            check_output_name(output, format_name)
        if options.rules.bilevel and not format.HOLDS_BILEVEL:
            raise ParameterError(f"{name}: is {format.NAME}, which has no black and white (--bilevel).")
        plan = format.plan(file, name, options.rules)
    beyond = [page for page in options.pages or () if not 1 <= page <= plan.n_pages]
    if beyond:
        raise ParameterError(f"{name}: has {counted(plan.n_pages, 'page')}; there is no page {beyond[0]}.")
    if is_file:
        files.check_writable(output)
    return replace(document, path=path, state=state, mode=mode, format=format_name, plan=plan)


def _write(document: _Document, results: Iterator[Result], options: Options, swept: set[Path]) -> DocumentReport:
    plan, reports, growth = document.plan, list[PageReport](), 1.0

    def encoded() -> Iterator[tuple[Place, bytes | None]]:
        for number, place in enumerate(plan.places, 1):
            data, turned = None, None
            if options.chooses(place):
                kept = options.page_to_keep(place)
                if kept is None:
                    result = next(results)
                    if isinstance(result, Exception):
                        raise result
                    data, report = result
                    turned = report.turned
                    if options.progress is not None:
                        options.progress(document.source, plan, report)
                else:
                    note = f"is also on page {kept}, which is to stay as it is"
                    report = PageReport(place.page, place.width, place.height, changed=False, note=note, number=number)
                reports.append(report)
            yield replace(place, turned=turned), data

    format = format_named(document.format)
    if options.dry_run:
        deque(encoded(), maxlen=0)
    else:
        assert document.state is not None
        source = files.open_input(document.path, InputError, "a document")
        with source as file, _output(document, swept) as output:
            with files.unchanged(document.path, document.name, document.state):
                format.write(file, document.name, plan, encoded(), output)
            _check(format, output, document)
            growth = output.seek(0, os.SEEK_END) / file.seek(0, os.SEEK_END)
    seconds = time.monotonic() - document.begun
    written = None if options.dry_run else document.output
    notes = plan.notes if growth <= _MUCH_LARGER else (*plan.notes, f"the file has become {growth:.1f} times as large")
    pictures = tuple(turned_together(reports))
    report = DocumentReport(document.source, written, plan.n_pages, pictures, notes, seconds=seconds)
    if options.inspector is not None:
        options.inspector.document(report)
    return report


def _check(format: Format, output: File, document: _Document) -> None:
    """Refuse an output that does not open, or whose pages and pictures differ from the input's in number or size."""
    output.flush()
    try:
        found = format.plan(output, document.output, Rules(float("inf"), invalidate_signatures=True))
    except InputError as error:
        raise OutputError(f"{document.output}: the output is damaged, and is not written ({error})") from error
    before, after = ([plan.n_pages, *((place.page, place.width, place.height) for place in plan.places)]
                     for plan in (document.plan, found))  # fmt: skip
    if before != after:
        raise OutputError(f"{document.output}: the output has other pages than the input, and is not written.")


@contextmanager
def _output(document: _Document, swept: set[Path]) -> Iterator[File]:
    """Open a file that can be read back, and that reaches its name, or standard output, when it is complete."""
    name = document.output
    if name == "-" or files.is_written_to_directly(name):
        with temporary_errors(), tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            with standard_output() if name == "-" else files.atomic_write(name) as stream:
                shutil.copyfileobj(file, stream, 2**20)
        return
    folder = Path(name).absolute().parent
    if folder not in swept:
        swept.add(folder)
        files.sweep_leftovers(folder)
    with files.atomic_write(name, mode=document.mode) as file:
        yield file


@contextmanager
def _standard_input() -> Iterator[str]:
    """Copy standard input to a temporary file, since the formats read back and forth."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input: is closed.")
    folder = tempfile.gettempdir()
    files.sweep_leftovers(folder)
    with files.temporary_file(folder) as (file, path):
        shutil.copyfileobj(sys.stdin.buffer, file, 2**20)
        file.flush()
        yield path
