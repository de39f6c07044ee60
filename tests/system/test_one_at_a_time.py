"""One process at a time, and private folders that killed processes leave to the next."""

import multiprocessing
import os
import stat
import threading
import time

import pytest

from isthmus.system.locks import one_at_a_time, temporary_folder


def test_a_second_one_waits_until_the_first_has_ended(tmp_path):
    order = []

    def second():
        with one_at_a_time(tmp_path / "lock", 60):
            order.append("second")

    thread = threading.Thread(target=second)
    with one_at_a_time(tmp_path / "lock", 60):
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_patience_ends(tmp_path):
    with one_at_a_time(tmp_path / "lock", 60), pytest.raises(TimeoutError), one_at_a_time(tmp_path / "lock", 0.05):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    def hold():
        with one_at_a_time(tmp_path / "lock", 60):
            os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=hold)
    process.start()
    process.join()
    assert (tmp_path / "lock").exists()
    with one_at_a_time(tmp_path / "lock", 60):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_is_private_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "table").write_text("private")
    assert list(tmp_path.iterdir()) == []


def test_the_next_process_removes_the_folder_of_a_killed_one_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def leave():
        kept = temporary_folder()
        kept.__enter__().joinpath("table").write_text("private")
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=leave)
    process.start()
    process.join()
    (left,) = tmp_path.iterdir()
    others = [tmp_path / "isthmus-data", tmp_path / "mine.folder", tmp_path / ".isthmus-link.folder"]
    for other in others[:2]:
        other.mkdir()
    others[2].symlink_to(tmp_path / "mine.folder")
    with temporary_folder() as used:
        for folder in (left, used, *others[:2]):
            os.utime(folder, (0, 0))
        with temporary_folder() as second:
            assert sorted(tmp_path.iterdir()) == sorted([used, second, *others])
