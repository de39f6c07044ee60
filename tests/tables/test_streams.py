"""Tables go in and out as streams: of any length, through pipes, and whole or not at all."""

import gzip
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyarrow import feather, parquet

from isthmus.errors import InputError, OutputError
from isthmus.tables import FORMATS, open_table, write_table
from isthmus.tables.types import TEXT, Field

NAMED = tuple(f for f in FORMATS if f not in ("npy", "npz"))
VALUES = np.random.default_rng(0).normal(size=(40_000, 3))


def read(path, **options):
    with open_table(path, **options) as reader:
        return reader.columns, reader.read().rows


def write(path, values, columns=None, *, parts=1, **options):
    with write_table(path, columns or [f"c{i}" for i in range(values.shape[1])], **options) as writer:
        for part in np.array_split(values, parts):
            writer.write(part)


finite = st.floats(allow_nan=False, allow_infinity=False)
tables = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: hnp.arrays(float, shape, elements=finite)
)
# Blanks around a name are lost in text, where people put them after commas.
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(lambda s: s == s.strip())


@pytest.mark.parametrize("format", FORMATS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(values=tables, data=st.data())
def test_what_is_written_is_read_exactly(tmp_path, format, values, data):
    columns = data.draw(st.lists(names, min_size=values.shape[1], max_size=values.shape[1], unique=True))
    write(tmp_path / "table", values, columns, format=format, parts=data.draw(st.integers(1, 3)))
    found_columns, found = read(tmp_path / "table", format=format)
    assert found_columns == (tuple(columns) if format in NAMED else tuple(f"x{i}" for i in range(len(columns))))
    assert found.tobytes() == values.tobytes()
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if np.isfinite(single).all():
        write(tmp_path / "table", single, columns, format=format, dtype=np.float32)
        assert read(tmp_path / "table", format=format)[1].astype(np.float32).tobytes() == single.tobytes()


@pytest.mark.parametrize("format", NAMED)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=9),
    rows=st.integers(1, 4),
)
def test_kept_text_is_carried_through_exactly(tmp_path, format, texts, rows):
    fields = [Field("te,xt", TEXT)]
    with write_table(tmp_path / "one", ["n"], format=format, kept=fields) as writer:
        writer.write(np.arange(len(texts), dtype=float)[:, None], {"te,xt": np.array(texts, dtype=object)})
    with (
        open_table(tmp_path / "one", format=format, keep=["te,xt"]) as reader,
        write_table(tmp_path / "two", reader.columns, format=format, kept=reader.kept_schema()) as writer,
    ):
        found = list(reader.batches(rows=rows))
        for batch in found:
            writer.write(batch.values, batch.kept)
    assert [text for batch in found for text in batch.kept["te,xt"].tolist()] == texts
    assert [batch.first_row for batch in found] == list(range(0, len(texts), rows))
    if format != "feather":  # which has the batches that it was given
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("dtype", ["?", "i1", "<u8", ">i4", "<f2", ">f4", ">f8", "f8", "g"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_all_numbers_are_read(tmp_path, dtype, order):
    array = np.array([[0, 1], [1, 0], [1, 1]]).astype(dtype, order=order)
    np.save(tmp_path / "data.npy", array)
    np.savez_compressed(tmp_path / "data.npz", y=np.arange(3), data=array)
    for name in ("data.npy", "data.npz"):
        with open_table(tmp_path / name) as reader:
            assert (reader.n_rows, reader.named, reader.columns) == (3, False, ("x0", "x1"))
            np.testing.assert_array_equal(reader.read().rows, array.astype(float))


def test_the_array_of_an_archive_is_the_only_table_or_x_or_the_one_asked_for(tmp_path):
    np.savez(tmp_path / "data.npz", X=np.zeros((2, 2)), B=np.ones((2, 2)), X3=np.ones(3))
    assert read(tmp_path / "data.npz")[1].tolist() == [[0, 0], [0, 0]]
    assert read(tmp_path / "data.npz", key="B")[1].tolist() == [[1, 1], [1, 1]]
    np.savez(tmp_path / "data.npz", X=np.zeros(2), B=np.ones((2, 2)))
    assert read(tmp_path / "data.npz")[1].tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("format", ["parquet", "feather"])
def test_typed_columns_of_all_numbers_are_read(tmp_path, format):
    whole = [pa.int8(), pa.uint64(), pa.int64(), pa.float32(), pa.float64(), pa.bool_(), pa.decimal128(9, 2)]
    columns = {str(kind): pa.array([0, 1]).cast(pa.int8()).cast(kind, safe=False) for kind in whole[:-1]}
    columns["decimal"] = pa.array([0, 1]).cast(pa.decimal128(21, 2))
    columns["half"] = pa.array(np.array([0, 1], np.float16))
    columns["a.b"] = pa.array([0, 1])
    columns["a"] = pa.array([{"b": 1}, {"b": 2}])
    write_file = parquet.write_table if format == "parquet" else feather.write_feather
    write_file(pa.table(columns), tmp_path / f"data.{format}")
    found_columns, values = read(tmp_path / f"data.{format}", exclude=["a"])
    assert found_columns == tuple(name for name in columns if name != "a")
    assert (values == [[0], [1]]).all()


@pytest.mark.parametrize("format", FORMATS)
def test_batches_are_the_same_whatever_the_format(tmp_path, format):
    write(tmp_path / "table", VALUES, format=format, parts=7)
    with open_table(tmp_path / "table", format=format) as reader:
        batches = list(reader.batches(rows=9_000))
    assert [batch.first_row for batch in batches] == [0, 9_000, 18_000, 27_000, 36_000]
    for batch in batches:
        np.testing.assert_array_equal(batch.values, VALUES[batch.first_row :][:9_000])
        assert batch.values.flags.c_contiguous
        assert batch.kept is None
    assert len({id(batch.values) for batch in batches}) == 5


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_table_gives_the_same_bytes(tmp_path, format):
    for name in ("one", "two"):
        write(tmp_path / name, VALUES[:100], format=format)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_arrays_are_written_as_numpy_reads_them(tmp_path):
    for dtype in (np.float64, np.float32):
        write(tmp_path / "out.npy", VALUES.astype(dtype), parts=3, dtype=dtype)
        write(tmp_path / "out.npz", VALUES.astype(dtype), parts=3, dtype=dtype)
        for array in (np.load(tmp_path / "out.npy"), np.load(tmp_path / "out.npz")["X"]):
            assert array.dtype == dtype
            np.testing.assert_array_equal(array, VALUES.astype(dtype))


def test_a_table_of_no_rows_is_written_whole(tmp_path):
    for format in FORMATS:
        write(tmp_path / "table", VALUES[:0], format=format)
        with pytest.raises(InputError, match="no rows"):
            read(tmp_path / "table", format=format)


@pytest.fixture
def standard_streams(monkeypatch):
    """Standard input and output as pipes have them: read once, written once, and no seeking."""

    def connect(content=b""):
        source, sink = os.pipe()
        threading.Thread(target=lambda: [os.write(sink, content), os.close(sink)]).start()
        stdin = os.fdopen(source, "rb")
        stdout = io.BytesIO()
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stdin, closed=False))
        monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=stdout, closed=False))
        return stdin, stdout

    return connect


