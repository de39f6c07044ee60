"""Workers end with their parent, leave nothing behind, and keep the database's password to themselves."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from tuning_searches import QUICK

from isthmus import AutoencoderSearch, OutputError, ParameterError
from isthmus.system.locks import temporary_folder
from isthmus.tuning.database import shown
from isthmus.tuning.plan import make_plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.workers import Job, start_workers

URL = "postgresql+psycopg://me:s3cret@127.0.0.1:1/db?user=you&password=hunter2"
SHOWN = "postgresql+psycopg://me:***@127.0.0.1:1/db?password=***&user=***"
SEARCH = """
import sys, numpy as np
from isthmus import Autoencoder, tune
tune(np.load(sys.argv[1]), Autoencoder(2), n_jobs=3, timeout=1000, study=sys.argv[2] or None)
"""


def worker_processes(folder):
    """The processes of workers whose shared folder is in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            arguments = (process / "cmdline").read_bytes()
            if b"isthmus.tuning.worker" in arguments and os.fsencode(folder) in arguments:
                found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="there is no /proc to find processes in")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent_and_leave_nothing(rows, tmp_path, monkeypatch, how):
    np.save(tmp_path / "rows.npy", rows)
    (tmp_path / "temporary").mkdir()
    command = [sys.executable, "-c", SEARCH, str(tmp_path / "rows.npy"), str(tmp_path / "study")]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path / "temporary")}) as parent:
        while len(worker_processes(tmp_path)) < 2:
            assert parent.poll() is None
            time.sleep(0.05)
        parent.send_signal(how)
    while worker_processes(tmp_path):
        time.sleep(0.05)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for left in (tmp_path / "temporary").iterdir():
        os.utime(left, (0, 0))
    with temporary_folder() as folder:
        assert list((tmp_path / "temporary").iterdir()) == [folder]


def test_the_password_of_a_database_is_in_no_argument_and_no_file(rows, quick, tmp_path):
    options = {"objective": "error", "folds": 1, "target_variance": 0.95, "test_fraction": 0.2, "seed": 0}
    problem = Problem.of(make_plan(quick, rows, [], space=QUICK, **options), rows)
    job = Job(problem, URL, 3, time.monotonic() + 100)
    assert "s3cret" not in repr(job)

    def run():
        with start_workers(1, tmp_path, job) as workers:
            (process,) = workers.processes
            assert "s3cret" not in " ".join(process.args)
            assert not any(b"s3cret" in path.read_bytes() for path in tmp_path.iterdir())
            workers.wait(lambda: None, job.deadline)

    with pytest.raises(OutputError, match="the database cannot be reached") as caught:
        run()
    assert str(caught.value).startswith(f"{SHOWN}: ")


def test_a_search_shows_no_password():
    search = AutoencoderSearch(study=URL)
    assert search.study == search.get_params()["study"] == clone(search).study == URL
    texts = [repr(search), repr(search.get_params()), repr(make_pipeline(search)), search._repr_html_()]
    texts += [repr(clone(search)), repr(search.set_params(study=URL)), repr(vars(search))]
    for text in texts:
        assert "s3cret" not in text
        assert "hunter2" not in text
    assert SHOWN in texts[1]
    assert shown(URL) == SHOWN


def test_a_port_that_is_not_a_number_is_told_before_the_search():
    search = AutoencoderSearch(study="postgresql://me:s3cret@host:p0rt/db")
    with pytest.raises(ParameterError, match="with a number as port") as caught:
        search.fit(np.eye(12))
    assert "s3cret" not in str(caught.value)
