"""Pairs of synthetic pages, in memory or as clean/NAME.png and dirty/NAME.png; seed and page number decide a pair."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from PIL import Image

from isthmus.errors import OutputError, ParameterError
from isthmus.synthetic_pages.area import MM_PER_INCH, Pixels
from isthmus.synthetic_pages.fonts import Fonts, all_fonts
from isthmus.synthetic_pages.letters import alto
from isthmus.synthetic_pages.noisy import noisy_page
from isthmus.synthetic_pages.page import A4, Page, draw_page
from isthmus.system.files import atomic_write, reason
from isthmus.system.processes import process_pool, starting_children

DPI = (100, 600)
SIZE_MM = (20.0, 500.0)
_KINDS = ("clean", "dirty")


@dataclass(frozen=True)
class Settings:
    """Settings of synthetic pages.

    Parameters
    ----------
    seed : int, default=0
        Together with the number of a page, it decides everything that is random on the page.
    size_mm : (float, float), default=(297, 210)
        Height and width in mm.
    level : float, default=1
        Amount of dirt, from 0 (none) through 1 (usual) to 3.
    colour : bool, default=False
        Draw in colour instead of grey.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    """

    seed: int = 0
    size_mm: tuple[float, float] = A4
    level: float = 1.0
    colour: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ParameterError(f"seed must be 0 or more. Got {self.seed} instead.")
        if not all(SIZE_MM[0] <= side <= SIZE_MM[1] for side in self.size_mm):
            raise ParameterError(
                f"size must be {SIZE_MM[0]:g} to {SIZE_MM[1]:g} mm on each side. "
                f"Got {self.size_mm[1]:g}x{self.size_mm[0]:g} instead."
            )
        if not 0 <= self.level <= 3:
            raise ParameterError(f"dirt must be a number from 0 (none) to 3. Got {self.level:g} instead.")


def synthetic_pair(
    page: int, dpi: float = 150, settings: Settings | None = None, fonts: Fonts | None = None
) -> tuple[Page, Pixels]:
    """Draw a clean page, and its noisy scan.

    Parameters
    ----------
    page : int
        Number of the page, from 0.
    dpi : float, default=150
        Pixels per inch; another dpi gives the same page in more or fewer pixels.
    settings : Settings, optional
        Default: ``Settings()``.
    fonts : Fonts, optional
        Fonts to choose from. Default: all fonts on this machine.

    Returns
    -------
    clean : Page
    noisy : ndarray, shape of ``clean.pixels``
        In [0, 1].

    Examples
    --------
    >>> from isthmus.synthetic_pages import Fonts, Settings, synthetic_pair
    >>> clean, noisy = synthetic_pair(17, 100, Settings(seed=5, size_mm=(60, 90)), Fonts("pillow"))
    >>> clean.pixels.shape == noisy.shape, bool(noisy.mean() < clean.pixels.mean())
    (True, True)
    """
    settings = settings or Settings()
    # Separate generators for the clean page and for the dirt: another level of dirt leaves the clean page as it is.
    clean, dirt = (np.random.default_rng((settings.seed, page, part)) for part in range(2))
    drawn = draw_page(clean, dpi, settings.size_mm, fonts, colour=settings.colour)
    return drawn, noisy_page(drawn.pixels, dirt, dpi, level=settings.level, fonts=fonts)


def make_pages(
    folder: str | os.PathLike[str],
    pages: int = 10,
    dpi: Sequence[int] = (150,),
    settings: Settings | None = None,
    *,
    fonts: str | os.PathLike[str] | None = None,
    workers: int = 1,
    overwrite: bool = False,
    letters: bool = False,
) -> Iterator[str]:
    """Write pairs of clean and noisy pages to ``folder/clean`` and ``folder/dirty``, and yield their names.

    Parameters
    ----------
    folder : path
        Created if it does not exist.
    pages : int, default=10
        Number of pages.
    dpi : sequence of int, default=(150,)
        From 100 to 600. With several, each page is drawn at each dpi, and its name states the dpi.
    settings : Settings, optional
        Default: ``Settings()``.
    fonts : path, optional
        A folder of fonts, or "pillow"; see ``Fonts``. Default: all fonts on this machine.
    workers : int, default=1
        Number of processes, which affects only the time.
    overwrite : bool, default=False
        Replace pages that exist.
    letters : bool, default=False
        Write the place of every letter to ``folder/letters``, as ALTO; see ``read_letters``.

    Yields
    ------
    str
        The name of each pair when it has been written.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    InputError
        If the folder of fonts does not exist, or has no usable font.
    OutputError
        If a file cannot be written, or exists already.
    """
    if pages < 1 or workers < 1:
        raise ParameterError(f"pages and workers must be at least 1. Got {pages} and {workers} instead.")
    for value in dpi:
        if not DPI[0] <= value <= DPI[1]:
            raise ParameterError(f"dpi must be {DPI[0]} to {DPI[1]}. Got {value} instead.")
    width = max(len(str(pages - 1)), 4)
    names = {
        (page, value): f"page-{page:0{width}}" + (f"-{value}dpi" if len(dpi) > 1 else "")
        for page, value in product(range(pages), dict.fromkeys(dpi))
    }
    if fonts is not None:
        Fonts(fonts)  # fail here rather than in a worker
    places = _folders(Path(folder), [*_KINDS, *(["letters"] if letters else [])])
    if not overwrite:
        _refuse_existing(places, names.values())
    jobs = [_Job(page, value, name, places, settings or Settings()) for (page, value), name in names.items()]
    if workers == 1:
        _set_fonts(fonts)
        yield from map(_write, jobs)
        return
    with _pool(min(workers, len(jobs)), fonts) as executor:
        with starting_children():
            waiting = [executor.submit(_write, job) for job in jobs]
        for done in as_completed(waiting):
            yield done.result()


@dataclass(frozen=True)
class _Job:
    page: int
    dpi: int
    name: str
    folders: dict[str, Path]
    settings: Settings


_fonts: Fonts | None = None  # of this process
_stopped: Event | None = None  # set when no further page shall start


def _set_fonts(folder: str | os.PathLike[str] | None) -> None:
    global _fonts  # noqa: PLW0603 — a process reads its fonts once
    _fonts = all_fonts() if folder is None else Fonts(folder)


def _start_worker(folder: str | os.PathLike[str] | None, stopped: Event) -> None:
    global _stopped  # noqa: PLW0603
    _stopped = stopped
    _set_fonts(folder)


def _write(job: _Job) -> str:
    if _stopped is not None and _stopped.is_set():
        return job.name  # it was queued already, and its result is not needed
    drawn, noisy = synthetic_pair(job.page, job.dpi, job.settings, _fonts)
    if "letters" in job.folders:
        words = [[letter.scaled(job.dpi / MM_PER_INCH) for letter in word] for word in drawn.words]
        with atomic_write(job.folders["letters"] / f"{job.name}.xml") as file:
            file.write(alto(words, *drawn.pixels.shape[1::-1]))
    for kind, values in zip(_KINDS, (drawn.pixels, noisy), strict=True):
        with atomic_write(job.folders[kind] / f"{job.name}.png") as file:
            image = Image.fromarray(np.uint8(values * 255 + 0.5))
            image.save(file, "PNG", dpi=(job.dpi, job.dpi), compress_level=4)
    return job.name


@contextmanager
def _pool(workers: int, fonts: str | os.PathLike[str] | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that start no further page after an exception, including Ctrl-C."""
    with starting_children():
        stopped = get_context("spawn").Event()
    executor = process_pool(workers, _start_worker, fonts, stopped)
    try:
        yield executor
    finally:
        stopped.set()
        executor.shutdown(cancel_futures=True)


def _folders(folder: Path, kinds: Iterable[str]) -> dict[str, Path]:
    places = {kind: folder / kind for kind in kinds}
    for place in places.values():
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{place}: cannot be created ({reason(error)}).") from error
    return places


def _refuse_existing(places: dict[str, Path], names: Iterable[str]) -> None:
    for kind, place in places.items():
        suffix = ".png" if kind in _KINDS else ".xml"
        there = {path.name for path in place.iterdir()}
        for name in names:
            if f"{name}{suffix}" in there:
                raise OutputError(f"{place / name}{suffix}: exists already; choose another folder, or --overwrite.")
