"""Running commands as a user would, within the process, and tables to run them on."""

from dataclasses import dataclass

import numpy as np
import pytest

from isthmus.cli import main
from program_forks import ProgramForks


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def isthmus(capfd):
    """A function that runs a command line and gives its exit code, stdout and stderr."""

    def run(*arguments) -> Result:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture(scope="session")
def program():
    """The program in processes of its own, which cost no imports."""
    forks = ProgramForks()
    yield forks
    forks.close()


def csv_text(rows: np.ndarray, names: list[str]) -> str:
    lines = [",".join(names), *(",".join(map(repr, map(float, row))) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def rows():
    generator = np.random.default_rng(0)
    return generator.normal(size=(80, 2)) @ generator.normal(size=(2, 4)) * [1, 10, 100, 1000] + 5


@pytest.fixture(scope="session")
def folder(tmp_path_factory, rows):
    """A table with an id, and a model fitted to its other columns."""
    folder = tmp_path_factory.mktemp("tables")
    text = csv_text(rows, ["a", "b", "c", "d"]).splitlines()
    with_id = [f"{'id' if i == 0 else f'k{i:03}'},{line}" for i, line in enumerate(text)]
    (folder / "table.csv").write_text("\n".join(with_id) + "\n")
    options = ["--exclude", "id", "--code-size", "2", "--max-epochs", "3", "--quiet"]
    assert main(["fit", str(folder / "table.csv"), "-o", str(folder / "model"), *options]) == 0
    return folder
