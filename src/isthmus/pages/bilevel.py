"""Clean black and white pages without a network: borders, punch holes and isolated pepper go, all else stays."""

import numpy as np
from jaxtyping import Bool, Shaped

from isthmus.documents.bands import bands
from isthmus.pages.edges import Mask, edge_dirt
from isthmus.pages.pepper import pepper


def is_bilevel(pixels: Shaped[np.ndarray, "h w *three"], white: float) -> bool:
    """Whether all pixels are black or white."""
    if pixels.dtype == bool:
        return True
    for rows in bands((len(pixels), pixels[0].size)):
        part = pixels[rows]
        if not ((part == 0) | (part == white)).all() or (part.ndim == 3 and (part != part[..., :1]).any()):
            return False
    return True


def bilevel_dirt(dark: Bool[np.ndarray, "h w"], dpi: float) -> Mask:
    """A mask of the dirt on a black and white page: edges, punch holes and pepper."""
    found = edge_dirt(dark, dpi)
    return np.asarray(found | pepper(dark, found, dpi))
