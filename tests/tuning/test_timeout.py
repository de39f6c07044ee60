"""The time of a search bounds its trials and the final fit; what it cut is said and counted."""

import time

import pytest
from sklearn.exceptions import ConvergenceWarning
from tuning_searches import QUICK

from isthmus import Autoencoder, tune
from isthmus.training.limit import training_until
from isthmus.tuning.objective import Objective
from isthmus.tuning.opening import enqueue_default, open_study
from isthmus.tuning.plan import make_plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.storage import quiet
from isthmus.tuning.study import run_trials


@pytest.fixture
def endless():
    """An estimator whose fits take hours."""
    return Autoencoder(2, scale="standard", max_epochs=10**6, patience=None, encoder_layers=(16,), batch_size=8)


def test_training_stops_within_an_epoch_and_keeps_the_best_one(rows, quick):
    with training_until(0):
        model = quick.fit(rows)
    assert (model.n_epochs_, model.best_epoch_) == (0, 0)
    assert model.validation_error_ == model.start_error_ == model.pca_error_
    assert quick.fit(rows).n_epochs_ > 0


def test_a_trial_stops_in_the_middle_and_counts_as_pruned(rows, endless):
    options = {"objective": "error", "folds": 2, "target_variance": 0.95, "test_fraction": 0.2, "seed": 0}
    problem = Problem.of(make_plan(endless, rows, [], space=QUICK, **options), rows)
    study = open_study(None, problem)
    with quiet():
        run_trials(study, Objective(problem, time.monotonic() + 3), n_trials=None)
        (stopped,) = study.trials
        assert stopped.state.name == "PRUNED"
        assert stopped.value == list(stopped.intermediate_values.values())[-1]
        enqueue_default(study, problem.default)  # as when the study goes on
        run_trials(study, Objective(problem), n_trials=1)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "WAITING"]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_without_time_for_a_trial_gives_the_default_network(rows, endless, n_jobs):
    with pytest.warns(ConvergenceWarning, match=r"Time was up in the final training of the default network after"):
        search = tune(rows, endless, space=QUICK, timeout=3, n_jobs=n_jobs, folds=1)
    assert not {"complete", "running", "fail"} & set(search.trials_["state"])
    n_stopped = search.trials_["state"].count("stopped")
    assert ("stopped in the middle" in search.result_.heading) == (n_stopped > 0)
    assert "The search ended before the default network was scored" in search.result_.sentence
    assert search.is_default_
    assert search.best_estimator_.validation_error_ <= search.best_estimator_.pca_error_


def test_without_any_time_the_default_network_is_pca(rows, endless):
    with pytest.warns(ConvergenceWarning, match="of the default network after 0 of 1000000 epochs"):
        search = tune(rows, endless, space=QUICK, timeout=1e-9)
    assert search.trials_["state"] == ["waiting"]
    assert search.test_.tuned == pytest.approx(search.test_.pca, abs=1e-6)
    assert search.result_.heading.startswith("0 trials on 192 rows")
