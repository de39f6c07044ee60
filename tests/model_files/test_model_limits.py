"""A small model file takes little memory, whatever it claims, and says how a file that is trusted is loaded."""

import struct
import tracemalloc

import numpy as np
import pytest
from hostile_writer import changed, changed_settings, join

import isthmus
from isthmus import ConvAutoencoder, ModelFileError

EMPTY_LISTS = "[" + "[]," * 2**22 + "[]]"


def with_settings(text):
    return lambda good: changed(good, lambda header, data: header["__metadata__"].update(settings=text))


BOMBS = {
    "lists in the header": (lambda good: join('{"a":' + EMPTY_LISTS + "}", b"", sign=False), "100,000 objects"),
    "objects in the header": (
        lambda good: join('{"a":' + EMPTY_LISTS.replace("[]", "{}") + "}", b"", sign=False),
        "100,000 objects",
    ),
    "keys in the header": (
        lambda good: join("{" + ",".join(f'"{i}":0' for i in range(10**6)) + "}", b"", sign=False),
        "100,000 objects",
    ),
    "lists in the settings": (with_settings('{"a":' + EMPTY_LISTS + "}"), "100,000 objects"),
    "64 MB": (lambda good: struct.pack("<Q", 2**26) + b" " * 2**26, "is not an Isthmus model file"),
    "quotes": (lambda good: join('{"a":"' + '\\"' * 2**22, b"", sign=False), "cannot be read"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_json_that_would_take_much_memory_is_refused_before_it_is_parsed(name, small_file, tmp_path):
    make, sentence = BOMBS[name]
    path = tmp_path / "bomb.safetensors"
    path.write_bytes(make(small_file.read_bytes()))
    size = path.stat().st_size
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=sentence):
            isthmus.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * size


def test_brackets_in_the_names_of_columns_are_not_counted(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"{'[{:,' * 20}{i}" for i in range(2000)]
    model = isthmus.Autoencoder(1, max_epochs=1).fit(rng.normal(size=(5, 2000)), feature_names=names)
    model.save(tmp_path / "m.safetensors")
    assert isthmus.load(tmp_path / "m.safetensors").feature_names == names


def test_a_sparse_tail_is_refused_before_it_is_read(small_file, tmp_path):
    path = tmp_path / "sparse.safetensors"
    size = 200 * 10**9
    for claimed in (False, True):

        def change(header, data, claimed=claimed):
            if claimed:
                header["tail"] = {"dtype": "F32", "shape": [size // 4], "data_offsets": [len(data), len(data) + size]}

        content = changed(small_file.read_bytes(), change)
        with path.open("wb") as file:
            file.write(content)
            file.truncate(len(content) + size)
        with pytest.raises(ModelFileError, match="takes more than 256 MB" if claimed else "more or less data"):
            isthmus.load(path)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "m.safetensors"
    ConvAutoencoder((2,), max_epochs=1, random_state=0).fit(np.random.default_rng(0).uniform(size=(4, 8, 8))).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("shape", "filters", "sentence"),
    [((8192, 8192), 2, "67,108,864 values"), ((2000, 2000), 20, "activations")],
)
def test_images_that_would_take_much_memory_need_trust(shape, filters, sentence, tmp_path, images):
    path = tmp_path / "m.safetensors"

    def change(settings):
        height, width = shape
        settings["fitted"].update(image_shape=[height, width, 1], n_features_in=height * width)
        settings["fitted"].update(filters=[filters], decoder_filters=[filters])

    path.write_bytes(changed_settings(images, change))
    with pytest.raises(ModelFileError, match=sentence) as caught:
        isthmus.load(path)
    assert "limits=False" in str(caught.value)
    assert "--no-limits" in str(caught.value)


def test_without_limits_images_of_any_size_are_loaded(tmp_path, images):
    path = tmp_path / "m.safetensors"
    shape = {"image_shape": [4096, 4096, 1], "n_features_in": 4096**2}
    path.write_bytes(changed_settings(images, lambda settings: settings["fitted"].update(shape)))
    assert isthmus.load(path, limits=False).image_shape_ == (4096, 4096, 1)


def test_many_decoders_of_many_layers_are_refused_by_their_number(small_file, tmp_path):
    path = tmp_path / "m.safetensors"

    def change(settings):
        fitted = settings["fitted"]
        fitted.update(code_size=41, prefixes=list(range(1, 41)), takes_over=list(range(1, 42)))
        fitted.update(errors_by_size={"pca": [0] * 42}, decoder_layers=[1] * 1000)

    path.write_bytes(changed_settings(small_file.read_bytes(), change))
    with pytest.raises(ModelFileError, match="10,000 layers"):
        isthmus.load(path)
