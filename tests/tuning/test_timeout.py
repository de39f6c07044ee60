"""The time of a search bounds its trials and the final fit; what it cut is said and counted."""

import pytest
from sklearn.exceptions import ConvergenceWarning
from tuning_searches import QUICK

from isthmus import Autoencoder, tune
from isthmus.training.limit import training_until


@pytest.fixture
def endless():
    """An estimator whose fits take minutes."""
    return Autoencoder(2, scale="standard", max_epochs=10**6, patience=None, encoder_layers=(16,), batch_size=8)


def test_training_stops_within_an_epoch_and_keeps_the_best_one(rows, quick):
    with training_until(0):
        model = quick.fit(rows)
    assert (model.n_epochs_, model.best_epoch_) == (0, 0)
    assert model.validation_error_ == model.start_error_ == model.pca_error_
    assert quick.fit(rows).n_epochs_ > 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_trials_and_the_final_fit_stop_in_the_middle(rows, endless, n_jobs):
    space = {**QUICK, "max_epochs": 10**6}
    with pytest.warns(ConvergenceWarning, match=r"Time was up in the final training of the default network after"):
        search = tune(rows, endless, space=space, timeout=2, n_jobs=n_jobs, folds=1)
    states = search.trials_["state"].to_pylist()
    assert states[0] == "stopped"
    assert "1 stopped in the middle" in search.result_.heading
    assert "The search ended before the default network was scored" in search.result_.sentence
    assert search.is_default_
    assert search.best_estimator_.n_epochs_ > 0
    assert search.best_estimator_.validation_error_ <= search.best_estimator_.pca_error_
    stopped = search.study_.trials[0]
    assert stopped.state.name == "PRUNED"  # so that a study that goes on counts it
    assert stopped.value == list(stopped.intermediate_values.values())[-1]


def test_without_any_time_the_default_network_is_pca(rows, endless):
    with pytest.warns(ConvergenceWarning, match="of the default network after 0 of 1000000 epochs"):
        search = tune(rows, endless, space=QUICK, timeout=1e-9)
    assert search.trials_["state"].to_pylist() == ["waiting"]
    assert search.test_.tuned == pytest.approx(search.test_.pca, abs=1e-6)
    assert search.result_.heading.startswith("0 trials on 192 rows")


def test_a_stopped_trial_counts_and_the_default_network_is_queued_again(rows, endless, tmp_path):
    options = {"space": QUICK, "study": tmp_path / "study", "folds": 1}
    for n_trials, states in ((None, ["stopped"]), (1, ["stopped", "waiting"])):
        with pytest.warns(ConvergenceWarning, match="Time was up"):
            search = tune(rows, endless, timeout=1, n_trials=n_trials, **options)
        assert search.trials_["state"].to_pylist() == states
