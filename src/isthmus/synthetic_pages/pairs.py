"""Pairs of pages in a folder: clean/NAME.png and dirty/NAME.png, decided by a seed and the number of the page alone."""

import os
import signal
import threading
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
from isthmus.synthetic_pages.area import Pixels
from isthmus.synthetic_pages.dirty import dirty_page
from isthmus.synthetic_pages.fonts import Fonts, all_fonts
from isthmus.synthetic_pages.page import A4, Page, draw_page
from isthmus.system.files import atomic_write, reason

DPI = (100, 600)
SIZE_MM = (20.0, 500.0)


@dataclass(frozen=True)
class Settings:
    """What pages are made like.

    Parameters
    ----------
    seed : int, default=0
        With the number of a page it decides everything that is random on it.
    size_mm : (float, float), default=(297, 210)
        Height and width in mm.
    level : float, default=1
        How thick the dirt is: 0 none, 1 as usual.
    colour : bool, default=False
        Colours instead of grey.

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


def made_pair(
    page: int, dpi: float = 150, settings: Settings | None = None, fonts: Fonts | None = None
) -> tuple[Page, Pixels]:
    """A clean page and its dirty scan.

    Parameters
    ----------
    page : int
        Number of the page, from 0 on.
    dpi : float, default=150
        Pixels an inch; the same page at another dpi is the same page.
    settings : Settings, default=None
        None stands for the defaults.
    fonts : Fonts, default=None
        Fonts to choose from; None stands for all that are found.

    Returns
    -------
    clean : Page
    dirty : array of the shape of ``clean.pixels``
        In [0, 1].

    Examples
    --------
    >>> from isthmus.synthetic_pages import Fonts, Settings, made_pair
    >>> clean, dirty = made_pair(17, 100, Settings(seed=5, size_mm=(60, 90)), Fonts("pillow"))
    >>> clean.pixels.shape == dirty.shape, bool(dirty.mean() < clean.pixels.mean())
    (True, True)
    """
    made = settings or Settings()
    # One generator a page for what is clean and one for what is dirty: more dirt leaves the clean page as it is.
    clean, dirt = (np.random.default_rng((made.seed, page, part)) for part in range(2))
    drawn = draw_page(clean, dpi, made.size_mm, fonts, colour=made.colour)
    return drawn, dirty_page(drawn.pixels, dirt, dpi, level=made.level, fonts=fonts)


def make_pages(
    folder: str | os.PathLike[str],
    pages: int = 10,
    dpi: Sequence[int] = (150,),
    settings: Settings | None = None,
    *,
    fonts: str | os.PathLike[str] | None = None,
    workers: int = 1,
    overwrite: bool = False,
) -> Iterator[str]:
    """Write pairs of pages to ``folder/clean`` and ``folder/dirty``, and give the name of each when it is there.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    pages : int, default=10
    dpi : sequence of int, default=(150,)
        From 100 to 600. With several, each page is made at each of them, and its name says which.
    settings : Settings, default=None
        None stands for the defaults.
    fonts : path, default=None
        A folder of fonts, or "pillow", see ``Fonts``; None stands for all fonts that are found.
    workers : int, default=1
        Processes. Their number changes nothing but the time.
    overwrite : bool, default=False
        Whether pages that are there are replaced.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    InputError
        If there is no such folder of fonts, or none in it that is of use.
    OutputError
        If a file cannot be written, or is there already.
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
        Fonts(fonts)  # sooner than in a process of its own
    places = _folders(Path(folder))
    if not overwrite:
        _refuse_existing(places, names.values())
    jobs = [_Job(page, value, name, places, settings or Settings()) for (page, value), name in names.items()]
    if workers == 1:
        _set_fonts(fonts)
        yield from map(_write, jobs)
        return
    with _pool(min(workers, len(jobs)), fonts) as executor:
        with _deaf_to_interrupts():  # which processes inherit that are begun now
            waiting = [executor.submit(_write, job) for job in jobs]
        for done in as_completed(waiting):
            yield done.result()


@dataclass(frozen=True)
class _Job:
    page: int
    dpi: int
    name: str
    folders: tuple[Path, Path]
    settings: Settings


_fonts: Fonts | None = None  # of this process
_stopped: Event | None = None  # set when no page is to be begun any more


def _set_fonts(folder: str | os.PathLike[str] | None) -> None:
    global _fonts  # noqa: PLW0603 — a process reads its fonts once
    _fonts = all_fonts() if folder is None else Fonts(folder)


def _start_worker(folder: str | os.PathLike[str] | None, stopped: Event) -> None:
    global _stopped  # noqa: PLW0603
    _stopped = stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others after the pages they are at
    _set_fonts(folder)


def _write(job: _Job) -> str:
    if _stopped is not None and _stopped.is_set():
        return job.name  # it was in line already, and nobody waits for it
    drawn, dirty = made_pair(job.page, job.dpi, job.settings, _fonts)
    for folder, values in zip(job.folders, (drawn.pixels, dirty), strict=True):
        with atomic_write(folder / f"{job.name}.png") as file:
            image = Image.fromarray(np.uint8(values * 255 + 0.5))
            image.save(file, "PNG", dpi=(job.dpi, job.dpi), compress_level=4)
    return job.name


@contextmanager
def _pool(workers: int, fonts: str | os.PathLike[str] | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that do not begin another page after an exception, Ctrl-C included."""
    context = get_context("spawn")
    stopped = context.Event()
    executor = ProcessPoolExecutor(workers, context, _start_worker, (fonts, stopped))
    try:
        yield executor
    finally:
        stopped.set()
        executor.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, where that can be done: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _folders(folder: Path) -> tuple[Path, Path]:
    places = (folder / "clean", folder / "dirty")
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{place}: cannot be made ({reason(error)}).") from error
    return places


def _refuse_existing(places: Sequence[Path], names: Iterable[str]) -> None:
    for place in places:
        there = {path.name for path in place.iterdir()}
        for name in names:
            if f"{name}.png" in there:
                raise OutputError(f"{place / name}.png: is there already; choose another folder, or --overwrite.")
