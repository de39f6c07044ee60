"""A rectangle of paper in millimetres and pixels, and smooth noise on it that looks the same at every resolution."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from PIL import Image

Grey = Float32[np.ndarray, "height width"]
"""Reflectance, from 0 (black) to 1 (white)."""

Pixels = Float32[np.ndarray, "height width *channels"]
"""Grey or RGB."""

Tint = tuple[float, float, float]
"""Red, green and blue, in [0, 1]."""

MM_PER_INCH = 25.4
POINT = MM_PER_INCH / 72
"""In mm."""


@dataclass(frozen=True)
class Area:
    """A rectangle of paper: height and width in pixels, and its dots per inch.

    Everything on it is placed in millimetres from its upper left corner, so that the same random numbers give the same
    page at every resolution.
    """

    height: int
    width: int
    dpi: float
    nominal: tuple[int, int] | None = None

    @property
    def pixel(self) -> float:
        """The side of a pixel in mm."""
        return MM_PER_INCH / self.dpi

    @property
    def height_mm(self) -> int:
        """The height in whole mm, the same at every resolution."""
        return self.nominal[0] if self.nominal else max(round(self.height * self.pixel), 1)

    @property
    def width_mm(self) -> int:
        """The width in whole mm, the same at every resolution."""
        return self.nominal[1] if self.nominal else max(round(self.width * self.pixel), 1)

    @property
    def y(self) -> Float32[np.ndarray, "height 1"]:
        """The centres of the rows in mm."""
        return ((np.arange(self.height, dtype=np.float32) + 0.5) * np.float32(self.pixel))[:, None]

    @property
    def x(self) -> Float32[np.ndarray, "1 width"]:
        """The centres of the columns in mm."""
        return ((np.arange(self.width, dtype=np.float32) + 0.5) * np.float32(self.pixel))[None]

    def window(self, top: float, left: float, bottom: float, right: float) -> "tuple[slice, slice, Area]":
        """The rows, columns and area of a part given in mm; the part is clipped at the edges."""
        rows = _pixels(top, bottom, self.pixel, self.height)
        columns = _pixels(left, right, self.pixel, self.width)
        size = (max(round(bottom - top), 1), max(round(right - left), 1))
        return rows, columns, Area(rows.stop - rows.start, columns.stop - columns.start, self.dpi, size)


def fork(rng: np.random.Generator) -> np.random.Generator:
    """A separate generator for one part, so that the part does not influence the parts after it."""
    return np.random.default_rng(rng.integers(2**63))


def resize(
    values: Float32[np.ndarray, "rows columns"],
    height: int,
    width: int,
    box: tuple[float, float, float, float] | None = None,
) -> Grey:
    """Interpolate values from a coarse grid, or from a box (left, top, right, bottom) of it, by bicubic splines."""
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC, box=box))


def noise(rng: np.random.Generator, area: Area, mm: float) -> Grey:
    """Smooth noise of mean 0 and variance about 1, with bumps ``mm`` wide.

    Bumps smaller than a pixel average out: the noise is then white, and weaker the larger the pixel is.
    """
    rng = fork(rng)
    if mm <= area.pixel:
        white = rng.standard_normal((area.height, area.width), dtype=np.float32)
        return white * np.float32(mm / area.pixel)
    grid = rng.standard_normal((int(area.height_mm / mm) + 5, int(area.width_mm / mm) + 5), dtype=np.float32)
    left, top = rng.uniform(1, 2, 2)
    box = (left, top, left + area.width * area.pixel / mm, top + area.height * area.pixel / mm)
    return resize(grid * np.float32(1.35), area.height, area.width, _within(box, grid.shape))


def clouds(rng: np.random.Generator, area: Area, mm: float, octaves: int = 3, gain: float = 0.6) -> Grey:
    """Noise of variance about 1 from several octaves, each with bumps half as wide as the one before."""
    step = mm / 2 ** (octaves - 1) / 4  # fine enough for the finest octave
    if step > 1.5 * area.pixel:
        rows, columns = area.height * area.pixel / step, area.width * area.pixel / step
        coarse = Area(int(rows) + 1, int(columns) + 1, MM_PER_INCH / step, (area.height_mm, area.width_mm))
        return resize(clouds(rng, coarse, mm, octaves, gain), area.height, area.width, (0, 0, columns, rows))
    rng = fork(rng)
    total = np.zeros((area.height, area.width), np.float32)
    power = 0.0
    for octave in range(octaves):
        total += np.float32(gain**octave) * noise(rng, area, mm / 2**octave)
        power += gain ** (2 * octave)
    total *= np.float32(power**-0.5)
    return total


def smoothstep(values: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """0 up to -½, 1 from ½ on, and a cubic Hermite step between."""
    t = np.clip(values + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def _pixels(start: float, end: float, pixel: float, size: int) -> slice:
    first = min(max(int(np.floor(start / pixel)), 0), size)
    return slice(first, min(max(int(np.ceil(end / pixel)), first), size))


def _within(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Clip a box to a grid: rounding, and pages larger than their whole mm, can extend it over the edges."""
    left, top, right, bottom = box
    return left, top, min(right, shape[1]), min(bottom, shape[0])
