"""What is opened as a study: begun by one process, found whole by others; foreign and damaged databases are refused."""

import multiprocessing
import os
import shutil
import sqlite3
import traceback
from contextlib import closing

import optuna
import pytest
import sqlalchemy
from tuning_searches import QUICK

from isthmus import Autoencoder, InputError, OutputError, ParameterError
from isthmus.tuning import database
from isthmus.tuning.objective import Objective
from isthmus.tuning.opening import open_study
from isthmus.tuning.plan import make_plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.storage import close, quiet
from isthmus.tuning.study import run_trials


@pytest.fixture(scope="module")
def problem(rows):
    estimator = Autoencoder(2, scale="standard", max_epochs=4, encoder_layers=(8,))
    options = {"objective": "error", "folds": 1, "target_variance": 0.95, "test_fraction": 0.2, "seed": 0}
    return Problem.of(make_plan(estimator, rows, [], space=QUICK, **options), rows)


@pytest.fixture(scope="module")
def finished(problem, tmp_path_factory):
    """The file of a study of two trials."""
    path = tmp_path_factory.mktemp("studies") / "study"
    study = open_study(path, problem)
    with quiet():
        run_trials(study, Objective(problem), n_trials=2)
    close(study)
    return path


def query(path, sql):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def refused(path, problem, error, said):
    """A file is refused and stays as it is, and nothing is made beside it."""
    before, beside = path.read_bytes(), sorted(path.parent.iterdir())
    for name in (path, f"sqlite:///{path}"):
        with pytest.raises(error, match=said):
            open_study(name, problem)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside


def test_a_process_that_finds_a_study_without_settings_waits_for_the_one_that_makes_it(problem, tmp_path):
    path, context = tmp_path / "study", multiprocessing.get_context("fork")
    begin, done = context.Event(), context.Event()

    def second():
        begin.wait()
        open_study(path, problem)
        done.set()

    other = context.Process(target=second, daemon=True)
    other.start()

    def between(connection, cursor, statement, *_):
        if "FROM study_user_attributes" in statement and not begin.is_set():
            begin.set()
            done.wait(2)

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", between)
    try:
        study = open_study(path, problem)
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "after_cursor_execute", between)
    other.join()
    assert done.is_set()
    assert len(study.trials) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["study"]


@pytest.mark.parametrize("name", ["w?x", "a%20b", "a+b c#d&e", "{SCHEMA_VERSION}", "ü", "a\nb"])
def test_the_name_of_a_file_is_taken_as_it_is(problem, tmp_path, name):
    close(open_study(tmp_path / name, problem))
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_an_empty_file_becomes_a_study(problem, tmp_path):
    (tmp_path / "study").touch()
    assert len(open_study(tmp_path / "study", problem).trials) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a)",
        "CREATE TABLE trials (trial_id, patient)",
        "CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512), school)",
        "CREATE VIEW trials AS SELECT 1 AS trial_id",
        "CREATE VIRTUAL TABLE x USING fts5(a)",
    ],
)
def test_a_database_of_something_else_stays_as_it_is(problem, tmp_path, sql):
    query(tmp_path / "foreign", sql)
    refused(tmp_path / "foreign", problem, InputError, "is a database of something else")


def test_a_study_with_a_trigger_is_refused(problem, finished, tmp_path):
    path = shutil.copy(finished, tmp_path / "study")
    query(path, "CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END")
    refused(path, problem, InputError, "is a database of something else")


def test_a_study_of_another_optuna_stays_as_it_is(problem, finished, tmp_path):
    path = shutil.copy(finished, tmp_path / "study")
    query(path, "UPDATE alembic_version SET version_num = 'v9.9.9'")
    refused(path, problem, InputError, "another version of Optuna .its tables have version v9.9.9, not ")


def test_what_is_no_database_stays_as_it_is(problem, tmp_path):
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    refused(tmp_path / "junk", problem, InputError, r"is not a study \(an SQLite database\)")


