"""A dirty scan of a clean page: print on a sheet of dirt, through a scanner."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from isthmus.pages.made.area import Area, Grey, clouds, fork
from isthmus.pages.made.sheets import Sheet, draw_sheet


def dirty_page(
    clean: Grey,
    rng: np.random.Generator,
    dpi: float = 150,
    *,
    kinds: tuple[str, ...] | None = None,
    level: float = 1.0,
    back: Grey | None = None,
) -> Grey:
    """A dirty scan of a clean page.

    Parameters
    ----------
    clean : array of shape (height, width)
        In [0, 1]: 1 is white.
    rng : numpy.random.Generator
        Source of everything random.
    dpi : float, default=150
        Pixels an inch of the page.
    kinds : tuple of str, default=None
        Kinds of dirt, of ``KINDS``; None draws them by lot.
    level : float, default=1
        How thick the dirt is, see ``dirt_sheet``; 0 gives the page as it is.
    back : array of shape (height, width), default=None
        What is printed on the other side; None stands for marks that look like text when they shine through.

    Returns
    -------
    array of shape (height, width), float32
        In [0, 1].
    """
    height, width = clean.shape
    area = Area(height, width, dpi)
    sheet = draw_sheet(fork(rng), height, width, dpi, kinds=kinds, level=level, back=back)
    ink = _worn(fork(rng), area, clean, level)
    seen = printed(ink, sheet, soft=bool(rng.random() < 0.5))
    return _scanned(fork(rng), area, seen, level)


def printed(ink: Grey, sheet: Sheet, *, soft: bool = False) -> Grey:
    """Print on a sheet of dirt.

    Dirt multiplies the light, so that print only becomes darker. With ``soft`` the shade of folds and wrinkles does
    otherwise, as in scans whose contrast shrinks where the paper turns away: value = ½ + a (ink − ½), with a from 1 on
    flat paper to 0 where the shade is half; there print is the lighter the darker its paper.
    """
    if soft:
        contrast = np.clip(2 * sheet.shade - 1, 0.05, 1)
        seen: Grey = (np.float32(0.5) + contrast * (ink - np.float32(0.5))) * sheet.coat
    else:
        seen = ink * sheet.shade * sheet.coat
    return np.clip(seen, 0, 1, out=seen)


def _worn(rng: np.random.Generator, area: Area, clean: Grey, level: float) -> Grey:
    """Print as it comes out of a press and ages: spread or thin, not quite black, faded in places."""
    black = min(rng.gamma(1.2, 0.05), 0.3) * min(level, 1)
    ink = clean
    if rng.random() < 0.25 * min(level, 1):  # faded or broken
        holes = clouds(rng, area, rng.uniform(0.3, 3), octaves=3)
        fade = np.clip(np.float32(rng.uniform(0.2, 0.7)) * (holes - np.float32(rng.uniform(0.3, 1.5))), 0, 0.7)
        ink = ink + (1 - ink) * fade
    worn: Grey = np.float32(black) + np.float32(1 - black) * ink
    return worn


def _scanned(rng: np.random.Generator, area: Area, seen: Grey, level: float) -> Grey:
    """What a scanner or camera makes of it: blur, noise, the compression of JPEG."""
    amount = min(level, 1)
    blur = rng.choice([0, rng.uniform(0.02, 0.09), rng.uniform(0.06, 0.16)], p=[0.3, 0.5, 0.2]) * amount
    if blur > 0.3 * area.pixel:
        seen = gaussian_filter(seen, blur / area.pixel, truncate=3)
    if rng.random() < 0.5 * amount:
        seen = seen + np.float32(rng.uniform(0.002, 0.02)) * rng.standard_normal(seen.shape, dtype=np.float32)
    seen = np.clip(seen, 0, 1)
    if rng.random() < 0.4 * amount:
        file = io.BytesIO()
        Image.fromarray(np.uint8(seen * 255 + 0.5)).save(file, "JPEG", quality=int(rng.integers(25, 95)))
        seen = np.asarray(Image.open(file)).astype(np.float32) / np.float32(255)
    return seen
