"""docs/model-file.md says what is in the file: its names, types and shapes, and its recipe for the checksum."""

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from isthmus import Autoencoder
from isthmus.model_files.container import FORMAT, FORMAT_VERSION

PAGE = (Path(__file__).parents[2] / "docs" / "model-file.md").read_text()


def header_and_settings(path: Path) -> tuple[dict, dict]:
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header, json.loads(header["__metadata__"]["settings"])


def rows_of_table(heading: str) -> list[list[str]]:
    """The cells of a table of the page, found by the beginning of its first row."""
    lines = PAGE[PAGE.index(f"| {heading}") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def test_the_metadata_are_those_of_the_page(small_file):
    header, _ = header_and_settings(small_file)
    assert list(header["__metadata__"]) == [names(row[0])[0] for row in rows_of_table("key | value")]
    assert f"| `format` | `{FORMAT}` |" in PAGE
    assert f"| `format_version` | `{FORMAT_VERSION}` |" in PAGE
    assert f"format version {FORMAT_VERSION}." in PAGE


def test_the_settings_are_those_of_the_page(small_file):
    _, stored = header_and_settings(small_file)
    assert set(stored) == {"estimator", "parameters", "fitted"}
    assert set(stored["parameters"]) == set(Autoencoder().get_params()) - {"backend"}  # it is "auto"
    told = [name for row in rows_of_table("key in `fitted`") for name in names(row[0])]
    assert sorted(told) == sorted(stored["fitted"])


def fitted(path: Path, rows: np.ndarray, **parameters) -> Autoencoder:
    """A model that was hardly trained, and its file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may be worse than PCA
        model = Autoencoder(2, max_epochs=3, random_state=0, **parameters).fit(rows)
    model.save(path)
    return model


@pytest.mark.parametrize("parameters", [{}, {"activation": "identity"}, {"loss": "bce", "scale": "none"}])
def test_the_tensors_are_those_of_the_page(parameters, tmp_path):
    fitted(tmp_path / "m", np.random.default_rng(0).uniform(size=(30, 3)), encoder_layers=(4, 4), **parameters)
    header, stored = header_and_settings(tmp_path / "m")
    sizes = {"columns": 3, "codes": 2, "axes": stored["fitted"]["n_axes"]}
    weights = "F64" if stored["fitted"]["precision"] == "float64" else "F32"
    found = {name: (entry["dtype"], entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    for cell, kind, shape, told in rows_of_table("tensor | type"):
        condition = re.search("with `(.*)` only", told)
        for name in names(cell):
            if condition and not stored["fitted"][condition[1]]:
                assert name not in found
                continue
            dtype, stored_shape = found.pop(name)
            assert dtype == {"weights": weights}.get(kind, kind), name
            if shape:
                assert stored_shape == [sizes[word] for word in shape.split(" × ")], name
    assert all(re.fullmatch(r"network\.(encoder|decoder)\.stack\.[24]\.(weight|bias)", name) for name in found)


@pytest.mark.parametrize("parameters", [{}, {"start": "random"}, {"loss": "bce"}, {"activation": "identity"}])
def test_the_formulas_of_the_page_give_the_codes_and_the_reconstructions(parameters, tmp_path):
    rows = np.random.default_rng(0).uniform(size=(60, 5))
    scale = "none" if "loss" in parameters else "standard"
    model = fitted(tmp_path / "m", rows, encoder_layers=(4, 3), scale=scale, **parameters)
    tensor = {name.removeprefix("network."): value for name, value in load_file(tmp_path / "m").items()}

    def stack(half, values):
        places = sorted({int(name.split(".")[2]) for name in tensor if name.startswith(f"{half}.stack")})
        for place in places:
            weight, bias = (tensor[f"{half}.stack.{place}.{kind}"] for kind in ("weight", "bias"))
            values = values @ weight.T.astype(float) + bias
            values = np.maximum(values, 0) if place != places[-1] else values
        return values if places else 0.0

    x = (rows - tensor["shift"]) / tensor["scale"]
    s = tensor["spread"].astype(float)
    if "encoder.linear.weight" in tensor:
        z = x @ tensor["encoder.linear.weight"].T.astype(float) + s * stack("encoder", x)
        out = z @ tensor["decoder.linear.weight"].T.astype(float) + tensor["decoder.linear.bias"]
        out = out + stack("decoder", z / s)
    else:
        z = stack("encoder", x)
        out = stack("decoder", z)
    np.testing.assert_allclose(z * tensor["code_unit"], model.transform(rows), rtol=1e-9, atol=1e-12)
    expected = 1 / (1 + np.exp(-out)) if model.loss_ == "bce" else out * tensor["scale"] + tensor["shift"]
    np.testing.assert_allclose(expected, model.reconstruct(rows), rtol=1e-9, atol=1e-12)


def test_the_checksum_can_be_compared_as_the_page_says(small_file, tmp_path):
    code = PAGE.split("```python\n")[1].split("```")[0]
    damaged = bytearray(small_file.read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "damaged").write_bytes(damaged)
    for path, expected in ((small_file, "True"), (tmp_path / "damaged", "False")):
        command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", code, path]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == expected
