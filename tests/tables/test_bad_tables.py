"""Whatever is wrong with a table, one sentence says what, where, and what to do."""

import gzip
import io
import os
import re
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from isthmus.errors import InputError, ParameterError
from isthmus.tables import open_table


def refusal(path, **options) -> str:
    """The sentence in which a table is refused, when it is opened or when it is read."""
    with pytest.raises(InputError) as caught, open_table(path, **options) as reader:
        reader.read()
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}"), sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) - len(str(path)) < 500
    assert type(caught.value.__cause__) is type(None)
    return sentence


def npy(array, **options) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True, **options)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def as_parquet(**columns) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


def as_feather(**columns) -> bytes:
    file = io.BytesIO()
    feather.write_feather(pa.table(columns), file)
    return file.getvalue()


NUMBERS = npy(np.ones((3, 2)))
CSV = b"age,size\n1,2\n3,4\n"

BAD_TEXT = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n \n", "is empty"),
    "header only": (b"a,b\n", "has a header, but no rows"),
    "word": (b"age,size\n1,2\n17,n.n.\n", 'column "size", row 2: "n.n." is not a number'),
    "word far below": (b"a,b\n" + b"1,2\n" * 50_000 + b"1,x\n", 'column "b", row 50001: "x" is not a number'),
    "first bad row": (b"a,b\n1,2\n1,x\ny,2\n5,6\n", 'column "b", row 2: "x"'),
    "empty cell": (b"age,size\n1,2\n,4\n", 'column "age", row 2: the value is missing;'),
    "empty cell of one column": (b'a\n1\n""\n', 'column "a", row 2: the value is missing;'),
    "NA": (b"a,b\n1,NA\n3,4\n5,6\n", 'column "b", row 1: the value is missing ("NA");'),
    "nan": (b"a,b\n1,2\n3,nan\n", 'column "b", row 2: the value is missing (NaN);'),
    "infinity": (b"a,b\n1,2\n-inf,3\n", 'column "a", row 2: the value is infinite;'),
    "too large": (b"a,b\n1,2\n1e999,3\n", 'column "a", row 2: the value is infinite;'),
    "underscore": (b"a,b\n1,2\n1_000,3\n2,2\n2,2\n", '"1_000" is not a number'),
    "hexadecimal": (b"a,b\n1,2\n0x1F,3\n2,2\n2,2\n", '"0x1F" is not a number'),
    "decimal comma": (b"a;b\n1,5;2\n", 'column "a", row 1: "1,5" has a decimal comma'),
    "text": (
        b"who,age\nAnn,1\nBob,2\n",
        'column "who" holds text, not numbers ("Ann" in row 1); leave it out with --exclude who, or',
    ),
    "texts": (b"who,age,where\nAnn,1,B\nBob,2,C\n", "--exclude who,where,"),
    "text with a comma": (b'"last, first",age\nAnn,1\n', "--exclude '\"last, first\"',"),
    "text below": (b"a,b\n" + b"1,2\n" * 400_000 + b"x,y\n" * 9, 'column "a", row 400001: "x" is not a number'),
    "separated by blanks": (
        b"a b  c\n1 2  3\n",
        'has a single column, "a b  c", whose cells look like several ("1 2  3" in row 1); separate them by commas,',
    ),
    "separated by colons": (b"a:b\n1:2.5\n", 'has a single column, "a:b", whose cells look like several'),
    "times of day": (b"time\n12:30\n", 'column "time" holds text'),
    "short row": (b"a,b\n1,2\n\n3,4\n5\n", 'row 3 has 1 cell, but there are 2 columns: "5"'),
    "long row": (b"a,b\n1,2\n1,2,3\n", 'row 2 has 3 cells, but there are 2 columns: "1,2,3"'),
    "short row far below": (b"a,b\n" + b"1,2\n\n" * 1_500_000 + b"5\n", "row 1500001 has 1 cell"),
    "same name": (b"a,b,a\n1,2,3\n", 'two columns are called "a"'),
    "no name": (b",a\n0,5\n1,6\n", "column 1 has no name, like the index that pandas writes"),
    "no name at the end": (
        b"a,b,\n1,2,\n",
        "column 3 has no name, and perhaps the header ends in a separator; leave it out with --exclude 'column 3'",
    ),
    "no header, first cell missing": (b"1.5,,2.5\n1,2,3\n", 'column "x1", row 1: the value is missing'),
    "long cell": (b"a,b\n" + b"x" * 10**6 + b",2\n3,4\n5,6\n", 'row 1: "xxxx'),
    "control characters": (b"a\n\x1b[2J\x07\n1\n2\n", r'"\x1b[2J\x07" is not a number'),
    "long name": (b"a" * 10**6 + b",b\nx,1\n", 'column "aaa'),
    "open quotation mark": (b'a,b\n1,2\n3,"4\n5,6\n', 'a quotation mark is not closed in the row that begins "3,'),
    "Latin-1 header": ("größe,b\n1,2\n".encode("latin-1"), "is not text in UTF-8"),
    "odd UTF-16": ("a,b\n1,2\n".encode("utf-16")[:-1], "UTF-16"),
    "binary": (bytes(range(256)) * 9, "is not a text file; if it is a table, give its format"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0", "is a PNG image, not a table of text"),
    "PDF": (b"%PDF-1.7\n", "is a PDF, not a table of text"),
    "Excel": (b"PK\x03\x04\x14\0\6\0", ".npz and torch.save), not a table of text; save a spreadsheet as CSV"),
    "Parquet": (as_parquet(a=[1.0]), "is a Parquet file, not a table of text; give its format with --format parquet"),
    "Feather": (as_feather(a=[1.0]), "--format feather"),
    "NPY": (NUMBERS, "--format npy"),
    "gzip": (gzip.compress(CSV), "is a file compressed with gzip, not a table of text; for CSV give its"),
}


