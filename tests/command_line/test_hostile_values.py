"""What a terminal shows has no control characters, and what a command writes is finite, whatever a file holds."""

import gzip
import json
import os
import sys

import numpy as np
import pytest
from PIL import Image

from isthmus import Autoencoder

ESCAPE = "\x1b]0;owned\x07\x1b[31m"


def signed(path, change):
    """Change the settings and the data of a model file, and sign it again."""
    import hashlib

    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), bytearray(content[8 + length :])
    settings = json.loads(header["__metadata__"]["settings"])
    change(settings, header, data)
    header["__metadata__"] |= {"settings": json.dumps(settings), "sha256": "0" * 64}
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + bytes(data)
    return content.replace(b'"sha256": "' + b"0" * 64, b'"sha256": "' + hashlib.sha256(content).hexdigest().encode())


def fill(name, value):
    def change(settings, header, data):
        start, stop = header[name]["data_offsets"]
        dtype = {"F32": "<f4", "F64": "<f8"}[header[name]["dtype"]]
        data[start:stop] = np.full((stop - start) // int(dtype[-1]), value, dtype).tobytes()

    return change


@pytest.mark.parametrize("command", ["encode", "reconstruct"])
def test_what_is_not_finite_is_not_written(isthmus, folder, tmp_path, command):
    (tmp_path / "hostile").write_bytes(signed(folder / "model", fill("network.scale", 1e-308)))
    (tmp_path / "out.csv").write_text("old")
    result = isthmus(command, tmp_path / "hostile", folder / "table.csv", "-o", tmp_path / "out.csv")
    assert result.code == 3
    assert "table.csv: row 1: the model makes NaN or infinite numbers of it" in result.err
    assert (tmp_path / "out.csv").read_text() == "old"


@pytest.mark.parametrize("value", [0.0, -1.0, 1e300])
def test_a_scale_that_no_fit_gives_is_refused(isthmus, folder, tmp_path, value):
    (tmp_path / "hostile").write_bytes(signed(folder / "model", fill("network.scale", value)))
    result = isthmus("info", tmp_path / "hostile")
    assert result.code == 4
    assert "'network.scale' must be above 0" in result.err


ARGUMENTS = {
    "file": ("fit", f"{ESCAPE}.csv", "-o", "m"),
    "model": ("info", ESCAPE),
    "command": (f"fit{ESCAPE}",),
    "option": ("fit", f"--{ESCAPE}", "x"),
    "more arguments": ("info", "x", ESCAPE),
    "value": ("fit", "x.csv", "-o", "m", "--scale", ESCAPE),
    "number": ("fit", "x.csv", "-o", "m", "--max-epochs", ESCAPE),
    "output": ("fit", "x.csv", "-o", f"no/{ESCAPE}"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_control_characters_of_arguments_are_escaped(isthmus, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = isthmus(*ARGUMENTS[name])
    assert result.code in (2, 3, 4, 5)
    assert result.err.replace("\n", "").isprintable()
    assert result.err


def test_control_characters_of_tables_and_models_are_escaped(isthmus, tmp_path):
    names = [f"a{ESCAPE}", "b", "c"]
    (tmp_path / "t.csv").write_text(",".join(names) + f"\n1,2,3\n3,{ESCAPE},5\n")
    result = isthmus("fit", tmp_path / "t.csv", "-o", tmp_path / "m")
    assert result.code == 3
    assert result.err.replace("\n", "").isprintable()
    path = tmp_path / f"m{ESCAPE[1:3]}\x1b[1m"
    (tmp_path / "t.csv").write_text(",".join(names) + "\n1,2,3\n3,4,5\n4,2,1\n")
    result = isthmus("fit", tmp_path / "t.csv", "-o", path, "--max-epochs", 1)
    assert result.code == 0
    assert "Written to" in result.err
    assert result.err.replace("\n", "").isprintable()
    result = isthmus("info", path)
    assert r"a\x1b]0;owned" in result.out
    assert result.out.replace("\n", "").isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, names of files are always UTF-8 or UTF-16")
def test_names_of_files_that_are_no_utf8_are_shown_in_reports_and_tables(isthmus, tmp_path):
    table = tmp_path / os.fsdecode(b"g\xff.csv")
    table.write_text("a,b,c\n1,2,3\n3,4,5\n4,2,1\n2,2,2\n")
    assert isthmus("fit", table, "-o", tmp_path / "m", "--max-epochs", 1).code == 0
    assert isthmus("report", tmp_path / "m", table, "-o", tmp_path / "r.html").code == 0
    assert r"g\udcff.csv" in (tmp_path / "r.html").read_text()
    for folder in ("noisy", "clean"):
        (tmp_path / folder).mkdir()
        Image.new("L", (60, 40), 200).save(tmp_path / folder / os.fsdecode(b"p\xff.png"))
    arguments = ("evaluate-pages", tmp_path / "noisy", tmp_path / "clean", "--no-ocr", "--network", "reference")
    assert isthmus(*arguments, "--csv", tmp_path / "e.csv", "--json", tmp_path / "e.json").code == 0
    assert r"p\udcff.png" in (tmp_path / "e.csv").read_text()
    assert r"p\udcff.png" in repr(json.loads((tmp_path / "e.json").read_text()))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.csv", b"a,b\n1,2\n\xff,3,4\n", "row 2 has 3 cells, but there are 2 columns"),
        ("t.csv", b"a,b\nr1,1,2\nr2,3,4\n", "row.names=FALSE"),
        ("t.csv.gz", b"\x1f\x8b\x07abcdefghijklm", "the compressed data are damaged"),
        ("t.csv.gz", gzip.compress(b"a\n1\n2\n", mtime=0)[:-8] + bytes(8), "the compressed data are damaged"),
        ("t.csv.gz", b"a,b\n1,2\n", "is not compressed with gzip"),
    ],
)
def test_damaged_and_ragged_tables_are_refused_in_a_sentence(isthmus, tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    result = isthmus("fit", tmp_path / name, "-o", tmp_path / "m")
    assert result.code == 3
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(("arguments", "code"), [(("fit", "x" * 300 + ".csv", "-o", "m"), 3), (("info", "x" * 300), 4)])
def test_names_that_are_too_long_are_refused_in_a_sentence(isthmus, arguments, code):
    result = isthmus(*arguments)
    assert result.code == code
    assert "the name is too long" in result.err


def test_a_model_with_names_that_no_encoding_has_is_refused(isthmus, folder, tmp_path):
    def change(settings, header, data):
        settings["fitted"]["feature_names"][0] = "\ud800"

    (tmp_path / "hostile").write_bytes(signed(folder / "model", change))
    result = isthmus("info", tmp_path / "hostile")
    assert result.code == 4
    assert "text in Unicode" in result.err


def test_labels_that_no_encoding_has_are_not_saved(tmp_path):
    rows = np.random.default_rng(0).normal(size=(20, 2))
    model = Autoencoder(1, max_epochs=1).fit(rows, feature_names=["\ud800", "b"])
    with pytest.warns(UserWarning, match="labels of the columns are not saved"):
        model.save(tmp_path / "m")
