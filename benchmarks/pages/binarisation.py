"""How much ink of historical pages survives cleaning, by the measures of the DIBCO competitions.

    python -m benchmarks.pages.binarisation FOLDER [--network pages] [--only REGEX] [--threads 1]

FOLDER has NAME_source.png, a page, and NAME_target.png, its ink in black. Otsu's threshold of the untouched page stands
beside Sauvola's (windows of 25 pixels, k = 0.2), Otsu's of the page divided by its background, Otsu's of the cleaned
page, and what `isthmus clean --bilevel` writes. Means are over the pages of a year (the first four figures of a name).
"""

import argparse
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.filters import threshold_sauvola

from isthmus.pages.cleaning import clean_page
from isthmus.pages.documents import clean_document
from isthmus.pages.evaluation.baselines import divide_background
from isthmus.pages.evaluation.binarisation import Agreement, agreement, otsu

Grey = np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--only", default="", help="regular expression for names")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    found: dict[str, dict[str, list[Agreement]]] = defaultdict(lambda: defaultdict(list))
    for source in sorted(arguments.folder.glob("*_source.png")):
        if not re.search(arguments.only, source.name):
            continue
        target = source.with_name(source.name.replace("_source", "_target"))
        truth = grey(target) < 128
        year = (re.search(r"\d{4}", source.name) or ["all"])[0]
        for method, ink_of in methods(arguments.network).items():
            found[method][year].append(agreement(ink_of(source), truth))
        last = {method: f"{years[year][-1].f_measure:.1f}" for method, years in found.items()}
        print(source.name, last, flush=True)
    print("\n".join(table(found)))


def methods(network: str) -> dict[str, Callable[[Path], np.ndarray]]:
    """The ink of a file by each method."""
    return {
        "Otsu, untouched": lambda path: otsu(grey(path)),
        "Sauvola": lambda path: sauvola(grey(path)),
        "background division, Otsu": lambda path: otsu(divide_background(grey(path))),
        "`isthmus.clean`, Otsu": lambda path: otsu(as_grey(clean_page(pixels(path), network=network))),
        "`isthmus clean --bilevel`": lambda path: bilevel(path, network),
    }


def sauvola(page: Grey) -> np.ndarray:
    return page <= threshold_sauvola(page, window_size=25, k=0.2)


def bilevel(path: Path, network: str) -> np.ndarray:
    """What the command writes."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "page.png"
        clean_document(path, written, network=network, bilevel=True)
        return grey(written) < 128


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def as_grey(page: np.ndarray) -> Grey:
    return np.asarray(Image.fromarray(page).convert("L"))


def grey(path: Path) -> Grey:
    return as_grey(pixels(path))


def table(found: dict[str, dict[str, list[Agreement]]]) -> list[str]:
    """Lines of Markdown: F-measures by year, and all measures over all pages."""
    untouched = found["Otsu, untouched"]
    years = sorted(untouched)
    lines = [
        f"| | {' | '.join(f'F {year} ({len(untouched[year])})' for year in years)} | F, mean | pseudo-F | PSNR, dB "
        "| DRD | pages more than 1 below untouched |",
        "|---|" + "---:|" * (len(years) + 5),
    ]
    for method, by_year in found.items():
        pages = [page for year in years for page in by_year[year]]
        before = [page for year in years for page in untouched[year]]
        worse = sum(page.f_measure < other.f_measure - 1 for page, other in zip(pages, before, strict=True))
        of_years = [f"{np.mean([page.f_measure for page in by_year[year]]):.1f}" for year in years]
        means = [
            f"{np.mean([getattr(page, field) for page in pages]):.2f}"
            for field in ("f_measure", "pseudo_f_measure", "psnr", "drd")
        ]
        lines.append(f"| {' | '.join([method, *of_years, *means, str(worse)])} |")
    return lines


if __name__ == "__main__":
    main()
