"""How surely the angle of a page is found: synthetic pages turned by known angles, clean and noisy.

    python -m benchmarks.pages.skewed_pages [--pages 40] [--dpi 150] [--docs FILE]

Each page, of all kinds in turn, is turned by a random angle of up to 10 degrees. --docs writes what is printed between
the markers of a page.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.machine import heading
from benchmarks.run import put
from isthmus.pages.skew import find_skew
from isthmus.synthetic_pages import KINDS_OF_PAGES, draw_page, noisy_page

LARGEST = 10.0
WRONG = 0.2  # degrees from which an angle is wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--dpi", type=int, default=150)
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    errors: dict[str, list[float | None]] = {}
    for number in range(arguments.pages):
        for how, pixels, degrees in _skewed(number, arguments.dpi):
            found = find_skew(pixels).degrees
            errors.setdefault(how, []).append(None if found is None else abs(found - degrees))
    lines = [
        f"{heading()}; {arguments.pages} pages at {arguments.dpi} dpi",
        "",
        f"| pages | angle found | mean error | 95 % below | worst | off by {WRONG}° or more |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for how, every in errors.items():
        sure = np.array([error for error in every if error is not None])
        figures = f"{sure.mean():.3f}° | {np.percentile(sure, 95):.3f}° | {sure.max():.2f}° | {(sure >= WRONG).sum()}"
        lines.append(f"| {how} | {len(sure)} of {len(every)} | {figures} |")
    print("\n".join(lines))
    if arguments.docs:
        put(arguments.docs, "skewed-pages", "\n".join(lines))


def _skewed(number: int, dpi: int) -> Iterator[tuple[str, np.ndarray, float]]:
    """A page in grey, black and white, and noisy, each with the angle that it is turned by."""
    rng = np.random.default_rng((41, number))
    kind = list(KINDS_OF_PAGES)[number % len(KINDS_OF_PAGES)]
    page = draw_page(rng, dpi, kind=kind).pixels
    degrees = float(rng.uniform(-LARGEST, LARGEST))
    image = Image.fromarray(np.round(255 * page).astype(np.uint8))
    turned = image.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
    yield "clean", np.asarray(turned), degrees
    yield "black and white", np.asarray(turned.point(lambda value: 255 * (value > 140))), degrees
    noisy = noisy_page(np.asarray(turned, np.float32) / 255, rng, dpi)
    yield "noisy, not cleaned", np.round(255 * noisy).astype(np.uint8), degrees


if __name__ == "__main__":
    main()
