"""Model files that an earlier version wrote still load, with the same outputs, and are saved as the same file."""

from pathlib import Path

import numpy as np
import pytest
from hostile_writer import split
from sklearn.datasets import load_wine

import isthmus
from isthmus.estimators.base import BaseAutoencoder

FOLDER = Path(__file__).parent / "golden"
SHIPPED = Path(isthmus.__file__).parent / "pages" / "networks"
OUTPUTS = np.load(FOLDER / "outputs.npz")

# name: the largest difference that another processor's rounding can make, as a share of the largest value.
# Rows of tables are computed in float64, arrays of images in float32.
MODELS = {"ordered": 1e-11, "linear": 1e-11, "convolutional": 1e-5}
FILES = [*(FOLDER / f"{name}.safetensors" for name in MODELS), *sorted(SHIPPED.glob("*.safetensors"))]


def rows_for(name: str):
    """The rows of the outputs, as what the model was fitted on."""
    rows = OUTPUTS[f"{name}_rows"]
    if name != "ordered":
        return rows
    return pytest.importorskip("pandas").DataFrame(rows, columns=load_wine().feature_names)


def outputs(model: BaseAutoencoder, rows) -> dict[str, np.ndarray]:
    return {
        "codes": np.asarray(model.transform(rows)),
        "reconstructions": np.asarray(model.reconstruct(rows)),
        "errors": model.reconstruction_error(rows, in_data_units=True),
    }


@pytest.mark.parametrize("name", MODELS)
def test_an_old_file_gives_the_same_outputs(name):
    model = isthmus.load(FOLDER / f"{name}.safetensors")
    for kind, values in outputs(model, rows_for(name)).items():
        expected = OUTPUTS[f"{name}_{kind}"]
        assert values.dtype == expected.dtype
        tolerance = MODELS[name] * np.abs(expected).max()
        np.testing.assert_allclose(values, expected, rtol=0, atol=tolerance, err_msg=kind)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_old_file_is_saved_as_it_was(path, tmp_path):
    """The same bytes, but for the version of Isthmus in the header and hence the checksum."""
    isthmus.load(path).save(tmp_path / "again")
    (old_header, old_data), (header, data) = split(path.read_bytes()), split((tmp_path / "again").read_bytes())
    for found in (old_header, header):
        del found["__metadata__"]["isthmus"], found["__metadata__"]["sha256"]
    assert list(header["__metadata__"].items()) == list(old_header["__metadata__"].items())
    assert list(header.items()) == list(old_header.items())
    assert data == old_data
