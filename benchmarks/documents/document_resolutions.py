"""The same pages at each resolution through ``isthmus clean``, unpaper and OCRmyPDF, and what tesseract then reads.

    python -m benchmarks.documents.document_resolutions [--pages 20] [--dpi 100 150 300 600] [--network pages]
                                                        [--docs FILE]

Made pages whose text is known (known_pages.py). unpaper has its own settings but for those that move the page, and
OCRmyPDF those that it gives to unpaper (--clean-final). Misread are the edits between the paragraph and what is read,
over its characters; small parts are those that ``isthmus evaluate-pages`` counts (points, decimal points, leaders, dots
of i); rules are the straight lines of tables. --docs writes what is printed between the markers of a page.
Needs tesseract, unpaper, and the extras ocrmypdf, pdf and evaluate.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import img2pdf
import numpy as np
import pikepdf
from PIL import Image

from benchmarks.documents.programs import clean_by_ocrmypdf, run
from benchmarks.machine import heading
from benchmarks.pages.known_pages import KnownPage, known_page
from benchmarks.run import put
from isthmus.pages.evaluation.measures import character_error_rate, components_lost, rmse_pooled
from isthmus.pages.evaluation.text import text_of

Pages = Sequence[np.ndarray]
IN_PLACE = ("--no-deskew", "--no-mask-center", "--no-border-align")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--dpi", type=int, nargs="+", default=(100, 150, 300, 600))
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    clean = ("isthmus", "clean", "pages", "-o", "out", "--network", arguments.network, "--quiet", "--jobs")
    ways: dict[str, Callable[[Path, int, int], object]] = {
        "`isthmus clean`": lambda folder, dpi, jobs: run(folder, *clean, str(jobs)),
        "unpaper": by_unpaper,
        "OCRmyPDF `--clean-final`": by_ocrmypdf,
    }
    lines = [
        f"{heading()}; {arguments.pages} made pages",
        "",
        "| dpi | | characters misread | small parts lost | rules lost | page numbers lost | RMSE |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    for dpi in arguments.dpi:
        pages = [known_page(number, dpi) for number in range(arguments.pages)]
        results = {"clean pages": [page.clean for page in pages], "dirty pages": [page.dirty for page in pages]}
        results |= {way: cleaned(pages, dpi, arguments.jobs, by) for way, by in ways.items()}
        for what, found in results.items():
            lines.append(f"| {dpi} | {what} | {measured(pages, found, dpi, arguments.jobs)} |")
            print(lines[-1], flush=True)
    if arguments.docs:
        put(arguments.docs, "document-resolutions", "\n".join(lines))


def cleaned(pages: Sequence[KnownPage], dpi: int, jobs: int, by: Callable[[Path, int, int], object]) -> Pages:
    """The dirty pages as files in a folder, and those that a program makes of them in another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("pages", "out"):
            (folder / part).mkdir()
        for number, page in enumerate(pages):
            Image.fromarray(page.dirty).save(folder / "pages" / f"{number:03}.png", dpi=(dpi, dpi))
        by(folder, dpi, jobs)
        found = []
        for number, page in enumerate(pages):
            with Image.open(next((folder / "out").glob(f"{number:03}.*"))) as image:
                found.append(np.asarray(image.convert("L")))
            assert found[-1].shape == page.clean.shape
        return found


def by_unpaper(folder: Path, dpi: int, jobs: int) -> None:
    def one(page: Path) -> None:
        run(folder, "unpaper", "--quiet", "--dpi", str(dpi), *IN_PLACE, str(page), f"out/{page.stem}.pgm")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, sorted((folder / "pages").iterdir())))


def by_ocrmypdf(folder: Path, _dpi: int, jobs: int) -> None:
    pages = [str(page) for page in sorted((folder / "pages").iterdir())]
    (folder / "in.pdf").write_bytes(img2pdf.convert(pages))
    clean_by_ocrmypdf(folder, "in.pdf", "out.pdf", jobs)
    with pikepdf.open(folder / "out.pdf") as pdf:
        for number, page in enumerate(pdf.pages):
            (image,) = (drawn for drawn in page.Resources.XObject.values() if drawn.Subtype == "/Image")
            pikepdf.PdfImage(image).as_pil_image().save(folder / "out" / f"{number:03}.png")


def measured(pages: Sequence[KnownPage], found: Pages, dpi: int, jobs: int) -> str:
    """The cells of a row of the table."""
    with ThreadPoolExecutor(jobs) as pool:
        crops = [np.ascontiguousarray(image[page.paragraph]) for page, image in zip(pages, found, strict=True)]
        texts = list(pool.map(lambda crop: text_of(crop, dpi=dpi), crops))
    misread = character_error_rate(texts, [page.text for page in pages])
    greys, targets = [image / 255 for image in found], [page.clean / 255 for page in pages]
    parts = np.sum([components_lost(*pair) for pair in zip(greys, targets, strict=True)], axis=0)
    rules = np.mean([page.rules_lost(image) for page, image in zip(pages, found, strict=True)])
    numbers = sum(page.number_lost(image) for page, image in zip(pages, found, strict=True))
    return (
        f"{misread:.1%} | {parts[0] / parts[1]:.2%} of {parts[1]:,} | {rules:.2%} | {numbers} of {len(pages)} | "
        f"{rmse_pooled(greys, targets):.3f}"
    )


if __name__ == "__main__":
    main()
