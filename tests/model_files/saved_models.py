"""What a model that was saved and loaded again has in common with the one that it was: everything."""

from pathlib import Path

import numpy as np

import isthmus
from isthmus.estimators.base import BaseAutoencoder


def check_saved(model: BaseAutoencoder, X: np.ndarray, folder: Path) -> BaseAutoencoder:
    """Save a model and load it; the loaded one is returned."""
    model.save(folder / "m.safetensors")
    loaded = isthmus.load(folder / "m.safetensors")
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    for dtype in (np.float64, np.float32):
        values = X.astype(dtype)
        np.testing.assert_array_equal(loaded.transform(values), model.transform(values))
        np.testing.assert_array_equal(loaded.reconstruct(values), model.reconstruct(values))
        assert loaded.reconstruct(values).dtype == dtype
    assert loaded.score(X) == model.score(X)
    fitted = {name for name in vars(model) if name.endswith("_")} - {"module_", "fitted_"}
    assert fitted <= set(vars(loaded))
    for name in fitted:
        np.testing.assert_equal(getattr(loaded, name), getattr(model, name))
    for name in ("squared_unit", "variances", "errors_by_size"):
        np.testing.assert_equal(getattr(loaded.fitted_, name), getattr(model.fitted_, name))
    loaded.save(folder / "again.safetensors")
    assert (folder / "again.safetensors").read_bytes() == (folder / "m.safetensors").read_bytes()
    loaded.partial_fit(X)
    return loaded
