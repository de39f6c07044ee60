"""Separate pairs of noisy and clean pages into sheets of dirt and layers of text, to combine them anew.

The pages of NoisyOffice (UCI Machine Learning Repository; Zamora-Martínez et al. 2007) come by kind of dirt and by
part, and all pages of one kind and part share the same sheet. Where the clean page is white, the noisy page shows the
sheet; over a dozen pages with different texts nearly every pixel is white somewhere, so the sheet is known. The
appearance of text on a sheet, noisy = f(text, sheet), is a table fitted to the pages: one for kinds of dirt that
multiply light (nearly sheet × text), and one for kinds that reduce contrast (folds, wrinkles).
"""

import re
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import convolve, distance_transform_edt, gaussian_filter

NAME = re.compile(r"Font(?P<font>\w+)_Noise(?P<kind>\w)_(?P<part>TR|VA)\.png")
TAKES_LIGHT = "cp"
"""The kinds of dirt that multiply light: coffee stains, footprints. The others are folded and wrinkled sheets."""

N_GREYS = 65
"""Rows and columns of the tables of noisy grey by text and sheet."""

_GREYS = np.linspace(0, 1, N_GREYS, dtype=np.float32)
_TEXT, _SHEET = _GREYS[:, None], _GREYS[None]
LIGHT_TAKEN = _SHEET * _TEXT ** (0.65 + 0.4 * _SHEET)
"""Default noisy grey by text (rows) and sheet (columns): on a dark sheet text is slightly lighter than the product."""
CONTRAST_LOST = 0.5 + (2 * _SHEET - 1) * (_TEXT - 0.5)
"""The same for dirt that reduces contrast: the darker the sheet, the less contrast around mid-grey."""

LIGHT = 0.75
"""Sheet grey from which on text can be recovered from the noisy page."""


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
class Dirt:
    """The material from kinds of dirt that affect text in the same way.

    Sheets, layers of text with their clean versions, and the table of noisy grey by text and sheet.
    """

    table: np.ndarray
    sheets: list[np.ndarray] = field(default_factory=list)
    texts: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)


@dataclass
class Material:
    """The material of patches: dirt that multiplies light, dirt that reduces contrast, and whole pages."""

    taking_light: Dirt = field(default_factory=lambda: Dirt(LIGHT_TAKEN))
    taking_contrast: Dirt = field(default_factory=lambda: Dirt(CONTRAST_LOST))
    pairs: list[Pair] = field(default_factory=list)


def read_pairs(folder: Path) -> list[Pair]:
    """Read all pairs of a folder with ``noisy`` and ``clean``, in the order of their names."""
    pairs = []
    for path in sorted((folder / "noisy").iterdir()):
        if match := NAME.fullmatch(path.name):
            noisy, clean = (_grey(p) for p in (path, folder / "clean" / path.name))
            pairs.append(Pair(path.name, **match.groupdict(), noisy=noisy, clean=clean))
    return pairs


def by_sheet(pairs: list[Pair]) -> list[list[Pair]]:
    """Group the pages that share a sheet: those of one kind, part and size."""

    def sheet(pair: Pair) -> tuple[str, str, tuple[int, ...]]:
        return pair.kind, pair.part, pair.noisy.shape

    return [list(group) for _, group in groupby(sorted(pairs, key=sheet), key=sheet)]


def take_apart(pairs: list[Pair]) -> Material:
    """Separate some pairs into sheets and texts, and fit the tables to them."""
    material = Material(pairs=pairs)
    pages: dict[bool, list[tuple[Pair, np.ndarray]]] = {True: [], False: []}
    for group in by_sheet(pairs):
        sheet = _sheet(group)
        takes_light = group[0].kind in TAKES_LIGHT
        (material.taking_light if takes_light else material.taking_contrast).sheets.append(sheet)
        pages[takes_light] += [(pair, sheet) for pair in group]
    for takes_light, dirt in ((True, material.taking_light), (False, material.taking_contrast)):
        if pages[takes_light]:
            dirt.table = _fitted(dirt.table, pages[takes_light])
        for pair, sheet in pages[takes_light]:
            text = np.where(sheet > LIGHT, text_of(pair.noisy, sheet, dirt.table), printed(pair.clean))
            dirt.texts.append((np.where(pair.clean > 0.995, 1, text).astype(np.float32), pair.clean))
    return material


