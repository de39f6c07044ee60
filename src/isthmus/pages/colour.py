"""Colour pages: the clean grey decides the lightness of a pixel, ink keeps its hue, and coloured marks stay.

In grey, the yellow of a highlighter looks like a stain to the network. Colour tells them apart: stains are brown.
"""

import numpy as np
from jaxtyping import Float

from isthmus.pages.maps import clipped, mixed, ramp

_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue in grey (ITU-R BT.601), as in Pillow
_CHROMA = (0.17, 0.28)  # spread of the channels: up to the first a colour is not a mark, from the second on it is
_BROWN_STEPS = (0.05, 0.15), (0.15, 0.25)  # hues from 9–15° to 51–57°: red over green, and green over blue
_COLOUR_SHOWS = (0.04, 0.12)  # lightness of paper: up to the first colours are noise, from the second on they are seen
_MARKER = (0.9, 0.96)  # strongest channel: darker in stains, and brighter in the ink of markers


def grey_of(colours: Float[np.ndarray, "*maps H W"]) -> Float[np.ndarray, "H W"]:
    """The luminance of colours; grey, with or without an axis for it, stays as it is."""
    if colours.ndim == 2 or len(colours) == 1:
        return colours.reshape(colours.shape[-2:])
    grey: np.ndarray = colours[0] * colours.dtype.type(_WEIGHTS[0])
    for colour, weight in zip(colours[1:], _WEIGHTS[1:], strict=True):
        grey += colour * colours.dtype.type(weight)
    return grey


def coloured(
    colours: Float[np.ndarray, "3 H W"], paper: Float[np.ndarray, "3 H W"], clean: Float[np.ndarray, "H W"]
) -> Float[np.ndarray, "3 H W"]:
    """Colours with the lightness of the clean grey: the ink on white paper, mixed with white or black.

    Coloured marks keep the colour of their ink on white paper. In the blackest shadows there is none.
    """
    ink = np.minimum(colours / paper, 1)
    grey = grey_of(ink)
    shows = ramp(grey_of(paper), _COLOUR_SHOWS)
    if shows.min() < 1:
        ink = mixed(np.broadcast_to(grey, ink.shape), ink, shows)
    darker = ink * np.minimum(clean / np.maximum(grey, 1e-3), 1)
    lighter = 1 - (1 - ink) * np.minimum((1 - clean) / np.maximum(1 - grey, 1e-3), 1)
    return clipped(mixed(np.where(clean < grey, darker, lighter), ink, marks(ink)))


def marks(ink: Float[np.ndarray, "3 H W"], chroma: tuple[float, float] = _CHROMA) -> Float[np.ndarray, "H W"]:
    """Return from 0 to 1 how surely colours on white paper are marks: strong colours, except the brown of stains.

    ``chroma`` has the spreads of the channels at which a colour begins to count, and counts, as strong.
    """
    strongest, weakest = ink.max(0), ink.min(0)
    spread = strongest - weakest
    steps = (ink[:2] - ink[1:]) / np.maximum(spread, 1e-3)  # from red to green and from green to blue; their sum is 1
    brown = ramp(steps[0], _BROWN_STEPS[0]) * ramp(steps[1], _BROWN_STEPS[1]) * (1 - ramp(strongest, _MARKER))
    return np.asarray(ramp(spread, chroma) * (1 - brown))
