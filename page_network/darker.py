"""How well a network cleans real pages whose dirt is darker than any that they have.

    python page_network/darker.py PAIRS [NETWORK …] [--powers 1 1.5 2 2.5]

Each page's text is laid on its own sheet again, whose light, as a share of the paper's, is raised to a power: 1 is the
page as it is taken apart and put together. Prints the root mean squared error over the pixels of all pages, by power
and kind of dirt. NETWORK is the name of one that comes with Isthmus, or a model file.
"""

import argparse
from pathlib import Path

import numpy as np

import isthmus
from pairs import on_sheet, read_pairs, take_apart
from train import pooled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("networks", nargs="*", default=["pages"])
    parser.add_argument("--powers", type=float, nargs="+", default=[1, 1.5, 2, 2.5])
    arguments = parser.parse_args()
    pairs = read_pairs(arguments.pairs)
    kinds = sorted({pair.kind for pair in pairs})
    print(f"| network | power | {' | '.join(kinds)} | all |\n|---|---|{'---|' * len(kinds)}---|")
    for power in arguments.powers:
        pages = darkened(arguments.pairs, power)
        for network in arguments.networks:
            errors = [
                (kind, (float(np.square(isthmus.clean(noisy, network=network) - clean).sum()), clean.size))
                for kind, noisy, clean in pages
            ]
            cells = [pooled([error for kind, error in errors if kind == each]) for each in kinds]
            cells.append(pooled([error for _, error in errors]))
            shown = " | ".join(f"{cell:.4f}" for cell in cells)
            print(f"| {Path(network).name} | {power:g} | {shown} |", flush=True)


def darkened(folder: Path, power: float) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Kind of dirt, noisy and clean version of every page."""
    pages = []
    by_sheet: dict[tuple[str, str, tuple[int, ...]], list] = {}
    for pair in read_pairs(folder):
        by_sheet.setdefault((pair.kind, pair.part, pair.noisy.shape), []).append(pair)
    for (kind, _, _), group in by_sheet.items():
        material = take_apart(group)
        dirt = material.taking_light if material.taking_light.sheets else material.taking_contrast
        (sheet,) = dirt.sheets
        paper = np.percentile(sheet, 90)
        dark = paper * np.minimum(sheet / paper, 1) ** power + np.maximum(sheet - paper, 0)
        for text, clean in dirt.texts:
            noisy = on_sheet(text, dark, dirt.table).astype(np.float32)
            pages.append((kind, np.clip(noisy, 0, 1), clean))
    return pages


if __name__ == "__main__":
    main()
