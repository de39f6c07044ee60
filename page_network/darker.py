"""Measure how well a network cleans real pages with darker dirt.

    python page_network/darker.py PAIRS [NETWORK …] [--powers 1 1.5 2 2.5]

The text of each page is combined with its own sheet again, whose reflectance relative to the paper is raised to a
power: 1 gives the original dirt. Prints the root mean squared error over the pixels of all pages, by power and kind of
dirt, untouched and cleaned. NETWORK is the name of a network that comes with Isthmus, or a model file.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import isthmus
from pairs import Pair, by_sheet, on_sheet, read_pairs, take_apart
from train import pooled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("networks", nargs="*", default=["pages"])
    parser.add_argument("--powers", type=float, nargs="+", default=[1, 1.5, 2, 2.5])
    arguments = parser.parse_args()
    pairs = read_pairs(arguments.pairs)
    kinds = sorted({pair.kind for pair in pairs})
    print(f"| power | | {' | '.join(kinds)} | all |\n|---|---|{'---|' * len(kinds)}---|")
    for power in arguments.powers:
        pages = darkened(pairs, power)
        for name in ("untouched", *arguments.networks):
            errors = []
            for page in pages:
                cleaned = page.noisy if name == "untouched" else isthmus.clean(page.noisy, network=name)
                errors.append((page.kind, (float(np.square(cleaned - page.clean).sum()), page.clean.size)))
            cells = [pooled([error for kind, error in errors if kind in which]) for which in (*kinds, kinds)]
            print(f"| {power:g} | {Path(name).name} | {' | '.join(f'{cell:.4f}' for cell in cells)} |", flush=True)


def darkened(pairs: list[Pair], power: float) -> list[Pair]:
    """The same pages with darker dirt, sheet by sheet."""
    pages = []
    for group in by_sheet(pairs):
        material = take_apart(group)
        dirt = material.taking_light if material.taking_light.sheets else material.taking_contrast
        (sheet,) = dirt.sheets
        paper = np.percentile(sheet, 90)
        dark = np.where(sheet < paper, paper * (sheet / paper) ** power, sheet)
        for pair, (text, _) in zip(group, dirt.texts, strict=True):
            noisy = np.clip(on_sheet(text, dark, dirt.table), 0, 1).astype(np.float32)
            pages.append(replace(pair, noisy=noisy))
    return pages


if __name__ == "__main__":
    main()
