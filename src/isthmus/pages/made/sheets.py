"""A sheet of dirt: everything on a page but its print, as the reflectance that a scan of the empty page would have."""

from dataclasses import dataclass

import numpy as np

from isthmus.errors import ParameterError
from isthmus.pages.made import creases, light, paper, specks, stains
from isthmus.pages.made.area import Area, Grey, fork
from isthmus.pages.made.fonts import Fonts, all_fonts
from isthmus.pages.made.reverse import through

KINDS = ("paper", "light", "folds", "wrinkles", "stains", "through", "specks")

_SHARES = {"paper": 1.0, "light": 0.7, "folds": 0.2, "wrinkles": 0.25, "stains": 0.45, "through": 0.3, "specks": 0.4}
_STAINS: tuple[stains.Stain, ...] = (stains.ring, stains.spill, stains.drops, stains.water, stains.fingers)
_STAIN_SHARES = (0.35, 0.3, 0.1, 0.12, 0.13)


@dataclass(frozen=True)
class Sheet:
    """Dirt in two parts, since print behaves otherwise in each; ``whole`` is their product.

    Attributes
    ----------
    coat : array of shape (height, width)
        Paper, stains, the other side, specks: what multiplies the light that print returns, too.
    shade : array of shape (height, width)
        Light, folds and wrinkles.
    """

    coat: Grey
    shade: Grey

    @property
    def whole(self) -> Grey:
        """The scan of the empty page, in [0, 1]."""
        seen: Grey = np.clip(self.coat * self.shade, 0, 1)
        return seen


def dirt_sheet(
    rng: np.random.Generator,
    height: int,
    width: int,
    dpi: float = 150,
    *,
    kinds: tuple[str, ...] | None = None,
    level: float = 1.0,
    fonts: Fonts | None = None,
) -> Grey:
    """An empty dirty page as a scanner sees it: 1 is white, 0 black. Multiply a clean page by it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of everything random; the same state gives the same sheet.
    height, width : int
        Size in pixels.
    dpi : float, default=150
        Pixels an inch: all dirt has its size in millimetres.
    kinds : tuple of str, default=None
        Which of ``KINDS`` are on it; None draws them by lot. Paper is always there.
    level : float, default=1
        How thick the dirt is: the sheet is raised to this power, as light that passes a layer twice is (Beer's law).
    fonts : Fonts, default=None
        Fonts of what shines through from the other side; None stands for all that are found.

    Returns
    -------
    array of shape (height, width), float32
        In [0, 1].
    """
    return draw_sheet(rng, height, width, dpi, kinds=kinds, level=level, fonts=fonts).whole


def draw_sheet(
    rng: np.random.Generator,
    height: int,
    width: int,
    dpi: float = 150,
    *,
    kinds: tuple[str, ...] | None = None,
    level: float = 1.0,
    back: Grey | None = None,
    fonts: Fonts | None = None,
) -> Sheet:
    """What ``dirt_sheet`` gives, in its two parts; ``back`` is what is printed on the other side."""
    if kinds is not None and not set(kinds) <= set(KINDS):
        raise ParameterError(f"kinds must be some of {', '.join(KINDS)}. Got {', '.join(kinds)} instead.")
    area = Area(height, width, dpi)
    chosen = {name for name, share in _SHARES.items() if rng.random() < share} if kinds is None else {*kinds}
    parts = {name: fork(rng) for name in KINDS}  # a kind more or less leaves the others as they are

    coat = paper.paper(parts["paper"], area)
    if parts["paper"].random() < 0.35:
        coat *= paper.ageing(parts["paper"], area)
    absorbed = np.zeros((height, width), np.float32)
    if "stains" in chosen:
        _stain(parts["stains"], area, absorbed)
        most = np.float32(parts["stains"].uniform(0.7, 2.2))  # the darkest still leave print to be seen
        absorbed = most * (1 - np.exp(-absorbed / most))
    if "through" in chosen:
        absorbed += through(parts["through"], area, fonts or all_fonts(), back)
    if "specks" in chosen:
        absorbed += specks.specks(parts["specks"], area) + specks.dust(parts["specks"], area)
    coat *= np.exp(-absorbed)

    shade = np.ones((height, width), np.float32)
    if "folds" in chosen:
        shade += creases.folds(parts["folds"], area)
    if "wrinkles" in chosen:
        shade += creases.wrinkles(parts["wrinkles"], area)
    if "light" in chosen:
        shade *= light.light(parts["light"], area)
        if parts["light"].random() < 0.15:
            shade *= light.binding(parts["light"], area)
        if parts["light"].random() < 0.1:
            shade *= light.shadow(parts["light"], area)
    shade = np.clip(shade, 0.05, 1.25)
    if level != 1:
        coat, shade = coat ** np.float32(level), shade ** np.float32(level)
    return Sheet(coat, shade)


def _stain(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """One stain to some, more on a larger page."""
    count = 1 + rng.poisson(1 + area.height_mm * area.width_mm / 30_000)
    for kind in rng.choice(len(_STAINS), count, p=_STAIN_SHARES):
        _STAINS[kind](fork(rng), area, absorbed)
