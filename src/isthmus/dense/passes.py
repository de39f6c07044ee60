"""Forward and backward passes of a dense network, as lists of operations on arrays that are made once.

Values lie in columns: an array has a row for each node and a column for each row of the table. So the parts of an array
are contiguous, and products of narrow layers are as wide as the batch, which is what processors are fast at.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.joined import Matrix
from isthmus.dense.operations import ArrayT, Operations, transposed

Program = list[tuple[Callable[..., object], tuple[Any, ...]]]
"""Operations and their arguments, in order."""


def run(program: Program) -> None:
    """Carry out the operations of a program."""
    for operation, arguments in program:
        operation(*arguments)


class Space(Generic[ArrayT]):
    """Arrays for the passes of ``n_columns`` columns; those that each layer needs for a moment only are shared."""

    def __init__(self, operations: Operations[ArrayT], network: DenseArrays, n_columns: int) -> None:
        self.operations, self.n_columns = operations, n_columns
        self._shared = [operations.filled((network.n_values * n_columns,), 0.0) for _ in range(3)]

    def values(self, width: int) -> ArrayT:
        return self.operations.filled((width, self.n_columns), 0.0)

    def with_ones(self, *widths: int) -> ArrayT:
        """Return an array for the values of some layers, with a row of ones after each."""
        return self.operations.filled((sum(widths) + len(widths), self.n_columns), 1.0)

    def repeated(self, column: ArrayT) -> ArrayT:
        """Return an array whose columns are all this one: NumPy multiplies with it faster than with one column."""
        values = self.values(column.shape[0])
        self.operations.copy(column, values)
        return values

    def shared(self, i: int, width: int) -> ArrayT:
        return self.operations.matrix(self._shared[i], 0, (width, self.n_columns))


class _Hidden(Generic[ArrayT]):
    """A hidden layer's values, which end in a row of ones, and the derivative of its activation."""

    def __init__(self, space: Space[ArrayT], activation: str, values: ArrayT, *, trains: bool) -> None:
        self.values, width = values, values.shape[0] - 1
        self.argument = space.shared(0, width)
        self._activate, self._multiply = space.operations.activation(activation), space.operations.multiply
        self._scratch = space.shared(1, width), space.shared(2, width)
        self._slope = space.values(width) if trains else None

    def forward(self, argument: ArrayT) -> Program:
        return [(self._activate, (argument, self.values[:-1], self._slope, self._scratch))]

    def backward(self, gradient: ArrayT) -> Program:
        return [(self._multiply, (gradient, self._slope, gradient))]


class EncoderPass(Generic[ArrayT]):
    """From rows of unit scale to codes, and back to the gradients.

    Parameters
    ----------
    weights, gradients : sequence of matrices
        As ``Joined.encoder`` has them; without gradients there is no way back.
    spread : array of shape (code_size, 1)
    codes : array of shape (code_size, n_columns)
        Where the codes are written to.

    Attributes
    ----------
    rows : array of shape (n_features, n_columns)
        To be filled before ``forward``.
    code_gradient : array like ``codes``
        To be filled before ``backward``.
    """

    def __init__(
        self,
        space: Space[ArrayT],
        network: DenseArrays,
        weights: Sequence[ArrayT],
        gradients: Sequence[ArrayT] | None,
        *,
        spread: ArrayT,
        codes: ArrayT,
    ) -> None:
        operations, n_codes, trains = space.operations, network.code_size, gradients is not None
        product, multiply = operations.product, operations.multiply
        has_both = network.linear_paths and network.stacks
        if has_both:
            spread = space.repeated(spread)
        inputs = space.with_ones(network.n_features)
        self.rows, self.codes = inputs[:-1], codes
        n_joined = weights[0].shape[0]
        n_first = n_joined - n_codes if network.linear_paths else n_joined
        widths = network.encoder_layers if network.stacks else ()
        hidden = [_Hidden(space, network.activation, space.with_ones(width), trains=trains) for width in widths]

        # Of a network without linear paths ``joined`` is the argument of the first activation.
        joined, layer_inputs = space.values(n_joined) if has_both or hidden else codes, inputs
        self.forward: Program = [(product, (weights[0], inputs, joined))]
        for i, layer in enumerate(hidden):
            argument = layer.argument if i else joined[:n_first]
            if i:
                self.forward.append((product, (weights[i], layer_inputs, argument)))
            self.forward += layer.forward(argument)
            layer_inputs = layer.values
        if has_both:
            added = space.values(n_codes) if hidden else joined[:n_first]
            if hidden:
                self.forward.append((product, (weights[-1], layer_inputs, added)))
            self.forward += [(multiply, (added, spread, codes)), (operations.add, (codes, joined[n_first:], codes))]
        elif hidden:
            self.forward.append((product, (weights[-1], layer_inputs, codes)))

        self.backward: Program = []
        if gradients is None:
            return
        joined_gradient = space.values(n_joined)
        self.code_gradient = joined_gradient[n_first:] if network.linear_paths else joined_gradient
        if hidden and not network.linear_paths:
            self.code_gradient = space.values(n_codes)
        gradient = self.code_gradient
        if has_both:
            gradient = space.values(n_codes) if hidden else joined_gradient[:n_first]
            self.backward.append((multiply, (self.code_gradient, spread, gradient)))
        for i in range(len(hidden), 0, -1):
            self.backward.append((product, (gradient, transposed(hidden[i - 1].values), gradients[i])))
            inner = space.values(widths[i - 1]) if i > 1 else joined_gradient[:n_first]
            self.backward.append((product, (transposed(weights[i][:, :-1]), gradient, inner)))
            self.backward += hidden[i - 1].backward(inner)
            gradient = inner
        self.backward.append((product, (joined_gradient, transposed(inputs), gradients[0])))
        if network.linear_paths:  # the encoder's linear path has no bias
            none = operations.filled((n_codes, 1), 0.0)
            self.backward.append((operations.copy, (none, gradients[0][n_first:, -1:])))


