"""Child processes run no code of the folder that the user happens to be in."""

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus.system.processes import child_environment, python_command, starting_children


@pytest.fixture
def trap(tmp_path):
    """A stranger's folder: modules with the names of all that Python knows, each of which leaves a trace."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in {*sys.stdlib_module_names, *packages_distributions(), "sitecustomize", "usercustomize"}:
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + ' ')\n")
    yield folder
    ran = tmp_path / "ran"
    assert not ran.exists(), ran.read_text()


def run(folder: Path, *arguments: str) -> None:
    """Run the program as the installed script does, in a stranger's folder."""
    script = folder.parent / "isthmus"
    script.write_text("import sys; from isthmus.cli import main\nif __name__ == '__main__': sys.exit(main())")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_cleaning_with_several_processes_runs_no_code_of_the_folder(trap):
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((40, 30), 255, np.uint8)).save(trap / name, dpi=(150, 150))
    run(trap, "clean", ".", "-o", "../out", "--jobs", "2")
    assert sorted(path.name for path in (trap / ".." / "out").iterdir()) == ["a.png", "b.png"]


def test_making_pages_with_several_processes_runs_no_code_of_the_folder(trap):
    run(trap, "make-pages", "../pages", "--pages", "2", "--dpi", "100", "--size", "60x80", "--workers", "2")
    assert len(list((trap / ".." / "pages").rglob("*.png"))) == 4


def test_a_search_with_several_processes_runs_no_code_of_the_folder(trap):
    table = "a,b,c\n" + "".join(f"{i},{i**2 % 31},{i % 7}\n" for i in range(40))
    (trap / "table.csv").write_text(table)
    options = ["--max-epochs", "2", "--folds", "1", "--trials", "2", "--jobs", "2", "-q"]
    run(trap, "tune", "table.csv", "-o", "../model", *options)
    assert (trap / ".." / "model.study").exists()


def test_modules_are_run_without_the_current_folder(trap):
    command = python_command("json.tool", "--help")
    subprocess.run(command, cwd=trap, env=child_environment(), stdout=subprocess.DEVNULL, check=True)


def test_a_child_ends_with_its_parent_whatever_it_does(tmp_path):
    """Also one that never looks at its standard input, or is still importing."""
    parent = (
        "import subprocess; from isthmus.system.processes import python_command\n"
        "child = subprocess.Popen(python_command('timeit', '-n', '1', '-s', 'import time', 'time.sleep(600)'))\n"
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        child = int(process.stdout.readline())
        assert is_running(child)
        process.kill()
    for _ in range(600):
        if not is_running(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child goes on")


def is_running(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_environment_is_as_before():
    before = dict(os.environ)
    with starting_children():
        assert os.environ["PYTHONSAFEPATH"] == "1"
    assert dict(os.environ) == before
