"""The estimators are scikit-learn's: every check passes, and the tools that users build with work."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from isthmus import Autoencoder, ConvAutoencoder


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.mark.parametrize("estimator", [Autoencoder(), ConvAutoencoder(max_epochs=5)], ids=["dense", "convolutional"])
@pytest.mark.filterwarnings("default")  # the checks themselves warn of what they skip
def test_every_check_of_scikit_learn_passes(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] not in ("passed", "skipped")}
    assert failed == {}
    assert not any(r["expected_to_fail"] for r in results)
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    of_pca = {r["check_name"] for r in check_estimator(PCA(), on_fail=None, on_skip=None) if r["status"] == "skipped"}
    assert skipped <= of_pca


@pytest.mark.parametrize(
    "estimator",
    [
        Autoencoder(2, start="random", max_epochs=5),
        Autoencoder(1, activation="identity", max_epochs=5),
        pytest.param(Autoencoder(noise="masking", max_epochs=5), marks=pytest.mark.slow),
        pytest.param(ConvAutoencoder(4, code_size=2, max_epochs=2), marks=pytest.mark.slow),
        ConvAutoencoder(4, code_size=0.5, start="random", max_epochs=2),
        ConvAutoencoder(4, skips=True, start="identity", noise="masking", max_epochs=2),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("default")
def test_the_checks_pass_with_other_parameters(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"} == {}


def test_it_takes_the_place_of_pca_in_a_pipeline(wine):
    X, y = wine
    for reducer in (PCA(4), Autoencoder(4, max_epochs=20, random_state=0)):
        pipeline = make_pipeline(StandardScaler(), reducer, LogisticRegression())
        assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9


def test_grid_search_compares_codes_by_variance_explained(wine):
    search = GridSearchCV(Autoencoder(max_epochs=5, scale="standard", random_state=0), {"code_size": [1, 6]}, cv=2)
    search.fit(wine[0])
    assert search.best_params_ == {"code_size": 6}
    assert 0 < search.best_score_ < 1


def test_column_transformer_names_the_codes(wine):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(wine[0][:, :5], columns=list("abcde"))
    transformer = ColumnTransformer([("deep", Autoencoder(2, max_epochs=2), ["a", "b", "c"])], remainder="passthrough")
    out = transformer.set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == ["deep__autoencoder0", "deep__autoencoder1", "remainder__d", "remainder__e"]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_dataframes_come_out_where_they_go_in(wine, library):
    lib = pytest.importorskip(library)
    names = [f"column {i}" for i in range(13)]
    frame = lib.DataFrame(wine[0], names) if library == "polars" else lib.DataFrame(wine[0], columns=names)
    model = Autoencoder(3, max_epochs=2, random_state=0).fit(frame)
    assert list(model.feature_names_in_) == names
    assert isinstance(model.transform(frame), np.ndarray)
    codes = model.set_output(transform=library).transform(frame)
    assert isinstance(codes, lib.DataFrame)
    assert list(codes.columns) == [f"autoencoder{i}" for i in range(3)]
    for rows in (model.reconstruct(frame), model.inverse_transform(codes)):
        assert isinstance(rows, lib.DataFrame)
        assert list(rows.columns) == names
        np.testing.assert_allclose(np.asarray(rows), np.asarray(model.reconstruct(frame)), atol=1e-9)


def test_the_index_of_a_dataframe_is_kept(wine):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(wine[0], index=np.arange(178)[::-1])
    frame.columns = [f"c{i}" for i in range(13)]
    out = Autoencoder(3, max_epochs=1).fit(frame).reconstruct(frame)
    assert list(out.index) == list(frame.index)


def test_wrong_names_of_columns_are_refused(wine):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(wine[0][:, :2], columns=["a", "b"])
    model = Autoencoder(1, max_epochs=1).fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        model.transform(frame.rename(columns={"a": "z"}))


def test_a_clone_is_unfitted_and_equal(wine):
    model = Autoencoder(0.8, encoder_layers=(7,), noise=("masking", 0.3), max_epochs=1).fit(wine[0])
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "module_")


def test_notebooks_show_it_as_a_diagram(wine):
    assert "Autoencoder" in Autoencoder(3)._repr_html_()
