"""Find how far a page is askew, from the projection profiles of its lines."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin, tan

import numpy as np
from jaxtyping import Bool, Float64
from PIL import Image
from scipy import ndimage

from isthmus.documents.picture import Colour, Grey, grey_pixels

LARGEST = 10.0  # degrees: pages askew by more are left
_TRIED = np.arange(-12.0, 12.01, 0.25)  # degrees: beyond the largest, so that the best one is not at the end
_FINER = ((0.05, 1.0), (0.01, 0.05))  # degrees: step, and reach on both sides
_SIDE = 2400  # pixels: the longer side of the page that is looked at
_AROUND, _DARK = 41, 0.85  # pixels, and share of the mean there: darker pixels are marks
_SPECK = 4  # pixels: smaller marks are not of lines of print
_SMALLEST, _TALLEST = 1 / 250, 1 / 12  # of the longer side: nor are dots of halftones, and pictures
_BLUR, _FINE_BLUR = 1.5, 1.0  # pixels: of the profiles, at first and where angles are finer
_STRIPS, _NARROWEST = 3, 200  # strips in which finer angles are tried, since lines of columns side by side are not at
# the same heights, and pixels: narrower strips tell too little
_FEWEST = 300  # points
_SURE, _APART = 1.4, 1.0  # times the best score at other angles, which lie so many degrees apart
_EVEN = 4.0  # times the median score
_AGREE, _REACH = 0.3, 0.5  # degrees between the two halves of a page, and around the angle of the whole

Points = Float64[np.ndarray, "_points 2"]


@dataclass(frozen=True)
class Skew:
    """How far the lines of a page are turned clockwise, in degrees; None where that cannot be found surely.

    Lines run across, or down a page that lies on its side (``is_down``). ``problem`` is why there is no angle.
    """

    degrees: float | None
    is_down: bool = False
    problem: str | None = None

    @property
    def lines(self) -> tuple[float, float] | None:
        """The direction of the lines, to the right and down; None if unknown."""
        if self.degrees is None:
            return None
        right, down = cos(radians(self.degrees)), sin(radians(self.degrees))
        return (-down, right) if self.is_down else (right, down)


def find_skew(pixels: Grey | Colour) -> Skew:
    """Find how far the lines of a page, of text or drawn, are turned.

    The lower edges of the marks of a reduced page are projected at many angles. At the angle of the lines the profile
    is the most uneven: the sum of the squared differences of neighbours is the largest (Bloomberg, Kopec & Dasari 1995,
    "Measuring document image skew and orientation", SPIE 2422; profiles: Postl 1986, "Detection of linear oblique
    structures and skew scan in digitized documents"). Lines may also run down the page, where it lies on its side.

    Parameters
    ----------
    pixels : uint8 ndarray of shape (height, width) or (height, width, 3)
        A page, best a clean one.

    Returns
    -------
    Skew
        ``degrees`` is None for photographs, maps, empty pages and pages with few marks: where no angle is much better
        than the others, or the two halves of the page disagree; and where the angle is more than 10 degrees.
    """
    across, down = _lower_edges(grey_pixels(pixels))
    if max(len(across), len(down)) < _FEWEST:
        return Skew(None, problem="it has too few marks to find its angle")
    best, best_down = _best(across), _best(down)
    is_down = best_down > best
    points, (is_sure, _, degrees) = (down, best_down) if is_down else (across, best)
    degrees = _finer(points, degrees)
    if not is_sure or not _halves_agree(points, degrees):
        return Skew(None, problem="its angle cannot be found surely")
    if abs(degrees) > LARGEST:
        return Skew(None, problem=f"its angle is more than {LARGEST:.0f} degrees")
    return Skew(degrees, is_down)


def _lower_edges(grey: Grey) -> tuple[Points, Points]:
    """The pixels (y, x) at the lower edges of marks, and at their right edges as (x, -y), for lines down the page."""
    factor = max(1, -(-max(grey.shape) // _SIDE))
    seen = np.asarray(Image.fromarray(grey).reduce(factor) if factor > 1 else grey, np.float32)
    dark = seen < _DARK * ndimage.uniform_filter(seen, _AROUND, mode="nearest")
    regions, _ = ndimage.label(dark, np.ones((3, 3)))
    boxes = ndimage.find_objects(regions)
    sides = np.array([[part.stop - part.start for part in box] for box in boxes]).reshape(-1, 2)
    longer = max(seen.shape)
    is_mark = sides.max(axis=1, initial=0) >= max(_SPECK, _SMALLEST * longer)
    marks, wide = (np.append(False, is_mark & (sides[:, axis] <= _TALLEST * longer))[regions] for axis in (0, 1))
    return _edges(marks, dark), _edges(wide.T, dark.T) * (1, -1)


def _edges(marks: Bool[np.ndarray, "h w"], dark: Bool[np.ndarray, "h w"]) -> Points:
    """The pixels at the lower edges of marks."""
    return np.argwhere(marks[:-1] & ~dark[1:]).astype(float)


def _best(points: Points) -> tuple[bool, float, float]:
    """Whether one angle is surely the best, how many times the median its score is, and the angle."""
    if len(points) < _FEWEST:
        return False, 0.0, 0.0
    scores = np.array([_score(points, degrees, _BLUR) for degrees in _TRIED])
    best = float(_TRIED[scores.argmax()])
    others = scores[np.abs(_TRIED - best) > _APART]
    times = float(scores.max() / max(np.median(scores), 1e-9))
    return bool(times >= _EVEN and scores.max() >= _SURE * others.max()), times, best


def _finer(points: Points, degrees: float, step_and_reach: tuple[tuple[float, float], ...] = _FINER) -> float:
    """The best angle near another one, in strips beside each other."""
    places = points[:, 1]
    n_strips = int(np.clip(np.ptp(places) // _NARROWEST, 1, _STRIPS))
    bounds = np.linspace(places.min(), places.max() + 1e-6, n_strips + 1)
    strips = [points[(places >= left) & (places < right)] for left, right in pairwise(bounds)]
    for step, reach in step_and_reach:
        tried = degrees + np.arange(-reach, reach + step / 2, step)
        scores = [sum(_score(strip, one, _FINE_BLUR) for strip in strips if len(strip) > 1) for one in tried.tolist()]
        degrees = float(tried[int(np.argmax(scores))])
    return degrees


def _halves_agree(points: Points, degrees: float) -> bool:
    """Whether the upper and the lower half of a page are askew by the same angle."""
    height = points[:, 0] - points[:, 1] * tan(radians(degrees))
    is_upper = height < np.median(height)
    upper, lower = (_finer(half, degrees, ((0.05, _REACH),)) for half in (points[is_upper], points[~is_upper]))
    return abs(upper - lower) <= _AGREE


def _score(points: Points, degrees: float, blur: float) -> float:
    """How uneven the profile is at an angle, blurred by so many pixels, so that the grid of pixels does not count."""
    places = (points[:, 0] - points[:, 1] * tan(radians(degrees))) / (blur / 2)
    places -= places.min()
    bins = places.astype(np.intp)
    share, n_bins = places - bins, int(bins.max()) + 2
    profile = np.bincount(bins, 1 - share, n_bins) + np.bincount(bins + 1, share, n_bins)
    return float((ndimage.gaussian_filter1d(profile, 2.0, order=1, mode="constant") ** 2).sum())
