"""NumPy's gelu is the exact one, by scipy's normal distribution."""

import numpy as np
import pytest
from scipy.special import ndtr

from isthmus.dense.numpy_operations import NumpyOperations


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2.5e-7), (np.float64, 1e-11)])
@pytest.mark.parametrize("shape", [(1, 60_000), (7, 9_001), (5_003, 12)])
def test_gelu_and_its_slope_are_exact(dtype, tolerance, shape):
    x = np.linspace(-50, 50, shape[0] * shape[1]).astype(dtype).reshape(shape)
    y, slope, without_slope, *scratch = (np.full_like(x, np.nan) for _ in range(5))
    gelu = NumpyOperations(dtype).activation("gelu")
    gelu(x, y, slope, tuple(scratch))
    gelu(x, without_slope, None, tuple(scratch))
    exact = x.astype(np.float64)
    share, density = ndtr(exact), np.exp(-np.square(exact) / 2) / np.sqrt(2 * np.pi)
    size = np.maximum(1, np.abs(exact))
    assert np.abs((y - exact * share) / size).max() < tolerance
    assert np.abs(slope - share - exact * density).max() < tolerance
    np.testing.assert_array_equal(without_slope, y)
