"""What is done to maps of a page, which are arrays of float32: means, and enlargements of small maps."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

Map = Float[np.ndarray, "h w"]

_MARGIN = 2  # rows beyond a band that are needed to enlarge it
_CUBIC = -0.75  # the parameter of Keys's kernel (1981)


def reduced(page: Float[np.ndarray, "*maps H W"], factor: int) -> Float[np.ndarray, "*maps h w"]:
    """Means over squares of ``factor`` rows and columns; incomplete squares are padded by their last row and column."""
    height, width = page.shape[-2:]
    if factor == 1:
        return page
    if height % factor or width % factor:
        missing = [(0, 0)] * (page.ndim - 2) + [(0, -height % factor), (0, -width % factor)]
        page = np.pad(page, missing, mode="edge")
    down = page[..., ::factor, :] + page[..., 1::factor, :]
    for i in range(2, factor):
        down += page[..., i::factor, :]
    total: np.ndarray = down[..., ::factor] + down[..., 1::factor]
    for i in range(2, factor):
        total += down[..., i::factor]
    total *= 1 / factor**2
    return total


def enlarged(
    small: Float[np.ndarray, "maps h w"], factor: int, first: int, shape: Sequence[int], *, cubic: bool = False
) -> Float[np.ndarray, "maps H W"]:
    """Enlarge maps by a factor, linearly or by cubic splines; return rows of the result from the row ``first`` on."""
    height, width = shape[-2:]
    if factor == 1:
        return small[:, first : first + height, :width].copy()
    start = max(0, first // factor - _MARGIN)
    wide = _enlarged(small[:, start : -(-(first + height) // factor) + _MARGIN], 2, factor, cubic)
    above = first - start * factor
    return _enlarged(wide[..., :width], 1, factor, cubic)[:, above : above + height]


def _enlarged(
    small: Float[np.ndarray, "maps h w"], axis: int, factor: int, cubic: bool
) -> Float[np.ndarray, "maps H W"]:
    """Enlarge maps along an axis; beyond its ends they go on as they end."""
    n = small.shape[axis]
    shape = [side * (factor if i == axis else 1) for i, side in enumerate(small.shape)]
    padded = np.pad(small, [(2, 2) if i == axis else (0, 0) for i in range(3)], mode="edge")
    steps = None if cubic else np.diff(padded, axis=axis)
    large = np.empty(shape, small.dtype)
    for phase in range(factor):
        place = (phase + 0.5) / factor - 0.5  # between the middles of pixels
        before = math.floor(place)
        share, out = place - before, large[_along(axis, slice(phase, None, factor))]
        near = [padded[_along(axis, slice(i, i + n))] for i in range(before + 1, before + 5)]
        if steps is None:
            np.multiply(near[0], _cubic_weight(1 + share), out=out)
            for values, distance in zip(near[1:], (share, 1 - share, 2 - share), strict=True):
                out += values * np.float32(_cubic_weight(distance))
        else:
            np.multiply(steps[_along(axis, slice(before + 2, before + 2 + n))], np.float32(share), out=out)
            out += near[1]
    return large


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    """An index of a part of an axis."""
    return (*(slice(None),) * axis, part)


def _cubic_weight(distance: float) -> float:
    """The weight of a pixel at a distance from 0 to 2."""
    if distance <= 1:
        return ((_CUBIC + 2) * distance - (_CUBIC + 3)) * distance**2 + 1
    return _CUBIC * (((distance - 5) * distance + 8) * distance - 4)


def ramp(values: Float[np.ndarray, "*shape"], ends: tuple[float, float]) -> Float[np.ndarray, "*shape"]:
    """0 at the first end and before, 1 at the second and beyond, and linear between."""
    result = values - ends[0]
    result /= ends[1] - ends[0]
    return clipped(result)


def clipped(values: Float[np.ndarray, "*shape"], least: float = 0.0, most: float = 1.0) -> Float[np.ndarray, "*shape"]:
    """Clip values in place."""
    return np.clip(values, least, most, out=values)


def mixed(
    first: Float[np.ndarray, "*shape"], second: Float[np.ndarray, "*shape"], share: Float[np.ndarray, "*other"]
) -> Float[np.ndarray, "*shape"]:
    """The first values where the share of the second is 0, the second where it is 1, and between linearly."""
    result: np.ndarray = second - first
    result *= share
    result += first
    return result


def box_mean(maps: Float[np.ndarray, "maps h w"], reach: int) -> Float[np.ndarray, "maps h w"]:
    """The mean over the pixels up to ``reach`` rows and columns away that are on the page."""
    for axis in (1, 2):
        n, size = maps.shape[axis], 2 * reach + 1
        places = np.arange(n)
        counts = np.minimum(places + reach, n - 1) - np.maximum(places - reach, 0) + 1
        sums = ndimage.uniform_filter1d(maps, size, axis, mode="constant")
        sums *= (size / counts).astype(maps.dtype)[(slice(None),) + (None,) * (2 - axis)]
        maps = sums
    return maps


def near_mean(maps: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps h w"]:
    """The same over the next pixels: sums of shifted maps are faster for these."""
    for axis in (1, 2):
        first, last = _along(axis, slice(1, None)), _along(axis, slice(-1))
        sums = maps.copy()
        sums[last] += maps[first]
        sums[first] += maps[last]
        counts = np.full(maps.shape[axis], 3, maps.dtype)
        counts[[0, -1]] -= 1
        sums /= counts[(slice(None),) + (None,) * (2 - axis)]
        maps = sums
    return maps


def widened(maps: Map) -> Map:
    """The most within a pixel of each."""
    for axis in (0, 1):
        first, last = _along(axis, slice(1, None)), _along(axis, slice(-1))
        most = maps.copy()
        np.maximum(most[last], maps[first], out=most[last])
        np.maximum(most[first], maps[last], out=most[first])
        maps = most
    return maps


def lower_median(values: Float[np.ndarray, "*shape"]) -> float:
    """The median; of an even number of values the lower of the two in the middle."""
    middle = (values.size - 1) // 2
    return float(np.partition(values, middle, axis=None)[middle])


def repeated(small: Bool[np.ndarray, "h w"], factor: int, shape: Sequence[int]) -> Bool[np.ndarray, "H W"]:
    """Each pixel as a square of ``factor`` rows and columns, cropped to a shape."""
    return small.repeat(factor, 0).repeat(factor, 1)[: shape[0], : shape[1]]
