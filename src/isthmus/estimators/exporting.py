"""Fitted estimators as ONNX files."""

import json
import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float64
from sklearn.utils.validation import check_is_fitted

from isthmus._version import __version__
from isthmus.estimators.codec import Codec
from isthmus.export.parts import Part, checked_part
from isthmus.fitting.applying import Applied, apply_in_parts
from isthmus.system.extras import require
from isthmus.system.files import check_writable
from isthmus.system.suffixes import check_suffix
from isthmus.system.surroundings import own_surroundings

if TYPE_CHECKING:
    from isthmus.export.check import Sample
    from isthmus.export.graph import Graph


@dataclass(frozen=True, eq=False)
class Given:
    """Rows that an exported graph is checked with.

    ``rows`` are flat, in the data's units; ``shape`` and ``code_shape`` are those of a row and of its code in the
    graph. ``own`` is the network in the graph's type of numbers, ``exact`` in float64. ``unit`` and ``code_unit`` have
    a value for each column and code, or a single one if all share it.
    """

    rows: np.ndarray
    shape: Sequence[int]
    code_shape: Sequence[int]
    own: Applied
    exact: Applied
    unit: Float64[np.ndarray, " columns"]
    code_unit: Float64[np.ndarray, " codes"]


class Exportable(Codec):
    """Writes the network of a fit, with the scaling around it, as one ONNX file."""

    def export(
        self, path: str | os.PathLike[str], part: str = "encode", *, dtype: str = "float32", X: object = None
    ) -> None:
        """Write a part of the fitted model to one ONNX file, which other programs compute without Isthmus.

        The graph takes any number of rows as they are, in the data's units; scaling is inside. Its one input and one
        output are named after what they are: "rows", "codes", "reconstructions" and "errors". ``ConvAutoencoder`` takes
        "images" instead of rows, in the form of the training images. They may have any height and width, unless there
        is a dense code or they are flat. https://onnx.ai has the format.

        Before the file gets its name, onnxruntime computes it for rows that are drawn within the range of the training
        rows, and for X if it is given. The results must be the model's, but for rounding: 1e-5 of the largest value of
        each column, and what the model itself rounds in ``dtype``.

        Parameters
        ----------
        path : path
            By custom ``something.onnx``. An old file stays until the new one is complete and checked.
        part : {"encode", "decode", "reconstruct", "score"}, default="encode"
            What the graph computes: ``transform``, ``inverse_transform``, ``reconstruct`` or, with "score", the
            ``reconstruction_error`` of each row, in the units of training.
        dtype : {"float32", "float64"}, default="float32"
            Type of the numbers that the graph takes and gives. ``ConvAutoencoder`` has float32 only.
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features), or images, optional
            Further rows to check the file with, best held-out ones; at most the first 1,000 are used.

        Raises
        ------
        ParameterError
            If there is no such part or type, or the model has no such part: a network with skip connections, or one
            that starts from the image, cannot decode (a ``ValueError``).
        MissingExtraError
            If onnx or onnxruntime is not installed: ``pip install "isthmus[onnx]"``.
        OutputError
            If the file cannot be written, its name stands for another format, or onnxruntime computes other numbers
            than the model.

        Warns
        -----
        UserWarning
            If float32 rounds a column by more than a thousandth of its standard deviation.
        """
        check_is_fitted(self)
        chosen = checked_part(part, dtype, self.row_kind)
        require("onnx")
        check_suffix(path, (".onnx",), "is to be an ONNX file")
        check_writable(path)
        self._write_onnx(path, chosen, X)

    @own_surroundings()
    def _write_onnx(self, path: str | os.PathLike[str], part: Part, X: object) -> None:
        from isthmus.export.file import write_onnx  # noqa: PLC0415 — an optional part

        graph, (estimator, checksum) = self._graph(part), self._origin()
        metadata = {
            "isthmus": __version__,
            "estimator": estimator,
            "part": part.name,
            "dtype": part.dtype.name,
            **{name: json.dumps(value) for name, value in self._described().items()},
        }
        if checksum is not None:
            metadata["model_sha256"] = checksum
        samples = (self._sample(part, given) for given in self._rows_to_check(part, X))
        write_onnx(path, graph, f"{estimator}_{part.name}", metadata, samples)

    @property
    def row_kind(self) -> str:
        """What exported models take: "rows" or "images"."""
        return "rows"

    @abstractmethod
    def _graph(self, part: Part) -> "Graph":
        """Return the graph of a part of the network."""

    def _described(self) -> dict[str, object]:
        """Return what the file says of its rows and codes, as JSON."""
        return {"columns": self.feature_names, "codes": [str(name) for name in self.get_feature_names_out()]}

    @abstractmethod
    def _rows_to_check(self, part: Part, X: object) -> Iterator[Given]:
        """Yield drawn rows, and the first of X unless it is None."""

    @abstractmethod
    def _origin(self) -> tuple[str, str | None]:
        """Return the name of the estimator, and the checksum of the model's file; None if it cannot be saved."""

    def _sample(self, part: Part, given: Given) -> "Sample":
        """Return what a graph is given, and what it should give."""
        from isthmus.export.check import Sample  # noqa: PLC0415 — an optional part

        inputs, shape = given.rows.astype(part.dtype), given.shape
        if part.name == "decode":
            inputs, shape = apply_in_parts(given.own.encode, given.own, inputs, given.own.code_size), given.code_shape
        own = self._result(part.name, given.own, inputs)
        exact = self._result(part.name, given.exact, inputs.astype(np.float64))
        unit = given.unit
        if part.name == "encode":
            unit = np.abs(exact / given.code_unit).max() * given.code_unit
        elif part.name == "score":
            unit = np.array([self._variance(given.rows, given.exact)])
        own, exact = (result.reshape(-1, len(unit)) for result in (own, exact))
        return Sample(inputs.reshape(-1, *shape), own, exact, unit)

    def _result(self, part: str, network: Applied, inputs: np.ndarray) -> Float[np.ndarray, "rows width"]:
        """Return what a part of the network makes of rows, or of codes, in their type of numbers."""
        if part == "score":
            errors = self._errors(inputs, None, network, in_data_units=False)
            return errors.astype(inputs.dtype)[:, np.newaxis]
        function, width = {
            "encode": (network.encode, network.code_size),
            "decode": (network.decode, network.n_features),
            "reconstruct": (network.reconstruct, network.n_features),
        }[part]
        return apply_in_parts(function, network, inputs, width)

    def _variance(self, rows: np.ndarray, network: Applied) -> float:
        """Return the mean square of the columns about their means, in the units of training."""
        unit, centred = self._unit(network), rows - rows.mean(axis=0)
        return float(np.square(centred if unit is None else centred / unit).mean())
