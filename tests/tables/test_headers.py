"""A first row of numbers is a header where no row below is like it, and what is not obvious is said."""

import csv
import warnings

import numpy as np
import pandas as pd
import pytest

from isthmus.errors import InputError, MismatchError, ParameterError
from isthmus.tables import open_table, read_table, write_table

TAKEN = "is taken as the header; --header no reads it as data"


def frame(names, n_rows=30, *, decimals=2) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(n_rows, len(names))) * 10
    return pd.DataFrame(values.round(decimals), columns=list(names)).astype(float if decimals else int)


def read_and_said(path, **options):
    """A table, and what is said about its header."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        read = read_table(path, **options)
    return read, "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("decimals", [0, 2])
@pytest.mark.parametrize(
    "names",
    [
        [400, 402, 404],
        range(1990, 2021),
        range(4000, 400, -100),
        [0.5, 1.0, 1.5, 2.0],
        [101, 250, 251, 399, 1000],
        [90210, 10001, 60601, 94105],
    ],
    ids=["wavelengths", "years", "wave numbers", "evenly spaced", "rising", "postal codes"],
)
@pytest.mark.parametrize("form", ["csv", "tsv", "csv.gz", ";", "|"])
def test_a_row_of_numbers_unlike_all_below_is_the_header_and_said_to_be(tmp_path, names, decimals, form):
    table = frame(names, decimals=decimals)
    path = tmp_path / (f"s.{form}" if len(form) > 1 else "s.csv")
    table.to_csv(path, index=False, sep={"tsv": "\t"}.get(form, form if len(form) == 1 else ","))
    read, said = read_and_said(path)
    assert read.named
    assert read.columns == tuple(map(str, names))
    np.testing.assert_array_equal(read.rows, table)
    assert said.startswith(f"{path}: the first row {names[0]}, {names[1]}, {names[2]}")
    assert said.endswith(f"{TAKEN}.")


@pytest.mark.parametrize("n_rows", [1, 4, 30])
@pytest.mark.parametrize("index", [False, True])
def test_the_numbers_that_pandas_gives_to_columns_are_a_header_without_a_word(tmp_path, n_rows, index):
    table = frame(range(5), n_rows)
    table.to_csv(tmp_path / "s.csv", index=index)
    read = read_table(tmp_path / "s.csv", exclude=["column 1"] if index else ())  # a warning would be an error
    assert read.columns == tuple("01234")
    np.testing.assert_array_equal(read.rows, table)


@pytest.mark.parametrize("index", [pd.RangeIndex(30), pd.RangeIndex(1, 31), pd.date_range("2020-01-01", periods=30)])
def test_the_index_of_pandas_stands_below_an_empty_cell(tmp_path, index):
    table = frame([7, 5, 6]).set_index(index)
    table.to_csv(tmp_path / "s.csv")
    with pytest.raises(InputError, match="column 1 has no name, like the index that pandas writes"):
        read_table(tmp_path / "s.csv")
    read = read_table(tmp_path / "s.csv", exclude=["column 1"])
    assert read.columns == ("7", "5", "6")
    np.testing.assert_array_equal(read.rows, table)


@pytest.mark.parametrize("seed", range(30))
def test_rows_of_a_table_without_a_header_are_not_lost(tmp_path, seed):
    rng = np.random.default_rng(seed)
    n_rows, n_columns = int(rng.integers(1, 60)), int(rng.integers(1, 7))
    rows = rng.normal(size=(n_rows, n_columns)).round(1)
    if seed % 2:
        rows = rng.integers(0, 6, rows.shape).astype(float)
    if seed % 3 == 0:
        rows = np.sort(rows, axis=1)  # every row rises
    if seed % 5 == 0:
        rows = np.cumsum(np.abs(rows), axis=0)  # every column rises
    np.savetxt(tmp_path / "s.csv", rows, "%.15g", delimiter=",")
    read, said = read_and_said(tmp_path / "s.csv")
    assert not read.named
    np.testing.assert_allclose(read.rows, rows, rtol=1e-14)
    assert TAKEN not in said


def test_the_first_of_rows_that_all_rise_is_data_and_said_to_be(tmp_path):
    (tmp_path / "s.csv").write_text("1,2.5,3\n2,4,7\n" * 20)
    read, said = read_and_said(tmp_path / "s.csv")
    assert read.rows.tolist() == [[1, 2.5, 3], [2, 4, 7]] * 20
    assert said == (
        f"{tmp_path}/s.csv: no header found: the columns are called x0, x1, …, and the first row 1, 2.5, 3 is data; "
        "--header yes reads it as names."
    )


@pytest.mark.parametrize(
    "labels",
    [
        ["Iris-setosa", "Iris-virginica"] * 15,
        [f"k{i:03}" for i in range(30)],
        list(pd.date_range("2020-01-01", periods=30).strftime("%Y-%m-%d")),
    ],
)
def test_a_first_row_with_a_word_is_data_if_all_of_it_is_like_the_rows_below(tmp_path, labels):
    table = frame("abc").assign(label=labels)
    table.to_csv(tmp_path / "s.csv", index=False, header=False)
    read, said = read_and_said(tmp_path / "s.csv", columns=["x0", "x1", "x2"], keep=["x3"])
    np.testing.assert_array_equal(read.rows, table[["a", "b", "c"]])
    assert read.kept["x3"].tolist() == labels
    assert said == ""  # who asks for x0 knows
    with pytest.warns(UserWarning, match="no header found"), pytest.raises(InputError, match='column "x3" holds text'):
        read_table(tmp_path / "s.csv")


def test_names_among_which_are_years_are_a_header(tmp_path):
    table = frame([1952, 1957], 5).assign(continent=["Africa", "Americas", "Asia", "Europe", "Oceania"])
    table.to_csv(tmp_path / "s.csv", index=False)
    read = read_table(tmp_path / "s.csv", exclude=["continent"])
    np.testing.assert_array_equal(read.rows, table[[1952, 1957]])


NAMES = [["1_1", "2_2"], ["1_000", "2"], ["0x10", "0x11"], ["١", "٢"], ["1e5x", "3"], ["zero", "inf"], ["1d", "2d"]]


@pytest.mark.parametrize("names", NAMES)
def test_what_is_not_a_number_in_a_table_is_a_name(tmp_path, names):
    (tmp_path / "s.csv").write_text(f"{','.join(names)}\n5,6\n6,5\n", "utf-8")
    read = read_table(tmp_path / "s.csv")
    assert (read.columns, read.rows.tolist()) == (tuple(names), [[5, 6], [6, 5]])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"nan,2.5\n1,2\n", 'column "x0", row 1: the value is missing'),
        (b"NA,2.5\n1,2\n", 'column "x0", row 1: the value is missing ("NA")'),
        (b"nan,nan\n1,2\n", 'column "x0", row 1: the value is missing'),
        (b"inf,2.5\n1,2\n", 'column "x0", row 1: the value is infinite'),
        (b"1,5;2,5\n3,5;4,5\n", "has a decimal comma"),
    ],
)
def test_a_row_that_holds_missing_or_odd_numbers_is_no_header(tmp_path, content, problem):
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_and_said(tmp_path / "s.csv")
    assert problem in str(caught.value)


def test_true_and_false_are_names_above_zeros_and_data_above_their_like(tmp_path):
    (tmp_path / "s.csv").write_text("False,True\n0,1\n1,0\n")
    assert read_table(tmp_path / "s.csv").columns == ("False", "True")
    (tmp_path / "s.csv").write_text("False,True\nTrue,False\n")
    read, said = read_and_said(tmp_path / "s.csv")
    assert read.rows.tolist() == [[0, 1], [1, 0]]
    assert "no header found" in said


def test_numbers_in_quotes_are_names_unless_all_are_in_quotes(tmp_path):
    (tmp_path / "s.csv").write_text('"3","1"\n1.5,2\n2,3\n')
    assert read_table(tmp_path / "s.csv").columns == ("3", "1")
    rows = np.random.default_rng(0).normal(size=(5, 3)).round(1)
    pd.DataFrame(rows).to_csv(tmp_path / "s.csv", header=False, index=False, quoting=csv.QUOTE_ALL)
    np.testing.assert_array_equal(read_and_said(tmp_path / "s.csv")[0].rows, rows)


def test_header_yes_and_no_decide(tmp_path):
    (tmp_path / "s.csv").write_text("400,402,404\n1,3,2\n")
    assert read_table(tmp_path / "s.csv", header=False).rows.tolist() == [[400, 402, 404], [1, 3, 2]]
    assert read_table(tmp_path / "s.csv", header=True).rows.tolist() == [[1, 3, 2]]
    (tmp_path / "s.csv").write_text("1,1,2\n1,3,2\n")
    assert read_table(tmp_path / "s.csv").rows.tolist() == [[1, 1, 2], [1, 3, 2]]
    with pytest.raises(InputError, match='two columns are called "1"'):
        read_table(tmp_path / "s.csv", header=True)
    (tmp_path / "s.csv").write_text("a,b\n1,3\n")
    with pytest.raises(InputError, match='column "x0", row 1: "a" is not a number'):
        read_table(tmp_path / "s.csv", header=False)
    np.save(tmp_path / "s.npy", np.ones((2, 2)))
    with pytest.raises(ParameterError, match=r"header is for the formats csv, .* cannot be used with npy"):
        open_table(tmp_path / "s.npy", header=False)


def test_the_names_that_a_model_needs_are_a_header_whatever_they_look_like(tmp_path):
    names = ("1.5", "0.5", "0")
    (tmp_path / "s.csv").write_text("0,7,1.5,0.5\n" + "1,2.5,3,4.5\n0.5,1,2,3\n" * 20)
    read = read_table(tmp_path / "s.csv", require=names)  # a warning would be an error
    assert read.columns == names
    assert read.rows.tolist() == [[3, 4.5, 1], [2, 3, 0.5]] * 20
    assert read_table(tmp_path / "s.csv", exclude=["7"]).columns == ("0", "1.5", "0.5")


def test_rows_for_a_model_are_data_unless_they_stand_out(tmp_path):
    (tmp_path / "s.csv").write_text("1,2,4\n5,3.5,6\n")
    for require in (("a", "b", "c"), ("x0", "x1", "x2")):
        read, said = read_and_said(tmp_path / "s.csv", require=require)
        assert read.rows.tolist() == [[1, 2, 4], [5, 3.5, 6]]
        assert bool(said) == (require[0] == "a")  # a model without names was fitted on rows without names
    table = frame([400, 402, 404])
    table.to_csv(tmp_path / "s.csv", index=False)
    with pytest.warns(UserWarning, match=TAKEN), pytest.raises(MismatchError, match=r'lacks 3 of the 3 .* "400"'):
        read_table(tmp_path / "s.csv", require=("a", "b", "c"))
    with pytest.warns(UserWarning, match=TAKEN):
        read = read_table(tmp_path / "s.csv", require=("x0", "x1", "x2"))
    np.testing.assert_array_equal(read.rows, table)


@pytest.mark.parametrize("columns", [("0", "1"), ("400", "402"), ("2", "1"), ("nan", "inf"), ("True", "a"), ("-", "?")])
def test_names_that_are_written_are_read_as_names(tmp_path, columns):
    for kind in ("csv", "tsv.gz"):
        with write_table(tmp_path / f"s.{kind}", columns) as writer:
            writer.write(np.array([[1.0, 2.0], [0.0, 1.0]]))
        read = read_table(tmp_path / f"s.{kind}")  # a warning would be an error
        assert (read.columns, read.rows.tolist()) == (columns, [[1, 2], [0, 1]])
    assert list(pd.read_csv(tmp_path / "s.tsv.gz", sep="\t").columns) == list(columns)


def test_wide_rows_are_read_on_until_enough_are_seen(tmp_path):
    table = frame(np.random.default_rng(1).permutation(10**5)[:9000], 25, decimals=0)  # 2 rows in the first 64 kB
    table.to_csv(tmp_path / "s.csv", index=False)
    read, said = read_and_said(tmp_path / "s.csv")
    np.testing.assert_array_equal(read.rows, table)
    assert TAKEN in said