@pytest.mark.parametrize("format", FORMATS)
def test_tables_go_through_pipes(tmp_path, standard_streams, format):
    write(tmp_path / "table", VALUES[:1000], format=format)
    content = (tmp_path / "table").read_bytes()
    stdin, stdout = standard_streams(content)
    with open_table("-", format=format) as reader, write_table("-", ["c0", "c1", "c2"], format=format) as writer:
        for batch in reader.batches():
            np.testing.assert_array_equal(batch.values, VALUES[:1000])
            writer.write(batch.values)
    stdin.close()
    (tmp_path / "again").write_bytes(stdout.getvalue())
    np.testing.assert_array_equal(read(tmp_path / "again", format=format)[1], VALUES[:1000])
    if format != "npz":  # which marks in its header that it could not seek
        assert stdout.getvalue() == content


def test_errors_of_standard_input_name_the_cell(standard_streams):
    stdin, _ = standard_streams(b"a,b\n1,2\n3,x\n5,6\n")
    with pytest.raises(InputError, match=r'^standard input: column "b", row 2: "x" is not a number'):
        read("-", format="csv")
    stdin.close()


def test_a_named_pipe_is_read(tmp_path):
    write(tmp_path / "table.parquet", VALUES[:10])
    for format, content in (("csv", b"a\n1\n"), ("parquet", (tmp_path / "table.parquet").read_bytes())):
        os.mkfifo(tmp_path / format)
        thread = threading.Thread(target=(tmp_path / format).write_bytes, args=(content,))
        thread.start()
        assert len(read(tmp_path / format, format=format)[1])
        thread.join()


