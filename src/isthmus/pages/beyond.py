"""Find what a photograph of a page shows beyond the sheet, such as a table, so that it is not cleaned in patches."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

_BLOCK = 6  # pixels a side of the blocks that are looked at: wider than strokes at the scale of the network
_PAPER = 75  # percentile of the brightest pixels of blocks: most of the picture is paper
_DARK, _BRIGHT = 0.5, 0.7  # shares of the grey of paper: below the first it is no sheet, above the second it is
_LEAST = 0.03  # share of the picture that it covers
_SIDE = 0.9  # share of a side of the picture that it covers: stains and shadows end there
_SHARP = 0.85  # share of its outline beside which there is paper within two blocks: shadows fade


def beyond_the_sheet(seen: Float[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"] | None:
    """A mask of dark parts along whole sides of a picture that end sharply at the sheet; None if there are none."""
    height, width = (side // _BLOCK for side in seen.shape)
    if min(height, width) < 4:
        return None
    blocks = seen[: height * _BLOCK, : width * _BLOCK].reshape(height, _BLOCK, width, _BLOCK).max((1, 3))
    paper = float(np.percentile(blocks, _PAPER))
    regions, _ = ndimage.label(blocks < _DARK * paper)
    bright = ndimage.maximum_filter(blocks, 5)
    near = bright > _BRIGHT * paper
    found = np.zeros_like(regions, bool)
    sides = regions[0], regions[-1], regions[:, 0], regions[:, -1]
    for number in np.unique(np.concatenate(sides)):
        region = regions == number
        if number == 0 or region.mean() < _LEAST or max((side == number).mean() for side in sides) < _SIDE:
            continue
        outline = region & ~ndimage.binary_erosion(region, border_value=1)
        if outline.any() and near[outline].mean() >= _SHARP:
            found |= region
    if not found.any():
        return None
    sheet = np.where(found, np.inf, np.where(ndimage.binary_dilation(found), _BRIGHT * bright, 0))
    least = sheet.repeat(_BLOCK, 0).repeat(_BLOCK, 1)
    missing = [(0, side - part) for side, part in zip(seen.shape, least.shape, strict=True)]
    return np.asarray(seen < np.pad(least, missing, mode="edge"))
