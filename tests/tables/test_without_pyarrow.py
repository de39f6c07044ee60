"""CSV and NumPy files need no pyarrow, and other formats name the extra that brings it."""

import subprocess
import sys

import numpy as np
import pytest

ROWS = np.random.default_rng(0).normal(size=(60, 3)).round(6)
NAMES = ("a", "b c", "d")

HIDE = """
import sys
from importlib.machinery import PathFinder

class WithoutPyarrow(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "pyarrow" else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutPyarrow
"""


@pytest.fixture(scope="module")
def without_pyarrow(tmp_path_factory):
    """A function that runs a program in which pyarrow cannot be imported, in a folder with tables."""
    folder = tmp_path_factory.mktemp("tables")
    lines = [
        ",".join(["who", *NAMES]),
        *(f"row {i}," + ",".join(map(repr, row)) for i, row in enumerate(ROWS.tolist())),
    ]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    np.save(folder / "t.npy", ROWS)
    np.savez(folder / "t.npz", X=ROWS)
    (folder / "t.parquet").write_bytes(b"PAR1")

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", HIDE + code], cwd=folder, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return run


IMPORTS = """
for name in ("pyarrow", "pyarrow.parquet"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error)
"""


def test_pyarrow_cannot_be_imported_there(without_pyarrow):
    assert without_pyarrow(IMPORTS) == "No module named 'pyarrow'\n" * 2


COMMANDS = """
from isthmus.cli import main
fit = "--max-epochs 3 --code-size 2 --seed 0 -q".split()
assert main(["fit", "t.csv", "-o", "by_csv", "--exclude", "who", *fit]) == 0
assert main(["fit", "t.npy", "-o", "by_npy", *fit]) == 0
assert main(["encode", "by_csv", "t.csv", "--keep", "who", "-o", "codes.csv.gz"]) == 0
assert main(["encode", "by_npy", "t.npz", "-o", "codes.npy"]) == 0
assert main(["decode", "by_npy", "codes.npy", "-o", "back.csv"]) == 0
assert main(["reconstruct", "by_npy", "t.npy", "-o", "back.npz", "--errors"]) == 0
assert main("compare t.csv --exclude who --code-sizes 1 --max-epochs 1 -q -o c.csv".split()) == 0

import numpy as np
import isthmus
from isthmus.tables import read_table
codes, again = read_table("codes.csv.gz", keep=["who"]), np.load("codes.npy")
assert codes.kept["who"].tolist() == [f"row {i}" for i in range(60)]
model, rows = isthmus.load("by_npy"), np.load("t.npy")
np.testing.assert_array_equal(again, model.transform(rows))
np.testing.assert_array_equal(codes.rows, again)
np.testing.assert_array_equal(np.load("back.npz")["X"][:, :3], model.reconstruct(rows))
np.testing.assert_array_equal(read_table("back.csv").rows, model.inverse_transform(again))
named = isthmus.load("by_csv")
assert named.feature_names == ["a", "b c", "d"]
assert [name for name in sys.modules if name.startswith("pyarrow.")] == []
"""


def test_commands_and_readers_of_csv_and_numpy_files_work_without_it(without_pyarrow):
    without_pyarrow(COMMANDS)


DATAFRAMES = """
import pandas, polars
from isthmus import Autoencoder
table = pandas.read_csv("t.csv", index_col="who")
same = polars.DataFrame({name: table[name].to_numpy() for name in table})
model = Autoencoder(2, max_epochs=2, random_state=0)
codes = model.fit(table).transform(table)
assert (model.fit(same).transform(same) == codes).all()
assert model.feature_names == list(table)
assert "pyarrow" not in sys.modules
"""


def test_dataframes_work_without_it(without_pyarrow):
    without_pyarrow(DATAFRAMES)


REFUSALS = """
from isthmus.errors import MissingExtraError
from isthmus.tables import open_table, write_table
for name in ("t.parquet", "t.feather", "t.arrow"):
    for opened in (open_table, lambda name: write_table(name, ["a"]).__enter__()):
        try:
            opened(name)
        except MissingExtraError as error:
            print(error)
from isthmus.cli import main
sys.stderr = sys.stdout
assert main(["fit", "t.parquet", "-o", "m"]) == MissingExtraError.exit_code
"""


def test_parquet_and_feather_name_the_extra(without_pyarrow):
    said = without_pyarrow(REFUSALS).splitlines()
    sentence = 'Parquet and Feather files need pyarrow, which is not installed: pip install "isthmus[arrow]".'
    assert said[:6] == [sentence] * 6
    assert "".join(said[6:]).endswith(sentence)
