"""Whether clean pages stay as they are, to the bit: synthetic pages of ten kinds, and the documents of a folder.

    python -m benchmarks.pages.clean_pages [FOLDER] [--network pages] [--pages 200] [--seed 21] [--fonts FOLDER]
                                           [--only KIND] [--docs FILE] [--save FOLDER]

Nothing on these pages is dirt: print of nine kinds of synthetic pages, grey and in colours; text of several sizes,
also as JPEG; tints; coloured boxes; photographs that scikit-learn and scikit-image bring, alone and on a page; and
drawn screenshots and maps. Each is written as a file and cleaned as `isthmus clean` does. Counted are the pages on
which no pixel changes (`isthmus.clean`), and the files that keep their bytes, as they also do where fewer than 0.05 %
of the pixels would change. --docs writes what is printed between the markers of a page; --save keeps changed pages,
before and after.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import io as skimage_io
from skimage.data import data_dir
from sklearn.datasets import load_sample_image

from benchmarks.machine import heading
from benchmarks.pages.drawn_pages import boxes, screenshot, text_of_sizes, tints, town_map
from benchmarks.run import put
from isthmus.documents import transform_documents
from isthmus.documents.batch import plan_batch
from isthmus.documents.work import Remarked
from isthmus.pages.documents import Cleaner
from isthmus.synthetic_pages import KINDS_OF_PAGES, Fonts, draw_page

SIZE_MM = (148.0, 105.0)
RESOLUTIONS = (100, 150, 200, 300)
PHOTOGRAPHS = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "gravel.png",
    "hubble_deep_field.jpg", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg", "china.jpg", "flower.jpg",
)  # fmt: skip
AIM = 0.99


@dataclass(frozen=True)
class Stayed:
    """What became of one document: the pixels that changed, all pixels, and whether the file kept its bytes."""

    kind: str
    name: str
    n_changed: int
    n_pixels: int
    same_file: bool


class Counting:
    """Cleans pages, and counts the pixels that change."""

    def __init__(self, network: str) -> None:
        self.clean = Cleaner(network)
        self.n_changed = self.n_pixels = 0

    def __call__(self, pixels: np.ndarray, *, dpi: float | None) -> Remarked:
        cleaned = self.clean(pixels, dpi=dpi)
        self.n_changed += int((cleaned.pixels != pixels).reshape(*pixels.shape[:2], -1).any(axis=2).sum())
        self.n_pixels += pixels.shape[0] * pixels.shape[1]
        return cleaned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--pages", type=int, default=20 * len(KINDS), help="as many of each kind; 0 for FOLDER alone")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--fonts", help="folder, or pillow")
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--save", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    fonts = Fonts(arguments.fonts)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in made_pages(
            Path(folder), arguments.pages // len(KINDS), arguments.seed, fonts, arguments.only
        ):
            found.append(stayed(kind, path, arguments.network, arguments.save))
    if arguments.folder is not None:
        sources = [Path(source) for source, _ in plan_batch([str(arguments.folder)], "out", again=True).pairs]
        found += [stayed("FOLDER", path, arguments.network, arguments.save) for path in sources]
    about = f"seed {arguments.seed}, {len(fonts.families)} families of fonts"
    text = "\n".join([f"{heading()}; {about}", "", *table(found), "", *changed(found)])
    print(text)
    if arguments.docs:
        put(arguments.docs, "clean-pages", text)


def made_pages(folder: Path, count: int, seed: int, fonts: Fonts, only: str | None) -> Iterator[tuple[str, Path]]:
    """Write the pages, one after the other."""
    for kind, draw in KINDS.items():
        for number in range(count if only in (None, kind) else 0):
            rng = np.random.default_rng((seed, list(KINDS).index(kind), number))
            image, dpi, suffix = draw(rng, number, fonts)
            path = folder / f"{kind.replace(' ', '-').replace(',', '')}-{number:02}{suffix}"
            image.save(
                path, **({} if dpi is None else {"dpi": (dpi, dpi)}), **({"quality": 90} if suffix == ".jpg" else {})
            )
            yield kind, path


def synthetic(rng, number, fonts, *, colour=False):
    kind, dpi = list(KINDS_OF_PAGES)[number % len(KINDS_OF_PAGES)], RESOLUTIONS[number % len(RESOLUTIONS)]
    pixels = draw_page(rng, dpi, SIZE_MM, fonts, kind=kind, colour=colour).pixels
    return Image.fromarray((pixels * 255 + 0.5).astype(np.uint8)), dpi, ".png"


def as_jpeg(rng, number, fonts):
    image, dpi, _ = (text_of_sizes, tints)[number % 2](rng, number, fonts)
    return image, dpi, ".jpg"


def photograph(number: int) -> Image.Image:
    """A photograph, in its colours or, from the second round on, in grey."""
    name = PHOTOGRAPHS[number % len(PHOTOGRAPHS)]
    in_sklearn = name in ("china.jpg", "flower.jpg")
    image = Image.fromarray(load_sample_image(name) if in_sklearn else skimage_io.imread(Path(data_dir) / name))
    return image.convert("L" if number >= len(PHOTOGRAPHS) or image.mode == "L" else "RGB")


def alone(rng, number, fonts):
    return photograph(number), None, ".png"


def on_a_page(rng, number, fonts):
    """A photograph below two columns of text."""
    picture = photograph(number)
    text = draw_page(rng, 150, (80, 130), fonts, kind="text").pixels
    page = Image.new(
        picture.mode, (max(text.shape[1], picture.width + 80), text.shape[0] + picture.height + 80), "white"
    )
    page.paste(Image.fromarray((text * 255 + 0.5).astype(np.uint8)).convert(picture.mode))
    page.paste(picture, (40, text.shape[0] + 40))
    return page, 150, ".png"


KINDS = {
    "synthetic, grey": synthetic,
    "synthetic, colour": lambda rng, number, fonts: synthetic(rng, number, fonts, colour=True),
    "text of sizes": text_of_sizes,
    "text and tints, JPEG": as_jpeg,
    "tints": tints,
    "coloured boxes": boxes,
    "photograph alone": alone,
    "photograph on a page": on_a_page,
    "screenshot": screenshot,
    "map": town_map,
}


def stayed(kind: str, path: Path, network: str, save: Path | None) -> Stayed:
    """Clean one document, and count what changed."""
    counting = Counting(network)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / path.name
        (report,) = transform_documents([(str(path), str(output))], counting)
        if report.error is not None:
            raise report.error
        same = output.read_bytes() == path.read_bytes()
        if save is not None and not same:
            save.mkdir(parents=True, exist_ok=True)
            (save / f"{path.stem}-before{path.suffix}").write_bytes(path.read_bytes())
            (save / f"{path.stem}-after{path.suffix}").write_bytes(output.read_bytes())
    if sys.stderr.isatty():
        print(f"{path.name}: {counting.n_changed} of {counting.n_pixels} pixels changed", file=sys.stderr)
    return Stayed(kind, path.name, counting.n_changed, counting.n_pixels, same)


def table(found: list[Stayed]) -> list[str]:
    """By kind: pages and files that stayed, and the page that changed most."""
    lines = ["| kind of clean page | pages | no pixel changed | same file | most pixels changed on a page |",
             "|---|---:|---:|---:|---:|"]  # fmt: skip
    made = [page for page in found if page.kind != "FOLDER"]
    groups = {
        kind: [page for page in found if page.kind == kind] for kind in dict.fromkeys(page.kind for page in found)
    }
    if len(groups) > 1:
        groups |= {f"all synthetic pages (aim: ≥ {AIM:.0%} same file)": made}
    for kind, pages in groups.items():
        worst = max(pages, key=lambda page: page.n_changed / page.n_pixels)
        share = f"{worst.n_changed:,} ({worst.n_changed / worst.n_pixels:.2%})" if worst.n_changed else "0"
        n_same = sum(page.same_file for page in pages)
        lines.append(f"| {kind} | {len(pages)} | {sum(not x.n_changed for x in pages)} | {n_same} | {share} |")
    return lines


def changed(found: list[Stayed]) -> list[str]:
    """The pages whose file changed, with how many pixels."""
    lost = sorted((page for page in found if not page.same_file), key=lambda x: x.n_changed / x.n_pixels, reverse=True)
    if not lost:
        return ["All files kept their bytes."]
    names = (f"{page.name} {page.n_changed:,} ({page.n_changed / page.n_pixels:.2%})" for page in lost)
    return [f"Changed files, with the pixels that changed: {', '.join(names)}."]


if __name__ == "__main__":
    main()
