"""Pairs of noisy and clean pages taken apart into sheets of dirt and layers of text, to be put together anew.

The pages of NoisyOffice (UCI Machine Learning Repository; Zamora-Martínez et al. 2007) come by kind of dirt and by
part, and all pages of one kind and part lie on the same sheet. Where a page's clean version is white, the noisy one
shows the sheet; over a dozen pages with other texts nearly every pixel is white somewhere, so the sheet is known and
need not be estimated. Two of the kinds multiply: noisy = sheet × text. In the other two (folds, wrinkles) text loses
contrast where the sheet is darker: noisy = f(text, sheet), a table fitted to the pages.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

NAME = re.compile(r"Font(?P<font>\w+)_Noise(?P<kind>\w)_(?P<part>TR|VA)\.png")
MULTIPLIES = "cp"
"""The kinds of dirt that multiply: coffee stains, footprints. The others are folded and wrinkled sheets."""

N_GREYS = 65
"""Rows and columns of the table that says how text looks on a sheet that takes its contrast."""

_GREYS = np.linspace(0, 1, N_GREYS, dtype=np.float32)
CONTRAST_LOST = 0.5 + (2 * _GREYS[None] - 1) * (_GREYS[:, None] - 0.5)
"""Grey by text (rows) and sheet (columns) where nothing is known: the less light, the less contrast about a middle."""


@dataclass
class Pair:
    """One page, noisy and clean: float32 in [0, 1], of shape (height, width)."""

    name: str
    font: str
    kind: str
    part: str
    noisy: np.ndarray
    clean: np.ndarray


@dataclass
class Material:
    """What patches are made of: sheets by what they do, layers of text with their clean versions, and whole pages."""

    multiplying: list[np.ndarray] = field(default_factory=list)
    softening: list[np.ndarray] = field(default_factory=list)
    texts: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    soft_texts: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    softened: np.ndarray = field(default_factory=lambda: CONTRAST_LOST)


def read_pairs(folder: Path) -> list[Pair]:
    """All pairs of a folder with ``noisy`` and ``clean``, in the order of their names."""
    pairs = []
    for path in sorted((folder / "noisy").iterdir()):
        if match := NAME.fullmatch(path.name):
            noisy, clean = (_grey(p) for p in (path, folder / "clean" / path.name))
            pairs.append(Pair(path.name, **match.groupdict(), noisy=noisy, clean=clean))
    return pairs


def take_apart(pairs: list[Pair]) -> Material:
    """Sheets, texts and the table of softened text of some pairs; nothing of other pairs is looked at."""
    material = Material(pairs=pairs)
    softened = []
    for kind, part, shape in sorted({(p.kind, p.part, p.noisy.shape) for p in pairs}):
        group = [p for p in pairs if (p.kind, p.part, p.noisy.shape) == (kind, part, shape)]
        sheet = _sheet(group)
        if kind in MULTIPLIES:
            material.multiplying.append(sheet)
            for pair in group:
                expected = np.interp(pair.clean, *_tone(group, sheet))
                text = np.where(sheet > 0.3, np.minimum(pair.noisy / np.maximum(sheet, 0.3), 1.05), expected)
                material.texts.append(_alone(text, pair.clean))
        else:
            material.softening.append(sheet)
            softened += [(pair, sheet) for pair in group]
    if softened:
        material.softened = _softened_table(softened)
        for pair, sheet in softened:
            text = np.where(sheet > 0.75, harden(pair.noisy, sheet, material.softened), printed(pair.clean))
            material.soft_texts.append(_alone(text, pair.clean))
    return material


def soften(text: np.ndarray, sheet: np.ndarray, table: np.ndarray) -> np.ndarray:
    """How text looks on a sheet that takes its contrast, by bilinear interpolation in the table."""
    last = N_GREYS - 1
    t, s = np.clip(text, 0, 1) * last, np.clip(sheet, 0, 1) * last
    i, j = np.minimum(t.astype(np.int32), last - 1), np.minimum(s.astype(np.int32), last - 1)
    t, s = t - i, s - j
    above = table[i, j] * (1 - s) + table[i, j + 1] * s
    below = table[i + 1, j] * (1 - s) + table[i + 1, j + 1] * s
    return above * (1 - t) + below * t


def harden(noisy: np.ndarray, sheet: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The text that looks so on a light sheet: what ``soften`` undoes, to the nearest column of the table."""
    columns = np.rint(np.clip(sheet, 0, 1) * (N_GREYS - 1)).astype(int)
    text = np.empty_like(noisy)
    for column in np.unique(columns):
        chosen = columns == column
        text[chosen] = np.interp(noisy[chosen], np.maximum.accumulate(table[:, column]), _GREYS)
    return text