class DecoderPass(Generic[ArrayT]):
    """From codes to rows of unit scale or logits, and back to the gradients.

    Parameters
    ----------
    n_codes : int
        Number of codes that the decoder takes.
    weights, gradients, spread
        As for ``EncoderPass``.
    code_gradient : array of shape (n_codes, n_columns), optional
        Where the gradient of the codes is written to; one of its own by default.

    Attributes
    ----------
    codes : array of shape (n_codes, n_columns)
        To be filled before ``forward``.
    output : array of shape (n_features, n_columns)
        The result, which becomes its gradient before ``backward``.
    """

    def __init__(
        self,
        space: Space[ArrayT],
        network: DenseArrays,
        n_codes: int,
        weights: Sequence[ArrayT],
        gradients: Sequence[ArrayT] | None,
        *,
        spread: ArrayT,
    ) -> None:
        operations, trains = space.operations, gradients is not None
        product, divide = operations.product, operations.divide
        has_both = network.linear_paths and network.stacks
        if has_both:
            spread = space.repeated(spread)
        widths = (n_codes, *(network.decoder_layers if network.stacks else ()))
        # The inputs of the last product: those of the last layer, and beside them those of the linear path.
        last_inputs = space.with_ones(widths[-1], n_codes) if has_both else space.with_ones(widths[-1])
        n_last = widths[-1]
        inputs = [*(space.with_ones(width) for width in widths[:-1]), last_inputs[: n_last + 1]]
        hidden = [_Hidden(space, network.activation, values, trains=trains) for values in inputs[1:]]
        self.codes = last_inputs[n_last + 1 : -1] if has_both else inputs[0][:-1]
        self.output = space.values(network.n_features)

        self.forward: Program = []
        if has_both:
            self.forward.append((divide, (self.codes, spread, inputs[0][:-1])))
        for i, layer in enumerate(hidden):
            self.forward.append((product, (weights[i], inputs[i], layer.argument)))
            self.forward += layer.forward(layer.argument)
        self.forward.append((product, (weights[-1], last_inputs, self.output)))

        self.backward: Program = []
        if gradients is None:
            return
        self.code_gradient = space.values(n_codes)
        self.backward.append((product, (self.output, transposed(last_inputs), gradients[-1])))
        if has_both:
            of_last_inputs = space.values(last_inputs.shape[0])
            gradient, of_path = of_last_inputs[:n_last], of_last_inputs[n_last + 1 : -1]
            self.backward.append((product, (transposed(weights[-1]), self.output, of_last_inputs)))
        else:
            gradient = space.values(n_last) if hidden else self.code_gradient
            self.backward.append((product, (transposed(weights[-1][:, :n_last]), self.output, gradient)))
        for i in range(len(hidden) - 1, -1, -1):
            self.backward += hidden[i].backward(gradient)
            self.backward.append((product, (gradient, transposed(inputs[i]), gradients[i])))
            inner = space.values(widths[i]) if i or has_both else self.code_gradient
            self.backward.append((product, (transposed(weights[i][:, :-1]), gradient, inner)))
            gradient = inner
        if has_both:
            self.backward += [
                (divide, (gradient, spread, self.code_gradient)),
                (operations.add, (self.code_gradient, of_path, self.code_gradient)),
            ]


def matrices_of(operations: Operations[ArrayT], vector: ArrayT, matrices: Sequence[Matrix]) -> list[ArrayT]:
    """Return matrices as parts of a vector."""
    return [operations.matrix(vector, matrix.start, matrix.shape) for matrix in matrices]


def forget_oldest(kept: dict[Any, Any], most: int) -> None:
    """Make room for one more of at most so many arrays or passes."""
    while len(kept) >= most:
        del kept[next(iter(kept))]
