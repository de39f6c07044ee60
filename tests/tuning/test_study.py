"""Studies in databases: which search they belong to, killed processes, several processes, and other files."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import optuna
import pytest
from tuning_searches import QUICK

from isthmus import Autoencoder, InputError, MismatchError, MissingExtraError, OutputError, load, tune
from isthmus.tuning.database import shown, storage_errors
from isthmus.tuning.storage import fail_lost_trials, quiet
from studies import trial_count

SEARCH = """
import sys, numpy as np
from isthmus import Autoencoder, tune
import isthmus.tuning.storage as storage
if len(sys.argv) > 5:
    storage.HEARTBEAT, storage.GRACE = 1, int(sys.argv[5])
estimator = Autoencoder(2, scale="standard", max_epochs=30, encoder_layers=(16,))
space = {"layers": (1, 2), "nodes": (8, 32), "activation": ["relu", "tanh"], "noise": "none"}
options = {"space": space, "study": sys.argv[2], "n_trials": int(sys.argv[3]), "folds": 2}
tune(np.load(sys.argv[1]), estimator, **options).best_estimator_.save(sys.argv[4])
"""


@pytest.fixture
def start(rows, tmp_path):
    """A function that starts a search in a process of its own."""
    np.save(tmp_path / "rows.npy", rows)

    processes = []

    def begin(study, n_trials, model="model", grace=()):
        command = [sys.executable, "-c", SEARCH, tmp_path / "rows.npy", study, n_trials, tmp_path / model, *grace]
        processes.append(subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE))
        return processes[-1]

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def test_a_study_of_an_earlier_version_goes_on(tmp_path):
    earlier = sqlite3.connect(tmp_path / "study")
    earlier.executescript(Path(__file__).with_name("earlier_study.sql").read_text())
    earlier.close()
    rows = (np.arange(300) ** 2 % 97).reshape(60, 5).astype(float)
    # The default of that time; the trials before were made with it.
    estimator = Autoencoder(2, scale="standard", max_epochs=4, encoder_layers=(8,), validation_fraction=0.1)
    space = {"layers": (1, 2), "nodes": (4, 16), "activation": ["relu", "tanh"], "noise": "none"}
    search = tune(rows, estimator, space=space, study=tmp_path / "study", n_trials=5, folds=2)
    assert search.trials_["merit"][:3] == [0.4458146920621514, 0.4475306123398811, 0.4452654679832715]
    assert search.trials_["widths"][:3] == [[8], [16, 16], [16, 16]]
    assert len(search.trials_["trial"]) == 5
    assert search.result_.default.number == 0
    assert {trial.number for trial in search.result_.trials} >= {0, 1, 2}


@pytest.fixture
def study(rows, quick, tmp_path):
    """A study of two trials."""
    tune(rows, quick, space=QUICK, study=tmp_path / "study", n_trials=2, folds=1)
    return tmp_path / "study"


def test_killed_processes_leave_nothing_behind(start, tmp_path):
    path, draw = tmp_path / "study", random.Random(0)
    for _ in range(3):
        before = trial_count(path)
        process = start(path, 8, grace=[3])  # one process at a time, so none that lives is taken for dead
        while trial_count(path) <= before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(draw.random() * 0.3)
        process.kill()
        process.communicate()
    final = start(path, 8, grace=[3])
    assert final.communicate()[1].decode() == ""
    assert final.returncode == 0
    trials = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{path}").trials
    states = [trial.state.name for trial in trials]
    assert states.count("COMPLETE") + states.count("PRUNED") == 8
    assert not {"RUNNING", "WAITING"} & set(states)
    best = max(trial.value for trial in trials if trial.value is not None)
    assert best >= next(trial.value for trial in trials if "default network" in trial.user_attrs and trial.value)
    assert load(tmp_path / "model").code_size_ == 2


def test_four_processes_join_one_study(start, tmp_path):
    path = tmp_path / "study"
    processes = [start(path, 8, f"model{i}") for i in range(4)]
    for process in processes:
        assert process.communicate()[1].decode() == ""
        assert process.returncode == 0
    trials = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{path}").trials
    states = [trial.state.name for trial in trials]
    assert set(states) <= {"COMPLETE", "PRUNED"}
    assert 8 <= len(states) <= 11  # each of the others may have begun one more
    drawn = [tuple(trial.params.values()) for trial in trials if "default network" not in trial.user_attrs]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda rows: rows[:-1], "of another table (of 240 rows, and this one has 239)"),
        (lambda rows: rows[:, :-1], "of another table (of the same shape, but"),
        (lambda rows: rows + 1, "of another table (of the same shape, but with other numbers)"),
    ],
)
def test_a_study_of_another_table_is_refused(rows, quick, study, changed, said):
    before = study.read_bytes()
    with pytest.raises(MismatchError) as caught:
        tune(changed(rows), quick, space=QUICK, study=study, n_trials=3, folds=1)
    assert said in str(caught.value) or "column" in str(caught.value)
    assert study.read_bytes() == before


def test_a_study_of_another_search_is_refused(rows, quick, study):
    options = {"space": QUICK, "study": study, "n_trials": 3, "folds": 1}
    with pytest.raises(MismatchError, match="another folds, 1 instead of 2"):
        tune(rows, quick, **{**options, "folds": 2})
    with pytest.raises(MismatchError, match="another estimator, max_epochs=8 instead of max_epochs=9"):
        tune(rows, quick.set_params(max_epochs=9), **options)


def test_a_foreign_study_is_left_alone(rows, quick, tmp_path):
    url = f"sqlite:///{tmp_path / 'other'}"
    other = optuna.create_study(study_name="isthmus", storage=url)
    other.add_trial(optuna.create_trial(value=1.0))
    other._storage._backend.engine.dispose()
    with pytest.raises(MismatchError, match="a study that Isthmus did not begin"):
        tune(rows, quick, space=QUICK, study=tmp_path / "other", n_trials=3)


def test_what_is_no_study_gets_a_sentence(rows, quick, study, tmp_path):
    (tmp_path / "text").write_text("a,b\n1,2\n")
    damaged = bytearray(study.read_bytes())
    damaged[100:30000] = bytes(29900)
    (tmp_path / "damaged").write_bytes(damaged)
    for name, error, said in [
        ("text", InputError, "is not a study"),
        ("damaged", InputError, "is damaged"),
        ("nowhere/study", OutputError, "no such folder"),
        (".", OutputError, "is a folder"),
    ]:
        with pytest.raises(error, match=said):
            tune(rows, quick, space=QUICK, study=tmp_path / name, n_trials=3, folds=1)
    assert (tmp_path / "text").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("cause", "error", "said"),
    [
        ("database is locked", OutputError, "kept the database locked"),
        ("database or disk is full", OutputError, "the disk is full"),
        ("attempt to write a readonly database", OutputError, "cannot be written"),
        ("database disk image is malformed", InputError, "is damaged"),
        ("connection to server failed", OutputError, "cannot be reached"),
        ("odd", OutputError, "the database reports an error \\(odd"),
    ],
)
def test_what_databases_refuse_is_told_in_a_sentence(cause, error, said):
    with pytest.raises(error, match=said), storage_errors("a.study"):
        raise optuna.exceptions.StorageInternalError("on commit") from sqlite3.OperationalError(cause)


def test_a_locked_database_is_waited_for_and_then_told(rows, quick, study, monkeypatch):
    monkeypatch.setattr("isthmus.tuning.database.LOCKED", 1)
    connection = sqlite3.connect(study)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutputError, match="kept the database locked for 1 seconds"):
        tune(rows, quick, space=QUICK, study=study, n_trials=3, folds=1)
    connection.close()


def test_a_trial_killed_before_its_first_heartbeat_is_run_again(rows, quick, study):
    made = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{study}")
    made.ask()
    backend = made._storage._backend
    with quiet():
        fail_lost_trials(made)
    assert made.trials[-1].state.name == "RUNNING"  # it has only just begun
    connection = sqlite3.connect(study)
    connection.execute("UPDATE trials SET datetime_start = '2020-01-01 00:00:00' WHERE state = 'RUNNING'")
    connection.commit()
    connection.close()
    backend.engine.dispose()
    search = tune(rows, quick, space=QUICK, study=study, n_trials=4, folds=1)
    states = search.trials_["state"]
    assert states[2] == "fail"
    assert not {"running", "waiting"} & set(states)


def test_passwords_are_not_shown():
    assert "secret" not in shown("postgresql://me:secret@host/db")


def test_a_missing_driver_is_named(rows, quick):
    with pytest.raises(MissingExtraError, match="driver"):
        tune(rows, quick, space=QUICK, study="oracle://host/db", n_trials=1)


@pytest.fixture
def postgresql(tmp_path):
    """The URL of a PostgreSQL server on loopback that lives as long as the test."""
    places = [str(place) for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb = shutil.which("initdb", path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if initdb is None:
        pytest.skip("there is no PostgreSQL server; apt install postgresql brings it")
    programs, data = Path(initdb).parent, tmp_path / "data"
    user: list[str] = []
    if os.geteuid() == 0:  # which the server refuses to run as
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        data.mkdir()
        shutil.chown(data, "nobody", "nogroup")
        for folder in (tmp_path, *tmp_path.parents):
            if folder.owner() == "root" and not folder.stat().st_mode & 1:
                folder.chmod(folder.stat().st_mode | 0o011)
    environment = {**os.environ, "LC_ALL": "C"}
    make = [*user, programs / "initdb", "-D", data, "-U", "isthmus", "-A", "trust", "-E", "UTF8"]
    subprocess.run(make, check=True, capture_output=True, env=environment, cwd="/")
    port = random.SystemRandom().randrange(20000, 32000)  # below those that the system gives to clients
    log = tmp_path / "server.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [*user, programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""],
            stdout=said, stderr=said, env=environment, cwd="/",
        )  # fmt: skip
    ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
    try:
        while subprocess.run(ready, check=False).returncode:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"postgresql+psycopg://isthmus@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def test_two_processes_share_a_postgresql_study(postgresql, start, tmp_path):
    processes = [start(postgresql, 6, f"model{i}") for i in range(2)]
    for process in processes:
        assert process.communicate()[1].decode() == ""
        assert process.returncode == 0
    storage = optuna.storages.RDBStorage(postgresql)
    trials = optuna.load_study(study_name="isthmus", storage=storage).trials
    storage.scoped_session.remove()
    storage.engine.dispose()
    assert {trial.state.name for trial in trials} <= {"COMPLETE", "PRUNED"}
    assert 6 <= len(trials) <= 7
    assert all(load(tmp_path / f"model{i}").code_size_ == 2 for i in range(2))
