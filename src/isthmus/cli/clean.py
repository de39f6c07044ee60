"""isthmus clean: noisy scans in, clean pages out."""

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.outputs import say
from isthmus.errors import IsthmusError, ParameterError
from isthmus.words import counted

if TYPE_CHECKING:
    from isthmus.documents.batch import Batch
    from isthmus.documents.reports import DocumentReport, PageReport


def clean(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…",
        help="PNG, JPEG, TIFF, WebP, BMP, PBM, PGM, PPM, PDF, or folders of them; '-' is standard input.")],
    output: Annotated[str | None, typer.Option(
        "-o", "--output", help="File, or folder for several inputs; '-' is standard output.")] = None,
    network: Annotated[str, typer.Option(help="Network that cleans.")] = "pages",
    strength: Annotated[float, typer.Option(
        help="How much of the dirt is taken away, from 0 (nothing changes) to 1.")] = 1.0,
    dpi: Annotated[float | None, typer.Option(help="Dots per inch, where files do not say it, or wrongly.")] = None,
    pages: Annotated[str | None, typer.Option(
        help="Pages to clean, such as 1-3,7; the others stay as they are.  [default: all]")] = None,
    bilevel: Annotated[bool, typer.Option("--bilevel", help="Make pages black and white.")] = False,
    deskew: Annotated[bool, typer.Option("--deskew", help="Turn pages straight.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write no output.")] = False,
    review: Annotated[Path | None, typer.Option(metavar="FOLDER",
        help="Folder for pictures of every page before, after and with what was removed in red; open index.html.",
    )] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", help="Number of processes that clean at the same time.")] = 1,
    keep_going: Annotated[bool, typer.Option(
        "--keep-going", "-k", help="Go on with the other inputs when one fails.")] = False,
    again: Annotated[bool, typer.Option(
        "--again", help="In folders, clean also what has an output no older than itself.")] = False,
    max_megapixels: Annotated[float, typer.Option(help="Refuse pages with more pixels; in colour a third.")] = 250,
    invalidate_digital_signatures: Annotated[bool, typer.Option(
        "--invalidate-digital-signatures", help="Clean signed PDFs, whose signatures break.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages but failures.")] = False,
) -> None:  # fmt: skip
    """Take stains, folds, shadows and show-through off scanned pages.

    Text, tables, stamps and pictures stay, and so do the resolution, the metadata and the text layer. The output has
    the format of the input. Folders keep their tree, and what is cleaned already is left out.
    """
    from isthmus.documents import Options, PageReport, Rules, transform_documents
    from isthmus.documents.batch import plan_batch, refuse_overlap
    from isthmus.documents.contract import Plan
    from isthmus.pages.documents import Cleaner, RemovalInspector
    from isthmus.pages.review import Review
    from isthmus.pages.scale import DPI_LIMITS
    from isthmus.system.memory import give_back_freed_memory
    from isthmus.system.progress import progress_bar

    _check("--strength", strength, 0 <= strength <= 1, "between 0 and 1")
    if dpi is not None:
        _check("--dpi", dpi, DPI_LIMITS[0] <= dpi <= DPI_LIMITS[1], f"between {DPI_LIMITS[0]} and {DPI_LIMITS[1]}")
    _check("--jobs", jobs, jobs >= 1, "at least 1")
    _check("--max-megapixels", max_megapixels, max_megapixels > 0, "more than 0")
    chosen = None if pages is None else page_numbers(pages)
    if output is None and not dry_run:
        raise ParameterError("-o must name a file or a folder to write to, unless there is --dry-run.")
    give_back_freed_memory()
    batch = plan_batch(inputs, "cleaned" if output is None else output, again=again or output is None)
    if output is not None:
        refuse_overlap(inputs, output, "output")
    if review is not None:
        refuse_overlap(inputs, review, "review")
    if dry_run:
        batch = replace(batch, pairs=tuple((source, "-") for source, _ in batch.pairs))
    failed: list[tuple[str, Exception]] = []
    n_documents, n_done, share = len(batch.pairs), 0, 0.0  # share: of the pages of one document
    n_pages = 0  # cleaned
    with progress_bar("documents", n_documents, shown=not quiet) as show:

        def show_page(source: str, plan: Plan, page: PageReport) -> None:
            nonlocal share
            share += 1 / len(plan.places)
            show(min(n_done + share, n_documents), f"{Path(source).name}, page {page.page} of {plan.n_pages}")

        options = Options(
            pages=chosen, rules=Rules(max_megapixels, invalidate_digital_signatures, bilevel), dry_run=dry_run,
            inspector=RemovalInspector(None if review is None else Review(review)), jobs=jobs, progress=show_page,
        )  # fmt: skip
        # Closed at once, also after an error: worker processes end, and so do temporary files.
        with closing(
            transform_documents(batch, Cleaner(network, strength, dpi, max_megapixels, deskew), options)
        ) as reports:
            for report in reports:
                n_done, n_pages, share = n_done + 1, n_pages + report.n_cleaned, 0.0
                show(n_done)
                if report.error is not None:
                    if not keep_going:
                        raise report.error
                    failed.append((report.source, report.error))
                    say(f"isthmus: {_sentence(report.error)}")
                elif not quiet:
                    say(*summary(report, every_page=n_documents == 1))
    if not quiet and (n_documents != 1 or batch.n_done or batch.skipped):
        say(batch_summary(batch, n_documents - len(failed), n_pages, None if dry_run else output))
    if failed:
        say(f"{counted(len(failed), 'document')} failed: {', '.join(source for source, _ in failed)}.")
        first = failed[0][1]
        raise typer.Exit(first.exit_code if isinstance(first, IsthmusError) else 1)


