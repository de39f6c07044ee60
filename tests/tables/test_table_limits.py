"""A table that would take far more memory than its file is refused before it does, in a sentence with the option."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from isthmus.errors import InputError
from isthmus.tables import open_table, read_table
from isthmus.tables.arrow_sizes import carried_bytes
from isthmus.tables.budget import MAX_COLUMNS

MEGABYTE = 2**20
LONG = "x" * 5 * MEGABYTE


def numpy_header(shape, dtype="<f8", *, fortran=False) -> bytes:
    text = repr({"descr": dtype, "fortran_order": fortran, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def packed(*parts: bytes, method=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, archive.open("X.npy", "w", force_zip64=True) as member:
        for part in parts:
            member.write(part)
    return file.getvalue()


def as_parquet(as_categories=True, **columns) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, compression="zstd", store_schema=as_categories)
    return file.getvalue()


def as_feather(compression="zstd", **columns) -> bytes:
    file = io.BytesIO()
    feather.write_feather(pa.table(columns), file, compression=compression)
    return file.getvalue()


def categories() -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(1000, np.int32)), [LONG])


NUMBERS = np.arange(1000.0)
LIMITED = {
    "commas": ("csv.gz", lambda: gzip.compress(b"," * 10**6 + b"\n1\n"), "more than 32,768 columns"),
    "names": ("tsv", lambda: b"\t".join(b"c%d" % i for i in range(MAX_COLUMNS + 1)), "more than 32,768 columns"),
    "array": ("npy", lambda: numpy_header((1, 10**5)) + bytes(8 * 10**5), "more than 32,768 columns"),
    "fields": ("feather", lambda: as_feather(**{f"c{i}": [1.0] for i in range(MAX_COLUMNS + 1)}), "more than 32,768"),
    "header": ("csv.gz", lambda: gzip.compress(b'"' + b"a" * 17 * MEGABYTE + b'"\n1\n'), "a row of more than 16 MB"),
    "row": ("csv.gz", lambda: gzip.compress(b"a\n1\n2\n" + b" " * 130 * MEGABYTE + b"1\n"), "a row of more than 64 MB"),
    "blanks": ("csv.gz", lambda: gzip.compress(b"a\n" + b"\n" * 280 * MEGABYTE), "takes more than 256 MB"),
    "many rows": ("csv.gz", lambda: gzip.compress(b"a,b\n" + b"1,1\n" * 16 * MEGABYTE), "takes more than 256 MB"),
    "zeros": ("npz", lambda: packed(numpy_header((10**7, 4)), *[bytes(10**7)] * 32), "takes more than 256 MB"),
    "columns first": (
        "npz",
        lambda: packed(numpy_header((10**7, 4), fortran=True), *[bytes(10**7)] * 32),
        "takes more than 256 MB",
    ),
    "repeated": ("parquet", lambda: as_parquet(a=np.zeros(40 * MEGABYTE)), "takes more than 256 MB"),
    "compressed": ("feather", lambda: as_feather(a=np.zeros(40 * MEGABYTE)), "takes more than 256 MB"),
    "kept category": ("feather", lambda: as_feather(a=NUMBERS, k=categories()), "takes more than 256 MB"),
    "kept text": ("parquet", lambda: as_parquet(False, a=NUMBERS, k=categories()), "takes more than 256 MB"),
    "kept category in Parquet": ("parquet", lambda: as_parquet(a=NUMBERS, k=categories()), "takes more than 256 MB"),
    "kept lists": (
        "parquet",
        lambda: as_parquet(a=[1.0], k=pa.array([np.zeros(40 * MEGABYTE, np.int8)])),
        "takes more than 256 MB",
    ),
}


@pytest.mark.parametrize("name", LIMITED)
def test_tables_beyond_a_limit_are_refused_before_they_take_memory(name, tmp_path):
    suffix, make, sentence = LIMITED[name]
    path = tmp_path / f"table.{suffix}"
    path.write_bytes(make())
    with pytest.raises(InputError) as caught, open_table(path, keep=["k"] if "kept" in name else ()) as reader:
        reader.read()
    assert sentence in str(caught.value)
    assert "--no-limits" in str(caught.value)


def test_without_limits_they_are_read(tmp_path):
    n = MAX_COLUMNS + 1
    np.save(tmp_path / "wide.npy", np.ones((2, n)))
    with open_table(tmp_path / "wide.npy", limits=False) as reader:
        assert reader.read().rows.shape == (2, n)
    with open_table(tmp_path / "wide.npy", require=[f"x{i}" for i in range(n)]) as reader:  # a model needs as many
        assert reader.read().rows.shape == (2, n)


def test_a_file_with_holes_has_the_size_that_is_stored(tmp_path):
    shape = (10**9, 4)
    with (tmp_path / "holes.npy").open("wb") as file:
        file.write(numpy_header(shape))
        file.truncate(file.tell() + 32 * 10**9)
    with pytest.raises(InputError, match="takes more than 256 MB"):
        open_table(tmp_path / "holes.npy")


@pytest.mark.parametrize("length", [10**5, 2 * 10**9])
def test_the_header_of_an_array_is_looked_at_before_memory_is_taken(tmp_path, length):
    (tmp_path / "a.npz").write_bytes(packed(b"\x93NUMPY\x02\0" + struct.pack("<I", length), bytes(10**6)))
    with pytest.raises(InputError, match="damaged NPY file"):
        open_table(tmp_path / "a.npz")


def test_archives_that_numpy_does_not_write_are_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(packed(numpy_header((1, 1)), bytes(8), method=zipfile.ZIP_LZMA))
    with pytest.raises(InputError, match="in a way that NumPy does not use"):
        open_table(tmp_path / "a.npz")


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("kind", ["text", "categories", "dates"])
def test_kept_columns_are_read_as_before(tmp_path, compression, kind):
    texts = [f"{i % 7} ü" for i in range(1000)]
    kept = {
        "text": pa.array(texts),
        "categories": pa.array(texts).dictionary_encode(),
        "dates": pa.array(range(1000), pa.date32()),
    }[kind]
    (tmp_path / "t.feather").write_bytes(as_feather(compression, a=NUMBERS, k=kept))
    (tmp_path / "t.parquet").write_bytes(as_parquet(a=NUMBERS, k=kept))
    expected = (kept.cast(pa.string()) if kind == "categories" else kept).to_pylist()
    for suffix in ("feather", "parquet"):
        with open_table(tmp_path / f"t.{suffix}", keep=["k"]) as reader:
            table = reader.read()
            assert table.kept["k"].to_pylist() == expected
            assert [field.type for field in reader.kept_schema()] == table.kept.schema.types
            np.testing.assert_array_equal(table.rows[:, 0], NUMBERS)


def test_the_bytes_of_carried_values_are_those_of_the_values():
    texts = ["a", "bcd", "a"]
    assert carried_bytes(pa.array(texts).dictionary_encode()) == 5 + 8 * 3
    assert carried_bytes(pa.array(texts, pa.string_view())) == 5
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([10**6], pa.int32()), pa.array([LONG]))
    assert carried_bytes(runs) >= 10**6 * len(LONG)


@pytest.mark.parametrize(
    ("above", "end", "most"),
    [(b"a\n", b"\n2\n", 16), (b"a\n", b"\n", 16), (b"a\n", b"", 16), (b"a\n3\n4\n", b"\n2\n", 64)],
)
def test_the_limit_of_a_row_is_exact(tmp_path, above, end, most):
    def n_rows(n_bytes: int) -> int:
        (tmp_path / "t.csv").write_bytes(above + b"1".ljust(n_bytes - len(end[:1])) + end)
        with open_table(tmp_path / "t.csv") as reader:
            return sum(len(batch.values) for batch in reader.batches())

    assert n_rows(most * MEGABYTE) == (above + b"1" + end).strip().count(b"\n")
    with pytest.raises(InputError, match=f"a row of more than {most} MB"):
        n_rows(most * MEGABYTE + 1)


def test_line_breaks_in_quotes_do_not_end_a_row(tmp_path):
    (tmp_path / "t.csv").write_bytes(b'a\n"1' + b"\n" * 17 * MEGABYTE + b'"\n')
    with pytest.raises(InputError, match="a row of more than 16 MB"):
        read_table(tmp_path / "t.csv")
