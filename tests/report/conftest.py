"""Small models and their reports."""

import numpy as np
import pandas as pd
import pytest
from report_pages import NAMES
from sklearn.datasets import load_digits, load_wine

from isthmus import Autoencoder, tune
from isthmus.report import report


@pytest.fixture(scope="session")
def digits():
    """Rows, labels and a model."""
    data = load_digits()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    model = Autoencoder(6, max_epochs=4, random_state=0).fit(X)
    return X, pd.Series(data.target, name="digit"), model


@pytest.fixture(scope="session")
def digits_report(digits):
    X, labels, model = digits
    return report(model, X, image_shape=(8, 8), colour=labels)


@pytest.fixture(scope="session")
def wine():
    """Rows with units, and a model that divides each by its deviation."""
    data = load_wine()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    return X, Autoencoder(3, max_epochs=10, scale="standard", random_state=0).fit(X)


@pytest.fixture(scope="session")
def wine_report(wine):
    X, model = wine
    return report(model, X)


@pytest.fixture(scope="session")
def tuned(wine):
    """A search over small networks, some of them pruned, and the rows that it set aside."""
    X, _ = wine
    space = {"layers": (1, 2), "nodes": (8, 32), "activation": ["relu", "tanh"], "noise": "none"}
    search = tune(X, Autoencoder(3, max_epochs=10, scale="standard"), space=space, n_trials=24, folds=1)
    return search, X.iloc[search.test_index_]


@pytest.fixture(scope="session")
def tuned_report(tuned):
    search, X = tuned
    return search.report(X)


@pytest.fixture(scope="session")
def hostile():
    """Rows whose columns have names that mean harm, and a model."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3)) @ rng.normal(size=(3, len(NAMES))) + 0.1 * rng.normal(size=(90, len(NAMES)))
    X = pd.DataFrame(X, columns=pd.Index(NAMES, dtype=object))
    return X, Autoencoder(2, max_epochs=2, scale="standard", random_state=0).fit(X)


@pytest.fixture(scope="session")
def hostile_report(hostile):
    X, model = hostile
    labels = ["<script>alert('label')</script>" if i % 2 else "\u202elabel" for i in range(len(X))]
    return report(model, X, colour=labels, colour_name="<style>*{display:none}</style>", title="<script>title</script>")