@pytest.mark.filterwarnings("ignore:.*no header found")
@pytest.mark.parametrize("case", BAD_TEXT)
def test_bad_text_is_refused(tmp_path, case):
    content, expected = BAD_TEXT[case]
    (tmp_path / "data.csv").write_bytes(content)
    assert expected in refusal(tmp_path / "data.csv")


@pytest.mark.parametrize("case", ["word", "empty cell", "short row", "text below", "open quotation mark"])
def test_bad_text_is_refused_the_same_when_compressed_or_separated_by_tabs(tmp_path, case):
    content, expected = BAD_TEXT[case]
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(content, 1))
    assert expected in refusal(tmp_path / "data.csv.gz")
    (tmp_path / "data.tsv").write_bytes(content.replace(b",", b"\t"))
    assert expected.replace("3,", r"3\t").split(": ")[0] in refusal(tmp_path / "data.tsv")


def test_text_that_is_not_utf8_is_refused_in_kept_columns_and_ignored_in_others(tmp_path):
    (tmp_path / "data.csv").write_bytes("wer,a\nJürgen,1\n".encode("latin-1"))
    assert "not in UTF-8, in row 1 or below" in refusal(tmp_path / "data.csv", keep=["wer"])
    with open_table(tmp_path / "data.csv", exclude=["wer"]) as reader:
        assert reader.read().rows.tolist() == [[1]]


def test_a_row_beyond_all_measure_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.tables.budget._ROW_BYTES", 10**6)
    monkeypatch.setattr("isthmus.tables.budget._FIRST_ROW_BYTES", 10**6)
    monkeypatch.setattr("isthmus.tables.budget._BYTES_PER_COLUMN", 0)
    (tmp_path / "data.csv").write_bytes(b"a,b\n1,2\n" + b"1" * 10**7)
    assert "has a row of more than 0 MB" in refusal(tmp_path / "data.csv")
    (tmp_path / "data.csv").write_bytes(b'a,b\n1,2\n"' + b"1\n" * 10**7)
    assert "a quotation mark is not closed" in refusal(tmp_path / "data.csv")
    (tmp_path / "data.csv").write_bytes(b"1" * 10**7)
    assert "has a row of more than" in refusal(tmp_path / "data.csv")


