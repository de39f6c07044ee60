"""Whether it matters to the network how a page lies: errors of pages upright, on their sides, and upside down.

    python -m benchmarks.pages.turned_pages [--pages 5] [--dpi 150 300] [--network pages] [--docs FILE]

Scans are cleaned as their files store them, also where a tag or a page of a PDF says that they are shown turned.
--docs writes what is printed between the markers of a page.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.pages.cleaning import clean_page
from isthmus.pages.evaluation.measures import components_lost, rmse_pooled
from isthmus.synthetic_pages import Settings, synthetic_pair

TURNS = {"upright": 0, "on its left side": 1, "upside down": 2, "on its right side": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--dpi", type=int, nargs="+", default=(150, 300))
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    lines = [
        f"{heading()}; {arguments.pages} made pages",
        "",
        "| dpi | the page lies | RMSE | small parts lost |",
        "|---:|---|---:|---:|",
    ]
    settings = Settings(seed=11, size_mm=(70.0, 110.0))
    for dpi in arguments.dpi:
        pairs = [synthetic_pair(number, dpi, settings) for number in range(arguments.pages)]
        clean, dirty = ([np.round(255 * page).astype(np.uint8) for page in pages]
                        for pages in zip(*((pair[0].pixels, pair[1]) for pair in pairs), strict=True))  # fmt: skip
        targets = [page / 255 for page in clean]
        for how, turns in TURNS.items():
            cleaned = [turned(page, turns, dpi, arguments.network) / 255 for page in dirty]
            parts = np.sum([components_lost(*pair) for pair in zip(cleaned, targets, strict=True)], axis=0)
            lost = f"{parts[0] / parts[1]:.2%} of {parts[1]:,}"
            lines.append(f"| {dpi} | {how} | {rmse_pooled(cleaned, targets):.4f} | {lost} |")
    print("\n".join(lines))
    if arguments.docs:
        put(arguments.docs, "turned-pages", "\n".join(lines))


def turned(page: np.ndarray, turns: int, dpi: float, network: str) -> np.ndarray:
    """A page that is turned, cleaned, and turned back."""
    return np.rot90(clean_page(np.ascontiguousarray(np.rot90(page, turns)), dpi=dpi, network=network), -turns)


if __name__ == "__main__":
    main()