@pytest.mark.parametrize("format", FORMATS)
def test_after_an_error_the_old_file_stays_and_nothing_else(tmp_path, format):
    (tmp_path / "out").write_bytes(b"old")
    for error in (InputError, KeyboardInterrupt):

        def fail(error=error):
            with write_table(tmp_path / "out", ["a", "b", "c"], format=format) as writer:
                writer.write(VALUES)
                raise error("no more")

        with pytest.raises(error):
            fail()
    assert (tmp_path / "out").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_said_in_a_sentence(format):
    values = np.random.default_rng(0).normal(size=(100_000, 3))
    with (
        pytest.raises(OutputError, match=r"^/dev/full: cannot be written \(the disk is full\)\.$"),
        write_table("/dev/full", ["a", "b", "c"], format=format) as writer,
    ):
        writer.write(values)


RUN = """
import sys, numpy as np
from isthmus.tables import write_table
from isthmus.errors import OutputError
try:
    with write_table(sys.argv[1], ["a", "b"], format=sys.argv[2]) as writer:
        for i in range(200):
            writer.write(np.random.default_rng(i).normal(size=(5000, 2)))
            print("begun", file=sys.stderr, flush=True)
except OutputError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("format", ["csv", "csv.gz", "parquet", "npy"])
def test_a_reader_that_leaves_ends_the_writer_in_a_sentence(format):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "-", format], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False
    )
    process.stdout.read(10)
    process.stdout.close()
    said = process.stderr.read().decode().replace("begun\n", "")
    process.stderr.close()
    assert process.wait() == OutputError.exit_code
    assert said == "standard output: cannot be written (the reader has closed the pipe).\n"


def test_killing_the_writer_leaves_the_old_file(tmp_path):
    (tmp_path / "out.csv").write_bytes(b"old")
    with subprocess.Popen([sys.executable, "-c", RUN, tmp_path / "out.csv", "csv"], stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "out.csv").read_bytes() == b"old"


PEAK = """
import sys
from isthmus.tables import open_table, write_table
path, format, keep = sys.argv[1:]
with (
    open_table(path, format=format, keep=[keep]) as reader,
    write_table(path + ".out", reader.columns, format=format, kept=reader.kept_schema()) as writer,
):
    for batch in reader.batches():
        writer.write(batch.values, batch.kept)
# Not ru_maxrss, which a process inherits from the one that started it.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux tells it")


def peak(path, format) -> int:
    """Megabytes that copying a table takes at most."""
    command = [sys.executable, "-c", PEAK, path, format, "c0" if format in NAMED else "x0"]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) // 1024


@linux
@pytest.mark.parametrize("format", ["csv", "tsv.gz", "parquet", "feather", "npy", "npz"])
def test_memory_does_not_grow_with_the_rows(tmp_path, format):
    values = np.arange(800_000.0).reshape(-1, 8) % 9  # which compresses quickly
    peaks = []
    for times in (1, 12):
        with write_table(tmp_path / "table", [f"c{i}" for i in range(8)], format=format) as writer:
            for _ in range(times):
                writer.write(values)
        peaks.append(peak(tmp_path / "table", format))
    assert peaks[1] - peaks[0] < 24, peaks  # of 67 MB more


@linux
def test_the_mapped_pages_of_a_feather_file_are_let_go(tmp_path):
    values = np.random.default_rng(0).normal(size=(100_000, 8))  # which do not compress
    peaks = []
    for times in (1, 12):
        write(tmp_path / "table", np.tile(values, (times, 1)), parts=7 * times, format="feather")
        peaks.append(peak(tmp_path / "table", "feather"))
    assert peaks[1] - peaks[0] < 24, peaks  # of 67 MB more


@linux
def test_a_large_row_group_is_read_in_parts(tmp_path):
    peaks = []
    for n in (100_000, 1_000_000):
        table = pa.table({f"c{i}": np.random.default_rng(i).normal(size=n) for i in range(12)})
        parquet.write_table(table, tmp_path / "table", row_group_size=n, use_dictionary=False)
        peaks.append(peak(tmp_path / "table", "parquet"))
    assert peaks[1] - peaks[0] < 24, peaks  # of 82 MB more


def test_the_format_is_known_without_regard_to_capitals(tmp_path):
    (tmp_path / "DATA.CSV.GZ").write_bytes(gzip.compress(b"a\n1\n"))
    assert read(tmp_path / "DATA.CSV.GZ")[1].tolist() == [[1]]


def test_importing_the_package_does_not_load_pyarrow():
    code = "import sys, isthmus.tables; print(sorted({'pyarrow', 'torch', 'sklearn', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