@pytest.mark.parametrize("keep", [5, 30, -4, -1])
def test_a_truncated_gzip_file_is_refused(tmp_path, keep):
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(CSV * 100)[:keep])
    assert "incomplete" in refusal(tmp_path / "data.csv.gz")


def test_damaged_and_missing_compression_is_refused(tmp_path):
    rows = b"a,b\n" + "".join(f"{i},{i / 7}\n" for i in range(50_000)).encode()
    good = bytearray(gzip.compress(rows))
    (tmp_path / "data.csv.gz").write_bytes(good[:-8] + b"12345678")
    assert "damaged" in refusal(tmp_path / "data.csv.gz")
    (tmp_path / "data.csv.gz").write_bytes(good + b"more")
    assert "damaged" in refusal(tmp_path / "data.csv.gz")
    good[len(good) // 2 :] = bytes(len(good) - len(good) // 2)
    (tmp_path / "data.csv.gz").write_bytes(good)
    assert re.search("damaged|number|missing|cells|no text|incomplete", refusal(tmp_path / "data.csv.gz"))
    (tmp_path / "data.csv.gz").write_bytes(CSV)
    assert "is not compressed with gzip" in refusal(tmp_path / "data.csv.gz")


BAD_PARQUET = {
    "text": ({"who": ["a"], "b": [1.0]}, 'column "who" holds "string", not numbers; leave it out with --exclude who'),
    "texts": (
        {"who": ["a"], "b": [1.0], "c": [b"x"]},
        'columns "who", "c" hold "binary" and "string", not numbers; leave them out with --exclude who,c,',
    ),
    "dates": ({"a": pa.array([0]).cast(pa.timestamp("us"))}, "timestamp"),
    "days": ({"a": pa.array([0], pa.int32()).cast(pa.date32())}, "date32"),
    "durations": ({"a": pa.array([0]).cast(pa.duration("s"))}, "duration"),
    "lists": ({"a": [[1.0, 2.0]]}, "list"),
    "structs": ({"a": [{"b": 1}]}, "struct"),
    "categories": ({"a": pa.array(["x"]).dictionary_encode()}, "categories"),
    "null": ({"a": [1.0, 2.0], "b": [1.0, None]}, 'column "b", row 2: the value is missing;'),
    "null of integers": ({"a": [1, None, 3]}, 'column "a", row 2: the value is missing;'),
    "null of booleans": ({"a": [None, True]}, 'column "a", row 1: the value is missing;'),
    "only nulls": ({"a": pa.nulls(3)}, 'column "a", row 1: the value is missing;'),
    "null far below": ({"a": [1.0] * 70_000 + [None]}, 'column "a", row 70001: the value is missing;'),
    "NaN": ({"a": [1.0, float("nan")]}, 'column "a", row 2: the value is missing (NaN);'),
    "infinity": ({"a": [1.0, float("inf")]}, 'column "a", row 2: the value is infinite;'),
    "no rows": ({"a": pa.array([], pa.float64())}, "has no rows"),
    "no columns": ({}, "has no "),
}


@pytest.mark.parametrize("encoded", [as_parquet, as_feather])
@pytest.mark.parametrize("case", BAD_PARQUET)
def test_bad_typed_columns_are_refused(tmp_path, case, encoded):
    columns, expected = BAD_PARQUET[case]
    path = tmp_path / f"data.{encoded.__name__.removeprefix('as_')}"
    path.write_bytes(encoded(**columns))
    assert expected in refusal(path)


def test_the_index_that_pandas_writes_is_no_data(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=[5, 7])
    frame.to_csv(tmp_path / "data.csv")
    frame.to_parquet(tmp_path / "data.parquet")
    assert "--exclude 'column 1'" in refusal(tmp_path / "data.csv")
    assert "--exclude __index_level_0__" in refusal(tmp_path / "data.parquet")
    for name, index in (("data.csv", "column 1"), ("data.parquet", "__index_level_0__")):
        for options in (
            {"exclude": [index]},
            {"columns": ["a"]},
            {"require": ["a"]},
            {"keep": [index]},
            {"require": ["x0"]},
        ):
            with open_table(tmp_path / name, **options) as reader:
                assert reader.read().rows.tolist() == [[1], [2]]


@pytest.mark.parametrize("encoded", [as_parquet, as_feather])
def test_a_damaged_arrow_file_is_refused_or_read_and_never_crashes(tmp_path, encoded):
    random = np.random.default_rng(0)
    good = encoded(a=random.normal(size=400), b=[str(i) for i in range(400)])
    path = tmp_path / f"data.{encoded.__name__.removeprefix('as_')}"
    for cut in (1, 7, 11, 40, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:cut])
        assert re.search("incomplete|damaged|is no ", refusal(path, keep=["b"]))
    for _ in range(150):
        bad = bytearray(good)
        for place in random.integers(0, len(good), 3):
            bad[place] = random.integers(256)
        path.write_bytes(bad)
        with suppress(InputError), open_table(path, keep=["b"]) as reader:
            for batch in reader.batches():
                batch.kept["b"].tolist()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("data.parquet", "a Parquet"), ("data.feather", "a Feather"), ("data.npy", "an NPY"), ("data.npz", "an NPZ")],
)
def test_other_files_under_a_binary_suffix_are_refused(tmp_path, name, expected):
    for content, why in ((b"", "is empty"), (CSV, f"is not {expected} file"), (b"%PDF-1.7\n", "is a PDF, not a")):
        (tmp_path / name).write_bytes(content)
        assert why in refusal(tmp_path / name)


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/isthmus-was-here",))


