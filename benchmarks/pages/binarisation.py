"""How much ink of historical pages survives cleaning, by the measures of the DIBCO competitions.

    python -m benchmarks.pages.binarisation FOLDER [--network pages] [--only REGEX] [--threads 1] [--docs FILE]

FOLDER has NAME_source.png, a page, and NAME_target.png, its ink in black. Otsu's threshold of the untouched page stands
beside Sauvola's (windows of 25 pixels, k = 0.2), Otsu's of the page divided by its background, Otsu's of the cleaned
page, what `isthmus clean --bilevel` writes, and the figures of each year's winner. Means are over the pages of a year
(the first four figures of a name). To add a method, add a line to ``methods``. --docs writes what is printed between
the markers of a page.

Winners are those that the competitions ranked first: by several measures, so others can have a better F-measure. Their
figures are from the reports of the competitions (Gatos, Ntirogiannis & Pratikakis, ICDAR 2009; Pratikakis, Gatos &
Ntirogiannis, ICFHR 2010, ICDAR 2011, ICFHR 2012, ICDAR 2013; Ntirogiannis, Gatos & Pratikakis, ICFHR 2014; Pratikakis,
Zagoris, Barlas & Gatos, ICFHR 2016, ICDAR 2017, ICFHR 2018), as Xiong et al. list them (KSII Transactions on Internet
and Information Systems 15(5), 2021, table 2). From 2013 on their pseudo-F-measure has weights and is not ours.
"""

import argparse
import math
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.filters import threshold_sauvola

from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.pages.cleaning import clean_page
from isthmus.pages.documents import clean_document
from isthmus.pages.evaluation.baselines import divide_background
from isthmus.pages.evaluation.binarisation import Agreement, agreement, otsu

Grey = np.ndarray

NONE = math.nan
WINNERS = {
    "2009": Agreement(91.24, NONE, 18.66, NONE),
    "2010": Agreement(91.50, 93.58, 19.78, NONE),
    "2011": Agreement(80.86, NONE, 16.13, 104.48),
    "2012": Agreement(89.47, 90.18, 21.80, 3.44),
    "2013": Agreement(92.12, 94.19, 20.68, 3.10),
    "2014": Agreement(96.88, 97.65, 22.66, 0.90),
    "2016": Agreement(87.61, 91.28, 18.11, 5.21),
    "2017": Agreement(91.04, 92.86, 18.28, 3.40),
    "2018": Agreement(88.34, 90.24, 19.11, 4.92),
}
MEASURES = {"f_measure": "F", "pseudo_f_measure": "pseudo-F", "psnr": "PSNR, dB", "drd": "DRD"}
Found = dict[str, dict[str, list[Agreement]]]  # by method and year


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--only", default="", help="regular expression for names")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    found: Found = defaultdict(lambda: defaultdict(list))
    for source in sorted(arguments.folder.glob("*_source.png")):
        if not re.search(arguments.only, source.name):
            continue
        target = source.with_name(source.name.replace("_source", "_target"))
        truth = grey(target) < 128
        year = (re.search(r"\d{4}", source.name) or ["all"])[0]
        for method, ink_of in methods(arguments.network).items():
            found[method][year].append(agreement(ink_of(source), truth))
        last = {method: f"{years[year][-1].f_measure:.1f}" for method, years in found.items()}
        print(source.name, last, file=sys.stderr, flush=True)
    text = "\n".join([heading(), *tables(found)])
    print(text)
    if arguments.docs:
        put(arguments.docs, "binarisation", text)


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


def tables(found: Found) -> list[str]:
    """Lines of Markdown: a table for all pages, and one for each year, with its winner."""
    years = sorted(found["Otsu, untouched"])
    lines = table(found, years, "all years") if len(years) > 1 else []
    for year in years:
        lines += table(found, [year], year)
        if year in WINNERS:
            lines.append(f"| winner of {year} | {' | '.join(cells([WINNERS[year]]))} | |")
    return lines


def table(found: Found, years: list[str], name: str) -> list[str]:
    """The means of each method over the pages of some years."""
    before = [page for year in years for page in found["Otsu, untouched"][year]]
    head = [f"{name} ({len(before)} pages)", *MEASURES.values(), "pages with F more than 1 below untouched"]
    lines = ["", f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(MEASURES) + 1)]
    for method, by_year in found.items():
        pages = [page for year in years for page in by_year[year]]
        worse = sum(page.f_measure < other.f_measure - 1 for page, other in zip(pages, before, strict=True))
        lines.append(f"| {' | '.join([method, *cells(pages), str(worse)])} |")
    return lines


def cells(pages: list[Agreement]) -> list[str]:
    means = [float(np.mean([getattr(page, field) for page in pages])) for field in MEASURES]
    return ["–" if math.isnan(mean) else f"{mean:.2f}" for mean in means]


if __name__ == "__main__":
    main()
