"""Whether cleaning erases anything: small parts and rules of made pages, clean pages, and photographs.

    python -m benchmarks.pages.page_safety [--network pages] [--pages 216] [--seed 606] [--fonts FOLDER] [--docs FILE]
                                           [--worst FOLDER]

Pages of 105 × 80 mm at 150 dpi, as many of each kind, made by a seed that nothing was trained with: dirty ones are
cleaned, and what is left of their small parts (dots, full stops, leaders, …) and rules is counted; clean ones are put
through, and must not change, nor must photographs: those that scikit-learn brings and made ones, grey and in colours,
alone and on a printed page. Text is in the fonts that are found, which differ from machine to machine; --fonts pillow
is the same everywhere. --docs writes what is printed between the markers of a page; --worst saves pieces of the pages
that lost most: dirty, cleaned, clean.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.pages.cleaning import clean_page
from isthmus.pages.evaluation.crops import worst_window
from isthmus.pages.evaluation.measures import components_lost, rmse_pooled, rules_lost
from isthmus.pages.shipped import PageNetwork, load_network
from isthmus.synthetic_pages import KINDS_OF_PAGES, Fonts, draw_page, noisy_page
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.pictures import scene

DPI = 150
SIZE_MM = (105.0, 80.0)
KINDS = list(KINDS_OF_PAGES)
SCENES = 8
WORST = 12
AIMS = {"small parts": 0.995, "rules": 0.999}
AIM_CLEAN, AIM_PHOTOGRAPHS = 0.005, 0.01


@dataclass
class Page:
    """What was counted on one made page; pairs are lost and all, by what was done and what is counted."""

    name: str
    kind: str
    lost: dict[tuple[str, str], tuple[int, int]]
    before: float
    after: float
    change: float
    shown: tuple[np.ndarray, np.ndarray, np.ndarray]

    def score(self) -> float:
        """How bad it is: small parts lost, and rules in millimetres of length."""
        return self.lost["small parts", "of seen"][0] + self.lost["rules", "of seen"][0] * 25.4 / DPI


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--pages", type=int, default=24 * len(KINDS))
    parser.add_argument("--seed", type=int, default=606)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fonts", help="folder, or pillow")
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--worst", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = load_network(arguments.network)
    fonts = Fonts(arguments.fonts)
    photographs = photographs_changed(network)
    pages = []
    for number in range(arguments.pages):
        pages.append(counted(network, number, arguments.seed, fonts))
        if sys.stderr.isatty() or number % 20 == 19:
            print(f"{number + 1} of {arguments.pages} pages", file=sys.stderr)
    about = f"{len(pages)} made pages of {SIZE_MM[0]:g} × {SIZE_MM[1]:g} mm at {DPI} dpi, seed {arguments.seed}"
    about += f", {len(fonts.families)} families of fonts"
    tables = [*kept_table(pages), "", *kinds_table(pages), "", *photographs_table(photographs)]
    table = "\n".join([f"{heading()}; {about}", "", *tables])
    print(table)
    if arguments.docs:
        put(arguments.docs, "page-safety", table)
    if arguments.worst:
        save_worst(arguments.worst, pages)


def counted(network: PageNetwork, number: int, seed: int, fonts: Fonts) -> Page:
    """Make a page, clean it, put it through clean, and count what is left."""
    kind = KINDS[number % len(KINDS)]
    drawn, dirt = (np.random.default_rng((seed, number, part)) for part in range(2))
    page = draw_page(drawn, DPI, SIZE_MM, fonts, kind=kind)
    clean, dirty = (levels(pixels) for pixels in (page.pixels, noisy_page(page.pixels, dirt, DPI, fonts=fonts)))
    cleaned, through = (clean_page(pixels, network=network, dpi=DPI) for pixels in (dirty, clean))
    rules = [tuple(side / 25.4 * DPI for side in box) for box in page.rules]
    target = grey(clean)
    lost = {}
    for done, pixels in (("dirty", dirty), ("cleaned", cleaned), ("through", through)):
        lost["small parts", done] = components_lost(grey(pixels), target)
        lost["rules", done] = rules_lost(grey(pixels), target, rules)
    lost["small parts", "of seen"] = components_lost(grey(cleaned), target, grey(dirty))
    lost["rules", "of seen"] = rules_lost(grey(cleaned), target, rules, grey(dirty))
    before, after, untouched = (rmse_pooled([grey(pixels)], [target]) for pixels in (dirty, cleaned, through))
    window = worst_window(cleaned, clean, DPI)
    shown = (dirty[window], cleaned[window], clean[window])
    return Page(f"{number:03}-{kind}", kind, lost, before, after, untouched, shown)


def kept_table(pages: list[Page]) -> list[str]:
    """What is kept of all pages, beside what dirt itself had hidden, and how clean pages change."""
    lines = [
        "| kept | on dirty pages | after cleaning them | of what was seen on them | of clean pages | aim |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for what, aim in AIMS.items():
        cells = []
        for done in ("dirty", "cleaned", "of seen", "through"):
            gone, total = np.sum([page.lost[what, done] for page in pages], axis=0)
            cells.append(f"{1 - gone / total:.2%}")
        unit = f"{total:,}" if what == "small parts" else f"{total * 0.0254 / DPI:.0f} m"
        lines.append(f"| {what} ({unit}) | {' | '.join(cells)} | ≥ {aim:.1%} |")
    change = np.sqrt(np.mean([page.change**2 for page in pages]))
    worst = max(pages, key=lambda page: page.change)
    before, after = (np.sqrt(np.mean([value**2 for value in values]))
                     for values in ([page.before for page in pages], [page.after for page in pages]))  # fmt: skip
    over = sum(page.change >= AIM_CLEAN for page in pages)
    lines += [f"| RMSE | {before:.4f} | {after:.4f} | | {change:.4f} | < {AIM_CLEAN} (clean pages) |", ""]
    said = f"{over} of {len(pages)} change by {AIM_CLEAN} or more."
    lines += [f"The clean page that changes most is {worst.name}, by {worst.change:.4f}; {said}"]
    return lines


def kinds_table(pages: list[Page]) -> list[str]:
    """By kind of page: what cleaning dirty ones lost of what was seen on them, and how clean ones change."""
    lines = ["| kind of page | small parts lost | rules lost | RMSE, dirty | cleaned | change of clean ones |",
             "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for kind in dict.fromkeys(page.kind for page in pages):
        of_kind = [page for page in pages if page.kind == kind]
        cells = []
        for what in AIMS:
            gone, total = np.sum([page.lost[what, "of seen"] for page in of_kind], axis=0)
            cells.append(f"{gone / max(total, 1):.2%}")
        errors = [[page.before, page.after, page.change] for page in of_kind]
        cells += [f"{error:.4f}" for error in np.sqrt(np.mean(np.square(errors), axis=0))]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def photographs_changed(network: PageNetwork) -> dict[str, list[float]]:
    """The RMSE of each photograph, by where it is."""
    changed: dict[str, list[float]] = {}
    for where, page in photographs():
        cleaned = clean_page(page, network=network, dpi=DPI)
        changed.setdefault(where, []).append(rmse_pooled([grey(cleaned).ravel()[None]], [grey(page).ravel()[None]]))
    return changed


def photographs() -> Iterator[tuple[str, np.ndarray]]:
    """Photographs in colours and grey, alone and on a printed page."""
    for name in ("china.jpg", "flower.jpg"):
        colours = load_sample_image(name)
        yield "photographs alone, in colours", colours
        yield "photographs alone", np.asarray(Image.fromarray(colours).convert("L"))
        yield "photographs on a page", on_a_page(np.asarray(Image.fromarray(colours).convert("L")))
    for seed in range(SCENES):
        made = levels(scene(np.random.default_rng((606, seed)), Area(320, 460, DPI)))
        yield "made photographs alone", made
        yield "made photographs on a page", on_a_page(made)


def on_a_page(picture: np.ndarray) -> np.ndarray:
    """The picture in the lower half of a clean page of text."""
    height, width = picture.shape
    text = draw_page(np.random.default_rng(606), DPI, (80, 130), kind="text").pixels
    page = np.full((text.shape[0] + height + 80, max(text.shape[1], width + 80)), 255, np.uint8)
    page[: text.shape[0], : text.shape[1]] = levels(text)
    page[text.shape[0] + 40 : text.shape[0] + 40 + height, 40 : 40 + width] = picture
    return page


def photographs_table(changed: dict[str, list[float]]) -> list[str]:
    lines = ["| | | change, RMSE | the most | aim |", "|---|---:|---:|---:|---|"]
    for where, errors in changed.items():
        mean = np.sqrt(np.mean(np.square(errors)))
        lines.append(f"| {where} | {len(errors)} | {mean:.4f} | {max(errors):.4f} | < {AIM_PHOTOGRAPHS} |")
    return lines


def save_worst(folder: Path, pages: list[Page]) -> None:
    """Pieces of the pages that lost most: dirty, cleaned and clean beside each other."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted(pages, key=Page.score, reverse=True)[:WORST]:
        white = np.full((len(page.shown[0]), 8), 128, np.uint8)
        row = np.concatenate([page.shown[0], white, page.shown[1], white, page.shown[2]], axis=1)
        Image.fromarray(row).save(folder / f"{page.name}-{page.score():.0f}.png")


def levels(pixels: np.ndarray) -> np.ndarray:
    return (pixels * 255 + 0.5).astype(np.uint8)


def grey(page: np.ndarray) -> np.ndarray:
    return page.astype(np.float32) / np.float32(255)


if __name__ == "__main__":
    main()
