"""Clean noisy pages by every method, and measure the results against the clean pages."""

import math
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from isthmus.documents.picture import Colour, Grey, grey_pixels
from isthmus.errors import InputError, ParameterError
from isthmus.pages.cleaning import clean_page
from isthmus.pages.evaluation import measures
from isthmus.pages.evaluation.baselines import adaptive_threshold, divide_background
from isthmus.pages.evaluation.letters import CleanLetters, LettersChanged
from isthmus.pages.evaluation.pairs import Pair, find_pairs, read_page
from isthmus.pages.evaluation.result import Cleaned, Evaluation
from isthmus.pages.evaluation.strokes import strokes_kept
from isthmus.pages.evaluation.text import can_read, check_language, text_of
from isthmus.pages.shipped import MISSING, is_missing, load_network
from isthmus.synthetic_pages.letters import Letter, read_letters
from isthmus.system.extras import require
from isthmus.system.progress import progress_bar

Clean = Callable[[Grey | Colour, float | None], Grey | Colour]

BASELINES: dict[str, Clean] = {
    "untouched": lambda page, dpi: page,
    "background division": divide_background,
    "adaptive threshold": adaptive_threshold,
}

_WARM_UP = 64  # rows and columns


def find_methods(networks: Sequence[str | os.PathLike[str]]) -> tuple[dict[str, Clean], dict[str, str]]:
    """Methods to clean a page, the baselines and networks, and messages about networks that are missing.

    Only networks that come with Isthmus may be missing.
    """
    names = dict.fromkeys(str(os.fspath(network)) for network in networks)
    missing = {name: MISSING.format(name) for name in names if is_missing(name)}
    found = [name for name in names if name not in missing]
    for name in found:
        load_network(name)
    return BASELINES | {name: partial(_clean_by, name) for name in found}, missing


def evaluate_pages(
    noisy: str | os.PathLike[str],
    clean: str | os.PathLike[str],
    *,
    networks: Sequence[str | os.PathLike[str]] = ("reference", "pages"),
    letters: str | os.PathLike[str] | None = None,
    by: str | None = None,
    dpi: float | None = None,
    read: bool | None = None,
    language: str = "eng",
    verbose: bool = False,
) -> Evaluation:
    """Measure how close cleaning brings noisy pages to their clean pages.

    The methods are: no cleaning, division by the background, an adaptive threshold, and the networks. Pages in colour
    are cleaned in colour; all measures but the difference of coloured marks compare them in grey.

    Parameters
    ----------
    noisy, clean : path
        Folders of images. Files with the same name, except for the suffix, are a pair.
    networks : sequence of str or path, default=("reference", "pages")
        Names of networks that come with Isthmus, or model files; see ``isthmus.clean``.
    letters : path, optional
        Folder of files of ALTO, with the place of every letter of the clean page of the same name
        (``isthmus make-pages --letters``), to count letters that are altered and lost; see ``CleanLetters``.
    by : str, optional
        A regular expression that groups pages by their names: by its first group in parentheses, or else by its whole
        match. Pages that do not match are in the group "other".
    dpi : float, optional
        Dots per inch of all pages, for files that do not state it, or state it wrongly.
    read : bool, optional
        Whether tesseract reads the pages, to count characters that differ from those on the clean page. Default: if it
        is installed.
    language : str, default="eng"
        Language for tesseract, such as "eng" or "deu+fra".
    verbose : bool, default=False
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    Evaluation
        ``to_markdown()`` gives a table, ``to_csv()`` and ``to_json()`` give every page.

    Raises
    ------
    InputError
        If there are no pairs, a page is damaged, or the pages of a pair differ in size.
    ModelFileError
        If a network cannot be read. Networks that come with Isthmus may be missing.
    ParameterError
        If ``by`` is not a regular expression, or tesseract is required but is not installed or lacks the language.
    MissingExtraError
        If scikit-image or jiwer is not installed.

    Notes
    -----
    Times are wall-clock times of cleaning, without reading files, after a warm-up on a small page.
    """
    require("evaluate")
    pairs, unpaired = find_pairs(noisy, clean)
    group_of = _grouping(by)
    if read and not can_read():
        raise ParameterError("read=True needs tesseract, which is not installed.")
    reads = can_read() if read is None else read
    if reads:
        check_language(language)
    methods, missing = find_methods(networks)
    for function in methods.values():  # so that the first page is not charged for loading and compiling
        function(np.full((_WARM_UP, _WARM_UP), 200, np.uint8), None)
    pages = []
    with progress_bar("pages", len(pairs), shown=verbose) as show:
        for n_done, pair in enumerate(pairs):
            page, target, resolution = read_pair(pair)
            resolution = resolution if dpi is None else dpi
            clean_letters = None if letters is None else CleanLetters(_grey(target), _letters_of(pair, letters))
            expected = text_of(grey_pixels(target), language=language, dpi=resolution) if reads else None
            for name, function in methods.items():
                show(n_done, f"{pair.name}, {name}")
                began = time.perf_counter()
                cleaned = function(page, resolution)
                seconds = time.perf_counter() - began
                text = text_of(grey_pixels(cleaned), language=language, dpi=resolution) if reads else None
                found = _measured(pair.name, cleaned, target)
                changed = LettersChanged(0, 0, 0) if clean_letters is None else clean_letters.compare(_grey(cleaned))
                found |= {"altered": changed.altered, "letters_lost": changed.lost, "letters": changed.letters}
                found |= {"seconds": seconds, "text": text, "expected": expected}
                pages.append(Cleaned(pair.name, group_of(pair.name), name, **found))
    return Evaluation(tuple(pages), tuple(methods), missing, unpaired)