def _alone(text: np.ndarray, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A layer of text without the grain of its sheet, and its clean version."""
    return np.where(clean > 0.995, 1, text).astype(np.float32), clean


def _grey(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float32) / 255


def _sheet(group: list[Pair]) -> np.ndarray:
    """The mean of a group's noisy pages where their clean ones are white; nearest neighbours where none is."""
    noisy = np.stack([pair.noisy for pair in group])
    white = np.stack([pair.clean for pair in group]) == 1
    count = white.sum(0)
    sheet = np.where(white, noisy, 0).sum(0) / np.maximum(count, 1)
    if (count == 0).any():
        _, nearest = distance_transform_edt(count == 0, return_indices=True)
        sheet = sheet[tuple(nearest)]
    return sheet.astype(np.float32)


def _tone(group: list[Pair], sheet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean grey of printed text for each grey of its clean version, where the sheet is light."""
    clean = np.concatenate([pair.clean[sheet > 0.7] for pair in group])
    text = np.concatenate([(pair.noisy / np.maximum(sheet, 0.3))[sheet > 0.7] for pair in group])
    levels = np.rint(clean * 32).astype(int)
    count = np.bincount(levels, minlength=33)
    known = np.flatnonzero(count)
    return known / 32, (np.bincount(levels, text, minlength=33)[known] / count[known])


def _softened_table(pages: list[tuple[Pair, np.ndarray]]) -> np.ndarray:
    """The mean grey of noisy pages by text (rows) and sheet (columns), smooth, and filled where there was none.

    Text is told from the clean page by the share of ink that printing leaves in it, on the lightest sheet.
    """
    clean = np.concatenate([pair.clean.ravel() for pair, _ in pages])
    noisy = np.concatenate([pair.noisy.ravel() for pair, _ in pages])
    sheet = np.concatenate([sheet.ravel() for _, sheet in pages])
    text = printed(clean)
    last = N_GREYS - 1
    i, j = (np.rint(np.clip(v, 0, 1) * last).astype(int) for v in (text, sheet))
    flat = i * N_GREYS + j
    count = np.bincount(flat, minlength=N_GREYS**2).reshape(N_GREYS, N_GREYS).astype(float)
    total = np.bincount(flat, noisy, minlength=N_GREYS**2).reshape(N_GREYS, N_GREYS)
    weight = 0.3
    table = (gaussian_filter(total, 1) + weight * CONTRAST_LOST) / (gaussian_filter(count, 1) + weight)
    table[-1] = _GREYS  # no text: the sheet
    return table.astype(np.float32)


PRINTED = (
    np.array([0, 15, 75, 128, 190, 237, 250, 255]) / 255,
    np.array([0.05, 0.11, 0.36, 0.51, 0.735, 0.895, 0.985, 1.0]),
)
"""Grey of a clean page, and grey of the same page printed and scanned: ink is not black, and thin strokes fill in."""


def printed(clean: np.ndarray) -> np.ndarray:
    """What is left of a clean page's contrast on paper."""
    return np.interp(clean, *PRINTED).astype(np.float32)
