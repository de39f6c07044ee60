"""Dataframes come out with the labels and the index that they came in with, whatever those are."""

import datetime
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

import isthmus
from isthmus import Autoencoder, ConvAutoencoder

X = load_iris().data
LABELS = {
    "years": [2001, 2002, 2003, 2004],
    "default": range(4),
    "names": list("abcd"),
    "levels": pd.MultiIndex.from_product([["length", "width"], ["sepal", "petal"]], names=["side", "part"]),
    "dates": pd.date_range("2020-01-01", periods=4, name="day"),
    "tuples": pd.Index([("a", 1), ("a", 2), ("b", 1), ("b", 2)], tupleize_cols=False),
    "floats": [400.0, 402.5, 405.0, 410.0],
}
INDICES = {
    "default": None,
    "repeated": np.zeros(150, dtype=int),
    "levels": pd.MultiIndex.from_arrays([np.arange(150) // 10, np.arange(150) % 10], names=["plot", "plant"]),
    "dates": pd.date_range("2020", periods=150),
}


@pytest.fixture(scope="module")
def by_array():
    return Autoencoder(2, max_epochs=2, random_state=0).fit(X)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("fitted_on", ["frame", "array"])
@pytest.mark.filterwarnings("ignore:X has feature names")  # scikit-learn, of a model that was fitted on an array
def test_reconstructions_have_the_labels_and_the_index_of_the_frame(by_array, labels, index, fitted_on):
    frame = pd.DataFrame(X, columns=LABELS[labels], index=INDICES[index])
    model = by_array if fitted_on == "array" else Autoencoder(2, max_epochs=2, random_state=0).fit(frame)
    reconstructed = model.reconstruct(frame)
    expected = pd.DataFrame(by_array.reconstruct(X), columns=frame.columns, index=frame.index)
    pd.testing.assert_frame_equal(reconstructed, expected)
    if index != "repeated":  # pandas aligns by label
        residuals = (frame - reconstructed).to_numpy()
        np.testing.assert_allclose(residuals, X - by_array.reconstruct(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("labels", LABELS)
def test_decoded_frames_have_the_labels_of_the_training_frame(by_array, labels):
    frame = pd.DataFrame(X, columns=LABELS[labels])
    model = Autoencoder(2, max_epochs=2, random_state=0).set_output(transform="pandas").fit(frame)
    decoded = pickle.loads(pickle.dumps(model)).inverse_transform(model.transform(frame))
    pd.testing.assert_frame_equal(decoded, model.reconstruct(frame), atol=1e-9)
    assert not hasattr(clone(model), "n_features_in_")
    assert hasattr(model, "feature_names_in_") == (labels == "names")


def test_polars_and_arrow_tables_keep_their_names_after_a_fit_on_an_array(by_array):
    expected = by_array.reconstruct(X)
    with pytest.warns(UserWarning, match="feature names"):
        from_polars = by_array.reconstruct(pl.DataFrame(X, schema=list("abcd")))
    assert from_polars.columns == list("abcd")
    np.testing.assert_array_equal(from_polars.to_numpy(), expected)
    with pytest.warns(UserWarning, match="feature names"):
        from_arrow = by_array.reconstruct(pa.table({name: X[:, i] for i, name in enumerate("abcd")}))
    assert from_arrow.column_names == list("abcd")
    np.testing.assert_array_equal(np.asarray(from_arrow), expected)


def test_codes_of_another_library_are_decoded_with_the_labels_as_text():
    frame = pd.DataFrame(X, columns=LABELS["years"])
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(frame)
    decoded = model.inverse_transform(pl.DataFrame(model.transform(frame), schema=["a", "b"]))
    assert decoded.columns == ["2001", "2002", "2003", "2004"]


@pytest.mark.parametrize("labels", ["years", "default", "names"])
def test_model_files_hold_text_and_integers_as_labels(tmp_path, labels):
    frame = pd.DataFrame(X, columns=LABELS[labels])
    model = Autoencoder(2, max_epochs=1, random_state=0).set_output(transform="pandas").fit(frame)
    model.save(tmp_path / "m.safetensors")
    loaded = isthmus.load(tmp_path / "m.safetensors")
    assert loaded.feature_names == model.feature_names
    codes = pd.DataFrame(model.transform(frame), index=frame.index)
    with_labels = loaded.inverse_transform(codes)
    assert list(with_labels.columns) == list(frame.columns)
    assert (frame - with_labels).notna().all(axis=None)
    np.testing.assert_array_equal(loaded.reconstruct(frame), model.reconstruct(frame))


@pytest.mark.parametrize("labels", ["levels", "dates", "floats"])
def test_saving_says_which_labels_a_file_cannot_hold(tmp_path, labels):
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(pd.DataFrame(X, columns=LABELS[labels]))
    with pytest.warns(UserWarning, match=r"labels of the columns are not saved.*one is"):
        model.save(tmp_path / "m.safetensors")
    assert isthmus.load(tmp_path / "m.safetensors").feature_names == ["x0", "x1", "x2", "x3"]


def test_labels_that_are_no_names_appear_as_text_where_columns_are_named():
    frame = pd.DataFrame(X, columns=LABELS["years"])
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(frame)
    assert model.feature_names == ["2001", "2002", "2003", "2004"]
    assert Autoencoder(2, max_epochs=1).fit(pd.DataFrame(X)).feature_names == ["x0", "x1", "x2", "x3"]
    assert "2003" in model.report(frame).html
    with pytest.raises(ValueError, match="column '2001' ranges from"):
        Autoencoder(2, loss="bce").fit(frame)
    assert Autoencoder(2, activation="identity").fit(frame).truncate(1).feature_names == model.feature_names


def test_columns_in_another_order_are_refused_whatever_their_labels():
    for labels in LABELS.values():
        frame = pd.DataFrame(X, columns=labels)
        model = Autoencoder(2, max_epochs=1).fit(frame)
        with pytest.raises(ValueError, match=r"same order|in the same order as they were in fit"):
            model.transform(frame.iloc[:, [1, 0, 2, 3]])
    next_years = pd.DataFrame(X, columns=range(2002, 2006))
    fitted = Autoencoder(2, max_epochs=1, random_state=0).fit(pd.DataFrame(X, columns=LABELS["years"]))
    assert list(fitted.reconstruct(next_years).columns) == list(next_years.columns)  # as PCA takes other years


def test_a_second_fit_forgets_the_labels_of_the_first():
    model = Autoencoder(2, max_epochs=1).fit(pd.DataFrame(X, columns=LABELS["years"]))
    assert model.fit(X).feature_names == ["x0", "x1", "x2", "x3"]
    images = ConvAutoencoder(2, max_epochs=1).fit(pd.DataFrame(X, columns=LABELS["years"]))
    assert images.fit(X.reshape(150, 2, 2)).feature_names == ["x0", "x1", "x2", "x3"]


def test_flat_rows_of_images_keep_their_labels():
    frame = pd.DataFrame(X, columns=LABELS["years"], index=INDICES["dates"])
    model = ConvAutoencoder(2, image_shape=(2, 2), max_epochs=1, random_state=0).fit(frame)
    expected = pd.DataFrame(model.reconstruct(X), columns=frame.columns, index=frame.index)
    pd.testing.assert_frame_equal(model.reconstruct(frame), expected)
    codes = pd.DataFrame(model.transform(frame), index=frame.index)
    pd.testing.assert_frame_equal(model.inverse_transform(codes), expected, atol=1e-6)


def test_comparisons_take_frames_with_years_as_labels():
    frame = pd.DataFrame(X, columns=LABELS["years"])
    options = {"estimator": Autoencoder(max_epochs=1), "code_sizes": [1]}
    on_frame, on_array = isthmus.compare(frame, **options), isthmus.compare(X, **options)
    np.testing.assert_array_equal(on_frame.results["error"], on_array.results["error"])
    assert on_frame.models["isthmus"][1].feature_names == ["2001", "2002", "2003", "2004"]


def test_labels_that_occur_twice_are_named():
    with pytest.raises(ValueError, match="X has two columns 'a'; give each column a label of its own"):
        Autoencoder(1).fit(pd.DataFrame(X, columns=list("abca")))


def test_dates_survive_as_labels_in_the_codes_index():
    days = [datetime.date(2020, 1, 1 + i) for i in range(20)]
    frame = pd.DataFrame(X[:20], index=days, columns=list("abcd"))
    model = Autoencoder(2, max_epochs=1).set_output(transform="pandas").fit(frame)
    assert list(model.inverse_transform(model.transform(frame)).index) == days
