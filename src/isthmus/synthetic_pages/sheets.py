"""Sheets of dirt: the reflectance of a scanned page without print."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from isthmus.errors import ParameterError
from isthmus.synthetic_pages import creases, light, paper, specks, stains
from isthmus.synthetic_pages.area import Area, Grey, Pixels, Tint, fork
from isthmus.synthetic_pages.fonts import Fonts, all_fonts
from isthmus.synthetic_pages.reverse import show_through

KINDS = ("paper", "light", "folds", "wrinkles", "stains", "through", "specks")

_SHARES = {"paper": 1.0, "light": 0.7, "folds": 0.2, "wrinkles": 0.25, "stains": 0.45, "through": 0.3, "specks": 0.4}
_STAINS: tuple[stains.Stain, ...] = (stains.ring, stains.spill, stains.drops, stains.water, stains.fingers)
_STAIN_SHARES = (0.35, 0.3, 0.1, 0.12, 0.13)

_PAPERS: tuple[Tint, ...] = (
    (1, 1, 0.99), (1, 0.98, 0.93), (1, 0.96, 0.8), (1, 0.88, 0.86), (0.86, 0.95, 1), (0.88, 0.98, 0.86),
)  # fmt: skip
# Absorption of red, green and blue relative to grey: old paper and coffee absorb blue most.
_BROWN: Tint = (0.6, 1.05, 1.8)
_LIQUIDS: tuple[Tint, ...] = (_BROWN, (0.5, 1.4, 1.0), (1.5, 1.0, 0.3), (1.0, 1.0, 1.0))  # coffee, wine, ink, dirt


@dataclass(frozen=True)
class Sheet:
    """Dirt in two parts, which affect print differently; ``whole`` is their product.

    Attributes
    ----------
    coat : ndarray of shape (height, width) or (height, width, 3)
        Paper, stains, show-through, specks, and the light on all of them. It always multiplies print.
    shade : ndarray of shape (height, width)
        Folds and wrinkles; 1 is flat. It multiplies print, or reduces its contrast; see ``printed``.
    """

    coat: Pixels
    shade: Grey

    @property
    def whole(self) -> Pixels:
        """The scan of the empty page, in [0, 1]."""
        seen: Pixels = np.clip(self.coat * with_channels(self.shade, self.coat), 0, 1)
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
    colour: bool = False,
) -> Pixels:
    """Draw the scan of an empty noisy page; multiplied by it, a clean page becomes noisy.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same sheet.
    height, width : int
        Size in pixels.
    dpi : float, default=150
        Pixels per inch; dirt has its size in millimetres.
    kinds : tuple of str, optional
        Kinds of dirt, from ``KINDS``. Default: random kinds. Paper is always included.
    level : float, default=1
        Amount of dirt: the sheet is raised to this power, as for light that passes a layer several times (Beer's law).
    fonts : Fonts, optional
        Fonts of the show-through. Default: all fonts on this machine.
    colour : bool, default=False
        Give colours to paper and stains.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, 3), float32
        From 0 (black) to 1 (white).

    Raises
    ------
    ParameterError
        If a kind is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus.synthetic_pages import dirt_sheet
    >>> sheet = dirt_sheet(np.random.default_rng(0), 420, 540, dpi=150, kinds=("paper", "folds"))
    >>> sheet.shape, sheet.dtype, bool(0 <= sheet.min() < sheet.max() <= 1)
    ((420, 540), dtype('float32'), True)
    """
    return draw_sheet(rng, height, width, dpi, kinds=kinds, level=level, fonts=fonts, colour=colour).whole


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
    colour: bool = False,
) -> Sheet:
    """Draw the two parts of a ``dirt_sheet``; ``back`` is the print on the other side."""
    if kinds is not None and not set(kinds) <= set(KINDS):
        raise ParameterError(f"kinds must be some of {', '.join(KINDS)}. Got {', '.join(kinds)} instead.")
    area = Area(height, width, dpi)
    chosen = {name for name, share in _SHARES.items() if rng.random() < share} if kinds is None else {*kinds}
    parts = {name: fork(rng) for name in KINDS}  # one kind more or less does not change the others

    coat = _coat(parts, area, chosen, lambda: show_through(parts["through"], area, fonts or all_fonts(), back), colour)
    if "light" in chosen:
        coat *= with_channels(_light(parts["light"], area), coat)
    shade = np.ones((height, width), np.float32)
    if "folds" in chosen:
        shade += creases.folds(parts["folds"], area)
    if "wrinkles" in chosen:
        shade += creases.wrinkles(parts["wrinkles"], area)
    shade = np.clip(shade, 0.05, 1.25)
    if level != 1:
        coat, shade = coat ** np.float32(level), shade ** np.float32(level)
    return Sheet(coat, shade)


def _coat(
    parts: dict[str, np.random.Generator], area: Area, chosen: set[str], other_side: Callable[[], Grey], colour: bool
) -> Pixels:
    """Paper and the layers on it; each layer absorbs light of its own colour."""
    plain = paper.paper(parts["paper"], area)
    hue = parts["paper"].choice(len(_PAPERS), p=[0.5, 0.3, 0.05, 0.05, 0.05, 0.05])
    layers: list[tuple[Grey, Tint]] = []
    if parts["paper"].random() < 0.35:
        layers.append((paper.ageing(parts["paper"], area), _BROWN))
    if "stains" in chosen:
        absorbed = np.zeros((area.height, area.width), np.float32)
        tint = _LIQUIDS[parts["stains"].choice(len(_LIQUIDS), p=[0.7, 0.1, 0.1, 0.1])]
        _stain(parts["stains"], area, absorbed)
        most = np.float32(parts["stains"].uniform(0.7, 2.2))  # print stays visible under the darkest stains
        layers.append((most * (1 - np.exp(-absorbed / most)), tint))
    if "through" in chosen:
        layers.append((other_side(), (1, 1, 1)))
    if "specks" in chosen:
        layers.append((specks.specks(parts["specks"], area) + specks.dust(parts["specks"], area), (1, 1, 1)))
    if not colour:
        return plain * np.exp(-sum((layer for layer, _ in layers), np.zeros((), np.float32)))
    absorbed_by = [
        sum((np.float32(tint[c]) * layer for layer, tint in layers), np.zeros((), np.float32)) for c in range(3)
    ]
    return np.stack([plain * np.float32(_PAPERS[hue][c]) * np.exp(-absorbed_by[c]) for c in range(3)], -1)


def with_channels(grey: Grey, pixels: Pixels) -> Float32[np.ndarray, "height width *one"]:
    """Grey with an axis for channels if ``pixels`` have one, so that the two can be multiplied."""
    return grey[:, :, None] if pixels.ndim == 3 else grey


def _light(rng: np.random.Generator, area: Area) -> Grey:
    """Uneven light, sometimes with the shadow of the binding or of something above the page."""
    passed = light.light(rng, area)
    if rng.random() < 0.15:
        passed *= light.binding(rng, area)
    if rng.random() < 0.1:
        passed *= light.shadow(rng, area)
    least: Grey = np.maximum(passed, np.float32(0.05))
    return least


def _stain(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add one stain or more; larger pages get more."""
    count = 1 + rng.poisson(1 + area.height_mm * area.width_mm / 30_000)
    for kind in rng.choice(len(_STAINS), count, p=_STAIN_SHARES):
        _STAINS[kind](fork(rng), area, absorbed)
