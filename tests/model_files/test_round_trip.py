"""What is saved is what is loaded, byte by byte, whatever happens while it is written."""

import copy
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from saved_models import check_saved

import isthmus
from isthmus import Autoencoder, OutputError
from isthmus.model_files.container import open_model_file, write_model_file

FIT_AND_SAVE = """
import sys
import numpy as np
from isthmus import Autoencoder
X = np.random.default_rng(3).normal(size=(300, 6)) @ np.random.default_rng(4).normal(size=(6, 6))
Autoencoder(2, max_epochs=8, random_state=7, noise="masking").fit(X).save(sys.argv[1])
"""

MODELS = {
    "default": {},
    "random": {"start": "random"},
    "linear": {"activation": "identity"},
    "deep": {"encoder_layers": (9, 8, 7), "decoder_layers": 1, "activation": "gelu"},
    "noise": {"noise": ("gaussian", 0.2), "scale": "standard"},
    "share": {"code_size": 0.9, "validation_fraction": 0},
}


@pytest.mark.parametrize("parameters", MODELS.values(), ids=MODELS)
def test_a_loaded_model_is_the_saved_one(parameters, tmp_path):
    rows = np.random.default_rng(0).uniform(size=(50, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three epochs may be worse than PCA
        model = Autoencoder(**{"code_size": 2, "max_epochs": 3, "random_state": 0, **parameters}).fit(rows)
    check_saved(model, rows, tmp_path)


def test_names_of_columns_are_kept(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["größe", 'a"b\\', "\u202ex<script>"])
    Autoencoder(1, max_epochs=1).fit(frame).save(tmp_path / "m.safetensors")
    assert list(isthmus.load(tmp_path / "m.safetensors").feature_names_in_) == list(frame.columns)


def test_two_processes_write_the_same_bytes(tmp_path):
    for name, seed in (("a", "1"), ("b", "2")):
        subprocess.run(
            [sys.executable, "-c", FIT_AND_SAVE, tmp_path / name],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


_ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    elements={"allow_nan": False, "allow_infinity": False},
)


@given(
    tensors=st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda n: n != "__metadata__"), _ARRAYS, max_size=5)
)
@settings(max_examples=100, deadline=None)
def test_any_tensors_come_back_and_safetensors_reads_them(tensors, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "tensors.safetensors"
    write_model_file(path, tensors, {"names": sorted(tensors)})
    expected = {name: (value.dtype.name, value.shape) for name, value in tensors.items()}
    with open_model_file(path) as file:
        found = file.read_tensors(expected)
    assert file.settings == {"names": sorted(tensors)}
    assert found.keys() == tensors.keys()
    for name, value in tensors.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype
        assert found[name].flags.writeable
    n = int.from_bytes(path.read_bytes()[:8], "little")
    if json.loads(path.read_bytes()[8 : 8 + n]).keys() - {"__metadata__"}:
        for name, value in safetensors.numpy.load_file(path).items():
            np.testing.assert_array_equal(value, tensors[name])


def test_the_file_follows_the_umask_and_keeps_old_permissions(small_model, tmp_path):
    before = os.umask(0o027)
    try:
        small_model.save(tmp_path / "new")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new").chmod(0o600)
    small_model.save(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_diverged_model_is_not_saved(small_model, tmp_path):
    broken = copy.deepcopy(small_model)
    broken.fitted_.network.arrays["spread"].fill(np.nan)
    (tmp_path / "m").write_bytes(b"old")
    with pytest.raises(ValueError, match="NaN"):
        broken.save(tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("place", ["no/such/folder/m", ".", "a\0b", "x" * 300])
def test_an_output_that_cannot_be_is_one_sentence(place, small_model, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        small_model.save(f"{tmp_path}/{place}")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    path = tmp_path / "m.safetensors"
    writer = """
import sys
import numpy as np
from isthmus.model_files.container import write_model_file
n = 0
while True:
    write_model_file(sys.argv[1], {"a": np.full(200_000, float(n))}, {"n": n})
    n += 1
    print(n, flush=True)
"""
    expected = {"a": ("float64", (200_000,))}
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", writer, path], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with open_model_file(path) as file:
            assert (file.read_tensors(expected)["a"] == file.settings["n"]).all()


def test_pickles_and_copies_encode_alike(small_model):
    rows = np.random.default_rng(1).normal(size=(7, 2))
    for twin in (pickle.loads(pickle.dumps(small_model)), copy.deepcopy(small_model)):
        np.testing.assert_array_equal(twin.transform(rows), small_model.transform(rows))


def test_a_model_goes_on_where_its_network_is_and_not_on_a_device_that_is_missing(tmp_path):
    rows = np.random.RandomState(0).uniform(size=(40, 6))
    model = Autoencoder(4, ordered=True, max_epochs=2, random_state=0).fit(rows).set_params(device="cuda:77")
    model.save(tmp_path / "m")
    loaded = isthmus.load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.truncate(2).transform(rows), model.truncate(2).transform(rows))
    loaded.partial_fit(rows)
    assert loaded.n_epochs_ == model.n_epochs_ + 1
    assert loaded.module_.device.type == "cpu"
