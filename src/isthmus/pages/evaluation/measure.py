"""evaluate_pages: pairs of pages through every method, measured one page after the other."""

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from isthmus.errors import InputError, ParameterError
from isthmus.pages.cleaning import clean_page
from isthmus.pages.evaluation import measures
from isthmus.pages.evaluation.baselines import adaptive_threshold, divide_background
from isthmus.pages.evaluation.pairs import Pair, find_pairs, read_grey
from isthmus.pages.evaluation.result import Cleaned, Evaluation
from isthmus.pages.evaluation.text import can_read, check_language, text_of
from isthmus.pages.shipped import is_missing, load_network
from isthmus.system.extras import require
from isthmus.system.progress import progress_bar

Page = UInt8[np.ndarray, "h w"]
Clean = Callable[[Page, float | None], Page]

BASELINES: dict[str, Clean] = {
    "untouched": lambda page, dpi: page,
    "background division": divide_background,
    "adaptive threshold": adaptive_threshold,
}

_WARM_UP = 64  # rows and columns


@dataclass(frozen=True)
class Methods:
    """Ways to clean a page, by name, and the networks that are not there."""

    functions: dict[str, Clean]
    missing: dict[str, str]

    @classmethod
    def of(cls, networks: Sequence[str | os.PathLike[str]]) -> "Methods":
        """The baselines, and networks; one that comes with Isthmus may be missing, and others may not."""
        functions, missing = dict(BASELINES), {}
        for network in dict.fromkeys(str(os.fspath(network)) for network in networks):
            if is_missing(network):
                missing[network] = f"The network {network!r} is missing from this installation of Isthmus."
                continue
            load_network(network)
            functions[network] = partial(_through, network)
        return cls(functions, missing)


def evaluate_pages(
    noisy: str | os.PathLike[str],
    clean: str | os.PathLike[str],
    *,
    networks: Sequence[str | os.PathLike[str]] = ("reference", "pages"),
    by: str | None = None,
    dpi: float | None = None,
    read: bool | None = None,
    language: str = "eng",
    verbose: bool = False,
) -> Evaluation:
    """Measure how near to clean pages dirty ones come by cleaning.

    Rows of the result are the untouched page, its background divided away, an adaptive threshold, and the networks.

    Parameters
    ----------
    noisy, clean : path
        Folders of images, whose names are equal up to their endings.
    networks : sequence of str or path, default=("reference", "pages")
        Networks as ``isthmus.clean`` knows them.
    by : str, optional
        A regular expression that is searched in the names of pages and makes groups of them, by its first group in
        parentheses or else all that it matches; pages that it does not match are in the group "other".
    dpi : float, optional
        Dots per inch of all pages, where files do not say it, or wrongly.
    read : bool, optional
        Whether tesseract reads the pages, to count the characters that it reads otherwise on the clean one. None:
        where it is installed.
    language : str, default="eng"
        What it reads, such as "eng" or "deu+fra".
    verbose : bool, default=False
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    Evaluation
        ``to_markdown()`` has it as a table, ``to_csv()`` and ``to_json()`` page by page.

    Raises
    ------
    InputError
        If there are no pairs, or a page is damaged or not as large as its clean one.
    ModelFileError
        If a network cannot be read; those that come with Isthmus may be missing.
    ParameterError
        If ``by`` is no regular expression, or tesseract is asked for and there is none, or not of the language.
    MissingExtraError
        If scikit-image or jiwer is not installed.

    Notes
    -----
    Seconds are those of this process and its threads, without reading files, after a small page that is not counted.
    """
    require("evaluate")
    pairs, unpaired = find_pairs(noisy, clean)
    group_of = _grouping(by)
    if read and not can_read():
        raise ParameterError("tesseract is to read the pages (read=True), and it is not installed.")
    reads = can_read() if read is None else read
    if reads:
        check_language(language)
    methods = Methods.of(networks)
    _warm_up(methods)
    pages = []
    with progress_bar("pages", len(pairs), shown=verbose) as show:
        for n_done, pair in enumerate(pairs):
            dirty, target, resolution = read_pair(pair)
            resolution = resolution if dpi is None else dpi
            expected = text_of(target, language=language, dpi=resolution) if reads else None
            for name, function in methods.functions.items():
                show(n_done, f"{pair.name}, {name}")
                began = time.perf_counter()
                page = function(dirty, resolution)
                seconds = time.perf_counter() - began
                text = text_of(page, language=language, dpi=resolution) if reads else None
                found = _measured(pair.name, page, target)
                pages.append(
                    Cleaned(pair.name, group_of(pair.name), name, *found, seconds=seconds, text=text, expected=expected)
                )
    return Evaluation(tuple(pages), tuple(methods.functions), methods.missing, unpaired)


def _through(network: str, page: Page, dpi: float | None) -> Page:
    return clean_page(page, network=network, dpi=dpi)


def _measured(name: str, page: Page, target: Page) -> tuple[int, float, float, float, int, int]:
    """Pixels, RMSE, PSNR, SSIM, and small components lost and there."""
    given, clean = (x.astype(np.float32) / np.float32(255) for x in (page, target))
    try:
        similar = measures.ssim([given], [clean])
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    lost, components = measures.components_lost(given, clean)
    return page.size, measures.rmse_pooled([given], [clean]), measures.psnr([given], [clean]), similar, lost, components


def read_pair(pair: Pair) -> tuple[Page, Page, float | None]:
    """The dirty page, the clean one, and their dots per inch.

    Raises
    ------
    InputError
        If they are not of the same size.
    """
    dirty, resolution = read_grey(pair.noisy)
    clean, of_clean = read_grey(pair.clean)
    if dirty.shape != clean.shape:
        sizes = " and ".join(f"{page.shape[1]} × {page.shape[0]}" for page in (dirty, clean))
        raise InputError(f"{pair.name}: the dirty and the clean page must be of the same size. Got {sizes} pixels.")
    return dirty, clean, resolution if resolution is not None else of_clean


def _grouping(by: str | None) -> Callable[[str], str]:
    if by is None:
        return lambda name: ""
    try:
        pattern = re.compile(by)
    except re.error as error:
        raise ParameterError(
            f"The 'by' parameter must be a regular expression. Got {by!r} instead ({error})."
        ) from None

    def group_of(name: str) -> str:
        match = pattern.search(name)
        return "other" if match is None else match[min(1, pattern.groups)] or "other"

    return group_of


def _warm_up(methods: Methods) -> None:
    """What a first call takes longer for is no page's fault."""
    for function in methods.functions.values():
        function(np.full((_WARM_UP, _WARM_UP), 200, np.uint8), None)
