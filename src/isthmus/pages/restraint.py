"""What cleaning leaves alone: what stands on paper that is white already, pictures on it, and images that are no pages.

The network decides what dirt is; this decides whether there is any. Where the paper that the network sees is white,
nothing has to be removed, and what it would change there are edges of letters, greys of pictures and small print.
"""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from scipy import ndimage
from torch import Tensor

from isthmus.pages.detail import enlarged, reduced
from isthmus.pages.kinds import is_page, looks_like_print

_PAPER = 0.98  # clean grey from which on something is paper
_EDGE = 2  # pixels around print that are no paper, since edges are neither
_DIRT = (0.004, 0.02)  # how much darker than white paper is where nothing, and where all of a change is made
_SPREAD = (0.03, 0.1)  # share of the page that is dirty, for none and for all of what is around to count as dirty, too
_COARSE = 4  # pixels of the page to a pixel of the map of dirt
_REACH = 10  # pixels of that map: the square in which paper counts; twice as many in the next, and so on
_LEAST = 0.02  # of a square must be paper for it to count

_SHADED = 0.97  # grey up to which something on white paper can be a picture
_GAP = 2  # pixels between parts of a picture
_STROKE = 4  # pixels, half the width of strokes, which join pictures to what is around
_FLAT, _EVEN = 2.5 / 255, 0.8 / 255  # spread between neighbours, and deviation of all, where there is but one grey
_LEAST_EVEN = 0.2  # of a shape in one grey, letters on it included
_SIDE = 40  # pixels that a picture has at least on each side
_MOST_OF_PAGE = 0.7  # that a picture has at most
_FILLED = 0.88  # of the box around a picture that it fills, more than any ellipse
_DARK = 0.85  # grey near the other sides of a picture that lies at the edge of the page, at most


def share_of_change(grey: Float[Tensor, "h w"], clean: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """How much of what the network would change is changed at each pixel: 0 nothing, 1 all.

    Parameters
    ----------
    grey, clean : tensor of shape (h, w)
        The page at the network's scale, in [0, 1], and what the network made of it.
    """
    if not is_page(grey.numpy(), clean.numpy()):
        return torch.zeros_like(grey)
    share = _ramp(_dirt(grey, clean), _DIRT)
    if share.min() == 1:
        return share
    even, pictures = (torch.from_numpy(found) for found in _left_alone(grey.numpy()))
    kept = even | pictures
    share = _ramp(_dirt(grey, clean.masked_fill(kept, 0)), _DIRT).masked_fill_(kept, 0)
    spread = _ramp(share.mean(), _SPREAD)
    if spread == 1:  # of dirty paper some may look even
        return torch.ones_like(share).masked_fill_(pictures, 0)
    return share.clamp_(min=spread).masked_fill_(kept, 0)


def _ramp(values: Float[Tensor, "*shape"], ends: tuple[float, float]) -> Float[Tensor, "*shape"]:
    """From 0, up to the first end, to 1, from the second on."""
    return ((values - ends[0]) / (ends[1] - ends[0])).clamp_(0, 1)


def _dirt(grey: Float[Tensor, "h w"], clean: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """How much darker than white the paper around each pixel is: near it where there is enough, else farther away."""
    size = 2 * _EDGE + 1
    paper = (-F.max_pool2d(-clean[None], size, 1, _EDGE)[0] > _PAPER).to(grey.dtype)
    block = min(_COARSE, *grey.shape)
    weight, darker = (reduced(values, block).numpy() for values in (paper, (1 - grey) * paper))
    # A page without paper has no white paper either.
    dirt = np.full_like(weight, darker.sum() / weight.sum() if weight.mean() > _LEAST else 1)
    reach = _REACH
    while reach < max(weight.shape):
        reach *= 2
    while reach >= _REACH:
        amount, sums = (ndimage.uniform_filter(values, reach, mode="nearest") for values in (weight, darker))
        trust = np.clip(amount / _LEAST - 1, 0, 1)
        dirt += trust * (sums / np.maximum(amount, _LEAST) - dirt)
        reach //= 2
    return enlarged(torch.from_numpy(dirt)[None], block, 0, (grey.shape[0], grey.shape[1]))[0]


def _left_alone(seen: Float[np.ndarray, "h w"]) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Shapes on white paper that are filled with one grey, and boxes there that are filled with a picture."""
    shaded = seen < _SHADED
    closed = ndimage.grey_closing(shaded.view(np.uint8), 2 * _GAP + 1).view(bool)
    regions, count = ndimage.label(_opened(closed, _STROKE))
    n_even = np.bincount(regions[_even_patches(seen, shaded)], minlength=count + 1)
    shades, pictures = np.zeros_like(shaded), np.zeros_like(shaded)
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        region = ndimage.binary_fill_holes(regions[box] == number)
        if n_even[number] >= _LEAST_EVEN * region.sum():
            shades[box] |= region
    regions, _ = ndimage.label(_opened(closed, _SIDE // 4))
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        region = ndimage.binary_fill_holes(regions[box] == number)
        if region.mean() > _FILLED and _is_picture(seen, box):
            pictures[box] = True
    return _widened(shades), _widened(pictures)


def _even_patches(seen: Float[np.ndarray, "h w"], shaded: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where all around is of one grey, as dirt never is."""
    flat = ndimage.maximum_filter(seen, 3) - ndimage.minimum_filter(seen, 3) <= _FLAT
    patches, count = ndimage.label(_opened(shaded & flat, _EDGE))
    deviations = ndimage.standard_deviation(seen, patches, np.arange(count + 1))
    even: Bool[np.ndarray, "h w"] = (patches > 0) & (deviations < _EVEN)[patches]
    return even


def _is_picture(seen: Float[np.ndarray, "h w"], box: tuple[slice, slice]) -> bool:
    """Whether a box is large, is not nearly all of the page, as blank sheets are, and has no print on it.

    At the edge of a page it may also be a shadow, or the page beyond a fold; a picture ends sharply on its other sides.
    """
    part, (rows, columns) = seen[box], box
    if min(part.shape) < _SIDE or part.size > _MOST_OF_PAGE * seen.size:
        return False
    sides = {
        "top": (rows.start, part[_GAP]),
        "left": (columns.start, part[:, _GAP]),
        "bottom": (seen.shape[0] - rows.stop, part[-1 - _GAP]),
        "right": (seen.shape[1] - columns.stop, part[:, -1 - _GAP]),
    }
    inner = [line for distance, line in sides.values() if distance > _GAP]
    if len(inner) < len(sides) and (not inner or np.median(np.concatenate(inner)) > _DARK):
        return False
    return not looks_like_print(part)


def _widened(found: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """With what is blurred at the edges."""
    widened: Bool[np.ndarray, "h w"] = ndimage.maximum_filter(found, 2 * _STROKE + 1)
    return widened


def _opened(mask: Bool[np.ndarray, "h w"], radius: int) -> Bool[np.ndarray, "h w"]:
    """Without what is thin."""
    opened: Bool[np.ndarray, "h w"] = ndimage.grey_opening(mask.view(np.uint8), 2 * radius + 1).view(bool)
    return opened
