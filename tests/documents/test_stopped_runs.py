"""The whole command, killed and interrupted."""

import os
import signal
import subprocess
import sys
import time

import killed_runs
import pytest

from document_pages import page, saved

BLACK_AND_WHITE = ["--strength", "0", "--bilevel"]  # changes every page and needs no network


# The page network makes runs longer, and gives more moments to be killed in.
@pytest.mark.slow
@pytest.mark.parametrize(("moments", "options"), [(3, BLACK_AND_WHITE), (20, [])])
def test_killed_runs_leave_nothing_broken_and_the_next_one_tidies_up(moments, options, tmp_path):
    assert killed_runs.run(tmp_path, moments, options) == []


def interrupted(source, output, jobs):
    """Start the command, press Ctrl-C when it writes, and give its exit code and what it said."""
    # Shells start programs in the background with Ctrl-C ignored.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from isthmus.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "clean", source, "-o", output, "--jobs", str(jobs), *BLACK_AND_WHITE]
    with subprocess.Popen(
        list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not list(output.parent.glob(".isthmus-*")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, also to the workers
        said = process.communicate(timeout=600)[1]
    return process.returncode, said


@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_is_said_and_leaves_no_half_file(jobs, tmp_path):
    pages = [page(seed, (900, 1200)) for seed in range(4)]
    (tmp_path / "in.tif").write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:] * 20))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "out.tif").write_bytes(b"old")
    code, said = interrupted(tmp_path / "in.tif", tmp_path / "out" / "out.tif", jobs)
    assert (code, said) == (130, "isthmus: interrupted.\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["out.tif"]
    assert (tmp_path / "out" / "out.tif").read_bytes() == b"old"
