"""The mean absolute Jacobian of the decoder: how strongly each code moves each column."""

import numpy as np
from jaxtyping import Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.numpy_operations import NumpyOperations

_CHUNK_VALUES = 2**17


def mean_absolute_jacobian(
    network: DenseArrays, codes: Float64[np.ndarray, "rows code"], *, standardise: bool = False
) -> Float64[np.ndarray, "code features"]:
    """Mean absolute derivative of each decoded column with respect to each code, over the rows.

    Codes are differentiated one at a time, so memory stays that of some rows. With ``standardise`` the derivatives are
    with respect to codes divided by their standard deviations.
    """
    n = max(1, _CHUNK_VALUES // network.n_values)
    total = np.zeros((network.code_size, network.n_features))
    for start in range(0, len(codes), n):
        total += _sum_of_absolutes(network, codes[start : start + n])
    influence = total / len(codes)
    if standardise:
        influence *= codes.std(axis=0)[:, np.newaxis]
    return influence


def _sum_of_absolutes(
    network: DenseArrays, codes: Float64[np.ndarray, "rows code"]
) -> Float64[np.ndarray, "code features"]:
    """Sum absolute derivatives over rows: those of each layer's values, from the code on (forward mode)."""
    arrays = {name: values.astype(np.float64) for name, values in network.arrays.items()}
    z, operations = (codes / arrays["code_unit"]).T, NumpyOperations(np.float64)
    scale = arrays["scale"][:, np.newaxis]
    inner = z / arrays["spread"][:, np.newaxis] if network.linear_paths else z
    layers = [
        (arrays[f"decoder.stack.{2 * i}.weight"], arrays[f"decoder.stack.{2 * i}.bias"])
        for i in range(len(network.decoder_layers) + 1 if network.stacks else 0)
    ]
    slopes, values = [], inner
    for weight, bias in layers[:-1]:
        argument = weight @ values + bias[:, np.newaxis]
        values, slope = np.empty_like(argument), np.empty_like(argument)
        scratch = np.empty_like(argument), np.empty_like(argument)
        operations.activation(network.activation)(argument, values, slope, scratch)
        slopes.append(slope)
    if network.output == "sigmoid":  # the derivative of a sigmoid in the place of the scale
        output = np.zeros((network.n_features, len(codes)))
        if layers:
            output += layers[-1][0] @ values + layers[-1][1][:, np.newaxis]
        if network.linear_paths:
            output += arrays["decoder.linear.weight"] @ z + arrays["decoder.linear.bias"][:, np.newaxis]
        share = np.empty_like(output)
        operations.sigmoid(output, share)
        scale = share * (1 - share)

    result = np.zeros((network.code_size, network.n_features))
    for j, unit in enumerate(arrays["code_unit"]):
        derivative = np.zeros((network.n_features, 1))
        if layers:
            unit_inner = unit * arrays["spread"][j] if network.linear_paths else unit
            moved = layers[0][0][:, j : j + 1] / unit_inner
            for (weight, _), slope in zip(layers[1:], slopes, strict=True):
                moved = weight @ (slope * moved)
            derivative = derivative + moved
        if network.linear_paths:
            derivative = derivative + arrays["decoder.linear.weight"][:, j : j + 1] / unit
        absolute = np.abs(derivative * scale)
        result[j] = np.broadcast_to(absolute, (network.n_features, len(codes))).sum(axis=1)
    return result
