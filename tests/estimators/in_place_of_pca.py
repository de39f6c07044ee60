"""A pytest plugin: scikit-learn's own tests meet a linear Autoencoder where they ask for PCA or IncrementalPCA."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import gen_batches

from isthmus import Autoencoder


class PCA(BaseEstimator):
    """A linear Autoencoder with PCA's parameters; those of its solvers are ignored."""

    def __init__(
        self,
        n_components=None,
        *,
        copy=True,
        whiten=False,
        svd_solver="auto",
        tol=0.0,
        iterated_power="auto",
        n_oversamples=10,
        power_iteration_normalizer="auto",
        random_state=None,
    ):
        self.n_components, self.copy, self.whiten, self.svd_solver = n_components, copy, whiten, svd_solver
        self.tol, self.iterated_power, self.n_oversamples = tol, iterated_power, n_oversamples
        self.power_iteration_normalizer, self.random_state = power_iteration_normalizer, random_state

    def fit(self, X, y=None):
        self.model = self.new_model(X).fit(X)
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)

    def score(self, X, y=None):
        return float(np.mean(self.score_samples(X)))

    def new_model(self, X):
        # Codes are named after the class.
        kind = type(type(self).__name__, (Autoencoder,), {})
        size = min(np.shape(X)) if self.n_components is None else self.n_components
        return kind(size, activation="identity", whiten=self.whiten, random_state=getattr(self, "random_state", None))

    def __getattr__(self, name):
        """Ask the model for the methods and attributes that are not here."""
        if name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)


class IncrementalPCA(PCA):
    """The same with parts of the rows, one after the other."""

    def __init__(self, n_components=None, *, whiten=False, copy=True, batch_size=None):
        self.n_components, self.whiten, self.copy, self.batch_size = n_components, whiten, copy, batch_size

    def fit(self, X, y=None):
        self.__dict__.pop("model", None)
        n_rows, n_columns = X.shape
        self.batch_size_ = self.batch_size or 5 * n_columns
        X = X.tocsr() if hasattr(X, "tocsr") else X
        for rows in gen_batches(n_rows, self.batch_size_, min_batch_size=self.n_components or 0):
            self.partial_fit(X[rows])
        return self

    def partial_fit(self, X, y=None, check_input=True):
        if not hasattr(self, "model"):
            self.model = self.new_model(X)
        self.model.partial_fit(X)
        return self


def pytest_collection_modifyitems(items):
    """Put the adapters in the place of scikit-learn's classes in the modules of tests."""
    for item in items:
        subject = IncrementalPCA if item.module.__name__.endswith("incremental_pca") else PCA
        setattr(item.module, subject.__name__, subject)
