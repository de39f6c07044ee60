"""Rows in float32 are encoded and decoded as exactly as those in float64."""

import numpy as np
import pytest

from isthmus import Autoencoder


@pytest.mark.parametrize(("mean", "unit"), [(0.0, 1.0), (8e6, 1.0), (-8e6, 1.0), (0.0, 2.0**-140), (0.0, 2.0**110)])
@pytest.mark.parametrize("n_columns", [4, 300])
def test_rows_in_float32_have_the_codes_of_rows_in_float64(mean, unit, n_columns):
    rng = np.random.default_rng(0)
    X = (mean + rng.integers(-40, 41, (310, n_columns)) + np.arange(310)[:, np.newaxis] % 7) * unit
    rows = X.astype(np.float32)
    assert (rows == X).all()  # float32 has all of them
    model = Autoencoder(2, encoder_layers=(8,), max_epochs=1, random_state=0).fit(X)
    codes, found = model.transform(X), model.transform(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found / unit, codes / unit, atol=1e-4 * np.abs(codes / unit).max())
    decoded, found = model.inverse_transform(codes), model.inverse_transform(codes.astype(np.float32))
    size = np.abs(X).max() * 2**-22 + 1e-4 * unit + 2.0**-149
    np.testing.assert_allclose(found / unit, decoded / unit, rtol=0, atol=size / unit)
