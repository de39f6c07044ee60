"""Which columns are data, which are carried along, and which a model asks for."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from isthmus.errors import InputError, MismatchError, OutputError
from isthmus.tables import open_table, write_table

CSV = "id,a,b,label\n007,1,2,x\n008,3,4,y\n"


def values_of(kept) -> dict:
    return {name: column.tolist() for name, column in kept.items()}


@pytest.fixture
def table(tmp_path):
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path / "data.csv"


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"exclude": ["label"]}, ("id", "a", "b")),
        ({"exclude": ["label"], "keep": ["id"]}, ("a", "b")),
        ({"columns": ["b", "a"]}, ("b", "a")),
        ({"columns": ["b", "a", "b"]}, ("b", "a")),
        ({"columns": ["b", "a"], "exclude": ["a"]}, ("b",)),
        ({"columns": ["a", "id"], "keep": ["id"]}, ("a", "id")),
        ({"require": ("b", "a")}, ("b", "a")),
        ({"require": ("b", "a"), "keep": ["a", "id", "a"]}, ("b", "a")),
    ],
)
def test_columns_are_data_if_asked_for_or_else_if_neither_excluded_nor_kept(table, options, columns):
    content = {"id": [7, 8], "a": [1, 3], "b": [2, 4]}
    with open_table(table, **options) as reader:
        assert reader.columns == columns
        assert reader.available == ("id", "a", "b", "label")
        assert reader.kept == tuple(dict.fromkeys(options.get("keep", ())))
        (batch,) = reader.batches()
    np.testing.assert_array_equal(batch.values, np.column_stack([content[c] for c in columns]))
    assert batch.values.dtype == np.float64
    assert batch.values.flags.c_contiguous


def test_kept_text_is_carried_as_it_stands(table):
    with open_table(table, keep=["label", "id"], columns=["a", "id"]) as reader:
        (batch,) = reader.batches()
        assert [field.name for field in reader.kept_schema()] == list(batch.kept)
    assert values_of(batch.kept) == {"label": ["x", "y"], "id": ["007", "008"]}
    assert batch.values.tolist() == [[1, 7], [3, 8]]


@pytest.mark.parametrize("option", ["columns", "exclude", "keep"])
def test_a_column_that_does_not_exist_is_refused_with_the_nearest(table, option):
    with pytest.raises(InputError, match=r'data\.csv: has no column "lable"; the nearest is "label"'):
        open_table(table, **{option: ["a", "lable"]})
    with pytest.raises(InputError, match='has no column "zzz"; it has "id", "a", "b", "label"'):
        open_table(table, **{option: ["zzz"]})


def test_a_table_without_data_columns_is_refused(table):
    with pytest.raises(InputError, match="no column is left as data"):
        open_table(table, exclude=["id", "a", "b"], keep=["label"])


def test_missing_columns_are_a_mismatch(table):
    with pytest.raises(MismatchError) as caught:
        open_table(table, require=("a", "b", "lab", "d", "e", "f", "g"))
    assert str(caught.value) == (
        f'{table}: lacks 5 of the 7 columns that the model needs: "lab", "d", "e" and 2 more; the nearest is "label".'
    )


@pytest.mark.filterwarnings("ignore:.*no header found")
@pytest.mark.parametrize("name", ["data.npy", "data.csv", "named.csv"])
def test_without_names_columns_are_taken_by_place(tmp_path, name):
    values = np.array([[1.5, 2.0], [3.0, 4.0]])
    np.save(tmp_path / "data.npy", values)
    (tmp_path / "data.csv").write_text("1.5,2\n3,4\n")
    (tmp_path / "named.csv").write_text("a,b\n1.5,2\n3,4\n")
    for require in (("x0", "x1"), ("p", "q"))[: 1 if name == "named.csv" else 2]:
        with open_table(tmp_path / name, require=require) as reader:
            np.testing.assert_array_equal(reader.read().rows, values)
    with pytest.raises(MismatchError, match="has 2 columns, and the model needs 3"):
        open_table(tmp_path / name, require=("x0", "x1", "x2"))
    first = "a" if name == "named.csv" else "x0"
    with open_table(tmp_path / name, require=("x0",), keep=[first]) as reader:
        (batch,) = reader.batches()
    assert batch.values.tolist() == [[2], [4]]
    assert [float(cell) for cell in batch.kept[first].tolist()] == [1.5, 3]


def test_kept_columns_come_first_in_their_own_types(tmp_path):
    columns = {
        "id": pa.array([2**60 + 1, 2]),
        "when": pa.array([0, 1]).cast(pa.timestamp("us", "UTC")),
        "tags": [["a"], ["b", "c"]],
        "sort": pa.array(["x", None]).dictionary_encode(),
        "a": [1.0, 2.0],
    }
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    keep = ["sort", "tags", "when", "id"]
    for suffix in ("parquet", "feather"):
        with (
            open_table(tmp_path / "in.parquet", keep=keep) as reader,
            write_table(tmp_path / f"out.{suffix}", ["z"], kept=reader.kept_schema()) as writer,
        ):
            assert reader.n_rows == 2
            for batch in reader.batches(rows=1):
                writer.write(batch.values, batch.kept)
        with open_table(tmp_path / f"out.{suffix}", keep=keep) as reader:
            assert reader.available == (*keep, "z")
            (batch,) = reader.batches()
        assert values_of(batch.kept) == {name: pa.table(columns)[name].to_pylist() for name in keep}
    with (
        open_table(tmp_path / "in.parquet", keep=["id", "when", "sort"], columns=["a"]) as reader,
        write_table(tmp_path / "out.csv", ["z"], kept=reader.kept_schema()) as writer,
    ):
        for batch in reader.batches():
            writer.write(batch.values, batch.kept)
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        "1152921504606846977,1970-01-01 00:00:00.000000Z,x,1",
        "2,1970-01-01 00:00:00.000001Z,,2",
    ]


def test_numbers_are_kept_in_array_files(tmp_path):
    columns = {"n": [2**53, None], "yes": [True, None], "a": [1.0, 2.0]}
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    with (
        open_table(tmp_path / "in.parquet", keep=["yes", "n"]) as reader,
        write_table(tmp_path / "out.npy", ["z"], kept=reader.kept_schema()) as writer,
    ):
        for batch in reader.batches():
            writer.write(batch.values, batch.kept)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), [[1, 2**53, 1], [np.nan, np.nan, 2]])


@pytest.mark.parametrize(
    ("suffix", "keep", "why"),
    [
        ("csv", "a", '"a" cannot be kept, as the output has a column of that name'),
        ("csv", "tags", "the kept columns cannot be written as csv"),
        ("npy", "sort", 'the column "sort" is not of numbers and cannot be kept in an array file'),
        ("npz", "sort", 'the column "sort" is not of numbers and cannot be kept in an array file'),
        ("npy", "id", 'the column "id" has numbers that an array file would round, and cannot be kept'),
    ],
)
def test_kept_columns_that_have_no_place_are_refused(tmp_path, suffix, keep, why):
    columns = {"id": [2**60 + 1, 2], "tags": [["a"], ["b"]], "sort": ["x", "y"], "a": [1.0, 2.0]}
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    output = tmp_path / f"out.{suffix}"
    output.write_bytes(b"old")

    def copy():
        with (
            open_table(tmp_path / "in.parquet", keep=[keep], columns=["a"]) as reader,
            write_table(output, ["a"], kept=reader.kept_schema()) as writer,
        ):
            for batch in reader.batches():
                writer.write(batch.values, batch.kept)

    with pytest.raises(OutputError) as caught:
        copy()
    assert str(caught.value).startswith(f"{output}: ")
    assert why in str(caught.value)
    assert output.read_bytes() == b"old"
