"""A whole table is the same as its batches."""

import numpy as np
import pytest

from isthmus.tables import FORMATS, open_table, read_table, write_table

VALUES = np.random.default_rng(0).normal(size=(40_000, 3))


@pytest.mark.parametrize("format", FORMATS)
def test_a_whole_table_has_the_rows_of_its_batches(tmp_path, format):
    with write_table(tmp_path / "table", ["a", "b", "c"], format=format) as writer:
        writer.write(VALUES)
    table = read_table(tmp_path / "table", format=format)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert table.kept is None
    assert (table.columns, table.named) == (
        (("x0", "x1", "x2"), False) if format in ("npy", "npz") else (("a", "b", "c"), True)
    )


def test_kept_columns_stay_beside_their_rows(tmp_path):
    names = [f"row {i}" for i in range(len(VALUES))]
    lines = [f"{name},{a},{b}" for name, (a, b, _) in zip(names, VALUES, strict=True)]
    (tmp_path / "table.csv").write_text("\n".join(["name,a,b", *lines]) + "\n")
    table = read_table(tmp_path / "table.csv", keep=["name"])
    np.testing.assert_array_equal(table.rows, VALUES[:, :2])
    assert table.kept["name"].tolist() == names
    with open_table(tmp_path / "table.csv", keep=["name"], require=["b"]) as reader:
        other = reader.read()
    np.testing.assert_array_equal(other.rows, VALUES[:, 1:2])
    np.testing.assert_equal(other.kept, table.kept)
