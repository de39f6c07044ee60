"""A worker whose trial another process has declared lost says so, drops it and goes on; no trial counts twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import optuna
import pytest
from tuning_searches import QUICK

from isthmus import load, tune
from isthmus.tuning.objective import Objective
from isthmus.tuning.opening import open_study
from isthmus.tuning.plan import make_plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import completed
from isthmus.tuning.storage import fail_lost_trials, heartbeats, quiet, storage_of
from isthmus.tuning.study import run_trials

SEARCH = """
import sys, numpy as np
from isthmus import Autoencoder, tune
import isthmus.tuning.storage as storage
storage.HEARTBEAT, storage.GRACE = 1, 6
estimator = Autoencoder(2, scale="standard", max_epochs=300, patience=None, encoder_layers=(16,))
space = {"layers": 1, "nodes": (8, 32), "activation": ["relu", "tanh"], "noise": "none", "max_epochs": 300}
options = {"space": space, "study": sys.argv[2], "n_trials": int(sys.argv[3]), "folds": 1}
tune(np.load(sys.argv[1]), estimator, **options).best_estimator_.save(sys.argv[4])
"""


def states_of(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM trials ORDER BY number")]


def is_locked(path):
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def stop_within_a_trial(process, path):
    """Stop a process that has a running trial with a heartbeat and holds no lock."""
    while True:
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.05)
        if not path.exists() or not path.stat().st_size:
            continue
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                alive = connection.execute(
                    "SELECT COUNT(*) FROM trials JOIN trial_heartbeats USING (trial_id) WHERE state = 'RUNNING'"
                ).fetchone()[0]
        except sqlite3.OperationalError:
            continue  # the tables are being made
        if alive:
            os.kill(process.pid, signal.SIGSTOP)
            if "RUNNING" in states_of(path) and not is_locked(path):
                return
            os.kill(process.pid, signal.SIGCONT)


def test_a_starved_process_drops_its_trial_and_goes_on(rows, tmp_path):
    np.save(tmp_path / "rows.npy", rows)
    path = tmp_path / "study"

    def start(n_trials, model):
        command = [sys.executable, "-c", SEARCH, tmp_path / "rows.npy", path, n_trials, tmp_path / model]
        return subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE)

    with start(4, "starved") as starved:
        stop_within_a_trial(starved, path)
        lost = states_of(path).index("RUNNING")
        with start(3, "other") as other:
            assert other.communicate()[1].decode() == ""
        states = states_of(path)
        assert states.count("FAIL") == 1
        assert states[lost] == "FAIL"
        assert states.count("COMPLETE") + states.count("PRUNED") == 3  # the lost trial does not count
        os.kill(starved.pid, signal.SIGCONT)
        said = starved.communicate()[1].decode().splitlines()
    assert starved.returncode == 0
    assert f"Trial {lost} is dropped: this process gave no sign of life for more than 6 s" in said[0]
    assert not any("Traceback" in line for line in said)
    trials = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{path}").trials
    states = [trial.state.name for trial in trials]
    assert states.count("FAIL") == 1
    assert states.count("COMPLETE") + states.count("PRUNED") == 4
    assert [trial.params for trial in trials].count(trials[lost].params) == 2  # it was repeated, once
    assert all(load(tmp_path / model).code_size_ == 2 for model in ("starved", "other"))


@pytest.mark.parametrize(
    "moment",
    ["trial_params", "trial_intermediate_values", "trial_user_attributes", "trial_values"],
    ids=["its parameters", "a report", "its record", "its value"],
)
def test_a_trial_may_be_lost_at_any_moment(rows, quick, tmp_path, moment):
    path = tmp_path / "study"
    options = {"objective": "error", "folds": 1, "target_variance": 0.95, "test_fraction": 0.2, "seed": 0}
    problem = Problem.of(make_plan(quick, rows, [], space=QUICK, **options), rows)
    study = open_study(path, problem)
    with closing(sqlite3.connect(path)) as connection:  # as if another process failed the third trial at this moment
        connection.execute(
            f"CREATE TRIGGER lose AFTER INSERT ON {moment} WHEN NEW.trial_id = 3 "
            "BEGIN UPDATE trials SET state = 'FAIL' WHERE trial_id = 3; END"
        )
    with quiet(), pytest.warns(UserWarning, match="Trial 2 is dropped"):
        run_trials(study, Objective(problem), n_trials=4)
    states = [trial.state.name for trial in study.trials]
    assert states[2] == "FAIL"
    assert states.count("COMPLETE") + states.count("PRUNED") == 4
    assert 2 not in [trial.number for trial in completed(study.trials)]


def test_heartbeats_go_on_after_one_that_the_database_refuses(rows, quick, tmp_path, monkeypatch):
    path = tmp_path / "study"
    tune(rows, quick, space=QUICK, study=path, folds=1, n_trials=1)
    monkeypatch.setattr("isthmus.tuning.storage.HEARTBEAT", 0.05)
    with quiet():
        study = optuna.load_study(study_name="isthmus", storage=storage_of(str(path)))
        trial = study.ask()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON trial_heartbeats "
                "BEGIN SELECT RAISE(ABORT, 'database is locked'); END"
            )
            with heartbeats(study, trial) as is_lost:
                time.sleep(0.3)
                connection.execute("DROP TRIGGER refuse")
                connection.commit()
                beats = 0
                while not beats:
                    beats = connection.execute("SELECT COUNT(*) FROM trial_heartbeats WHERE trial_id = 2").fetchone()[0]
                assert not is_lost()
                connection.execute("UPDATE trials SET state = 'FAIL' WHERE trial_id = 2")
                connection.commit()
                while not is_lost():
                    time.sleep(0.01)


def test_two_processes_repeat_a_trial_without_heartbeats_once(rows, quick, tmp_path):
    path, n_lost = tmp_path / "study", 8
    tune(rows, quick, space=QUICK, study=path, folds=1, n_trials=1)
    with quiet():
        studies = [optuna.load_study(study_name="isthmus", storage=storage_of(str(path))) for _ in range(2)]
        for _ in range(n_lost):
            studies[0].ask()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE trials SET datetime_start = '2020-01-01 00:00:00' WHERE state = 'RUNNING'")
            connection.commit()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fail_lost_trials, studies))
        states = [trial.state.name for trial in studies[0].trials]
    assert states.count("FAIL") == states.count("WAITING") == n_lost
