"""CSV as programs and people write it is read, and what is written any program reads."""

import csv
import gzip
import io
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isthmus.tables import open_table, write_table
from isthmus.tables.cells import quoted_cell
from isthmus.tables.text_cells import RaggedRowError, TextCells

EXPECTED = [[1.5, 2.0], [-3.0, 400.0]]

READABLE = {
    "plain": b"a,b\n1.5,2\n-3,400\n",
    "no end of line": b"a,b\n1.5,2\n-3,400",
    "CRLF": b"a,b\r\n1.5,2\r\n-3,400\r\n",
    "CR": b"a,b\r1.5,2\r-3,400\r",
    "mixed ends of lines": b"a,b\r\n1.5,2\n-3,400\r",
    "blank lines": b"\n\r\na,b\n\n1.5,2\n\r\n\n-3,400\n\n\n",
    "BOM": b"\xef\xbb\xbfa,b\n1.5,2\n-3,400\n",
    "UTF-16": "a,b\n1.5,2\n-3,400\n".encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + "a,b\n1.5,2\n-3,400\n".encode("utf-16-be"),
    "blanks": b"a , b\n 1.5 ,2\n-3, 400 \n",
    "quoted": b'"a","b"\n"1.5","2"\n"-3","400"\n',
    "plus and powers": b"a,b\n+1.5,2.\n-3,4E2\n",
    "separator told as to Excel": b"sep=;\r\na;b\r\n1.5;2\r\n-3;400\r\n",
    "separator told in quotes": b'"sep=,"\na,b\n1.5,2\n-3,400\n',
    "semicolons": b"a;b\n1.5;2\n-3;400\n",
    "semicolons and quoted commas": b'"a";"b"\n"1.5";2\n-3;400\n',
    "tabs": b"a\tb\n1.5\t2\n-3\t400\n",
    "pipes": b"a|b\n1.5|2\n-3|400\n",
    "pipes and blanks": b" a | b \n 1.5 | 2\n-3 |400\n",
    "pipes told as to Excel": b"sep=|\na|b\n1.5|2\n-3|400\n",
}


@pytest.mark.parametrize("case", READABLE)
def test_the_same_table_is_read_however_it_is_written(tmp_path, case):
    (tmp_path / "data.csv").write_bytes(READABLE[case])
    with open_table(tmp_path / "data.csv") as reader:
        assert (reader.columns, reader.available, reader.named) == (("a", "b"), ("a", "b"), True)
        assert reader.n_rows is None
        assert reader.read().rows.tolist() == EXPECTED


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_a_tsv_that_is_separated_otherwise_is_read(tmp_path, separator):
    (tmp_path / "data.tsv").write_bytes(READABLE["plain"].replace(b",", separator.encode()))
    with open_table(tmp_path / "data.tsv") as reader:
        assert (reader.columns, reader.read().rows.tolist()) == (("a", "b"), EXPECTED)


@pytest.mark.parametrize("name", ["P(a|b)", "size; cm", "a\tb"])
def test_a_separator_that_no_row_below_has_is_part_of_a_name(tmp_path, name):
    (tmp_path / "data.csv").write_text(f"{name}\n1.5\n2\n")
    with open_table(tmp_path / "data.csv") as reader:
        assert (reader.columns, reader.read().rows.tolist()) == ((name,), [[1.5], [2]])


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_quoted_cells_may_hold_delimiters_marks_and_ends_of_lines(tmp_path, ends):
    rows = [["wh,o", "a"], ['say ""', "1"], [f"x{ends}\n,y", "2"], ["", "3"], ['"', "4"], [" pad ", "5"]]
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=ends).writerows(rows)
    (tmp_path / "data.csv").write_bytes(file.getvalue().encode())
    with open_table(tmp_path / "data.csv", keep=["wh,o"]) as reader:
        (batch,) = reader.batches()
    assert batch.values.tolist() == [[1], [2], [3], [4], [5]]
    assert batch.kept["wh,o"].tolist() == [row[0] for row in rows[1:]]


