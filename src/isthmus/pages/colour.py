"""Colour pages: the clean grey decides the lightness of a pixel, ink keeps its hue, and coloured marks stay.

In grey, the yellow of a highlighter looks like a stain to the network. Colour tells them apart: stains are brown.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.pages.detail import ramp

_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue in grey (ITU-R BT.601), as in Pillow
_CHROMA = (0.17, 0.28)  # spread of the channels: up to the first a colour is not a mark, from the second on it is
_BROWN_STEPS = (0.05, 0.15), (0.15, 0.25)  # hues from 9–15° to 51–57°: red over green, and green over blue
_MARKER = (0.9, 0.96)  # strongest channel: darker in stains, and brighter in the ink of markers


def grey_of(colours: Float[Tensor, "*three H W"]) -> Float[Tensor, "H W"]:
    """The luminance of colours; grey stays as it is."""
    if colours.ndim == 2:
        return colours
    weights = torch.tensor(_WEIGHTS, dtype=colours.dtype, device=colours.device)
    return torch.einsum("c,chw->hw", weights, colours)


def coloured(
    colours: Float[Tensor, "3 H W"], paper: Float[Tensor, "3 H W"], clean: Float[Tensor, "H W"]
) -> Float[Tensor, "3 H W"]:
    """Colours with the lightness of the clean grey: the ink on white paper, mixed with white or black.

    Coloured marks keep the colour of their ink on white paper.
    """
    ink = (colours / paper).clamp_(max=1)
    grey = grey_of(ink)
    darker = ink * (clean / grey.clamp(min=1e-3)).clamp_(max=1)
    lighter = 1 - (1 - ink) * ((1 - clean) / (1 - grey).clamp(min=1e-3)).clamp_(max=1)
    return torch.lerp(torch.where(clean < grey, darker, lighter), ink, marks(ink)).clamp_(0, 1)


def marks(ink: Float[Tensor, "3 H W"], chroma: tuple[float, float] = _CHROMA) -> Float[Tensor, "H W"]:
    """Return from 0 to 1 how surely colours on white paper are marks: strong colours, except the brown of stains.

    ``chroma`` has the spreads of the channels at which a colour begins to count, and counts, as strong.
    """
    strongest, weakest = ink.amax(0), ink.amin(0)
    spread = strongest - weakest
    steps = (ink[:2] - ink[1:]) / spread.clamp(min=1e-3)  # from red to green and from green to blue; their sum is 1
    brown = ramp(steps[0], _BROWN_STEPS[0]) * ramp(steps[1], _BROWN_STEPS[1]) * (1 - ramp(strongest, _MARKER))
    return ramp(spread, chroma) * (1 - brown)
