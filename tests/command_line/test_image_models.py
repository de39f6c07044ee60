"""Convolutional models on the command line: rows of pixels go through the commands that tables go through."""

import json

import numpy as np
import pytest

from isthmus import ConvAutoencoder

FIT = {"filters": (3, 4), "max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(size=(40, 6, 5)) * np.linspace(0, 9, 5)


@pytest.fixture(scope="module")
def models(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    made = {
        "images": ConvAutoencoder(**FIT).fit(images),
        "cleaner": ConvAutoencoder(**FIT, skips=True, start="identity").fit(images),
        "codes": ConvAutoencoder(**FIT, code_size=2).fit(images),
    }
    for name, model in made.items():
        model.save(folder / name)
    np.save(folder / "rows.npy", images.reshape(40, 30))
    return folder, made


def table(path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", skiprows=1)


@pytest.mark.parametrize("name", ["images", "codes"])
def test_rows_of_pixels_are_encoded_decoded_and_reconstructed(name, models, images, isthmus, tmp_path):
    folder, made = models
    codes, decoded, reconstructed = (tmp_path / f"{step}.csv" for step in ("codes", "decoded", "reconstructed"))
    assert isthmus("encode", folder / name, folder / "rows.npy", "-o", codes).code == 0
    rows = images.reshape(40, 30)
    np.testing.assert_allclose(table(codes), made[name].transform(rows), atol=1e-9)
    assert codes.read_text().startswith("convautoencoder0,convautoencoder1")
    assert isthmus("decode", folder / name, codes, "-o", decoded).code == 0
    assert isthmus("reconstruct", folder / name, folder / "rows.npy", "-o", reconstructed, "--errors").code == 0
    np.testing.assert_allclose(table(reconstructed)[:, :30], made[name].reconstruct(rows), atol=1e-9)
    np.testing.assert_allclose(table(decoded), made[name].reconstruct(rows), atol=1e-4)
    np.testing.assert_allclose(table(reconstructed)[:, 30], made[name].reconstruction_error(rows))


def test_a_cleaner_does_not_decode(models, isthmus, tmp_path):
    folder, _ = models
    isthmus("encode", folder / "cleaner", folder / "rows.npy", "-o", tmp_path / "codes.csv")
    result = isthmus("decode", folder / "cleaner", tmp_path / "codes.csv", "-o", tmp_path / "decoded.csv")
    assert (result.code, result.out) == (2, "")
    assert "has skips=True; use reconstruct" in result.err
    assert not (tmp_path / "decoded.csv").exists()


def test_info_shows_images_through_every_layer(models, isthmus):
    folder, made = models
    lines = isthmus("info", folder / "images").out.splitlines()
    layers = [line.split("█")[-1].split("#")[-1].split(maxsplit=1) for line in lines[:7]]
    assert [int(width) for width, _ in layers] == [30, 3 * 8 * 8, 4 * 4 * 4, 16, 4 * 4 * 4, 3 * 8 * 8, 30]
    assert [name for _, name in layers[1:4]] == [
        "convolution, leaky_relu, 3 × 8 × 8", "convolution, leaky_relu, 4 × 4 × 4", "code, 4 × 2 × 2"
    ]  # fmt: skip
    page = "\n".join(lines)
    assert "image shape          6 5 1" in page
    assert "PCA" not in page
    assert "PCA, 2 codes" in isthmus("info", folder / "codes").out
    facts = json.loads(isthmus("info", folder / "codes", "--json").out)
    assert facts["PCA's error"] == made["codes"].pca_error_
    assert facts["filters"] == [3, 4]
    assert facts["dense code"]
    assert "PCA's error" not in json.loads(isthmus("info", folder / "cleaner", "--json").out)


def test_a_report_needs_a_code_to_compare_with_pca(models, isthmus, tmp_path):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    folder, _ = models
    result = isthmus("report", folder / "images", folder / "rows.npy", "-o", tmp_path / "page.html")
    assert result.code == 2
    assert "fit it with code_size" in result.err
    assert not (tmp_path / "page.html").exists()
    assert isthmus("report", folder / "codes", folder / "rows.npy", "-o", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text()
    assert "data:image/png" in page  # it knows that rows are images
    assert "512 (leaky_relu), then 2 (code), then 512 (leaky_relu)" in page


def test_python_reports_take_images_as_they_are(models, images):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    made = models[1]["codes"]
    assert "isthmus fit" not in made.report(images).html  # which fits dense networks
    assert made.report(images).html == made.report(images.reshape(40, 30)).html
