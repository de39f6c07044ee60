"""How well black ink agrees with the ink of a ground truth: the measures of the DIBCO competitions."""
# ruff: noqa: PLC0415 — scikit-image is optional, and imported where it is used

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from isthmus.documents.picture import Grey
from isthmus.errors import InputError
from isthmus.system.extras import require

_BLOCK = 8  # pixels
_REACH = 2  # pixels around a pixel in which DRD weighs it


@dataclass(frozen=True)
class Agreement:
    """F-measures in percent, PSNR in decibels (infinite if all pixels agree), and DRD (0 if all pixels agree)."""

    f_measure: float
    pseudo_f_measure: float
    psnr: float
    drd: float


def otsu(page: Grey) -> Bool[np.ndarray, "h w"]:
    """The ink of a grey page by one threshold (Otsu 1979); a page of one grey has none."""
    require("evaluate")
    from skimage import filters

    if page.min() == page.max():
        return np.zeros(page.shape, bool)
    return np.asarray(page <= filters.threshold_otsu(page))  # type: ignore[no-untyped-call]


def agreement(ink: Bool[np.ndarray, "_ _"], truth: Bool[np.ndarray, "_ _"]) -> Agreement:
    """Compare the ink of a page with that of the ground truth; True is ink.

    The F-measure is the harmonic mean of precision and recall. The pseudo-F-measure counts recall on the skeleton of
    the true ink (Pratikakis, Gatos & Ntirogiannis, H-DIBCO 2010), so that the width of strokes does not matter. PSNR
    is that of pages of 0 and 1. DRD is the distance reciprocal distortion (Lu, Kot & Shi 2004): each wrong pixel by
    how much it differs from the 5 × 5 true pixels around it, divided by the number of blocks of 8 × 8 with ink and
    paper.

    Raises
    ------
    InputError
        If the sizes differ.
    MissingExtraError
        If scikit-image is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.zeros((16, 16), bool)
    >>> truth[4:8, 2:12] = True
    >>> ink = truth.copy()
    >>> ink[4] = False
    >>> agreement(ink, truth).f_measure.__round__(1), agreement(truth, truth).f_measure
    (85.7, 100.0)
    """
    require("evaluate")
    from skimage.morphology import skeletonize

    if ink.shape != truth.shape:
        sizes = " and ".join(" × ".join(map(str, shape)) for shape in (ink.shape, truth.shape))
        raise InputError(f"A page and its ground truth must have the same size. Got {sizes} pixels instead.")
    right, wrong = ink & truth, ink != truth
    precision, recall = _share(right.sum(), ink.sum()), _share(right.sum(), truth.sum())
    skeleton = skeletonize(truth)  # type: ignore[no-untyped-call]
    on_skeleton = _share((ink & skeleton).sum(), skeleton.sum())
    n_wrong = int(wrong.sum())
    psnr = 10 * math.log10(wrong.size / n_wrong) if n_wrong else math.inf
    return Agreement(_harmonic(precision, recall), _harmonic(precision, on_skeleton), psnr, _drd(ink, truth))


def _share(part: np.integer, whole: np.integer) -> float:
    """A share of the whole; nothing of nothing is all."""
    return float(part) / float(whole) if whole else 1.0


def _harmonic(first: float, second: float) -> float:
    return 200 * first * second / (first + second) if first + second else 0.0


def _drd(ink: Bool[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> float:
    down, right = np.mgrid[-_REACH : _REACH + 1, -_REACH : _REACH + 1]
    distance = np.hypot(down, right)
    weights = np.divide(1, distance, out=np.zeros_like(distance), where=distance > 0)
    weights /= weights.sum()
    around = ndimage.correlate(truth.astype(np.float64), weights, mode="nearest")  # share of true ink around
    wrong = ink != truth
    distortion = np.where(ink, 1 - around, around)[wrong].sum()
    height, width = (side // _BLOCK * _BLOCK for side in truth.shape)
    blocks = truth[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).mean((1, 3))
    return float(distortion / max(1, int(((blocks > 0) & (blocks < 1)).sum())))
