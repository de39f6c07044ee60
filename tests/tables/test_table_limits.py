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
from isthmus.tables.arrow_sizes import carried_bytes, parquet_bytes
from isthmus.tables.budget import MAX_COLUMNS
from isthmus.tables.parquet_pages import page_bytes

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
            assert table.kept["k"].tolist() == expected
            assert [field.kind.arrow for field in reader.kept_schema()] == [table.kept["k"].type]
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


def varint(value: int) -> bytes:
    """An integer of Thrift's compact protocol, which is not negative."""
    value *= 2
    digits = bytearray()
    while value >= 128:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def test_pages_of_parquet_are_counted_as_their_headers_say_whatever_the_file_says(tmp_path):
    text = "x" * 300 * MEGABYTE
    honest = as_parquet(False, k=[text])
    told = parquet.read_metadata(io.BytesIO(honest)).row_group(0).column(0).total_uncompressed_size
    assert told > len(text)
    place = honest.rindex(varint(told), 0, honest.rindex(varint(told)))  # of the column, before that of the row group
    lying = honest[:place] + varint(2**27) + honest[place + 5 :]
    metadata = parquet.read_metadata(io.BytesIO(lying))
    assert metadata.row_group(0).column(0).total_uncompressed_size == 2**27
    (tmp_path / "lying.parquet").write_bytes(lying)
    with (tmp_path / "lying.parquet").open("rb") as file:
        assert parquet_bytes(file, metadata, ["k"]) > len(text)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_headers_of_pages_are_read_as_pyarrow_writes_them(tmp_path, version, dictionary, compression):
    columns = {"n": np.random.default_rng(0).normal(size=50_000), "k": [f"text {i % 100}" for i in range(50_000)]}
    parquet.write_table(
        pa.table(columns), tmp_path / "t.parquet", compression=compression, use_dictionary=dictionary,
        data_page_version=version, data_page_size=10_000, row_group_size=20_000, write_page_checksum=True,
    )  # fmt: skip
    metadata = parquet.read_metadata(tmp_path / "t.parquet")
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(2)):
            start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
            told = column.total_uncompressed_size  # with the headers
            most = told + 16 * 20_000 * column.has_dictionary_page
            with (tmp_path / "t.parquet").open("rb") as file:
                assert 0.95 * told < page_bytes(file, start, column.total_compressed_size) <= most


def test_a_dictionary_of_many_empty_texts_counts(tmp_path):
    def counted(content: bytes) -> int:
        (tmp_path / "pages").write_bytes(content)
        with (tmp_path / "pages").open("rb") as file:
            return page_bytes(file, 0, len(content))

    header = b"\x15\x04\x15" + varint(10**9) + b"\x15" + varint(4) + b"\x4c\x15" + varint(250_000_000) + b"\0\0"
    assert counted(header + bytes(4)) == 10**9 + 16 * 250_000_000
    for damaged in (header[:5], header[:-1], b"\xff" * 99, b"\x1c" * 99, b"\x19\xf5" + varint(2**40) + bytes(9)):
        assert counted(damaged) == 0