BAD_NPY = {
    "one dimension": (npy(np.ones(3)), "has the shape (3,), and a table has rows and columns; reshape it"),
    "three dimensions": (npy(np.ones((2, 2, 2))), "has the shape (2, 2, 2)"),
    "no dimension": (npy(np.array(1.0)), "has the shape ()"),
    "complex": (npy(np.ones((2, 2), complex)), 'of type "complex128"'),
    "text": (npy(np.array([["a"]])), 'of type "<U1"'),
    "structured": (npy(np.ones((2, 2), [("a", float)])), "of type"),
    "dates": (npy(np.ones((2, 2), "M8[s]")), "of type"),
    "objects": (npy(np.array([[Evil()]], dtype=object)), 'of type "object"'),
    "no rows": (npy(np.ones((0, 2))), "has no rows"),
    "no columns": (npy(np.ones((2, 0))), "has no columns"),
    "NaN": (npy(np.array([[1, 2], [3, np.nan]])), 'column "x1", row 2: the value is missing (NaN)'),
    "infinity": (npy(np.array([[1, 2], [3, np.inf]], order="F")), 'column "x1", row 2: the value is infinite'),
    "cut": (NUMBERS[:-1], "is shorter than its shape (3, 2) needs"),
    "cut in the header": (NUMBERS[:40], "is a damaged NPY file"),
    "longer": (NUMBERS + b"0", "is longer than its shape (3, 2) needs"),
    "version": (b"\x93NUMPY\x09\x00" + NUMBERS[8:], "is a damaged NPY file"),
    "no dictionary": (b"\x93NUMPY\x01\x00\x10\x00[1, 2, 3, 4, 56]" + bytes(48), "is a damaged NPY file"),
    "code": (
        b"\x93NUMPY\x01\x00\x20\x00__import__('os').abort() or {}  ",
        "is a damaged NPY file",
    ),
    "billions of rows": (NUMBERS.replace(b"(3, 2), }            ", b"(3000000000000, 2), }"), "is shorter than"),
    "negative": (NUMBERS.replace(b"(3, 2), }  ", b"(-3, -2), }"), "is shorter than"),
}


