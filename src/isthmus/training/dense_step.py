"""A step of training for the dense network, written out: forward, backward and AdamW over flat vectors.

Automatic differentiation and an optimiser that walks over a dozen small tensors take longer than the arithmetic of a
small network (``benchmarks/speeds``). All parameters lie in one vector here, their gradients in another, and the
products of the backward pass are written straight into it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeGuard

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks import DenseAutoencoder, DenseStack
from isthmus.training.adamw import AdamW
from isthmus.training.losses import Loss

_aten = torch.ops.aten


class _Activation(NamedTuple):
    """A function, and its backward pass from the gradient, the argument and the value.

    A function whose backward pass does not need the argument computes in place.
    """

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]


_ACTIVATIONS = {
    nn.Identity: _Activation(lambda x: x, lambda g, x, y: g),
    nn.ReLU: _Activation(torch.relu_, lambda g, x, y: _aten.threshold_backward.default(g, y, 0)),
    nn.LeakyReLU: _Activation(
        nn.functional.leaky_relu, lambda g, x, y: _aten.leaky_relu_backward.default(g, x, 0.01, False)
    ),
    nn.Sigmoid: _Activation(torch.sigmoid_, lambda g, x, y: _aten.sigmoid_backward.default(g, y)),
    nn.Tanh: _Activation(torch.tanh_, lambda g, x, y: _aten.tanh_backward.default(g, y)),
    nn.ELU: _Activation(nn.functional.elu, lambda g, x, y: _aten.elu_backward.default(g, 1.0, 1.0, 1.0, False, x)),
    nn.GELU: _Activation(nn.functional.gelu, lambda g, x, y: _aten.gelu_backward.default(g, x)),
    nn.SiLU: _Activation(nn.functional.silu, lambda g, x, y: _aten.silu_backward.default(g, x)),
}


class _Flat:
    """All parameters in one vector, and their gradients in another."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self._parameters = parameters
        size = sum(parameter.numel() for parameter in parameters)
        self.values, self.gradients = (parameters[0].new_zeros(size) for _ in range(2))

    def parts(self, vector: Tensor) -> dict[Tensor, Tensor]:
        pieces = torch.split(vector, [parameter.numel() for parameter in self._parameters])
        return {p: piece.view_as(p) for p, piece in zip(self._parameters, pieces, strict=True)}


class _Layer(NamedTuple):
    """Weight and bias of a dense layer with their gradients; the encoder's linear path has no bias."""

    weight: Tensor
    transposed: Tensor
    weight_gradient: Tensor
    bias: Tensor | None
    bias_gradient: Tensor | None

    def forward(self, x: Tensor) -> Tensor:
        return x.mm(self.transposed) if self.bias is None else torch.addmm(self.bias, x, self.transposed)

    def backward(self, gradient: Tensor, x: Tensor, ones: Tensor) -> None:
        across = gradient.t()
        torch.mm(across, x, out=self.weight_gradient)
        if self.bias_gradient is not None:
            torch.mv(across, ones, out=self.bias_gradient)  # a sum takes twice as long


class _Stack:
    """Layers with one activation between them; the forward pass keeps its results for the backward pass."""

    def __init__(self, layers: list[_Layer], activation: _Activation) -> None:
        self._layers, self._activation = layers, activation
        self._inputs: list[Tensor] = []
        self._before: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self._inputs, self._before = [x], []
        for layer in self._layers[:-1]:
            before = layer.forward(x)
            x = self._activation.forward(before)
            self._before.append(before)
            self._inputs.append(x)
        return self._layers[-1].forward(x)

    def backward(self, gradient: Tensor, ones: Tensor) -> Tensor:
        """Return the gradient of the first layer's output."""
        self._layers[-1].backward(gradient, self._inputs[-1], ones)
        for i in range(len(self._layers) - 2, -1, -1):
            gradient = gradient.mm(self._layers[i + 1].weight)
            gradient = self._activation.backward(gradient, self._before[i], self._inputs[i + 1])
            self._layers[i].backward(gradient, self._inputs[i], ones)
        return gradient

    @property
    def first(self) -> Tensor:
        return self._layers[0].weight


