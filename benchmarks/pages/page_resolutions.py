"""How well pages are cleaned at each resolution, beside the two simple ways to get there.

    python -m benchmarks.pages.page_resolutions [--network pages] [--pages 8] [--dpi 100 150 200 300 600] [--docs FILE]

The same made pages (70 × 110 mm, usual dirt) at each resolution: cleaned by ``isthmus.clean``; by the network at every
pixel; and by the network at about 150 dpi and enlarged. Errors are those of all pixels of all pages; small parts are
those that ``isthmus evaluate-pages`` counts. Clean pages are put through, too: nothing should change. --docs writes
what is printed between the markers of a page.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.pages.cleaning import clean_page
from isthmus.pages.evaluation.measures import components_lost, rmse_pooled
from isthmus.pages.shipped import PageNetwork, load_network
from isthmus.synthetic_pages import Settings, synthetic_pair

SIZE_MM = (70.0, 110.0)
NETWORK_DPI = 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--pages", type=int, default=8)
    parser.add_argument("--dpi", type=int, nargs="+", default=(100, 150, 200, 300, 600))
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    network = load_network(arguments.network)
    ways: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "untouched": lambda page, dpi: page,
        "`isthmus.clean`": lambda page, dpi: clean_page(page, network=network, dpi=dpi),
        "network at every pixel": lambda page, dpi: applied(network, page),
        "network at 150 dpi, enlarged": lambda page, dpi: enlarged(network, page, dpi),
    }
    lines = [
        f"{heading()}; {arguments.pages} made pages",
        "",
        "| dpi | | RMSE | small parts lost | RMSE of clean pages |",
        "|---:|---|---:|---:|---:|",
    ]
    settings = Settings(seed=7, size_mm=SIZE_MM)
    for dpi in arguments.dpi:
        pairs = [synthetic_pair(number, dpi, settings) for number in range(arguments.pages)]
        clean, dirty = ([np.round(255 * page).astype(np.uint8) for page in pages]
                        for pages in zip(*((pair[0].pixels, pair[1]) for pair in pairs), strict=True))  # fmt: skip
        targets = [grey(page) for page in clean]
        for way, function in ways.items():
            cleaned = [grey(function(page, dpi)) for page in dirty]
            parts = np.sum([components_lost(*pair) for pair in zip(cleaned, targets, strict=True)], axis=0)
            kept = [grey(function(page, dpi)) for page in clean]
            lines.append(
                f"| {dpi} | {way} | {rmse_pooled(cleaned, targets):.4f} | {parts[0] / parts[1]:.2%} of {parts[1]:,} | "
                f"{rmse_pooled(kept, targets):.4f} |"
            )
            print(lines[-1], flush=True)
    print("\n".join(lines))
    if arguments.docs:
        put(arguments.docs, "page-resolutions", "\n".join(lines))


def grey(page: np.ndarray) -> np.ndarray:
    return page.astype(np.float32) / np.float32(255)


def applied(network: PageNetwork, page: np.ndarray) -> np.ndarray:
    """What the network makes of the page as it is."""
    return np.asarray(np.round(255 * network(grey(page))), np.uint8)


def enlarged(network: PageNetwork, page: np.ndarray, dpi: int) -> np.ndarray:
    """What the network makes of the page at its scale, enlarged as images usually are."""
    image = Image.fromarray(page)
    size = [max(1, round(side * NETWORK_DPI / dpi)) for side in image.size]
    small = np.asarray(image.resize(size, Image.Resampling.BOX if dpi > NETWORK_DPI else Image.Resampling.BICUBIC))
    return np.asarray(Image.fromarray(applied(network, small)).resize(image.size, Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
