"""Replace borders, edge lines and punch holes of grey and colour scans by the paper beside them."""

import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8
from PIL import Image
from scipy import ndimage

from isthmus.pages.edges import MM_PER_INCH, Mask, edge_dirt
from isthmus.pages.kinds import looks_like_print
from isthmus.pages.shaded_holes import shaded_holes

_DPI = 150  # at which edges, and print, are looked for
_PAPER = 70  # percentile of grey: most of a page with print is paper, borders or not
_DARK, _SHADED = 0.4, 0.85  # shares of the grey of paper: darker are borders and holes, and their rims
_RIM = 2  # pixels at _DPI around dirt that are blurred
_EVEN = 12  # levels: deviation of grey in a border; pictures have more
_AROUND = 1.5  # mm around a pixel in which the mean of paper is taken
_BRIGHT, _MOST_BRIGHT = 0.7, 0.7  # share of the paper's grey beside a border, and share of the pixels there


def find_edge_dirt(grey: UInt8[np.ndarray, "h w"], dpi: float) -> Bool[np.ndarray, "h w"] | None:
    """A mask of dirt at the edges of a page with print; None if there is none."""
    factor = max(1, round(dpi / _DPI))
    seen = _reduced(grey, factor)
    paper = float(np.percentile(seen, _PAPER))
    dark = seen < _DARK * paper
    found = edge_dirt(dark, dpi / factor)
    holes = shaded_holes(seen, paper, dpi / factor)
    if not (found.any() or holes.any()) or not looks_like_print(seen / np.float32(255)):
        return None
    regions, _ = ndimage.label(found, np.ones((3, 3)))
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        wide = tuple(slice(max(0, part.start - 4 * _RIM), part.stop + 4 * _RIM) for part in box)
        if not _is_even(seen[wide], regions[wide] == number, paper):
            found[box] &= regions[box] != number
    found |= holes
    if not found.any():
        return None
    rim = ndimage.binary_dilation(found, np.ones((3, 3)), iterations=_RIM, mask=found | (seen < _SHADED * paper))
    large = ndimage.binary_dilation(rim, np.ones((3, 3))).repeat(factor, 0).repeat(factor, 1)
    return np.ascontiguousarray(large[: grey.shape[0], : grey.shape[1]])


def on_paper(pixels: Shaped[np.ndarray, "h w *three"], dirt: Mask, dpi: float) -> Shaped[np.ndarray, "h w *three"]:
    """A copy of the page, with the paper beside it in place of dirt."""
    factor = max(1, round(dpi / _DPI))
    seen = pixels[::factor, ::factor].astype(np.float32)
    beside = ndimage.binary_dilation(dirt[::factor, ::factor], np.ones((3, 3)), iterations=_RIM)
    light = seen.reshape(*beside.shape, -1).mean(-1)
    is_paper = ~beside & (light > _BRIGHT * np.percentile(light[~beside], _PAPER)) if not beside.all() else beside
    size = 1 + 2 * round(_AROUND * dpi / factor / MM_PER_INCH)
    nearest = ndimage.distance_transform_edt(~is_paper, return_distances=False, return_indices=True)
    filled = _mean_around(_mean_around(seen, is_paper, size)[tuple(nearest)], beside, 2 * size)
    page = pixels.copy()
    rows, columns = np.nonzero(dirt)
    values = filled[rows // factor, columns // factor]
    page[rows, columns] = values if pixels.dtype.kind == "f" else np.round(values)
    return page


def _mean_around(pixels: Float[np.ndarray, "h w *three"], mask: Mask, size: int) -> Float[np.ndarray, "h w *three"]:
    """The mean of the pixels of a mask in a square around each of them; 0 elsewhere."""
    share = ndimage.uniform_filter(mask.astype(np.float32), size)
    weights, sizes = (mask[..., None], (size, size, 1)) if pixels.ndim == 3 else (mask, size)
    sums = ndimage.uniform_filter(pixels * weights, sizes)
    share = np.where(mask, share, np.inf).astype(np.float32)
    return np.asarray(sums / (share[..., None] if pixels.ndim == 3 else share))


def _is_even(seen: UInt8[np.ndarray, "h w"], region: Mask, paper: float) -> bool:
    """Whether a dark region is of one grey, on paper, as borders and holes are, and not drawn by a program."""
    core = ndimage.binary_erosion(region, np.ones((3, 3)), border_value=1)
    inside = seen[core if core.any() else region].astype(np.float32)
    rim = ndimage.binary_dilation(region, np.ones((3, 3)), iterations=_RIM)
    around = seen[ndimage.binary_dilation(rim, np.ones((3, 3)), iterations=_RIM) & ~rim]
    if not around.size or (around > _BRIGHT * paper).mean() < _MOST_BRIGHT:
        return False
    drawn = np.ptp(inside) == 0 and np.ptp(around) == 0
    return bool(inside.std() <= _EVEN) and not drawn


def _reduced(grey: UInt8[np.ndarray, "h w"], factor: int) -> UInt8[np.ndarray, "H W"]:
    return grey if factor == 1 else np.asarray(Image.fromarray(grey).reduce(factor))
