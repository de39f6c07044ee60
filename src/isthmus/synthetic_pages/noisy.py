"""Noisy scans of clean pages: print on a sheet of dirt, as a scanner sees it."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from isthmus.synthetic_pages.area import Area, Grey, Pixels, clouds, fork
from isthmus.synthetic_pages.fonts import Fonts
from isthmus.synthetic_pages.sheets import Sheet, draw_sheet, with_channels


def noisy_page(
    clean: Pixels,
    rng: np.random.Generator,
    dpi: float = 150,
    *,
    kinds: tuple[str, ...] | None = None,
    level: float = 1.0,
    back: Grey | None = None,
    fonts: Fonts | None = None,
) -> Pixels:
    """Make a noisy scan of a clean page.

    Parameters
    ----------
    clean : ndarray of shape (height, width) or (height, width, 3)
        From 0 (black) to 1 (white). A page in colour gets dirt in colour.
    rng : numpy.random.Generator
        The same state gives the same scan.
    dpi : float, default=150
        Pixels per inch of the page.
    kinds : tuple of str, optional
        Kinds of dirt, from ``KINDS``. Default: random kinds.
    level : float, default=1
        Amount of dirt, see ``dirt_sheet``; 0 returns the page as it is.
    back : ndarray of shape (height, width), optional
        The print on the other side of the sheet. Default: lines of text.
    fonts : Fonts, optional
        Fonts of those lines. Default: all fonts on this machine.

    Returns
    -------
    ndarray, shape of ``clean``, float32
        In [0, 1].
    """
    height, width = clean.shape[:2]
    area = Area(height, width, dpi)
    sheet = draw_sheet(
        fork(rng), height, width, dpi, kinds=kinds, level=level, back=back, fonts=fonts, colour=clean.ndim == 3
    )
    ink = _worn(fork(rng), area, clean, level)
    seen = printed(ink, sheet, soft=bool(rng.random() < 0.5))
    return _scanned(fork(rng), area, seen, level)


def printed(ink: Pixels, sheet: Sheet, *, soft: bool = False) -> Pixels:
    """Print on a sheet of dirt.

    Dirt multiplies the reflectance, so print only becomes darker. With ``soft``, the shade of folds and wrinkles
    reduces contrast instead, as in scans of paper that turns away from the glass: value = ½ + a (ink − ½), with a from
    1 on flat paper to 0 where the shade is ½. There print becomes lighter as its paper becomes darker.
    """
    shade = with_channels(sheet.shade, ink)
    if soft:
        contrast = np.clip(2 * shade - 1, 0.05, 1)
        seen: Pixels = (np.float32(0.5) + contrast * (ink - np.float32(0.5))) * sheet.coat
    else:
        seen = ink * shade * sheet.coat
    return np.clip(seen, 0, 1, out=seen)


def _worn(rng: np.random.Generator, area: Area, clean: Pixels, level: float) -> Pixels:
    """Imperfect and aged print: spread or thin, not quite black, faded in places."""
    black = min(rng.gamma(1.2, 0.05), 0.3) * min(level, 1)
    ink = clean
    if rng.random() < 0.2 * min(level, 1):  # spread into the paper, or printed thinly
        soft = gaussian_filter(ink, rng.uniform(0.03, 0.09) / area.pixel, truncate=3, axes=(0, 1))
        set_ink = np.clip((soft - np.float32(rng.uniform(0.38, 0.65))) * np.float32(2) + np.float32(0.5), 0, 1)
        ink = np.float32(0.6) * set_ink + np.float32(0.4) * ink
    if rng.random() < 0.15 * min(level, 1):  # faded or broken
        holes = clouds(rng, area, rng.uniform(0.3, 3), octaves=3)
        fade = np.clip(np.float32(rng.uniform(0.2, 0.7)) * (holes - np.float32(rng.uniform(0.3, 1.5))), 0, 0.6)
        ink = ink + (1 - ink) * with_channels(fade, ink)
    worn: Pixels = np.float32(black) + np.float32(1 - black) * ink
    return worn


def _scanned(rng: np.random.Generator, area: Area, seen: Pixels, level: float) -> Pixels:
    """Add the faults of a scanner or camera: blur, noise, wrong exposure, JPEG compression."""
    amount = min(level, 1)
    blur = rng.choice([0, rng.uniform(0.02, 0.09), rng.uniform(0.06, 0.16)], p=[0.3, 0.5, 0.2]) * amount
    if blur > 0.3 * area.pixel:
        seen = gaussian_filter(seen, blur / area.pixel, truncate=3, axes=(0, 1))
    if rng.random() < 0.5 * amount:
        seen = seen + np.float32(rng.uniform(0.002, 0.02)) * rng.standard_normal(seen.shape, dtype=np.float32)
    if rng.random() < 0.25 * amount:  # exposure too short, or so long that white is clipped
        seen = np.maximum(seen, 0) ** np.float32(rng.uniform(0.75, 1.3)) * np.float32(rng.uniform(0.85, 1.15))
    seen = np.clip(seen, 0, 1)
    if rng.random() < 0.4 * amount:
        file = io.BytesIO()
        Image.fromarray(np.uint8(seen * 255 + 0.5)).save(file, "JPEG", quality=int(rng.integers(25, 95)))
        seen = np.asarray(Image.open(file)).astype(np.float32) / np.float32(255)
    return seen