def test_blocks_end_between_rows_wherever_quotation_marks_stand(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.tables.text._BLOCK_BYTES", 7)
    monkeypatch.setattr("isthmus.tables.text._BLOCK_BYTES_PER_COLUMN", 1)
    monkeypatch.setattr("isthmus.tables.records._FIRST_BYTES", 5)
    cells = ["", "a", '"', '""', "\n", 'x"y', ",\r\n", '5" disk', "long text " * 30, '"\n"\n', "ü€😀"] * 4
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL):
        file = io.StringIO(newline="")
        writer = csv.writer(file, quoting=quoting)
        writer.writerows([["text\n", "n"], *([cell, i] for i, cell in enumerate(cells))])
        for encoding in ("utf-8", "utf-16"):
            (tmp_path / "data.csv").write_bytes(file.getvalue().encode(encoding))
            with open_table(tmp_path / "data.csv", keep=["text\n"]) as reader:
                batches = list(reader.batches(rows=5))
            assert [text for b in batches for text in b.kept["text\n"].tolist()] == cells
            assert np.concatenate([b.values for b in batches])[:, 0].tolist() == list(range(len(cells)))


def test_marks_inside_a_cell_that_is_not_quoted_are_plain_text(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.tables.text._BLOCK_BYTES", 16)
    monkeypatch.setattr("isthmus.tables.text._BLOCK_BYTES_PER_COLUMN", 1)
    (tmp_path / "data.csv").write_bytes(b'size,n\n5" disk,1\n' + b'3.5" disk,2\nx,3\n' * 50)
    with open_table(tmp_path / "data.csv", keep=["size"]) as reader:
        kept = [text for batch in reader.batches() for text in batch.kept["size"].tolist()]
    assert kept == ['5" disk', *['3.5" disk', "x"] * 50]


def cells_by_pyarrow(block: bytes, delimiter: str, n_columns: int) -> list[list[str]] | None:
    """The columns as another reader cuts them; None if it finds a row with more or fewer cells."""
    names = [str(i) for i in range(n_columns)]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(block),
            pa.csv.ReadOptions(column_names=names, use_threads=False),
            pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    return [column.to_pylist() for column in table.columns]


@pytest.mark.parametrize("delimiter", [",", "|"])
@given(
    cells=st.lists(
        st.text('1"a,|\n\r é', max_size=4) | st.sampled_from(['"a,b"', '""', '"x""y"', '"\n"']), max_size=12
    ),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=4, max_size=4),
)
def test_rows_are_cut_into_cells_as_pyarrow_cuts_them(delimiter, cells, ends):
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    block = "".join(delimiter.join(row) + end for row, end in zip(rows, ends, strict=False)).encode()
    assume(block.strip(b"\r\n") and all(match[1] for match in quoted_cell(delimiter).finditer(block)))
    n_columns = max(1, len(rows[0]))
    try:
        found = TextCells(block, delimiter, n_columns)
    except RaggedRowError:
        assert cells_by_pyarrow(block, delimiter, n_columns) is None
    else:
        assert [found.column(j) for j in range(n_columns)] == cells_by_pyarrow(block, delimiter, n_columns)


@pytest.mark.filterwarnings("ignore:.*no header found")
@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        (b"1.5,2\n3,4\n", ("x0", "x1"), [[1.5, 2], [3, 4]]),
        (b"5\n6\n", ("x0",), [[5], [6]]),
        (b"0,0\n0,1\n", ("x0", "x1"), [[0, 0], [0, 1]]),
        (b"1;2.5\n3;4\n", ("x0", "x1"), [[1, 2.5], [3, 4]]),
        (b"0,1,2\n5,6,7\n", ("0", "1", "2"), [[5, 6, 7]]),
        (b"1,2,3\n5,6,7\n", ("1", "2", "3"), [[5, 6, 7]]),
        (b'"400","420"\n5,6\n', ("400", "420"), [[5, 6]]),
        (b"x,400\n5,6\n", ("x", "400"), [[5, 6]]),
    ],
)
def test_a_first_row_of_numbers_is_data_unless_they_count_columns_or_are_quoted(tmp_path, content, columns, rows):
    (tmp_path / "data.csv").write_bytes(content)
    with open_table(tmp_path / "data.csv") as reader:
        assert reader.columns == columns
        assert reader.named == (columns[0] != "x0")
        assert reader.read().rows.tolist() == rows


