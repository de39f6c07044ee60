"""The convolutional network by its definition, without Isthmus's modules: what every fast form is compared with."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor, nn

from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from isthmus.networks.convolutional import ConvolutionalLayer

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}

architectures = st.fixed_dictionaries(
    {
        "filters": st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
        "kernel_size": st.sampled_from([1, 3, 5]),
        "pooling": st.booleans(),
        "activation": st.sampled_from(["leaky_relu", "tanh", "silu", "identity"]),
        "batch_norm": st.booleans(),
        "channels": st.sampled_from([1, 3]),
        "patch": st.sampled_from([1, 2, 3]),
        "skips": st.booleans(),
        "start": st.sampled_from(["random", "identity", "affine"]),
    }
)

ACTIVATION: dict[type[nn.Module], Callable[[Tensor], Tensor]] = {
    nn.LeakyReLU: lambda x: torch.where(x > 0, x, 0.01 * x),
    nn.Tanh: torch.tanh,
    nn.SiLU: lambda x: x * torch.sigmoid(x),
    nn.Identity: lambda x: x,
}


def plain_output(network: ConvolutionalAutoencoder, x: Tensor) -> Tensor:
    """Batch norms use the batch's statistics where the network is in training mode; the running ones are not moved."""
    height, width = x.shape[-2:]
    rows = torch.arange(-(-height // network.grid) * network.grid).clamp(max=height - 1)
    columns = torch.arange(-(-width // network.grid) * network.grid).clamp(max=width - 1)
    u = x[..., rows, :][..., columns]
    side = network.patch
    # The channels of a patch: all pixels of the first channel row by row, then those of the next.
    u = torch.stack(
        [u[:, c, i::side, j::side] for c in range(u.shape[1]) for i in range(side) for j in range(side)], dim=1
    )
    carried = []
    for layer, pools in zip(network.encoder, network.pooling, strict=True):
        u = _layer(layer, u)
        carried.append(u)
        if pools:
            u = torch.stack([u[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]).amax(0)
    for i, (layer, upsamples) in enumerate(zip(network.decoder, network.upsampling, strict=True)):
        if upsamples:
            u = torch.kron(u, torch.ones(1, 1, 2, 2, dtype=u.dtype))
        u = _layer(layer, u)
        if network.skips:
            u = u + carried[-1 - i]
    out = _convolution(network.last, u)
    u = out.new_empty(len(x), out.shape[1] // side**2, out.shape[2] * side, out.shape[3] * side)
    for n, (c, i, j) in enumerate((c, i, j) for c in range(u.shape[1]) for i in range(side) for j in range(side)):
        u[:, c, i::side, j::side] = out[:, n]
    u = u[..., :height, :width]
    if network.start == "affine":
        n = x.shape[1]
        return x * (1 + u[:, n:]) + u[:, :n]
    return x + u if network.start == "identity" else u


def _layer(layer: ConvolutionalLayer, u: Tensor) -> Tensor:
    u = _convolution(layer.convolution, u)
    norm = layer.norm
    if isinstance(norm, nn.BatchNorm2d):
        mean, variance = norm.running_mean, norm.running_var
        if norm.training:
            mean, variance = u.mean((0, 2, 3)), u.var((0, 2, 3), correction=0)
        gain = norm.weight / torch.sqrt(variance + norm.eps)
        u = u * gain[:, None, None] + (norm.bias - mean * gain)[:, None, None]
    return ACTIVATION[type(layer.activation)](u)


def _convolution(convolution: nn.Conv2d, u: Tensor) -> Tensor:
    radius = convolution.weight.shape[-1] // 2
    return F.conv2d(F.pad(u, (radius,) * 4), convolution.weight, convolution.bias)


def trained_network(*args, seed: int = 0, dtype: torch.dtype = torch.float32, **kwargs) -> ConvolutionalAutoencoder:
    """A network whose every number is as if it had been trained: nothing is left at 0 or 1."""
    network = ConvolutionalAutoencoder.on(torch.device("cpu"), *args, **kwargs)
    generator = torch.Generator().manual_seed(seed)
    start_convolutional(network, generator)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor, low, high in (
                    (module.weight, 0.5, 1.5),
                    (module.bias, -0.3, 0.3),
                    (module.running_mean, -0.2, 0.2),
                    (module.running_var, 0.1, 0.4),
                ):
                    nn.init.uniform_(tensor, low, high, generator=generator)
            elif module is network.last:
                nn.init.uniform_(module.weight, -0.1, 0.1, generator=generator)
                nn.init.uniform_(module.bias, -0.1, 0.1, generator=generator)
    return network.to(dtype).eval()


def images(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def largest_difference(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    return float((a - b).detach().abs().max())
