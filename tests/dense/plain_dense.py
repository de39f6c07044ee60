"""A dense network in plain torch, an oracle for the passes that are written out; and networks to try."""

import numpy as np
import torch
from torch import nn

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.losses import Loss

FUNCTIONS = {
    "identity": nn.Identity(), "relu": nn.ReLU(), "leaky_relu": nn.LeakyReLU(), "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(), "elu": nn.ELU(), "gelu": nn.GELU(), "silu": nn.SiLU(),
}  # fmt: skip


def network_of(
    layers=(6, 5), *, n_features=7, code_size=3, activation="tanh", linear_paths=True, stacks=True, output="linear",
    prefixes=(), dtype=np.float64, seed=0, decoder_layers=None,
):  # fmt: skip
    """A network whose weights are all other than zero."""
    rng = np.random.default_rng(seed)
    arrays = {
        "shift": 0.3 + 0.01 * np.arange(n_features), "scale": 0.2 + 0.01 * np.arange(n_features),
        "code_unit": np.linspace(0.5, 2, code_size), "spread": np.linspace(2, 0.5, code_size).astype(dtype),
    }  # fmt: skip
    network = DenseArrays(
        n_features, tuple(layers), tuple(layers[::-1] if decoder_layers is None else decoder_layers), activation,
        linear_paths, stacks, output, tuple(prefixes), tuple(size + 1 for size in (0, *prefixes)), arrays,
    )  # fmt: skip
    drawn = {name: rng.normal(0, 0.5, shape).astype(dtype) for name, shape in network.weights().items()}
    return network.updated(drawn)


def loss_of(operations, network, name):
    return Loss(operations, name, shift=network.arrays["shift"], scale=network.arrays["scale"])


def rows_of(n, network, *, seed=1, dtype=np.float64):
    """Rows of unit scale whose values in the data's units lie in [0, 1]."""
    x = np.random.default_rng(seed).random((n, network.n_features))
    return ((x - network.arrays["shift"]) / network.arrays["scale"]).astype(dtype)


def tensors_of(network, *, requires_grad=True):
    return {
        name: torch.tensor(values, requires_grad=requires_grad and name in network.weights())
        for name, values in network.arrays.items()
    }


def stack(tensors, half, x, activation):
    i = 0
    while f"{half}.stack.{i}.weight" in tensors:
        x = FUNCTIONS[activation](x) if i else x
        x = nn.functional.linear(x, tensors[f"{half}.stack.{i}.weight"], tensors[f"{half}.stack.{i}.bias"])
        i += 2
    return x if i else None


def codes_of(network, tensors, u):
    inner = stack(tensors, "encoder", u, network.activation)
    if not network.linear_paths:
        return inner
    z = nn.functional.linear(u, tensors["encoder.linear.weight"])
    return z if inner is None else z + tensors["spread"] * inner


def output_of(network, tensors, z, decoder=-1):
    name, size = network.decoders[decoder]
    z, spread = z[:, :size], tensors["spread"][:size]
    if not network.linear_paths:
        return stack(tensors, name, z, network.activation)
    linear = nn.functional.linear(z, tensors[f"{name}.linear.weight"], tensors[f"{name}.linear.bias"])
    inner = stack(tensors, name, z / spread, network.activation)
    return linear if inner is None else linear + inner


def loss_value(network, name, output, u):
    if name == "mse":
        return nn.functional.mse_loss(output, u)
    target = (u * torch.tensor(network.arrays["scale"]) + torch.tensor(network.arrays["shift"])).to(u.dtype)
    return nn.functional.binary_cross_entropy_with_logits(output, target)


def squared_error(network, name, output, u):
    if name == "bce":
        shift, scale = (torch.tensor(network.arrays[key]) for key in ("shift", "scale"))
        output = (output.sigmoid() - shift) / scale
    return float((output - u).square().mean())
