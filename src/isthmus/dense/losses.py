"""The loss that training minimises, and the squared error that epochs are compared by."""

from typing import Any, Generic

import numpy as np
from jaxtyping import Float64

from isthmus.dense.operations import ArrayT, Operations


class Loss(Generic[ArrayT]):
    """Mean squared error, or binary cross-entropy of rows in [0, 1] whose reconstructions are logits.

    Rows come in unit scale and in columns; ``shift`` and ``scale`` lead back to the data's units, which ``bce`` needs.
    """

    def __init__(
        self,
        operations: Operations[ArrayT],
        name: str,
        *,
        shift: Float64[np.ndarray, " features"],
        scale: Float64[np.ndarray, " features"],
    ) -> None:
        self.name, self._operations = name, operations
        if name == "bce":  # other values may be too large for the precision
            self._shift, self._scale = (operations.array(values[:, np.newaxis]) for values in (shift, scale))

    @property
    def factor(self) -> float:
        """By which ``differentiate`` has to be told to multiply, beside 1 / number of values."""
        return 2.0 if self.name == "mse" else 1.0

    def differentiate(self, output: ArrayT, targets: ArrayT, factor: ArrayT, scratch: ArrayT) -> Any:
        """Replace an output by the gradient of its loss, and return the sum of squared errors in unit scale.

        ``factor`` has no dimensions. ``scratch`` is an array like the output.
        """
        operations = self._operations
        if self.name == "mse":
            operations.subtract(output, targets, output)
            squares = operations.square_sum(output)
        else:
            operations.multiply(targets, self._scale, scratch)
            operations.add(scratch, self._shift, scratch)
            operations.clip_to_unit(scratch, scratch)
            operations.sigmoid(output, output)
            operations.subtract(output, scratch, output)
            operations.divide(output, self._scale, scratch)
            squares = operations.square_sum(scratch)
        operations.multiply(output, factor, output)
        return squares

    def column_errors(self, output: ArrayT, targets: ArrayT) -> ArrayT:
        """Return the mean squared error of each column, in unit scale; the output is overwritten."""
        operations = self._operations
        if self.name == "bce":
            operations.sigmoid(output, output)
            operations.subtract(output, self._shift, output)
            operations.divide(output, self._scale, output)
        operations.subtract(output, targets, output)
        return operations.column_square_means(output)