def test_a_pipe_is_refused(problem, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a device or pipe"):
        open_study(tmp_path / "pipe", problem)


def test_a_study_has_at_most_so_many_trials(problem, finished, tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.tuning.sqlite_file.MOST_TRIALS", 1)
    path = shutil.copy(finished, tmp_path / "study")
    refused(path, problem, InputError, "a study has at most 1 trials")


def test_the_file_of_a_study_has_at_most_so_many_bytes(problem, finished, tmp_path):
    path = shutil.copy(finished, tmp_path / "study")
    os.truncate(path, 2**28)
    with pytest.raises(InputError, match=r"at most 128 MiB\. Got 256 MiB"):
        open_study(path, problem)


def test_a_value_that_is_too_long_is_refused(problem, finished, tmp_path):
    path, long = shutil.copy(finished, tmp_path / "study"), "'\"' || hex(zeroblob(9000000)) || '\"'"
    query(path, f"UPDATE trial_user_attributes SET value_json = {long} WHERE trial_user_attribute_id = 1")
    refused(path, problem, InputError, "the database is damaged")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE trial_user_attributes SET value_json = '[1]'",
        "UPDATE trial_user_attributes SET value_json = '{'",
        "UPDATE trial_user_attributes SET value_json = 'NaN'",
        "UPDATE trial_user_attributes SET value_json = '1e999' WHERE key = 'seconds'",
        "UPDATE trial_user_attributes SET value_json = '[1000000000]' WHERE key = 'sizes'",
        "UPDATE trial_user_attributes SET value_json = '[[\"x\", 5]]' WHERE key = 'layers'",
        "UPDATE trial_values SET value = NULL, value_type = 'FINITE'",
        "UPDATE study_user_attributes SET value_json = '3'",
        "UPDATE study_directions SET direction = 'MINIMIZE'",
        "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 1, 1)",
        "UPDATE trial_params SET param_name = 'x' || param_id",
        "UPDATE trial_params SET param_value = 1e9",
        "UPDATE trial_params SET distribution_json = 'x'",
        "UPDATE trial_params SET param_value = 900, distribution_json = replace(distribution_json, '32', '999')",
        "UPDATE trials SET state = 'X'",
        "UPDATE trials SET datetime_start = 'x'",
        "UPDATE trial_system_attributes SET value_json = '{\"nodes\": 1000000000}' WHERE key = 'fixed_params'",
        "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (2, 'retry_history', '5')",
    ],
)
def test_hostile_contents_get_a_sentence(problem, finished, tmp_path, sql):
    path = shutil.copy(finished, tmp_path / "study")
    query(path, sql)
    with pytest.raises(InputError, match="study: the study is damaged"):
        open_study(path, problem)


def test_a_damaged_page_gets_a_sentence(problem, finished, tmp_path):
    data = finished.read_bytes()
    for begin in range(4096, len(data), 4096):
        (tmp_path / "study").write_bytes(data[:begin] + bytes(4096) + data[begin + 4096 :])
        with pytest.raises((InputError, OutputError), match="study: the database is damaged"):
            open_study(tmp_path / "study", problem)


def test_the_error_of_a_database_shows_no_password():
    name = "postgresql://me:s3cret@host/db?password=hunter2"
    with pytest.raises(OutputError) as caught, database.storage_errors(name):
        raise optuna.exceptions.StorageInternalError("on commit") from sqlite3.Error("odd: s3cret, hunter2 in\nDSN")
    assert str(caught.value) == (
        "postgresql://me:***@host/db?password=***: the database reports an error (odd: ***, *** in)."
    )


@pytest.mark.parametrize(
    "name",
    ["postgresql://me:s3cret@host:p0rt/db", "postgresql://me:s3cret", "s3cret://", "sqlite://me:s3cret@h/x",
     "sqlite:///x?password=s3cret", "sqlite://", "sqlite:///:memory:", "a\0b", "a\udcff"],
)  # fmt: skip
def test_a_url_that_is_none_is_refused_and_not_shown(rows, problem, name):
    with pytest.raises(ParameterError) as caught:
        open_study(name, problem)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
