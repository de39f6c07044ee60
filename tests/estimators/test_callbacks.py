"""scikit-learn's callbacks: an epoch is a task, and a fitted estimator of the moment can be asked for."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_digits, load_iris

from isthmus import Autoencoder, ConvAutoencoder

X = load_iris().data
IMAGES = load_digits().images[:60]
KINDS = {
    "dense": (Autoencoder(2, max_epochs=4, validation_fraction=0.2, random_state=0), X),
    "ordered": (Autoencoder(2, ordered=True, max_epochs=4, validation_fraction=0.2, random_state=0), X),
    "images": (ConvAutoencoder(2, max_epochs=4, random_state=0), IMAGES),
    "images with a dense code": (ConvAutoencoder(2, code_size=2, max_epochs=4, random_state=0), IMAGES),
}


class Record:
    """Notes what it is told, and ends training after an epoch."""

    def __init__(self, last=None):
        self.last, self.calls, self.estimators = last, [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.calls.append(("end", context.task_name, context.task_id))
        self.estimators.append(fitted_estimator)
        return context.task_name == "epoch" and context.task_id + 1 == self.last


@pytest.mark.parametrize("kind", KINDS)
def test_an_epoch_is_a_task_and_fits_stay_the_same(kind):
    model, rows = clone(KINDS[kind][0]), KINDS[kind][1]
    expected = clone(model).fit(rows)
    record, errors = Record(), []
    model.set_callbacks(record).fit(rows, on_epoch=lambda history: errors.append(history.held_out_error[-1]))
    epochs = [(what, "epoch", i) for i in range(4) for what in ("begin", "end")]
    assert record.calls == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    assert len(errors) == 4
    np.testing.assert_array_equal(model.reconstruct(rows), expected.reconstruct(rows))
    assert model.history_["validation_error"] == expected.history_["validation_error"]
    best = record.estimators[model.best_epoch_ - 1 if model.best_epoch_ else -1]
    np.testing.assert_array_equal(best.reconstruct(rows), expected.reconstruct(rows))
    assert best.score(rows) == expected.score(rows)


def test_a_callback_ends_training():
    model = Autoencoder(2, max_epochs=9, patience=None, random_state=0)
    assert clone(model).set_callbacks(Record(last=3)).fit(X).n_epochs_ == 3

    def stop(history):
        if history.n_epochs == 2:
            raise StopIteration

    assert clone(model).fit(X, on_epoch=stop).n_epochs_ == 2
    trained = Autoencoder(2, activation="identity", start="random", max_epochs=9, random_state=0)
    assert trained.set_callbacks(Record(last=1)).fit(X).n_epochs_ < clone(trained).set_callbacks().fit(X).n_epochs_


def test_scoring_monitor_logs_the_score_of_every_epoch():
    monitor, expected = ScoringMonitor(scoring={"share": lambda estimator, X, y: estimator.score(X)}), []
    model = Autoencoder(2, max_epochs=3, validation_fraction=0, random_state=0).set_callbacks(monitor)
    model.fit(
        X, on_epoch=lambda history: expected.append(1 - np.mean((X - model.reconstruct(X)) ** 2) / X.var(0).mean())
    )
    logged = [row["share"] for row in monitor.get_logs().data]  # the fit, and its epochs
    np.testing.assert_allclose(logged, [model.score(X), *expected], rtol=1e-9)


def test_progress_bar_runs(capsys):
    Autoencoder(2, max_epochs=2, random_state=0).set_callbacks(ProgressBar()).fit(X)
    assert "Autoencoder - fit" in capsys.readouterr().out


def test_callbacks_are_torn_down_after_an_error():
    record = Record()
    with pytest.raises(ValueError, match="missing value"):
        Autoencoder(2).set_callbacks(record).fit(np.full((5, 3), np.nan))
    assert record.calls == ["setup", "teardown"]