@pytest.mark.parametrize("case", BAD_NPY)
def test_bad_arrays_are_refused_alone_and_in_archives(tmp_path, case):
    content, expected = BAD_NPY[case]
    (tmp_path / "data.npy").write_bytes(content)
    assert expected in refusal(tmp_path / "data.npy")
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "data.npz", "w", compression) as archive:
            archive.writestr("X.npy", content)
        assert expected in refusal(tmp_path / "data.npz")
    assert not Path("/tmp/isthmus-was-here").exists()


def test_an_archive_without_the_one_table_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    path.write_bytes(npz(train=np.ones((2, 2)), test=np.ones((2, 2)), y=np.ones(2)))
    assert 'needs one array of two dimensions, or one called X, and holds "train", "test", "y"' in refusal(path)
    assert 'holds no array "x", but "train", "test", "y"' in refusal(path, key="x")
    path.write_bytes(npz())
    assert re.search("is not an NPZ file|holds no arrays", refusal(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "holds no arrays" in refusal(path)


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    good = npz(X=np.arange(60.0).reshape(20, 3))
    for cut in (4, 100, len(good) - 3):
        path.write_bytes(good[:cut])
        assert "is a damaged NPZ file" in refusal(path)
    path.write_bytes(good.replace(struct.pack("<d", 59), struct.pack("<d", 58)))
    assert "Bad CRC-32" in refusal(path)
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(encrypted)
    assert "is protected by a password" in refusal(path)


def test_an_archive_that_claims_more_than_it_has_is_refused_before_memory_is_taken(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", NUMBERS.replace(b"(3, 2), }         ", b"(9000000000, 2), }"))
    content = bytearray((tmp_path / "data.npz").read_bytes())
    assert "is shorter than its shape" in refusal(tmp_path / "data.npz")
    # The same, with the sizes in the directory made to fit.
    header = content.index(b"PK\x01\x02")
    content[header + 24 : header + 28] = struct.pack("<I", 2**32 - 2)
    (tmp_path / "data.npz").write_bytes(content)
    assert re.search("is (shorter|longer) than its shape", refusal(tmp_path / "data.npz"))


def test_damaged_arrays_are_refused_or_read(tmp_path):
    random = np.random.default_rng(0)
    for name, good in (("data.npy", NUMBERS), ("data.npz", npz(X=np.ones((3, 2)), y=np.ones(3)))):
        for _ in range(150):
            bad = bytearray(good)
            for place in random.integers(0, min(len(good), 200), 2):
                bad[place] = random.integers(256)
            (tmp_path / name).write_bytes(bad)
            with suppress(InputError), open_table(tmp_path / name) as reader:
                reader.read()


def test_files_that_cannot_be_opened_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "circle.csv").symlink_to("circle.csv")
    (tmp_path / "data.xyz").touch()
    assert refusal("no.csv") == "no.csv: there is no such file."
    assert refusal("folder.csv") == "folder.csv: is a folder, not a table."
    assert "circle" in refusal("circle.csv")
    assert ".csv, .csv.gz, .tsv, .tsv.gz, .parquet, .feather, .npy, .npz, or give" in refusal("data.xyz")
    assert "--format" in refusal("data.xyz")
    with pytest.raises(InputError, match="no suffix that tells the format; give it with --format"):
        open_table("-")
    with pytest.raises(InputError, match=r"^a\\x00b.csv: is not a file name\.$"):
        open_table("a\0b.csv")
    with pytest.raises(InputError, match=r"^a\\nb.csv: there is no such file\.$"):
        open_table("a\nb.csv")
    with pytest.raises(ParameterError, match="format must be one of csv"):
        open_table("data.xyz", format="xls")
    with pytest.raises(ParameterError, match="key names an array of an NPZ file"):
        open_table("folder.csv/../data.xyz", format="csv", key="X")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "data.csv").touch(mode=0)
    assert "permission denied" in refusal(tmp_path / "data.csv")


def test_an_error_of_the_disk_is_refused():
    assert "cannot be read" in refusal("/proc/self/mem", format="csv")
