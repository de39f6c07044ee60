"""Files are recognised by their first bytes, and text is never mistaken for a binary file."""

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyarrow import feather, parquet

from isthmus.system.magic import Kind, kind_of


def written(write) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def image(format: str) -> bytes:
    return written(lambda file: Image.new("L", (9, 9)).save(file, format))


def database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (x)")
        content = connection.serialize()
    connection.close()
    return content


TABLE = pa.table({"a": [1.0]})
REAL = {
    Kind.PARQUET: lambda: written(lambda file: parquet.write_table(TABLE, file)),
    Kind.FEATHER: lambda: written(lambda file: feather.write_feather(TABLE, file)),
    Kind.NPY: lambda: written(lambda file: np.save(file, np.eye(2))),
    Kind.ZIP: lambda: written(lambda file: zipfile.ZipFile(file, "w").writestr("a", "b")),
    Kind.GZIP: lambda: gzip.compress(b"a"),
    Kind.BZIP2: lambda: bz2.compress(b"a"),
    Kind.XZ: lambda: lzma.compress(b"a"),
    Kind.SQLITE: database,
    Kind.PDF: lambda: image("PDF"),
    Kind.PNG: lambda: image("PNG"),
    Kind.JPEG: lambda: image("JPEG"),
    Kind.TIFF: lambda: image("TIFF"),
    Kind.GIF: lambda: image("GIF"),
    Kind.JPEG_2000: lambda: image("JPEG2000"),
}


@pytest.mark.parametrize("kind", REAL)
def test_real_files_are_recognised(kind):
    assert kind_of(REAL[kind]()) is kind


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_recognised(protocol):
    assert kind_of(pickle.dumps({"a": 1}, protocol)) is Kind.PICKLE


@pytest.mark.parametrize("text", ["BMI,age\n", "P1\tP2\n", "RIFF,a\n", "\ufeffa,b\n", "€,b\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_headers_of_tables_are_text(text, encoding):
    assert kind_of(text.encode(encoding, "replace")) is None


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, exclude_characters="%PABZ", exclude_categories=["Cs"]), max_size=20))
def test_text_is_not_mistaken_for_a_binary_file(text):
    assert kind_of(text.encode()) is None