def on_sheet(text: np.ndarray, sheet: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The noisy page of a text on a sheet, by bilinear interpolation in the table."""
    last = N_GREYS - 1
    t, s = np.clip(text, 0, 1) * last, np.clip(sheet, 0, 1) * last
    i, j = np.minimum(t.astype(np.int32), last - 1), np.minimum(s.astype(np.int32), last - 1)
    t, s = t - i, s - j
    above = table[i, j] * (1 - s) + table[i, j + 1] * s
    below = table[i + 1, j] * (1 - s) + table[i + 1, j + 1] * s
    return above * (1 - t) + below * t


def text_of(noisy: np.ndarray, sheet: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The text of a noisy page on a light sheet, from the nearest column of the table."""
    columns = np.rint(np.clip(sheet, 0, 1) * (N_GREYS - 1)).astype(int)
    text = np.empty_like(noisy)
    for column in np.unique(columns):
        chosen = columns == column
        text[chosen] = np.interp(noisy[chosen], np.maximum.accumulate(table[:, column]), _GREYS)
    return text


def _grey(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float32) / 255


def _sheet(group: list[Pair]) -> np.ndarray:
    """The mean of the noisy pages where their clean pages are white; elsewhere the nearest such pixel."""
    noisy = np.stack([pair.noisy for pair in group])
    white = np.stack([pair.clean for pair in group]) == 1
    count = white.sum(0)
    sheet = np.where(white, noisy, 0).sum(0) / np.maximum(count, 1)
    if (count == 0).any():
        _, nearest = distance_transform_edt(count == 0, return_indices=True)
        sheet = sheet[tuple(nearest)]
    return sheet.astype(np.float32)


def _fitted(table: np.ndarray, pages: list[tuple[Pair, np.ndarray]]) -> np.ndarray:
    """The smoothed mean grey of noisy pages by text (rows) and sheet (columns); ``table`` is the prior.

    The text is the clean page, printed.
    """
    text = np.concatenate([printed(pair.clean).ravel() for pair, _ in pages])
    noisy = np.concatenate([pair.noisy.ravel() for pair, _ in pages])
    sheet = np.concatenate([sheet.ravel() for _, sheet in pages])
    last = N_GREYS - 1
    i, j = (np.rint(np.clip(v, 0, 1) * last).astype(int) for v in (text, sheet))
    flat = i * N_GREYS + j
    count = np.bincount(flat, minlength=N_GREYS**2).reshape(N_GREYS, N_GREYS).astype(float)
    total = np.bincount(flat, noisy, minlength=N_GREYS**2).reshape(N_GREYS, N_GREYS)
    weight = 0.3
    fitted = (gaussian_filter(total, 1) + weight * table) / (gaussian_filter(count, 1) + weight)
    fitted[-1] = _GREYS  # no text: the sheet
    return fitted.astype(np.float32)


_ACROSS, _DOWN = (-0.029, 0.089), (-0.014, 0.072)
SPREAD = np.zeros((5, 5), dtype=np.float32)
"""Weights of the neighbours in a printed and scanned pixel: a cross, slightly wider than high."""
SPREAD[2] += (*_ACROSS, 0, *_ACROSS[::-1])
SPREAD[:, 2] += (*_DOWN, 0, *_DOWN[::-1])
SPREAD[2, 2] = 1 - SPREAD.sum()

PRINTED = (
    (-0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    (0.0, 0.01, 0.135, 0.246, 0.348, 0.447, 0.530, 0.635, 0.730, 0.821, 0.911, 1.0),
)
"""Grey of a clean page after spreading, and grey on paper; fitted to pairs whose dirt multiplies, with error 0.012."""


def printed(clean: np.ndarray) -> np.ndarray:
    """A clean page as it looks printed and scanned."""
    return np.interp(convolve(clean, SPREAD, mode="nearest"), *PRINTED).astype(np.float32)