def page_numbers(text: str) -> frozenset[int]:
    """Return the pages in a text such as "1-3,7"."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,7})(?:\s*-\s*(\d{1,7}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise ParameterError(f"--pages must be numbers from 1 such as 1-3,7. Got {text!r} instead.")
        found.update(range(first, last + 1))
    return frozenset(found)


def batch_summary(batch: "Batch", n_documents: int, n_pages: int, output: str | None) -> str:
    """Say in a line how many documents and pages were cleaned, where they were written, and what was left out."""
    from isthmus.documents.batch import left_out

    parts = [f"{counted(n_documents, 'document')} with {counted(n_pages, 'cleaned page')}"]
    if n_documents and output is not None:
        parts.append(f"written to {output}")
    if batch.n_done:
        parts.append(f"{batch.n_done} done before (--again cleans again)")
    if batch.skipped:
        parts.append(left_out(batch.skipped))
    return f"{'; '.join(parts)}."


def summary(report: "DocumentReport", *, every_page: bool) -> list[str]:
    """Say in a line what was done to a document, with a further line for each page to look at, or for every page."""
    words = [f"{counted(report.n_pages, 'page')}, {report.n_cleaned} cleaned", *report.notes]
    if report.n_left:
        words.append(f"{counted(report.n_left, 'image')} left as {'it is' if report.n_left == 1 else 'they are'}")
    if report.n_cleaned:
        n_pictures = len(report.pictures)
        removed = sum(picture.removed for picture in report.pictures) / n_pictures
        changed = sum(picture.changed_share for picture in report.pictures) / n_pictures
        words.append(f"{removed:.1%} of the pixels were dirt, {changed:.1%} changed")
    if report.output is None:
        words.append("nothing written (--dry-run)")
    else:
        where = "standard output" if report.output == "-" else report.output
        words.append(f"{'written' if report.n_changed else 'copied'} to {where}")
    lines = [f"{report.name}: {'; '.join(words)}."]
    for picture in report.pictures:
        notes = [picture.note] if picture.note else []
        if picture.turned:
            notes.append(f"turned by {abs(picture.turned):.2f} degrees {'anti' if picture.turned < 0 else ''}clockwise")
        if picture.warning:
            notes.append(f"{picture.warning}: look whether they were text")
        if every_page and not picture.left:
            shares = f"{picture.removed:.1%} dirt, {picture.changed_share:.1%} changed"
            notes.insert(0, shares if picture.changed else "nothing to clean")
        if notes:
            lines.append(f"  page {picture.page}: {'; '.join(notes)}")
    return lines + _remarks(report)


def _remarks(report: "DocumentReport") -> list[str]:
    """A line for each remark on pages, with the pages that it is about."""
    pages: dict[str, list[int]] = {}
    for picture in report.pictures:
        for remark in (*picture.remarks, *_why_not_turned(picture)):
            pages.setdefault(remark, []).append(picture.page)
    return [f"  {_pages(sorted(set(numbers)))}: {remark}" for remark, numbers in pages.items()]


def _why_not_turned(picture: "PageReport") -> list[str]:
    if picture.turned == 0:
        return ["not turned: straight already"]
    return [f"not turned: {picture.not_turned}"] if picture.not_turned else []


def _pages(numbers: list[int]) -> str:
    """Name pages in as few ranges as possible, such as "pages 1-3, 7"."""
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    ranges = (f"{start}" if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True))
    return f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(ranges)}"


def _check(name: str, value: float, holds: bool, rule: str) -> None:
    if not holds:
        raise ParameterError(f"{name} must be {rule}. Got {value:g} instead.")


def _sentence(error: Exception) -> str:
    if isinstance(error, IsthmusError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this."
    where = "; ".join(getattr(error, "__notes__", []))
    return f"{where}: unexpected {type(error).__name__}: {error}."
