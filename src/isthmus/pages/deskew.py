"""Turn a cleaned page straight, for ``isthmus.clean``; documents are turned by their formats."""

import warnings

import numpy as np
from jaxtyping import Shaped

from isthmus.documents.contract import SQUARE, Steps
from isthmus.documents.picture import Colour, Grey, Picture, page_pixels
from isthmus.documents.turning import turn_of, turned_picture, turned_pixels
from isthmus.errors import SkewedPageWarning
from isthmus.pages.skew import find_skew


def straight_picture(picture: Picture, steps: Steps) -> Picture:
    """The picture turned straight, or as it is, after a warning, if that cannot be done surely."""
    turn = _turn(page_pixels(picture), steps)
    return turned_picture(picture, turn, steps) if turn else picture


def straight_pixels(pixels: Shaped[np.ndarray, "h w *channels"], grey: Grey) -> Shaped[np.ndarray, "h w *channels"]:
    """Pixels of any type turned straight, as ``straight_picture`` does; ``grey`` is the page in 8-bit grey."""
    turn = _turn(grey, SQUARE)
    return turned_pixels(pixels, turn) if turn else pixels


def _turn(pixels: Grey | Colour, steps: Steps) -> float:
    skew = find_skew(pixels)
    turn, problem = (None, skew.problem) if skew.lines is None else turn_of(skew.lines, pixels, steps)
    if problem is not None:
        warnings.warn(f"The page is not turned: {problem}.", SkewedPageWarning, stacklevel=5)
    return turn or 0.0
