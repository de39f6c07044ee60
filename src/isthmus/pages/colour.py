"""Colour pages: the clean grey decides the lightness of a pixel, ink keeps its hue, and coloured marks stay.

In grey, the yellow of a highlighter looks like a stain to the network. Colour tells them apart: stains are brown.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isthmus.pages.detail import enlarged, ramp, reduced

_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue in grey (ITU-R BT.601), as in Pillow
_PAPER = 0.9  # clean grey from which on paper is visible
_CHROMA = (0.2, 0.32)  # spread of the channels: up to the first a colour is not a mark, from the second on it is
_BROWN_STEPS = (0.05, 0.15), (0.15, 0.25)  # hues from 9–15° to 51–57°: red over green, and green over blue
_MARKER = (0.9, 0.96)  # strongest channel: darker in stains, and brighter in the ink of markers
_BLOCK = 4  # pixels of the small page per pixel of the map of the paper
_BAND = 1024  # rows of the small page, a multiple of all blocks
_REACH = 3  # pixels of that map


def grey_of(colours: Float[Tensor, "*three H W"]) -> Float[Tensor, "H W"]:
    """The luminance of colours; grey stays as it is."""
    if colours.ndim == 2:
        return colours
    weights = torch.tensor(_WEIGHTS, dtype=colours.dtype, device=colours.device)
    return torch.einsum("c,chw->hw", weights, colours)


class Paper:
    """The colour of the paper under each pixel, including stains.

    Where the clean page is white, the noisy page shows its paper; under ink, paper is interpolated from around. A page
    without white keeps its colours. ``small`` is the noisy page at the scale of the network, in [0, 1], ``clean`` the
    network's output, and ``factor`` the number of rows and columns of the large page per pixel of the small page.
    """

    def __init__(self, small: Float[Tensor, "3 h w"], clean: Float[Tensor, "h w"], factor: int) -> None:
        block = min(_BLOCK, *clean.shape)
        shows = (clean > _PAPER).to(small.dtype)
        everywhere = _mean(small, shows)
        bands = [slice(first, first + _BAND) for first in range(0, len(clean), _BAND)]
        for rows in bands:
            shows[rows] *= 1 - marks(small[:, rows] / everywhere)
        map_ = torch.cat([reduced(small[:, rows] * shows[rows], block) for rows in bands], dim=1)
        weight = reduced(shows, block)[None]
        near, far = (_blurred(torch.cat([map_, weight]), reach) for reach in (_REACH, 8 * _REACH))
        # The colour nearby if there is enough paper, else from farther away, else that of the whole page.
        colour = (far[:3] + 1e-3 * everywhere) / (far[3] + 1e-3)
        colour = (near[:3] + 0.02 * colour) / (near[3] + 0.02)
        self._map, self._block, self._factor = colour.clamp_(0.05, 1), block * factor, factor

    def under(self, first: int, band: Float[Tensor, "3 H W"]) -> Float[Tensor, "3 H W"]:
        """The paper under a band of the large page; ``first`` is the first row of the band on the small page."""
        return enlarged(self._map, self._block, first * self._factor, band.shape[1:])


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


def marks(ink: Float[Tensor, "3 H W"]) -> Float[Tensor, "H W"]:
    """Return from 0 to 1 how surely colours on white paper are marks: strong colours, except the brown of stains."""
    strongest, weakest = ink.amax(0), ink.amin(0)
    spread = strongest - weakest
    steps = (ink[:2] - ink[1:]) / spread.clamp(min=1e-3)  # from red to green and from green to blue; their sum is 1
    brown = ramp(steps[0], _BROWN_STEPS[0]) * ramp(steps[1], _BROWN_STEPS[1]) * (1 - ramp(strongest, _MARKER))
    return ramp(spread, _CHROMA) * (1 - brown)


def _mean(colours: Float[Tensor, "3 h w"], weights: Float[Tensor, "h w"]) -> Float[Tensor, "3 1 1"]:
    """The weighted mean colour; white if all weights are 0."""
    total = weights.sum()
    mean = (colours * weights).sum((1, 2)) / total if total > 0 else torch.ones(3)
    return mean.clamp(min=0.05)[:, None, None]


def _blurred(maps: Float[Tensor, "maps h w"], reach: int) -> Float[Tensor, "maps h w"]:
    """Two box blurs, which approximate a Gaussian blur."""
    size = 2 * reach + 1
    for _ in range(2):
        maps = F.avg_pool2d(maps[None], (size, 1), 1, (reach, 0), count_include_pad=False)[0]
        maps = F.avg_pool2d(maps[None], (1, size), 1, (0, reach), count_include_pad=False)[0]
    return maps
