"""Convolutional estimators as ONNX files."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from isthmus.errors import ParameterError
from isthmus.estimators.exporting import Given
from isthmus.estimators.image_rows import ImagesAsRows
from isthmus.export.parts import Part
from isthmus.export.samples import drawn, n_checked
from isthmus.fitting.convolutional import ImageNetwork
from isthmus.networks import ConvolutionalAutoencoder, ImageAutoencoder, ImageCodeAutoencoder, ImageShape
from isthmus.networks.applied import ModuleInUse
from isthmus.rows.batches import dense_rows

if TYPE_CHECKING:
    from isthmus.export.graph import Graph

_CHECKED_IMAGES, _CHECKED_SIDE = 4, 192


class ExportableImages(ImagesAsRows):
    """Writes networks of images, of any size if they take them."""

    @property
    @abstractmethod
    def module_(self) -> ImageNetwork:
        """The network."""

    @abstractmethod
    def _in_use(self, precision: type, image_shape: ImageShape) -> ModuleInUse:
        """Return the network in this precision, for images of this shape."""

    def _graph(self, part: Part) -> "Graph":
        from isthmus.export.images import image_code_graph, image_graph  # noqa: PLC0415 — an optional part

        network, unit = self.module_, self.scale_ if self.scale == "standard" else None
        if part.dtype != np.float32:
            raise ParameterError(
                f"dtype must be float32 for {type(self).__name__}, since onnxruntime has convolutions of no other "
                f"numbers. Got {part.dtype.name!r} instead."
            )
        if isinstance(network, ImageCodeAutoencoder):
            return image_code_graph(network, part, self.image_layout_, unit)
        if part.name == "decode" and network.convolutional.needs_image:
            raise needs_image(network.convolutional, "part='decode'", "part='reconstruct'")
        return image_graph(network, part, self.image_layout_, unit)

    def _rows_to_check(self, part: Part, X: object) -> Iterator[Given]:
        (height, width, channels), statistics = self.image_shape_, self.fitted_.columns.statistics
        sizes = {(height, width)}
        if isinstance(self.module_, ImageAutoencoder) and self.image_layout_ != "rows":
            grid = self.module_.convolutional.grid
            sizes = {(min(height, _CHECKED_SIDE), min(width, _CHECKED_SIDE)), (1, 1), (grid + 1, 2 * grid + 3)}
        shapes = [(*size, channels) for size in sorted(sizes)]
        for each in shapes:
            n_images = n_checked(math.prod(each), _CHECKED_IMAGES)
            rows = drawn(statistics, n_images * math.prod(each) // len(statistics.mean))
            yield self._given(rows.reshape(n_images, *each), part)
        if X is not None:
            given, shape = self._checked(X, "X", reset=False)
            yield self._given(dense_rows(given, slice(n_checked(given.shape[1]))).reshape(-1, *shape), part)

    def _given(self, images: np.ndarray, part: Part) -> Given:
        module, (height, width, _) = self.module_, self.image_shape_
        if part.name == "decode" and isinstance(module, ImageAutoencoder):
            # Decoded images are the largest with their codes, or have the size of the training images.
            grid = module.convolutional.grid
            edges = [(0, 0), *((0, -side % grid) for side in images.shape[1:3]), (0, 0)]
            images = np.pad(images, edges, mode="edge")
            if module.convolutional.code_shape(*images.shape[1:3])[1:] == module.code_shape[:2]:
                images = images[:, :height, :width]
        shape = images.shape[1:]
        own, exact = (self._in_use(precision, shape) for precision in (np.float32, np.float64))
        in_graph = {"rows": (own.n_features,), "images": shape[:2], "channels": shape}[self.image_layout_]
        code_shape: tuple[int, ...] = (own.code_size,)
        if isinstance(own.module, ImageAutoencoder) and self.image_layout_ != "rows":
            code_shape = own.module.code_shape
        unit = np.array([self.fitted_.network.scale.max().item()])
        return Given(images.reshape(len(images), -1), in_graph, code_shape, own, exact, unit, np.ones(1))

    @property
    def row_kind(self) -> str:
        """What exported models take: "images", or "rows" if those of training were flat."""
        return "rows" if self.image_layout_ == "rows" else "images"

    def _described(self) -> dict[str, object]:
        return {"image_shape": self.image_shape_}


def needs_image(network: ConvolutionalAutoencoder, asked: str, instead: str) -> ParameterError:
    """Return the error for a network whose codes cannot be decoded alone, which was asked for."""
    reason = "skips=True" if network.skips else f"start={network.start!r}"
    return ParameterError(
        f"{asked} needs a network whose code is all that it takes, and this one has {reason}; use {instead}."
    )