class DenseStep:
    """A step like ``AutogradStep``, for dense networks that are not ordered, on the CPU.

    As a context it copies the parameters from the network, and back at the end.

    Attributes
    ----------
    gradients : dict
        Gradient of each parameter, from the last call of ``differentiate``.
    """

    def __init__(self, network: DenseAutoencoder, loss: Loss, weight_decay: float) -> None:
        self._network, self._loss = network, loss
        self._flat = _Flat(list(network.parameters()))
        self._optimiser = AdamW([self._flat.values], weight_decay)
        self._values = self._flat.parts(self._flat.values)
        self.gradients = self._flat.parts(self._flat.gradients)

        def layer(module: nn.Module | None) -> _Layer | None:
            if not isinstance(module, nn.Linear):
                return None
            weight, bias = self._values[module.weight], self._values.get(module.bias)
            return _Layer(weight, weight.t(), self.gradients[module.weight], bias, self.gradients.get(module.bias))

        def stack(module: nn.Module | None) -> _Stack:
            assert isinstance(module, DenseStack)
            layers = [made for made in map(layer, module) if made is not None]
            return _Stack(layers, _ACTIVATIONS[type(module[1]) if len(module) > 1 else nn.Identity])

        encoder, decoder = network.encoder, network.decoder
        self._encoder, self._decoder = stack(encoder.stack), stack(decoder.stack)
        self._encoder_path, self._decoder_path = layer(encoder.linear), layer(decoder.linear)

    @staticmethod
    def fits(network: nn.Module) -> TypeGuard[DenseAutoencoder]:
        """Return whether this class can train a network."""
        return (
            isinstance(network, DenseAutoencoder)
            and not network.prefixes
            and network.device.type == "cpu"
            and isinstance(network.encoder.stack, DenseStack)
        )

    def __enter__(self) -> "DenseStep":
        for parameter, value in self._values.items():
            value.copy_(parameter.detach())
        return self

    @torch.no_grad()
    def __exit__(self, *_: object) -> None:
        for parameter, value in self._values.items():
            parameter.copy_(value)

    def __call__(
        self,
        seen: Float[Tensor, "rows features"],
        targets: Float[Tensor, "rows features"],
        learning_rate: float,
        progress: float,
    ) -> float:
        """Make one step; return the mean squared error of the batch before it."""
        squared_error = self.differentiate(seen, targets)
        self._optimiser.step([self._flat.gradients], learning_rate)
        return squared_error

    def differentiate(self, seen: Float[Tensor, "rows features"], targets: Float[Tensor, "rows features"]) -> float:
        """Compute the gradients of the mean loss; return the mean squared error.

        With z = W u + s ∘ e(u) and û = V z + b + d(z / s), or without the linear paths z = e(u) and û = d(z).
        """
        spread, into, out_of = self._network.spread, self._encoder_path, self._decoder_path
        codes = self._encoder.forward(seen)
        if into is not None:
            codes = torch.addcmul(into.forward(seen), codes, spread)
        if out_of is None:
            output = self._decoder.forward(codes)
        else:
            output = self._decoder.forward(codes / spread).add_(out_of.forward(codes))

        squared_error, gradient = self._loss.with_gradient(output, targets)
        ones = seen.new_ones(len(seen))
        inner = self._decoder.backward(gradient, ones).mm(self._decoder.first)
        if out_of is not None:
            out_of.backward(gradient, codes, ones)
            inner = inner.div_(spread).addmm_(gradient, out_of.weight)
        if into is not None:
            into.backward(inner, seen, ones)
            inner = inner * spread
        self._encoder.backward(inner, ones)
        return squared_error