def test_types_are_not_guessed_from_the_first_rows(tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n" + "1,2\n" * 2_000_000 + "1.5,1e-3\n")
    with open_table(tmp_path / "data.csv") as reader:
        assert reader.read().rows[-1].tolist() == [1.5, 1e-3]


def test_true_and_false_are_one_and_zero(tmp_path):
    pd.DataFrame({"a": [True, False], "b": [1, 0]}).to_csv(tmp_path / "data.csv", index=False)
    with open_table(tmp_path / "data.csv") as reader:
        assert reader.read().rows.tolist() == [[1, 1], [0, 0]]


def test_numbers_are_read_as_python_reads_them(tmp_path):
    texts = ["0.1", "1e-320", "5e-324", "1.7976931348623157e308", "123456789012345678", "2.2250738585072011e-308", "-0"]
    (tmp_path / "data.csv").write_text("a\n" + "\n".join(texts))
    with open_table(tmp_path / "data.csv") as reader:
        values = reader.read().rows[:, 0]
    assert values.tolist() == [float(text) for text in texts]
    assert math.copysign(1, values[-1]) == -1


def test_many_columns_and_long_rows_are_read(tmp_path):
    n = 20_000
    row = ",".join(["0.12345678901234"] * n)
    (tmp_path / "wide.csv").write_text(",".join(f"column_{i}" for i in range(n)) + "\n" + (row + "\n") * 30)
    with open_table(tmp_path / "wide.csv") as reader:
        assert reader.read().rows.shape == (30, n)
    (tmp_path / "long.csv").write_text("text,a\nx,1\n" + "y" * 50_000_000 + ",2\nz,3\n")
    with open_table(tmp_path / "long.csv", exclude=["text"]) as reader:
        assert reader.read().rows.tolist() == [[1], [2], [3]]


def test_parts_of_a_gzip_file_are_read_to_the_last(tmp_path):
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n") + bytes(7))
    with open_table(tmp_path / "data.csv.gz") as reader:
        assert reader.read().rows.tolist() == [[1], [2]]


def written(tmp_path, columns, values, **options) -> bytes:
    with write_table(tmp_path / "out.csv", columns, **options) as writer:
        writer.write(np.asarray(values))
    return (tmp_path / "out.csv").read_bytes()


def test_numbers_are_written_in_the_fewest_digits(tmp_path):
    assert written(tmp_path, ["a"], [[0.1], [1.0], [1e22], [-0.0]]) == b"a\n0.1\n1\n1e+22\n-0\n"
    assert written(tmp_path, ["a"], np.array([[0.1]], np.float32), dtype=np.float32) == b"a\n0.1\n"
    assert written(tmp_path, ["a"], np.array([[0.1]], np.float32)) == b"a\n0.10000000149011612\n"


def test_cells_are_quoted_where_they_need_it_and_only_there(tmp_path):
    assert written(tmp_path, ["a", "b c", "d,e", 'f"', "g;", "h\n"], [[1.0] * 6]) == (
        b'a,b c,"d,e","f""","g;","h\n"\n1,1,1,1,1,1\n'
    )
    assert written(tmp_path, ["400", "420"], [[1.0, 2.0]]) == b'"400","420"\n1,2\n'
    (tmp_path / "in.csv").write_bytes(b'who,a\nAnn,1\n"x,y",2\n"q""",3\n"needless",4\n,5\n')
    with (
        open_table(tmp_path / "in.csv", keep=["who"]) as reader,
        write_table(tmp_path / "out.csv", reader.columns, kept=reader.kept_schema()) as writer,
    ):
        for batch in reader.batches(rows=2):
            writer.write(batch.values, batch.kept)
    assert (tmp_path / "out.csv").read_bytes() == b'who,a\nAnn,1\n"x,y",2\n"q""",3\nneedless,4\n,5\n'


def test_pandas_and_polars_read_what_is_written(tmp_path):
    values = np.random.default_rng(0).normal(size=(50, 3)) * 10.0 ** np.arange(-5, 10, 5)
    columns = ["a", "b c", "c,d"]
    written(tmp_path, columns, values)
    assert list(pd.read_csv(tmp_path / "out.csv").columns) == columns
    assert pl.read_csv(tmp_path / "out.csv").columns == columns
    np.testing.assert_array_equal(pl.read_csv(tmp_path / "out.csv").to_numpy(), values)
    np.testing.assert_array_equal(pd.read_csv(tmp_path / "out.csv"), values)


def test_what_pandas_and_polars_write_is_read(tmp_path):
    values = np.random.default_rng(0).normal(size=(50, 3))
    for write in (
        lambda path: pd.DataFrame(values, columns=list("abc")).to_csv(path, index=False),
        lambda path: pl.DataFrame(values, schema=list("abc")).write_csv(path),
    ):
        write(tmp_path / "data.csv")
        with open_table(tmp_path / "data.csv") as reader:
            assert reader.columns == tuple("abc")
            np.testing.assert_array_equal(reader.read().rows, values)
    pd.DataFrame(values).to_csv(tmp_path / "data.csv", index=False)
    with open_table(tmp_path / "data.csv") as reader:
        assert reader.columns == ("0", "1", "2")
        np.testing.assert_array_equal(reader.read().rows, values)
