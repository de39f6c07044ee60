"""Write the synthetic pages and sheets of dirt that the networks are trained on, as arrays.

python page_network/material.py FOLDER [--sheets N] [--pages N]
"""

import argparse
from pathlib import Path

import numpy as np

from isthmus.synthetic_pages import clean_page, dirt_sheet, noisy_page

SIDE = 768
"""Rows and columns of the synthetic pages, or parts of pages."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sheets", type=int, default=800)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(arguments.seed)
    sheets = [
        levels(dirt_sheet(rng, 420, 540, dpi(rng), level=np.exp(rng.normal(0, 0.4)))) for _ in range(arguments.sheets)
    ]
    np.savez(arguments.folder / "sheets.npz", synthetic_sheets=np.stack(sheets))
    clean, pairs = [], []
    for _ in range(arguments.pages):
        resolution = dpi(rng)
        millimetres = SIDE / resolution * 25.4
        page = clean_page(rng, resolution, size_mm=(millimetres, millimetres))[:SIDE, :SIDE]
        clean.append(levels(page))
        pairs.append(levels(np.stack([noisy_page(page, rng, resolution), page])))
    np.savez(arguments.folder / "pages.npz", synthetic_pages=np.stack(clean), synthetic_pairs=np.stack(pairs))


def dpi(rng: np.random.Generator) -> float:
    """A random resolution from 100 to 300, most often near 150."""
    return float(np.clip(150 * np.exp(rng.normal(0, 0.3)), 100, 300))


def levels(image: np.ndarray) -> np.ndarray:
    """Greys in [0, 1] as 8-bit levels."""
    return np.rint(image * 255).astype(np.uint8)


if __name__ == "__main__":
    main()
