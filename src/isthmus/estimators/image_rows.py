"""Arrays of images as rows of pixels, and back."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.utils import check_array

from isthmus.errors import InputError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.model_files.models import SavedModel
from isthmus.networks import ImageAutoencoder, ImageCodeAutoencoder, ImageShape
from isthmus.parameters.rules import refuse
from isthmus.rows.batches import Rows
from isthmus.rows.frames import array_like, without_torch
from isthmus.rows.refusals import cell_errors
from isthmus.words import counted

_COLOURS = (1, 3, 4)  # channels of grey, colour, and colour with transparency


class ImagesAsRows(BaseAutoencoder):
    """An estimator that takes arrays (n, height, width), (n, height, width, channels) or flat rows.

    A row is an image, pixel by pixel and row by row, the channels of a pixel side by side.
    """

    image_shape: Sequence[int] | None
    code_size: int | float | str | None
    image_shape_: ImageShape
    image_layout_: str

    def _images_as_rows(self, X: object, target: object, *, reset: bool) -> tuple[Rows, Rows | None]:
        """Check images and their targets, and return them as rows."""
        rows, shape = self._checked(X, "X", reset=reset)
        if not reset and shape != self.image_shape_:
            raise InputError(
                f"X has images of {shape_text(shape)}, and training began with {shape_text(self.image_shape_)}."
            )
        return rows, None if target is None else self._checked_target(target, len(rows), shape)

    def _expected(self, target: object, rows: Rows, network: Any) -> Rows:
        return self._checked_target(target, rows.shape[0], network.module.image_shape)

    def _checked_target(self, target: object, n_images: int, shape: ImageShape) -> np.ndarray:
        """Return targets as rows; raise InputError unless they are as many images of the same shape."""
        expected, target_shape = self._checked(target, "target", reset=False)
        if target_shape != shape or len(expected) != n_images:
            given = f"{counted(len(expected), 'image')} of {shape_text(target_shape)}"
            raise InputError(f"target has {given}, and X {n_images} of {shape_text(shape)}.")
        return expected

    def _restore_input(self, saved: SavedModel) -> None:
        network = saved.fitted.network
        assert isinstance(network, ImageAutoencoder | ImageCodeAutoencoder)
        self.image_shape_, self.image_layout_ = network.image_shape, saved.image_layout or "images"

    def _checked(self, X: object, name: str, *, reset: bool) -> tuple[np.ndarray, ImageShape]:
        """Return flat rows, and the shape of their images."""
        X = _small_integers_as_floats(without_torch(X))
        n_dimensions = n_dimensions_of(X)
        if n_dimensions not in (3, 4):
            rows = self._check_rows(X, name, reset=reset)
            if reset:
                self.image_shape_, self.image_layout_ = self._shape_of_rows(rows.shape[1]), "rows"
            return rows, self.image_shape_
        with cell_errors(X, name):
            rules: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_min_samples": 2 if reset else 1}
            images = check_array(X, allow_nd=True, input_name=name, estimator=self, **rules)
        shape = (*images.shape[1:3], images.shape[3] if n_dimensions == 4 else 1)
        if 0 in shape:
            raise InputError(f"{name} has images without pixels: its shape is {images.shape}.")
        if reset:
            self._check_first_shape(shape)
            self.image_shape_, self.image_layout_ = shape, "channels" if n_dimensions == 4 else "images"
            self.n_features_in_, self._labels = int(np.prod(shape)), None
            self.__dict__.pop("feature_names_in_", None)
        elif shape[2] != self.image_shape_[2] or (self._has_one_size and shape != self.image_shape_):
            expected = shape_text(self.image_shape_) if self._has_one_size else counted(self.image_shape_[2], "channel")
            hint = f"; channels come last, as in np.moveaxis({name}, 1, -1)" if shape[0] == self.image_shape_[2] else ""
            given = f"{name} has images of {shape_text(shape)}"
            raise InputError(f"{given}, but {type(self).__name__} is expecting {expected}{hint}.")
        return images.reshape(len(images), -1), shape

    def _check_first_shape(self, shape: ImageShape) -> None:
        """Refuse images that are not of ``image_shape``, or whose channels seem to come first."""
        if self.image_shape is not None:
            if (*self.image_shape, 1)[:3] != shape:
                raise refuse(self, "image_shape", f"that of the images, {shape_text(shape)}, or None", self.image_shape)
        elif shape[0] in _COLOURS and shape[2] > max(_COLOURS):
            raise InputError(
                f"X has the shape (n_images, {', '.join(map(str, shape))}), where channels seem to come first; pass "
                "np.moveaxis(X, 1, -1), whose channels come last, or confirm that each image has "
                f"{counted(shape[0], 'row')} and {shape[2]} channels with image_shape={shape}."
            )

    @property
    def _has_one_size(self) -> bool:
        """Whether the network takes images of one size only."""
        return self.code_size is not None

    def _shape_of_rows(self, n_columns: int) -> ImageShape:
        if self.image_shape is None:
            return 1, n_columns, 1
        height, width, channels = (*map(int, self.image_shape), 1)[:3]
        if height * width * channels != n_columns:
            raise refuse(self, "image_shape", f"that of rows of {n_columns} numbers", self.image_shape)
        return height, width, channels

    def _rows_like(
        self, X: object, rows: Float[np.ndarray, "rows features"], network: Any, labels: Iterable[Hashable] | None
    ) -> Any:
        if (n_dimensions := n_dimensions_of(X)) == 2:
            return super()._rows_like(X, rows, network, labels)
        return array_like(X, self._as_images(rows, network.module.image_shape, with_channels=n_dimensions == 4))

    def _codes_like(self, X: object, codes: Float[np.ndarray, "rows code"], network: Any) -> Any:
        small_images = isinstance(network.module, ImageAutoencoder) and n_dimensions_of(X) > 2
        return codes.reshape(-1, *network.module.code_shape) if small_images else codes

    def _as_images(self, rows: Any, shape: ImageShape | None = None, *, with_channels: bool) -> Any:
        shape = self.image_shape_ if shape is None else shape
        return rows.reshape(-1, *(shape if with_channels else shape[:2]))


def n_dimensions_of(X: object) -> int:
    """Return 2 for rows, 3 or 4 for images."""
    return len(X.shape) if hasattr(X, "shape") else np.asarray(X).ndim


def _small_integers_as_floats(X: object) -> Any:
    """Return integers of at most 16 bits as float32, which holds them all."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "uib" and X.dtype.itemsize <= 2:
        return X.astype(np.float32)
    return X


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as people write it, such as "28 × 28 × 1"."""
    return " × ".join(map(str, shape))