def _clean_by(network: str, page: Grey | Colour, dpi: float | None) -> Grey | Colour:
    return clean_page(page, network=network, dpi=dpi)


def _letters_of(pair: Pair, folder: str | os.PathLike[str]) -> list[Letter]:
    return read_letters((Path(folder) / pair.name).with_suffix(".xml"))


def _grey(page: Grey | Colour) -> Float32[np.ndarray, "h w"]:
    return _floats(grey_pixels(page))


def _floats(pixels: Grey | Colour) -> Float32[np.ndarray, "h w *three"]:
    return np.asarray(pixels.astype(np.float32) / np.float32(255))


def _colour_difference(page: Grey | Colour, target: Grey | Colour) -> float:
    """The difference in colour of coloured marks; a grey clean page has none."""
    if target.ndim == 2:
        return math.nan
    colours = page if page.ndim == 3 else np.repeat(page[..., None], 3, axis=2)
    return measures.colour_difference(_floats(colours), _floats(target))


def _measured(name: str, page: Grey | Colour, target: Grey | Colour) -> dict[str, Any]:
    """The measures of ``Cleaned`` that need no letters and no text."""
    given, clean = _grey(page), _grey(target)
    try:
        similar, quality = measures.ssim([given], [clean]), measures.uqi([given], [clean])
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    lost, components = measures.components_lost(given, clean)
    errors = {"rmse": measures.rmse_pooled([given], [clean]), "psnr": measures.psnr([given], [clean])}
    parts = {"ssim": similar, "uqi": quality, "lost": lost, "components": components}
    parts["colour_difference"] = _colour_difference(page, target)
    return {"pixels": given.size, **errors, **parts, **asdict(strokes_kept(given, clean))}


def read_pair(pair: Pair) -> tuple[Grey | Colour, Grey | Colour, float | None]:
    """Read a noisy page, its clean page of the same size, and their dots per inch."""
    noisy, resolution = read_page(pair.noisy)
    clean, of_clean = read_page(pair.clean)
    if noisy.shape[:2] != clean.shape[:2]:
        sizes = " and ".join(f"{page.shape[1]} × {page.shape[0]}" for page in (noisy, clean))
        raise InputError(f"{pair.name}: the noisy and the clean page must have the same size. Got {sizes} pixels.")
    return noisy, clean, resolution if resolution is not None else of_clean


def _grouping(by: str | None) -> Callable[[str], str]:
    if by is None:
        return lambda name: ""
    try:
        pattern = re.compile(by)
    except re.error as error:
        message = f"The 'by' parameter must be a regular expression. Got {by!r} instead ({error})."
        raise ParameterError(message) from None

    def group_of(name: str) -> str:
        match = pattern.search(name)
        return "other" if match is None else match[min(1, pattern.groups)] or "other"

    return group_of
