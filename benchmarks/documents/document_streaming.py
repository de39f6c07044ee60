"""Long documents: memory from the first page to the last, and seconds a page beside OCRmyPDF and tesseract.

    python -m benchmarks.documents.document_streaming [--pages 300] [--dpi 300] [--jobs 1] [--compared 6]
                                                      [--network pages] [--docs FILE]

A TIFF and a PDF of A4 pages, all JPEG, are cleaned as ``isthmus clean`` does it, each in a process of its own. Memory
is what that process and its workers hold when a page is done. Some of the pages then go through OCRmyPDF --clean-final,
which reads nothing here, and through tesseract, one after the other. --docs writes what is printed between the markers
of a page.
Needs tesseract, unpaper, and the extras ocrmypdf and pdf.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import img2pdf
import numpy as np
import pikepdf
from PIL import Image, ImageSequence

from benchmarks.documents.programs import clean_by_ocrmypdf, run
from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.documents import Options, transform_documents
from isthmus.pages.documents import Cleaner
from isthmus.synthetic_pages import synthetic_pair
from isthmus.system.memory import give_back_freed_memory

DIFFERENT = 6  # pages, which are repeated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--dpi", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--compared", type=int, default=6, help="pages for OCRmyPDF and tesseract")
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--watched", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.watched:
        source, output = arguments.watched
        print(json.dumps(watched(source, output, arguments.jobs, arguments.network)))
        return
    lines = [
        f"{heading()}; {arguments.pages} pages of A4 at {arguments.dpi} dpi, {arguments.jobs} jobs of one thread",
        "",
        "| program | document | seconds a page | memory, first third, MB | last third, MB | pages that came out |",
        "|---|---|---:|---:|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_documents(folder, arguments.pages, arguments.dpi)
        for document in ("pages.tif", "pages.pdf"):
            seconds, memory = by_isthmus(folder, document, arguments.jobs, arguments.network)
            n_pages, third = count(folder / f"clean-{document}"), max(1, len(memory) // 3)
            first, last = np.median(memory[:third]), np.median(memory[-third:])
            lines.append(
                f"| `isthmus clean` | {document[-3:].upper()} | {seconds:.2f} | {first:.0f} | {last:.0f} | {n_pages} |"
            )
            print(lines[-1], flush=True)
        for program, seconds in by_others(folder, arguments.compared).items():
            lines.append(f"| {program} | {arguments.compared} pages | {seconds:.2f} | | | |")
            print(lines[-1], flush=True)
    if arguments.docs:
        put(arguments.docs, "document-streaming", "\n".join(lines))


def make_documents(folder: Path, n_pages: int, dpi: int) -> None:
    """Some made pages as JPEG, and all of them in a TIFF and in a PDF."""
    names = [folder / f"{number}.jpg" for number in range(DIFFERENT)]
    for number, name in enumerate(names):
        pixels = np.round(255 * synthetic_pair(number, dpi)[1]).astype(np.uint8)
        Image.fromarray(pixels).save(name, dpi=(dpi, dpi), quality=85)
    chosen = [names[number % DIFFERENT] for number in range(n_pages)]
    with (folder / "pages.pdf").open("wb") as file:
        img2pdf.convert([str(name) for name in chosen], outputstream=file)
    pages = [Image.open(name) for name in chosen]
    options = {"compression": "jpeg", "quality": 85, "dpi": (dpi, dpi)}
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:], **options)


def by_isthmus(folder: Path, document: str, jobs: int, network: str) -> tuple[float, list[float]]:
    """Seconds a page, after the first, and the memory in MB after each."""
    watch = [
        "-m",
        "benchmarks.documents.document_streaming",
        "--watched",
        folder / document,
        folder / f"clean-{document}",
    ]
    found = run(folder, sys.executable, *map(str, watch), "--jobs", str(jobs), "--network", network)
    times, memory = json.loads(found)
    return (times[-1] - times[0]) / max(1, len(times) - 1), memory


def watched(source: Path, output: Path, jobs: int, network: str) -> tuple[list[float], list[float]]:
    """Clean a document, and note the time and the memory in MB after each page."""
    give_back_freed_memory()
    times, memory = list[float](), list[float]()

    def note(*_: object) -> None:
        times.append(time.monotonic())
        memory.append(held(os.getpid()))

    options = Options(jobs=jobs, progress=note)
    (report,) = transform_documents([(str(source), str(output))], Cleaner(network), options)
    if report.error is not None:
        raise report.error
    return times, memory


def held(process: int) -> float:
    """The memory of a process and of those that it has started, in MB (what they share is counted in each)."""
    status = Path(f"/proc/{process}/status").read_text()
    own = int(status.partition("VmRSS:")[2].split()[0]) / 1e3
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(held(int(child)) for child in children)


def by_others(folder: Path, n_pages: int) -> dict[str, float]:
    """Seconds a page of OCRmyPDF --clean-final, and of tesseract."""
    names = [str(folder / f"{number % DIFFERENT}.jpg") for number in range(n_pages)]
    (folder / "some.pdf").write_bytes(img2pdf.convert(names))
    begun = time.monotonic()
    clean_by_ocrmypdf(folder, "some.pdf", "out.pdf", 1)
    between = time.monotonic()
    for name in names:
        run(folder, "tesseract", name, "stdout")
    ended = time.monotonic()
    return {"OCRmyPDF `--clean-final`": (between - begun) / n_pages, "tesseract": (ended - between) / n_pages}


def count(document: Path) -> int:
    """How many pages a document has."""
    if document.suffix == ".pdf":
        with pikepdf.open(document) as pdf:
            return len(pdf.pages)
    with Image.open(document) as image:
        return sum(1 for _ in ImageSequence.Iterator(image))


if __name__ == "__main__":
    main()
