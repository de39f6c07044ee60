"""Draw rows as images: small PNG files within the page."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

from isthmus.errors import ParameterError

_SHOWN = 72  # CSS pixels that the longer side of an image is enlarged to, at most
_MOST = {1: 64, 3: 48}  # image pixels on the longer side, by channels
_GAP = 6  # CSS pixels between images


@dataclass(frozen=True)
class Montage:
    """Images side by side in one PNG, with its size in CSS pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class ImageShape:
    """Height, width and channels of the image in a row: 1 channel is grey, 3 are colours, the last axis."""

    height: int
    width: int
    channels: int

    @classmethod
    def of(cls, shape: Sequence[int] | None, n_features: int) -> "ImageShape | None":
        """The checked ``image_shape`` parameter of ``report``."""
        if shape is None:
            return None
        numbers = tuple(shape)
        whole = all(isinstance(n, int | np.integer) and n >= 1 for n in numbers)
        height, width, channels = (*numbers, 1)[:3] if len(numbers) in (2, 3) else (0, 0, 0)
        if not whole or channels not in _MOST or height * width * channels != n_features:
            raise ParameterError(
                "The 'image_shape' parameter of report must be (height, width) or (height, width, 3) with a product "
                f"equal to the number of columns, {n_features}. Got {numbers!r} instead."
            )
        return cls(int(height), int(width), int(channels))

    @property
    def shrunk(self) -> tuple[int, int]:
        """Height and width of the images as they are shown."""
        factor = min(1.0, _MOST[self.channels] / max(self.height, self.width))
        return max(1, round(self.height * factor)), max(1, round(self.width * factor))


def montage(
    rows: Sequence[Float64[np.ndarray, "images features"]], shape: ImageShape, low: float, high: float
) -> Montage:
    """Draw lines of images, from black (``low``) to white (``high``)."""
    from PIL import Image  # noqa: PLC0415 — plots and searches need none

    height, width = shape.shrunk
    factor = max(1, _SHOWN // max(height, width))
    gap = max(1, round(_GAP / factor))
    n_lines, n_columns, n_values = len(rows), len(rows[0]), shape.channels + 1
    tiles = np.zeros((n_lines, height + gap, n_columns, width + gap, n_values), dtype=np.uint8)
    tiles[:, :height, :, :width, -1] = 255
    for i, line in enumerate(rows):
        for j, values in enumerate(line):
            tiles[i, :height, j, :width, :-1] = _pixels(values, shape, low, high)
    canvas = tiles.reshape(n_lines * (height + gap), n_columns * (width + gap), n_values)[:-gap, :-gap]
    image = Image.fromarray(canvas, "LA" if shape.channels == 1 else "RGBA")
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return Montage(uri, image.width * factor, image.height * factor)


def _pixels(
    values: Float64[np.ndarray, " features"], shape: ImageShape, low: float, high: float
) -> UInt8[np.ndarray, "height width channels"]:
    spread = high - low if high > low else 1.0
    grey = np.clip((np.nan_to_num(values) - low) / spread, 0, 1) * 255
    pixels: np.ndarray = np.round(grey).astype(np.uint8).reshape(shape.height, shape.width, shape.channels)
    if (shape.height, shape.width) == shape.shrunk:
        return pixels
    from PIL import Image  # noqa: PLC0415

    image = Image.fromarray(pixels[:, :, 0] if shape.channels == 1 else pixels)
    small = np.asarray(image.resize(shape.shrunk[::-1], Image.Resampling.BOX))
    return np.reshape(small, (*shape.shrunk, shape.channels))
